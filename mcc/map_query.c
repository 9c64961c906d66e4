/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc map -q and -s: asks and prints tables as postmap(1) does. Databases are
 * read as they are; types without a database are read from their text.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/source.h"
#include "base/status.h"
#include "grammar/parse.h"
#include "grammar/table.h"
#include "base/limits.h"
#include "grammar/list.h"
#include "mcc/cli.h"
#include "mcc/emit/table_database.h"
#include "mcc/emit/table_rows.h"
#include "mcc/map_table.h"
#include "runtime/bdb_read.h"
#include "runtime/config.h"
#include "runtime/map.h"

#define PASSWD_FILE "/etc/passwd"

static bool is_bdb(const char *type)
{
	return strcmp(type, "hash") == 0 || strcmp(type, "btree") == 0;
}

static int open_database(const struct map_table *table, struct rt_map **out_map)
{
	char err[512];

	*out_map = table_open_database(table->cli->arena, table->type, table->name,
				       table->file, err, sizeof(err));
	if (*out_map)
		(*out_map)->fold_keys = !table->is_unfolded;
	return *out_map ? EXIT_CLEAN : cli_cannot("%s", err);
}

/* ---- types that are read from their text ---- */

struct rule_warnings {
	struct rt_map_warn base;
	const char *file;
};

static void print_warning(struct rt_map_warn *warn, unsigned line, const char *message)
{
	const struct rule_warnings *w = (const struct rule_warnings *)warn;

	fprintf(stderr, "mcc: %s: line %u: %s\n", w->file, line, message);
}

static int open_rules(const struct map_table *table, struct str text,
		      struct rt_map **out_map)
{
	struct rule_warnings warn = {{print_warning}, table->file};
	struct rt_map_text rules = {table->type, table->name, text, false};
	int status = rt_map_of_text(table->cli->arena, &rules, &warn.base, out_map);

	if (status != MCC_OK)
		return cli_cannot("%s: %s", table->name, mcc_status_text(status));
	return EXIT_CLEAN;
}

static int open_texthash(const struct map_table *table, struct rt_map **out_map)
{
	struct cli *cli = table->cli;
	const struct parse_ctx ctx = {cli->arena, cli->sources, cli->diags};
	const struct source *src = NULL;
	struct rt_row *rows = NULL;
	size_t count;
	int status = map_read_source(table, &src);

	if (status != EXIT_CLEAN)
		return status;
	count = table_rows_of_file(cli->arena, table_parse(&ctx, src), true, &rows);
	cli_report_human(cli);
	*out_map = rt_map_of_rows(cli->arena, table->name, rows, count, true);
	return EXIT_CLEAN;
}

static struct rt_map *open_inline(const struct map_table *table)
{
	struct cli *cli = table->cli;
	const struct parse_ctx ctx = {cli->arena, cli->sources, cli->diags};
	struct rt_row *rows = NULL;
	size_t count = table_rows_of_inline(&ctx, str_of(table->file), true, &rows);

	return rt_map_of_rows(cli->arena, table->name, rows, count, true);
}

static struct rt_map *open_static(const struct map_table *table)
{
	struct str value = str_of(table->file);

	if (str_starts(value, "{") && str_ends(value, "}"))
		value = str_trim(str_slice(value, 1, value.len - 1));
	return rt_map_static(table->cli->arena, table->name, value);
}

static int open_rule_table(const struct map_table *table, struct rt_map **out_map)
{
	struct cli *cli = table->cli;
	const struct parse_ctx ctx = {cli->arena, cli->sources, cli->diags};
	const struct source *src = NULL;
	int status;

	if (table->file[0] == '{')
		return open_rules(table, table_text_of_inline(&ctx, str_of(table->file)),
				  out_map);
	status = map_read_source(table, &src);
	return status == EXIT_CLEAN ? open_rules(table, src->text, out_map) : status;
}

static int open_table(const struct map_table *table, struct rt_map **out_map);

