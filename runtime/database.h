/* SPDX-License-Identifier: BSD-2-Clause */
/* Databases by the name of their type: hash, btree, lmdb, cdb. */
#ifndef MCC_RUNTIME_DATABASE_H
#define MCC_RUNTIME_DATABASE_H

#include <stdbool.h>

#include "runtime/bdb_write.h"

bool database_is_type(const char *type);
/* "db", "lmdb", "cdb": what Postfix appends to the name of the table. */
const char *database_suffix(const char *type);
/* bdb_write_telling(), lmdb_write() or cdb_write(); another type is
 * MCC_EUNSUPPORTED. */
int database_write(const struct bdb_target *target, const char *type,
		   const struct bdb_row *rows, size_t count,
		   struct bdb_duplicates *duplicates) MCC_MUST_CHECK;

#endif
