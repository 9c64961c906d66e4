/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text of a table to its database, and changes to a database. The new file takes the place of an old
 * one by rename: who reads meanwhile has the one or the other.
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

int map_read_source(const struct map_table *table, const struct source **out_src)
{
	int status;

	if (strcmp(table->file, "-") == 0)
		return cli_read_stdin(table->cli, out_src);
	status = source_add_file(table->cli->sources, table->file, NULL, out_src);
	if (status != MCC_OK)
		return cli_cannot("%s: %s", table->file, mcc_status_text(status));
	return EXIT_CLEAN;
}

struct str map_fold_key(const struct map_table *table, struct arena *arena,
			struct str key)
{
	if (table->is_unfolded)
		return key;
	if (table->is_utf8 && !utf8_is_ascii(key))
		return utf8_fold(arena, key);
	return table_fold_key(arena, key);
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
	status = map_read_source(table, &src);
	if (status != EXIT_CLEAN)
		return status;
	map_rows_init(&rows, table);
	map_rows_read(&rows, src);
	return map_rows_write(&rows);
}

int map_add(const struct map_table *table)
{
	const struct source *src = NULL;
	struct map_rows rows;
	int status = cli_read_stdin(table->cli, &src);

	map_rows_init(&rows, table);
	if (status == EXIT_CLEAN)
		status = map_rows_read_database(&rows);
	if (status != EXIT_CLEAN)
		return status;
	map_rows_read(&rows, src);
	return map_rows_write(&rows);
}

/* ---- -d ---- */

static void want_key(struct strmap *keys, const struct map_table *table, struct str key)
{
	key = map_fold_key(table, table->cli->arena, key);
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
	size_t kept = 0;
	int status;

	map_rows_init(&rows, table);
	status = map_rows_read_database(&rows);
	if (status != EXIT_CLEAN)
		return status;
	for (size_t i = 0; i < rows.count; i++)
		if (!strmap_find(keys, rows.rows[i].key))
			rows.rows[kept++] = rows.rows[i];
	if (kept == rows.count)
		return EXIT_CLEAN;
	rows.count = kept;
	*out_is_found = true;
	return map_rows_write(&rows);
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