/* The tables inside "{...}"; NULL when there is one that is no TYPE:NAME. */
static const struct list *part_names(const struct map_table *table)
{
	struct cli *cli = table->cli;
	const struct parse_ctx ctx = {cli->arena, cli->sources, cli->diags};
	const struct list *outer =
		list_parse(&ctx, text_of_builtin(cli->arena, str_of(table->file)), true);
	const struct list *inner;

	if (outer->count != 1 || !outer->items[0].is_group)
		return NULL;
	inner = list_parse(&ctx, outer->items[0].inner, true);
	for (size_t i = 0; i < inner->count; i++)
		if (str_chr(inner->items[i].text.str, ':') <= 0)
			return NULL;
	return inner->count ? inner : NULL;
}

static int open_parts(const struct map_table *table, struct rt_map **out_map)
{
	struct arena *arena = table->cli->arena;
	const struct list *names = part_names(table);
	struct rt_map **parts;

	if (!names || table->depth >= LIMIT_BRACE_DEPTH)
		return cli_cannot("%s is not %s:{TYPE:NAME ...}", table->name,
				  table->type);
	parts = arena_array(arena, names->count, sizeof(*parts));
	for (size_t i = 0; i < names->count; i++) {
		struct str name = names->items[i].text.str;
		size_t colon = (size_t)str_chr(name, ':');
		struct map_table part = *table;
		int status;

		part.name = str_dup0(arena, name);
		part.type = str_dup0(arena, str_slice(name, 0, colon));
		part.file = part.name + colon + 1;
		part.depth++;
		status = open_table(&part, &parts[i]);
		if (status != EXIT_CLEAN)
			return status;
	}
	*out_map = rt_map_of_parts(arena, strcmp(table->type, "unionmap") == 0,
				   table->name, parts, names->count);
	return EXIT_CLEAN;
}

/* proxy:TYPE:NAME answers as TYPE:NAME does. */
static int open_proxied(const struct map_table *table, struct rt_map **out_map)
{
	const char *colon = strchr(table->file, ':');
	struct map_table inner = *table;

	if (!colon || colon == table->file || table->depth >= LIMIT_BRACE_DEPTH)
		return cli_cannot("%s is not %s:TYPE:NAME", table->name, table->type);
	inner.type = str_dup0(table->cli->arena,
			      (struct str){table->file, (size_t)(colon - table->file)});
	inner.file = colon + 1;
	inner.depth++;
	return open_table(&inner, out_map);
}

static int open_table(const struct map_table *table, struct rt_map **out_map)
{
	const char *type = table->type;
	struct arena *arena = table->cli->arena;

	if (table_has_database(type))
		return open_database(table, out_map);
	if (strcmp(type, "pipemap") == 0 || strcmp(type, "unionmap") == 0)
		return open_parts(table, out_map);
	if (strcmp(type, "proxy") == 0)
		return open_proxied(table, out_map);
	if (rt_map_is_text_type(type))
		return open_rule_table(table, out_map);
	if (strcmp(type, "texthash") == 0)
		return open_texthash(table, out_map);
	if (strcmp(type, "inline") == 0)
		*out_map = open_inline(table);
	else if (strcmp(type, "static") == 0)
		*out_map = open_static(table);
	else if (strcmp(type, "randmap") == 0)
		*out_map = rt_map_random(arena, table->name, str_of(table->file));
	else if (strcmp(type, "environ") == 0)
		*out_map = rt_map_environ(arena, table->name, true);
	else if (strcmp(type, "fail") == 0)
		*out_map = rt_map_fail(arena, table->name);
	else if (strcmp(type, "unix") == 0 && strcmp(table->file, "passwd.byname") == 0)
		*out_map = rt_map_passwd(arena, table->name, PASSWD_FILE);
	else
		return cli_cannot("%s: tables of type %s cannot be asked here",
				  table->name, type);
	return EXIT_CLEAN;
}

