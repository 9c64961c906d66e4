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
#include "base/strmap.h"
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

/* The text beside the rows of its database, which come one by one. */
struct comparison {
	struct arena *arena;
	struct rt_keys keys; /* of the text */
	const struct rt_row *rows;
	size_t count;
	struct strmap *by_key; /* key -> const struct rt_row, the first of equal keys */
	bool *is_answered;     /* of each row: the database says the same */
	const char *gone;      /* a key that the text has no longer; NULL: none yet */
};

/* postalias(1) marks its databases with keys like "@" and "YP_MASTER_NAME". */
static bool is_mark(struct str key)
{
	return !key.len || key.ptr[0] == '@' || str_starts(key, "YP_");
}

static bool compare_row(struct str key, struct str value, void *arg)
{
	struct comparison *c = arg;
	const struct rt_row *row = strmap_find(c->by_key, key);

	if (row)
		c->is_answered[row - c->rows] = str_eq(row->value, value);
	/* Keys that are looked up are folded, those that are stored are as they are. */
	else if (!c->gone && !is_mark(key) &&
		 !strmap_find(c->by_key, rt_keys_fold(c->keys, c->arena, key)))
		c->gone = arena_memdup0(c->arena, key.ptr, key.len);
	return true;
}

/* The line of the first row that the database answers otherwise; 0: none. */
static unsigned first_difference(const struct comparison *c)
{
	for (size_t i = 0; i < c->count; i++) {
		if (!c->is_answered[i] &&
		    strmap_find(c->by_key, c->rows[i].key) == &c->rows[i])
			return c->rows[i].line;
	}
	return 0;
}

static struct comparison comparison_of(struct arena *arena, const struct site *site,
				       const struct site_table *t)
{
	struct comparison c = {.arena = arena, .keys = table_keys(site, true)};
	struct rt_row *rows = NULL;

	c.count = source_rows(arena, t, c.keys, &rows);
	c.rows = rows;
	c.by_key = strmap_new(arena);
	c.is_answered = arena_array(arena, c.count + 1, sizeof(*c.is_answered));
	for (size_t i = 0; i < c.count; i++) {
		struct rt_row *first = strmap_find(c.by_key, rows[i].key);

		strmap_put(c.by_key, rows[i].key, first ? first : &rows[i]);
	}
	return c;
}

static const char *compare(const struct comparison *c, const char *path)
{
	unsigned line = first_difference(c);

	if (line)
		return arena_printf(
			c->arena,
			"its database does not have line %u of the text as it "
			"is now: Postfix answers from %s until postmap makes "
			"it anew",
			line, path);
	if (!c->gone)
		return NULL;
	return arena_printf(c->arena,
			    "its database still has the key '%s', which the text has "
			    "not: Postfix answers from %s until postmap makes it anew",
			    c->gone, path);
}

/* The database is read once from end to end: a look-up for each row of the text
 * would read a page each time. */
const char *table_difference(struct arena *arena, const struct site *site,
			     const struct site_table *t)
{
	const char *type = str_dup0(arena, t->type_name), *path;
	struct comparison c;
	struct rt_map *database;
	char err[300];

	if (!table_has_database(type) || (!t->aliases && !t->rows) || !t->fs_path)
		return NULL;
	path = table_database_path(arena, type, t->fs_path);
	if (!fs_exists(AT_FDCWD, path))
		return NULL;
	database = table_open_database(arena, type, type, t->fs_path, err, sizeof(err));
	if (!database)
		return arena_printf(arena,
				    "its database cannot be read (%s), so every look-up "
				    "of Postfix fails until postmap makes it anew",
				    err);
	c = comparison_of(arena, site, t);
	if (rt_map_each(database, compare_row, &c) != MCC_OK)
		return arena_printf(arena,
				    "its database %s is damaged, and look-ups of Postfix "
				    "fail until postmap makes it anew",
				    path);
	return compare(&c, path);
}
