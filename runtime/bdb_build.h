/* SPDX-License-Identifier: BSD-2-Clause */
/* The two page layouts behind bdb_write(). */
#ifndef MCC_RUNTIME_BDB_BUILD_H
#define MCC_RUNTIME_BDB_BUILD_H

#include "base/attr.h"
#include "runtime/bdb_page.h"
#include "runtime/row_store.h"

/*
 * Writes a whole file to `fd`, which is empty. `order` says what becomes of
 * equal keys; its number() is set here. Status: MCC_ENOMEM, MCC_ETOOBIG, those
 * of files.
 */
int bdb_write_hash(int fd, struct row_store *rows, struct row_order order) MCC_MUST_CHECK;
int bdb_write_btree(int fd, struct row_store *rows,
		    struct row_order order) MCC_MUST_CHECK;

#endif