/* ---- -q ---- */

/* Answers hold what the file holds; the terminal's reader asked for it. */
static void print_row(const char *before, struct str value)
{
	fputs(before, stdout);
	fwrite(value.ptr, 1, value.len, stdout);
	putchar('\n');
}

static int ask(struct rt_map *map, struct str key, const char *before, bool *out_is_found)
{
	struct arena *arena = arena_new(0);
	struct str value;
	enum rt_found found = rt_map_lookup(map, key, arena, &value, NULL);

	if (found == RT_FOUND)
		print_row(before, value);
	*out_is_found |= found == RT_FOUND;
	arena_free(arena);
	return found == RT_LOOKUP_ERROR ? EXIT_CANNOT : EXIT_CLEAN;
}

static int ask_stdin(struct rt_map *map, bool *out_is_found)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	int status = EXIT_CLEAN;

	while (status == EXIT_CLEAN && (len = getline(&line, &room, stdin)) > 0) {
		struct str key = {line, (size_t)len};
		struct strbuf before;

		if (str_ends(key, "\n"))
			line[--key.len] = '\0';
		strbuf_init(&before, key.len + 1);
		strbuf_addstr(&before, key);
		strbuf_addc(&before, '\t');
		status = ask(map, key, before.ptr, out_is_found);
		strbuf_fini(&before);
	}
	free(line);
	return status;
}

int map_query(const struct map_table *table, const char *key)
{
	struct rt_map *map = NULL;
	bool is_found = false;
	int status = open_table(table, &map);

	if (status != EXIT_CLEAN)
		return status;
	if (strcmp(key, "-") == 0)
		status = ask_stdin(map, &is_found);
	else
		status = ask(map, str_of(key), "", &is_found);
	if (status != EXIT_CLEAN)
		return cli_cannot("%s: the look-up failed", table->name);
	return is_found ? EXIT_CLEAN : EXIT_FINDINGS;
}

/* ---- -s ---- */

static struct str without_nul(struct str s)
{
	return s.len && s.ptr[s.len - 1] == '\0' ? str_slice(s, 0, s.len - 1) : s;
}

static bool dump_row(struct str key, struct str value, void *arg)
{
	const struct map_table *table = arg;

	key = without_nul(key);
	fwrite(key.ptr, 1, key.len, stdout);
	print_row(table->is_aliases ? ":\t" : "\t", without_nul(value));
	return true;
}

static int dump_bdb(const struct map_table *table, const char *path)
{
	struct arena *arena = table->cli->arena;
	struct map_table copy = *table;
	struct bdb_file *file = NULL;
	char err[512];
	int status;

	if (bdb_open(arena, AT_FDCWD, path, strcmp(table->type, "hash") == 0, &file, err,
		     sizeof(err)) != MCC_OK)
		return cli_cannot("%s", err);
	status = bdb_each(file, dump_row, &copy);
	bdb_close(file);
	if (status != MCC_OK)
		return cli_cannot("%s: %s", path, mcc_status_text(status));
	return EXIT_CLEAN;
}

int map_dump(const struct map_table *table)
{
	struct arena *arena = table->cli->arena;
	const char *path = table_database_path(arena, table->type, table->file);
	struct map_table copy = *table;
	struct rt_map *map = NULL;
	char err[512];
	int status;

	if (is_bdb(table->type))
		return dump_bdb(table, path);
	if (!table_has_database(table->type))
		return cli_cannot(
			"%s: only hash, btree, lmdb and cdb tables can be printed",
			table->name);
	if (rt_map_open_kv(arena, table->type, table->name, path, &map, err,
			   sizeof(err)) != MCC_OK)
		return cli_cannot("%s", err);
	status = rt_map_each_kv(map, dump_row, &copy);
	if (status != MCC_OK)
		return cli_cannot("%s: %s", path, mcc_status_text(status));
	return EXIT_CLEAN;
}
