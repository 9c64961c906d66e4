/* SPDX-License-Identifier: BSD-2-Clause */
/* One table as `mcc map` works on it, outside any site. */
#ifndef MCC_MCC_MAP_TABLE_H
#define MCC_MCC_MAP_TABLE_H

#include <stdbool.h>

#include "base/str.h"

struct cli;
struct rt_map;
struct source;

/* What becomes of a key that is there already. */
enum map_again {
	MAP_AGAIN_WARN,	   /* the first value stays */
	MAP_AGAIN_KEEP,	   /* -w: the same without a word */
	MAP_AGAIN_REPLACE, /* -r: the last one counts */
};

struct map_table {
	struct cli *cli;
	const char *name; /* "hash:aliases" */
	const char *type;
	const char *file;   /* what follows the colon; "-": standard input */
	const char *output; /* -o, or NULL */
	bool is_aliases;
	bool is_unfolded; /* -f: keys keep their case */
	enum map_again again;
	unsigned depth; /* of tables within tables */
};

/*
 * Reads the source text; exit status, the failure has been said. Complaints
 * about its rows are queued.
 */
int map_read_source(const struct map_table *table, const struct source **out_src);
/* Types that are compiled: hash, btree, lmdb, cdb. */
bool map_is_database(const char *type);
/* TYPE:FILE to a database; exit status. */
int map_compile(const struct map_table *table);
/* -i: rows from standard input into the database, made when it is not there. */
int map_add(const struct map_table *table);
/* -d KEY, or "-" for keys from standard input; EXIT_FINDINGS: none was there. */
int map_delete(const struct map_table *table, const char *key);
/* -q KEY, or "-" for keys from standard input. */
int map_query(const struct map_table *table, const char *key);
/* -s: all rows, in the table's own order. */
int map_dump(const struct map_table *table);

#endif
