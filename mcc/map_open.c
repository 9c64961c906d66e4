/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of every type that `mcc map` can ask. Databases are read as they are;
 * types without a database are read from their text.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/diag.h"
#include "base/limits.h"
#include "base/source.h"
#include "base/status.h"
#include "base/strmap.h"
#include "base/utf8.h"
#include "grammar/list.h"
#include "grammar/parse.h"
#include "grammar/table.h"
#include "lint/lint_file.h"
#include "mcc/cli.h"
#include "mcc/emit/table_database.h"
#include "mcc/emit/table_inline.h"
#include "mcc/emit/table_rows.h"
#include "mcc/map_table.h"
#include "runtime/config.h"
#include "runtime/map.h"
#include "runtime/map_brace.h"

#define PASSWD_FILE "/etc/passwd"

static int open_database(const struct map_table *table, struct rt_map **out_map)
{
	char err[512];

	*out_map = table_open_database(table->cli->arena, table->type, table->name,
				       table->file, err, sizeof(err));
	if (*out_map)
		(*out_map)->keys = map_keys(table);
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

/* The rows of texthash and inline: folded, of equal keys one. */
static size_t usable_rows(const struct map_table *table, bool is_last_kept,
			  struct rt_row *rows, size_t count)
{
	struct arena *arena = table->cli->arena;
	struct strmap *seen = strmap_new(arena);
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct rt_row *before;

		rows[i].key = rt_keys_fold(map_keys(table), arena, rows[i].key);
		before = strmap_find(seen, rows[i].key);
		if (before) {
			if (is_last_kept)
				before->value = rows[i].value;
			continue;
		}
		rows[kept] = rows[i];
		strmap_put(seen, rows[kept].key, &rows[kept]);
		kept++;
	}
	return kept;
}

static int read_texthash(const struct map_table *table, struct rt_row **out_rows,
			 size_t *out_count)
{
	struct cli *cli = table->cli;
	const struct parse_ctx ctx = {cli->arena, cli->sources, cli->diags};
	const struct source *src = NULL;
	struct table_file *file;
	size_t kept = 0;
	int status = map_read_source(table, &src);

	if (status != EXIT_CLEAN)
		return status;
	file = table_parse(&ctx, src);
	for (size_t i = 0; i < file->row_count; i++)
		if (!table->is_utf8 || lint_row_is_utf8(&ctx, &file->rows[i]))
			file->rows[kept++] = file->rows[i];
	file->row_count = kept;
	*out_count = table_rows_of_file(cli->arena, file, (struct rt_keys){0}, out_rows);
	cli_report_human(cli);
	return EXIT_CLEAN;
}

static int read_inline(const struct map_table *table, struct rt_row **out_rows,
		       size_t *out_count)
{
	struct cli *cli = table->cli;
	struct str text = str_of(table->file);
	const char *wrong;

	wrong = table_inline_rows(cli->arena, text,
				  (struct rt_keys){.is_utf8 = table->is_utf8}, out_rows,
				  out_count);
	return wrong ? cli_cannot("%s: %s", table->name, wrong) : EXIT_CLEAN;
}

bool map_has_rows(const char *type)
{
	return strcmp(type, "texthash") == 0 || strcmp(type, "inline") == 0;
}

int map_read_rows(const struct map_table *table, struct rt_row **out_rows,
		  size_t *out_count)
{
	bool is_inline = strcmp(table->type, "inline") == 0;
	int status = is_inline ? read_inline(table, out_rows, out_count)
			       : read_texthash(table, out_rows, out_count);

	if (status == EXIT_CLEAN)
		*out_count =
			usable_rows(table, is_inline || table->again == MAP_AGAIN_REPLACE,
				    *out_rows, *out_count);
	return status;
}

static int open_rows(const struct map_table *table, struct rt_map **out_map)
{
	struct rt_row *rows = NULL;
	size_t count = 0;
	int status = map_read_rows(table, &rows, &count);

	if (status != EXIT_CLEAN)
		return status;
	*out_map = rt_map_of_rows(table->cli->arena, table->name, rows, count,
				  map_keys(table));
	return EXIT_CLEAN;
}

static int open_static(const struct map_table *table, struct rt_map **out_map)
{
	struct str value;
	const char *wrong = table_inline_static(str_of(table->file), &value);

	if (wrong)
		return cli_cannot("%s: %s", table->name, wrong);
	*out_map = rt_map_static(table->cli->arena, table->name, value);
	return EXIT_CLEAN;
}

static int open_rule_table(const struct map_table *table, struct rt_map **out_map)
{
	struct cli *cli = table->cli;
	const struct source *src = NULL;
	struct str text;
	int status;

	if (table->file[0] == '{') {
		const char *wrong =
			table_inline_text(cli->arena, str_of(table->file), &text);

		if (wrong)
			return cli_cannot("%s: %s", table->name, wrong);
		return open_rules(table, text, out_map);
	}
	status = map_read_source(table, &src);
	return status == EXIT_CLEAN ? open_rules(table, src->text, out_map) : status;
}

static int open_random(const struct map_table *table, struct rt_map **out_map)
{
	struct str inner, word;

	if (!brace_inner(str_of(table->file), &inner) || !brace_word(&inner, &word))
		return cli_cannot("%s is not randmap:{VALUE ...}", table->name);
	*out_map = rt_map_random(table->cli->arena, table->name, str_of(table->file));
	return EXIT_CLEAN;
}

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
		status = map_open(&part, &parts[i]);
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
	return map_open(&inner, out_map);
}

static int open_by_type(const struct map_table *table, struct rt_map **out_map)
{
	const char *type = table->type;
	struct arena *arena = table->cli->arena;

	if (!table->file[0])
		return cli_cannot("'%s' is not TYPE:FILE", table->name);
	if (table_has_database(type))
		return open_database(table, out_map);
	if (strcmp(type, "pipemap") == 0 || strcmp(type, "unionmap") == 0)
		return open_parts(table, out_map);
	if (strcmp(type, "proxy") == 0)
		return open_proxied(table, out_map);
	if (rt_map_is_text_type(type))
		return open_rule_table(table, out_map);
	if (map_has_rows(type))
		return open_rows(table, out_map);
	if (strcmp(type, "static") == 0)
		return open_static(table, out_map);
	if (strcmp(type, "randmap") == 0)
		return open_random(table, out_map);
	if (strcmp(type, "environ") == 0)
		*out_map = rt_map_environ(arena, table->name, !table->is_unfolded);
	else if (strcmp(type, "fail") == 0)
		*out_map = rt_map_fail(arena, table->name);
	else if (strcmp(type, "unix") == 0 && strcmp(table->file, "passwd.byname") == 0)
		*out_map = rt_map_passwd(arena, table->name, PASSWD_FILE);
	else
		return cli_cannot("%s: tables of type %s cannot be asked here",
				  table->name, type);
	return EXIT_CLEAN;
}

int map_open(const struct map_table *table, struct rt_map **out_map)
{
	int status = open_by_type(table, out_map);

	if (status != EXIT_CLEAN)
		return status;
	MCC_ASSERT(*out_map);
	(*out_map)->keys.is_utf8 = table->is_utf8;
	return EXIT_CLEAN;
}
