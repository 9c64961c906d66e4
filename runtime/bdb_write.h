/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes Berkeley DB hash and btree files as postmap(1) and postalias(1) do,
 * readable by them, and byte-identical for the same rows on every machine.
 */
#ifndef MCC_RUNTIME_BDB_WRITE_H
#define MCC_RUNTIME_BDB_WRITE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/str.h"

enum bdb_type { BDB_HASH, BDB_BTREE };

struct bdb_row {
	struct str key; /* folded already; no NUL */
	struct str value;
};

/* Told about each row that is left out because of its key, in any order;
 * numbers of rows. */
struct bdb_duplicates {
	void (*found)(struct bdb_duplicates *d, size_t kept, size_t dropped);
};

struct bdb_target {
	int dirfd;
	const char *name; /* below dirfd, or absolute */
	mode_t mode;
};

/*
 * The file is written beside its name, synced and renamed into place; a file
 * that was there is whole until then. Of rows with equal keys the first is
 * kept. Status: MCC_ENOMEM, MCC_ETOOBIG (4 billion rows), those of
 * fs_write_file.
 */
int bdb_write(const struct bdb_target *target, enum bdb_type type,
	      const struct bdb_row *rows, size_t count) MCC_MUST_CHECK;

/* The same, telling of rows that were left out. */
int bdb_write_telling(const struct bdb_target *target, enum bdb_type type,
		      const struct bdb_row *rows, size_t count,
		      struct bdb_duplicates *duplicates) MCC_MUST_CHECK;

#endif
