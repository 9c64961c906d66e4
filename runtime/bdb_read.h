/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads Berkeley DB hash and btree files. Distrusts every byte: a damaged file
 * gives an error, never a crash or an endless walk. Read-only and without
 * locks: a generation never changes, and mcc replaces files as a whole.
 */
#ifndef MCC_RUNTIME_BDB_READ_H
#define MCC_RUNTIME_BDB_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"
#include "runtime/map.h"

struct arena;
struct bdb_file;

/*
 * Opens dirfd/path. `want_hash`: the file must be a hash, else a btree. The
 * object is in the arena, the descriptor is released by bdb_close(). Status:
 * MCC_EFORMAT and those of open(2), with a text.
 */
int bdb_open(struct arena *arena, int dirfd, const char *path, bool want_hash,
	     struct bdb_file **out_file, char *err, size_t err_size) MCC_MUST_CHECK;
void bdb_close(struct bdb_file *file);

/* Exactly these bytes (a final NUL is part of the key). Value in the arena. */
enum rt_found bdb_get(struct bdb_file *file, struct str key, struct arena *arena,
		      struct str *out_value);

/*
 * All rows in the file's order; key and value are valid during the call only.
 * fn returns false to stop. Status: MCC_EFORMAT, MCC_EIO.
 */
int bdb_each(struct bdb_file *file,
	     bool (*fn)(struct str key, struct str value, void *arg),
	     void *arg) MCC_MUST_CHECK;

#endif
