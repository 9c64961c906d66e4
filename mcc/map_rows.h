/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of a table on their way to its database. */
#ifndef MCC_MCC_MAP_ROWS_H
#define MCC_MCC_MAP_ROWS_H

#include <stddef.h>

#include "base/source.h"
#include "grammar/parse.h"
#include "grammar/table.h"
#include "runtime/bdb_write.h"

struct map_table;

struct map_rows {
	struct table_sink sink;
	const struct map_table *table;
	struct parse_ctx ctx;
	struct bdb_duplicates duplicates;
	struct bdb_row *rows;
	struct span *spans; /* of the keys as written; SPAN_NONE: of the database */
	size_t count;
	size_t room;
	size_t span_room;
};

void map_rows_init(struct map_rows *rows, const struct map_table *table);
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
