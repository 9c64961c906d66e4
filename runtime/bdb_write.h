/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes Berkeley DB hash and btree files as postmap(1) and postalias(1) do,
 * readable by them, and byte-identical for the same rows on every machine.
 */
#ifndef MCC_RUNTIME_BDB_WRITE_H
#define MCC_RUNTIME_BDB_WRITE_H

#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

struct arena;

enum bdb_type { BDB_HASH, BDB_BTREE };

struct bdb_row {
	struct str key; /* folded already; no NUL */
	struct str value;
};

/*
 * dirfd/name is written beside and renamed into place. Of rows with equal keys
 * the first is kept (the caller has warned). Rows may be reordered.
 */
int bdb_write(struct arena *arena, int dirfd, const char *name, enum bdb_type type,
	      struct bdb_row *rows, size_t count) MCC_MUST_CHECK;

#endif
