/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of a table on their way to its database. */
#ifndef MCC_MCC_MAP_ROWS_H
#define MCC_MCC_MAP_ROWS_H

#include <stddef.h>

#include "base/source.h"
#include "grammar/parse.h"
#include "grammar/table.h"
#include "runtime/row_store.h"

struct map_table;
struct strmap;

struct map_rows {
	struct table_sink sink;
	struct row_duplicates duplicates;
	const struct map_table *table;
	struct parse_ctx ctx;
	const char *path; /* of the database */
	struct row_store *store;
	struct arena *scratch; /* of one row */
	const struct source *src;
	const struct strmap *unwanted; /* keys not taken from the database */
	size_t dropped;		       /* rows left out: their keys were there, or -d */
	int status;		       /* the first failure of the store */
};

/* EXIT_CLEAN, or EXIT_CANNOT with a message; after it fini is due in any case. */
int map_rows_init(struct map_rows *rows, const struct map_table *table);
void map_rows_fini(struct map_rows *rows);
/* Adds the rows of a source; complaints about them are queued. */
void map_rows_read(struct map_rows *rows, const struct source *src);
/* Adds those of the database, which comes first; none when it is not there.
 * Exit status, the failure has been said. */
int map_rows_read_database(struct map_rows *rows);
/*
 * Writes the database, in place of the one that is there at the end. Says what
 * is queued; exit status.
 */
int map_rows_write(struct map_rows *rows);

#endif
