/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Databases beside the texts. A site may come with databases only; and where
 * both are there Postfix reads the database, whatever the text has become
 * since.
 */
#include "mcc/emit/table_database.h"

#include <fcntl.h>
#include <string.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/status.h"
#include "mcc/emit/table_rows.h"
#include "mcc/model/site.h"
#include "runtime/config.h"
#include "runtime/database.h"

bool table_has_database(const char *type)
{
	return database_is_type(type);
}

const char *table_database_path(struct arena *arena, const char *type, const char *file)
{
	return arena_printf(arena, "%s.%s", file, database_suffix(type));
}

static void close_map(void *map)
{
	rt_map_close(map);
}

struct rt_map *table_open_database(struct arena *arena, const char *type,
				   const char *name, const char *file, char *err,
				   size_t err_size)
{
	struct rt_map_ref ref = {.name = name,
				 .type = type,
				 .path = table_database_path(arena, type, file),
				 .fold_keys = true};
	struct rt_map *map = NULL;

	if (rt_map_open_database(arena, AT_FDCWD, &ref, &map, err, err_size) != MCC_OK)
		return NULL;
	arena_on_free(arena, close_map, map);
	return map;
}

/* ---- rows ---- */

struct row_list {
	struct arena *arena;
	struct rt_row *rows;
	size_t count;
	size_t room;
};

static bool add_row(struct str key, struct str value, void *arg)
{
	struct row_list *list = arg;
	struct rt_row row = {
		{arena_memdup0(list->arena, key.ptr, key.len), key.len},
		{arena_memdup0(list->arena, value.ptr, value.len), value.len},
		0};

	*(struct rt_row *)arena_push(list->arena, &list->rows, list->count++, &list->room,
				     sizeof(row)) = row;
	return true;
}

int table_each_of_database(struct arena *arena, const char *type, const char *path,
			   rt_row_fn *fn, void *arg)
{
	const struct rt_map_ref ref = {.name = path, .type = type, .path = path};
	struct rt_map *map = NULL;
	char err[300];
	int status = rt_map_open_database(arena, AT_FDCWD, &ref, &map, err, sizeof(err));

	if (status != MCC_OK)
		return status;
	status = rt_map_each(map, fn, arg);
	rt_map_close(map);
	return status;
}

int table_rows_of_database(struct arena *arena, const char *type, const char *file,
			   struct rt_row **out_rows, size_t *out_count)
{
	struct row_list list = {.arena = arena};
	int status = table_each_of_database(
		arena, type, table_database_path(arena, type, file), add_row, &list);

	if (status != MCC_OK)
		return status;
	*out_rows = list.rows;
	*out_count = list.count;
	return MCC_OK;
}

/* ---- text and database ---- */

static size_t source_rows(struct arena *arena, const struct site_table *t,
			  struct rt_keys keys, struct rt_row **out_rows)
{
	if (t->aliases)
		return table_rows_of_aliases(arena, t->aliases, keys, out_rows);
	return table_rows_of_file(arena, t->rows, keys, out_rows);
}

/* The line of the first row that the database answers otherwise; 0: none. */
static unsigned first_difference(struct arena *arena, struct rt_map *text,
				 struct rt_map *database, const struct rt_row *rows,
				 size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct str want, got;

		/* Of equal keys only the first one counts. */
		if (rt_map_lookup(text, rows[i].key, arena, &want, NULL) == RT_FOUND &&
		    (rt_map_lookup(database, rows[i].key, arena, &got, NULL) !=
			     RT_FOUND ||
		     !str_eq(want, got)))
			return rows[i].line;
	}
	return 0;
}

/* A row of the database that the text has no longer; NULL: none. */
static const char *gone(struct arena *arena, struct rt_map *text,
			const struct rt_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct str value;

		/* postalias(1) marks its databases with keys like "@". */
		if (rows[i].key.len && rows[i].key.ptr[0] != '@' &&
		    !str_starts(rows[i].key, "YP_") &&
		    rt_map_lookup(text, rows[i].key, arena, &value, NULL) == RT_NOT_FOUND)
			return rows[i].key.ptr;
	}
	return NULL;
}

/* A text and the rows of its database. */
struct pair {
	struct arena *arena;
	const char *type;
	struct rt_keys keys; /* of the text */
	const char *path;    /* of the database */
	const struct rt_row *rows;
	size_t count;
};

static const char *compare(const struct pair *pair, const struct rt_row *rows,
			   size_t count)
{
	struct arena *arena = pair->arena;
	const struct rt_keys as_stored = {false, false};
	struct rt_map *text = rt_map_of_rows(arena, pair->type, rows, count, pair->keys);
	struct rt_map *database =
		rt_map_of_rows(arena, pair->type, pair->rows, pair->count, as_stored);
	const char *key;
	unsigned line;

	/* Keys that are looked up are folded, those that are stored are as they are. */
	database->keys = pair->keys;
	line = first_difference(arena, text, database, rows, count);
	if (line)
		return arena_printf(
			arena,
			"its database does not have line %u of the text as it "
			"is now: Postfix answers from %s until postmap makes "
			"it anew",
			line, pair->path);
	key = gone(arena, text, pair->rows, pair->count);
	if (!key)
		return NULL;
	return arena_printf(arena,
			    "its database still has the key '%s', which the text has "
			    "not: Postfix answers from %s until postmap makes it anew",
			    key, pair->path);
}

/* The database is read once from end to end: a look-up for each row of the text
 * would read a page each time. */
const char *table_difference(struct arena *arena, const struct site *site,
			     const struct site_table *t)
{
	struct pair pair = {.arena = arena,
			    .type = str_dup0(arena, t->type_name),
			    .keys = table_keys(site, true)};
	struct rt_row *rows = NULL, *stored = NULL;
	size_t count;
	char err[300];
	int status;

	if (!table_has_database(pair.type) || (!t->aliases && !t->rows) || !t->fs_path)
		return NULL;
	pair.path = table_database_path(arena, pair.type, t->fs_path);
	if (!fs_exists(AT_FDCWD, pair.path))
		return NULL;
	if (!table_open_database(arena, pair.type, pair.type, t->fs_path, err,
				 sizeof(err)))
		return arena_printf(arena,
				    "its database cannot be read (%s), so every look-up "
				    "of Postfix fails until postmap makes it anew",
				    err);
	status = table_rows_of_database(arena, pair.type, t->fs_path, &stored,
					&pair.count);
	if (status != MCC_OK)
		return arena_printf(arena,
				    "its database %s is damaged, and look-ups of Postfix "
				    "fail until postmap makes it anew",
				    pair.path);
	pair.rows = stored;
	count = source_rows(arena, t, pair.keys, &rows);
	return compare(&pair, rows, count);
}
