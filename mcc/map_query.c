/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc map -q and -s: asks and prints tables as postmap(1) does.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/utf8.h"
#include "mcc/cli.h"
#include "mcc/emit/table_database.h"
#include "mcc/map_table.h"
#include "runtime/config.h"
#include "runtime/map.h"

/* ---- -q ---- */

/* Answers hold what the file holds; the terminal's reader asked for it. */
static void print_row(struct str key, const char *between, struct str value)
{
	fwrite(key.ptr, 1, key.len, stdout);
	fputs(between, stdout);
	fwrite(value.ptr, 1, value.len, stdout);
	putchar('\n');
}

static const char *separator(const struct map_table *table)
{
	return table->is_aliases ? ":\t" : "\t";
}

struct map_query {
	const struct map_tables *tables;
	struct rt_map **maps; /* opened when they are asked first */
	bool is_batch;	      /* keys of standard input: each is shown */
	bool is_found;
};

static int use_value(struct map_query *q, const struct map_table *table, struct str key,
		     struct arena *arena, struct str value)
{
	if (table->has_files && !map_decode_value(arena, value, &value))
		return cli_cannot("%s: the value of '%.*s' is no base64", table->name,
				  STR_ARG(key));
	if (!value.len)
		fprintf(stderr, "mcc: %s: '%.*s' has an empty value\n", table->name,
			STR_ARG(key));
	print_row(q->is_batch ? key : STR_LIT(""), q->is_batch ? separator(table) : "",
		  value);
	q->is_found = true;
	return EXIT_CLEAN;
}

static int ask_table(struct map_query *q, size_t i, struct str key, bool *out_is_found)
{
	const struct map_table *table = &q->tables->list[i];
	struct arena *arena;
	struct str value;
	enum rt_found found = RT_NOT_FOUND;
	int status = EXIT_CLEAN;

	if (!q->maps[i])
		status = map_open(table, &q->maps[i]);
	if (status != EXIT_CLEAN)
		return status;
	if (table->is_utf8 && !utf8_is_valid(key)) {
		fprintf(stderr, "mcc: %s: a key that is not UTF-8 is in no table\n",
			table->name);
		return EXIT_CLEAN;
	}
	arena = arena_new(0);
	found = rt_map_lookup(q->maps[i], key, arena, &value, NULL);
	if (found == RT_FOUND)
		status = use_value(q, table, key, arena, value);
	else if (found == RT_LOOKUP_ERROR)
		status = cli_cannot("%s: the look-up of '%.*s' failed%s", table->name,
				    STR_ARG(key),
				    table->is_utf8 ? ", or its answer is not UTF-8" : "");
	*out_is_found = found == RT_FOUND;
	arena_free(arena);
	return status;
}

/* The first table that has the key. */
static int ask(struct map_query *q, struct str key)
{
	bool is_found = false;
	int status = EXIT_CLEAN;

	for (size_t i = 0; i < q->tables->count && !is_found && status == EXIT_CLEAN; i++)
		status = ask_table(q, i, key, &is_found);
	return status;
}

static int ask_stdin(struct map_query *q)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	int status = EXIT_CLEAN;

	while (status == EXIT_CLEAN && (len = getline(&line, &room, stdin)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		/* To Postfix a key ends at a NUL. */
		status = ask(q, str_of(line));
	}
	free(line);
	return status;
}

int map_query(const struct map_tables *tables, const char *key)
{
	struct arena *arena = tables->list[0].cli->arena;
	struct map_query q = {.tables = tables, .is_batch = strcmp(key, "-") == 0};
	int status;

	q.maps = arena_array(arena, tables->count, sizeof(*q.maps));
	status = q.is_batch ? ask_stdin(&q) : ask(&q, str_of(key));
	if (status != EXIT_CLEAN)
		return status;
	return q.is_found ? EXIT_CLEAN : EXIT_FINDINGS;
}

/* ---- -s ---- */

struct map_dump {
	const struct map_table *table;
	bool has_failed; /* a value is not what -F needs */
};

static bool dump_row(struct str key, struct str value, void *arg)
{
	struct map_dump *dump = arg;
	struct arena *arena = NULL;

	if (dump->table->has_files) {
		arena = arena_new(0);
		dump->has_failed = !map_decode_value(arena, value, &value);
	}
	if (!dump->has_failed)
		print_row(key, separator(dump->table), value);
	arena_free(arena);
	return !dump->has_failed;
}

static int dump_database(struct map_dump *dump)
{
	const struct map_table *table = dump->table;
	struct arena *arena = table->cli->arena;
	const struct rt_map_ref ref = {
		.name = table->name,
		.type = table->type,
		.path = table_database_path(arena, table->type, table->file)};
	struct rt_map *map = NULL;
	char err[512];
	int status;

	if (rt_map_open_database(arena, AT_FDCWD, &ref, &map, err, sizeof(err)) != MCC_OK)
		return cli_cannot("%s", err);
	status = rt_map_each(map, dump_row, dump);
	rt_map_close(map);
	if (status != MCC_OK)
		return cli_cannot("%s: %s", ref.path, mcc_status_text(status));
	return EXIT_CLEAN;
}

static int dump_rows(struct map_dump *dump)
{
	struct rt_row *rows = NULL;
	size_t count = 0;
	int status = map_read_rows(dump->table, &rows, &count);

	for (size_t i = 0; status == EXIT_CLEAN && i < count; i++)
		if (!dump_row(rows[i].key, rows[i].value, dump))
			break;
	return status;
}

int map_dump(const struct map_table *table)
{
	struct map_dump dump = {table, false};
	int status;

	if (table_has_database(table->type))
		status = dump_database(&dump);
	else if (map_has_rows(table->type))
		status = dump_rows(&dump);
	else
		return cli_cannot("%s: only hash, btree, lmdb, cdb, texthash and inline "
				  "tables can be printed",
				  table->name);
	if (status == EXIT_CLEAN && dump.has_failed)
		return cli_cannot("%s: a value is no base64", table->name);
	return status;
}
