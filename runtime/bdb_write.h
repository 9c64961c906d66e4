/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes Berkeley DB hash and btree files as postmap(1) and postalias(1) do,
 * readable by them, and byte-identical for the same rows on every machine.
 */
#ifndef MCC_RUNTIME_BDB_WRITE_H
#define MCC_RUNTIME_BDB_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/str.h"
#include "runtime/row_store.h"

enum bdb_type { BDB_HASH, BDB_BTREE };

struct bdb_row {
	struct str key; /* folded already; no NUL */
	struct str value;
};

struct bdb_target {
	int dirfd;
	const char *name; /* below dirfd, or absolute */
	mode_t mode;
	bool has_owner; /* the file is given to: */
	uid_t uid;
	gid_t gid;
	bool is_cdb_with_nul; /* cdb: keys and values end in a NUL (postmap -N) */
};

/*
 * The file is written beside its name, synced and renamed into place; a file
 * that was there is whole until then. `order` tells what becomes of equal
 * keys. Status: MCC_ENOMEM, MCC_ETOOBIG, those of fs_write_file.
 */
int bdb_write_rows(const struct bdb_target *target, enum bdb_type type,
		   struct row_store *rows, struct row_order order) MCC_MUST_CHECK;

/* The same for rows in memory, of equal keys the first. */
int bdb_write(const struct bdb_target *target, enum bdb_type type,
	      const struct bdb_row *rows, size_t count) MCC_MUST_CHECK;

#endif
