/* SPDX-License-Identifier: BSD-2-Clause */
/* Databases by the name of their type: hash, btree, lmdb, cdb. */
#ifndef MCC_RUNTIME_DATABASE_H
#define MCC_RUNTIME_DATABASE_H

#include <stdbool.h>

#include "runtime/bdb_write.h"

struct fs_temp;

bool database_is_type(const char *type);
/* "db", "lmdb", "cdb": what Postfix appends to the name of the table. */
const char *database_suffix(const char *type);
/* bdb_write_rows(), lmdb_write() or cdb_write(); another type is
 * MCC_EUNSUPPORTED. */
int database_write_rows(const struct bdb_target *target, const char *type,
			struct row_store *rows, struct row_order order) MCC_MUST_CHECK;
/* The same for rows in memory, of equal keys the first. */
int database_write(const struct bdb_target *target, const char *type,
		   const struct bdb_row *rows, size_t count) MCC_MUST_CHECK;
/* For those who write: fs_temp_open() with the owner that the target wants. */
int database_open(const struct bdb_target *target,
		  struct fs_temp *out_temp) MCC_MUST_CHECK;

#endif
