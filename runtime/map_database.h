/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the types of database have in common behind rt_map_open_database(). A
 * reader distrusts every byte of its file: a damaged one gives an error, never
 * a crash or an endless walk. Files are read without locks: a generation never
 * changes, and mcc replaces files as a whole.
 */
#ifndef MCC_RUNTIME_MAP_DATABASE_H
#define MCC_RUNTIME_MAP_DATABASE_H

#include "runtime/map.h"

struct rt_database {
	struct rt_map map; /* first member */
	/* Exactly these bytes; the value goes to the arena. */
	enum rt_found (*get)(struct rt_database *db, struct str key, struct arena *arena,
			     struct str *out_value);
	/* Status: MCC_EFORMAT, MCC_EIO. */
	int (*each)(struct rt_database *db, rt_row_fn *fn, void *arg);
	void (*close)(struct rt_database *db); /* releases the descriptor */
};

/* A file to open, and where the text of an error goes. */
struct rt_database_file {
	struct arena *arena; /* of the rt_database */
	int dirfd;
	const char *path;
	const char *type;
	char *err;
	size_t err_size;
};

/*
 * Each sets get, each and close; the map is the caller's. Status: MCC_EFORMAT
 * and those of files; an error's text is written.
 */
int bdb_database_open(const struct rt_database_file *file,
		      struct rt_database **out_db) MCC_MUST_CHECK;
int lmdb_database_open(const struct rt_database_file *file,
		       struct rt_database **out_db) MCC_MUST_CHECK;
int cdb_database_open(const struct rt_database_file *file,
		      struct rt_database **out_db) MCC_MUST_CHECK;
/* Writes "PATH WHAT" or the status's text as the error; returns the status. */
int rt_database_refuse(const struct rt_database_file *file, int status, const char *what);

#endif
