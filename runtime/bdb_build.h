/* SPDX-License-Identifier: BSD-2-Clause */
/* The two page layouts behind bdb_write(). */
#ifndef MCC_RUNTIME_BDB_BUILD_H
#define MCC_RUNTIME_BDB_BUILD_H

#include <stddef.h>

#include "base/attr.h"
#include "runtime/bdb_page.h"
#include "runtime/bdb_write.h"

/* Order of keys with their final NUL: bytes, then length. Equal keys: the
 * order of the rows. For qsort over `const struct bdb_row *`. */
int bdb_row_order(const void *a, const void *b);

/*
 * Fills `pages` (not initialised before, the caller frees them after success
 * and failure alike) with a whole file. Status: MCC_OK or MCC_ENOMEM.
 */
int bdb_build_btree(struct bdb_pages *pages, const struct bdb_row *rows, size_t count,
		    struct bdb_duplicates *duplicates) MCC_MUST_CHECK;
/* Writes a whole file to `fd`, empty and at its start; the rest as above. */
int bdb_write_hash(int fd, const struct bdb_row *rows, size_t count,
		   struct bdb_duplicates *duplicates) MCC_MUST_CHECK;

#endif
