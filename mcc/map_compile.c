/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text of a table to its database, and changes to a database. The new file
 * takes the place of an old one by rename: who reads meanwhile has the one or
 * the other.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/source.h"
#include "base/status.h"
#include "base/strmap.h"
#include "base/utf8.h"
#include "mcc/cli.h"
#include "mcc/emit/table_database.h"
#include "mcc/emit/table_rows.h"
#include "mcc/map_rows.h"
#include "mcc/map_table.h"

/* A large one is put beside the database to be. */
static int read_source(const struct map_table *table, const char *beside,
		       const struct source **out_src)
{
	struct source_set *sources = table->cli->sources;
	int status;

	if (strcmp(table->file, "-") == 0)
		return cli_read_stdin(table->cli, out_src);
	status = beside ? source_add_large(sources, table->file, beside, out_src)
			: source_add_file(sources, table->file, NULL, out_src);
	if (status != MCC_OK)
		return cli_cannot("%s: %s", table->file, mcc_status_text(status));
	return EXIT_CLEAN;
}

int map_read_source(const struct map_table *table, const struct source **out_src)
{
	return read_source(table, NULL, out_src);
}

struct rt_keys map_keys(const struct map_table *table)
{
	return (struct rt_keys){!table->is_unfolded, table->is_utf8};
}

bool map_is_database(const char *type)
{
	return table_has_database(type);
}

int map_compile(const struct map_table *table)
{
	const struct source *src = NULL;
	struct map_rows rows;
	int status;

	if (strcmp(table->file, "-") == 0 && !table->output)
		return cli_usage_error("map", "standard input needs -o OUT");
	status = map_rows_init(&rows, table);
	if (status == EXIT_CLEAN)
		status = read_source(table, rows.path, &src);
	if (status == EXIT_CLEAN) {
		map_rows_read(&rows, src);
		status = map_rows_write(&rows);
	}
	map_rows_fini(&rows);
	return status;
}

int map_add(const struct map_table *table)
{
	const struct source *src = NULL;
	struct map_rows rows;
	int status = map_rows_init(&rows, table);

	if (status == EXIT_CLEAN)
		status = cli_read_stdin(table->cli, &src);
	if (status == EXIT_CLEAN)
		status = map_rows_read_database(&rows);
	if (status == EXIT_CLEAN) {
		map_rows_read(&rows, src);
		status = map_rows_write(&rows);
	}
	map_rows_fini(&rows);
	return status;
}

/* ---- -d ---- */

static void want_key(struct strmap *keys, const struct map_table *table, struct str key)
{
	key = rt_keys_fold(map_keys(table), table->cli->arena, key);
	strmap_put(keys, key, keys);
}

/* The keys to delete as a set: one, or the lines of standard input. */
static struct strmap *wanted_keys(const struct map_table *table, const char *key,
				  const struct source *keys_src)
{
	struct strmap *keys = strmap_new(table->cli->arena);
	struct str rest, line;

	if (!keys_src) {
		if (*key)
			want_key(keys, table, str_of(key));
		return keys;
	}
	rest = keys_src->text;
	while (str_token(&rest, "\n", &line))
		want_key(keys, table, line);
	return keys;
}

static int delete_from(const struct map_table *table, const struct strmap *keys,
		       bool *out_is_found)
{
	struct map_rows rows;
	int status = map_rows_init(&rows, table);

	rows.unwanted = keys;
	if (status == EXIT_CLEAN)
		status = map_rows_read_database(&rows);
	if (status == EXIT_CLEAN && rows.dropped) {
		*out_is_found = true;
		status = map_rows_write(&rows);
	}
	map_rows_fini(&rows);
	return status;
}

int map_delete(const struct map_tables *tables, const char *key)
{
	const struct source *src = NULL;
	bool is_found = false;
	int status = EXIT_CLEAN;

	for (size_t i = 0; i < tables->count; i++)
		if (!map_is_database(tables->list[i].type))
			return cli_usage_error("map",
					       "tables of type %s cannot be changed",
					       tables->list[i].type);
	if (strcmp(key, "-") == 0)
		status = cli_read_stdin(tables->list[0].cli, &src);
	for (size_t i = 0; i < tables->count && status == EXIT_CLEAN; i++)
		status = delete_from(&tables->list[i],
				     wanted_keys(&tables->list[i], key, src), &is_found);
	if (status != EXIT_CLEAN)
		return status;
	return is_found ? EXIT_CLEAN : EXIT_FINDINGS;
}
