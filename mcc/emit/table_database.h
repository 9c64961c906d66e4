/* SPDX-License-Identifier: BSD-2-Clause */
/* The database that postmap(1) has made beside a table's text. */
#ifndef MCC_MCC_EMIT_TABLE_DATABASE_H
#define MCC_MCC_EMIT_TABLE_DATABASE_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/map.h"

struct arena;
struct site;
struct site_table;

/* Whether mcc reads databases of the type: hash, btree, lmdb, cdb. */
bool table_has_database(const char *type);
/* Where the database of `file` lies. */
const char *table_database_path(struct arena *arena, const char *type, const char *file);
/*
 * The database of `file` ("…/virtual", without suffix), open until the arena
 * is freed. NULL: it is not there or damaged, and err says so.
 */
struct rt_map *table_open_database(struct arena *arena, const char *type,
				   const char *name, const char *file, char *err,
				   size_t err_size);
/* Calls fn for each row of the database `path`, without final NULs, until it
 * says false. A status when it cannot be read. */
int table_each_of_database(struct arena *arena, const char *type, const char *path,
			   rt_row_fn *fn, void *arg) MCC_MUST_CHECK;
/* All rows of it; a status when it cannot be read. */
int table_rows_of_database(struct arena *arena, const char *type, const char *file,
			   struct rt_row **out_rows, size_t *out_count) MCC_MUST_CHECK;
/*
 * How the text of a table differs from the database beside it, which is what
 * Postfix reads: a sentence, or NULL when they agree or one of them is absent.
 */
const char *table_difference(struct arena *arena, const struct site *site,
			     const struct site_table *table);

#endif
