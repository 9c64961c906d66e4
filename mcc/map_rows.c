/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows from sources and databases, and the database made of them. The rows of
 * a plain table go straight from the text into one array, their bytes stay in
 * the text; keys that stand twice are found by whoever sorts them.
 */
#include "mcc/map_rows.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/fsio.h"
#include "base/status.h"
#include "base/strmap.h"
#include "grammar/aliases.h"
#include "lint/lint_file.h"
#include "mcc/cli.h"
#include "mcc/emit/table_database.h"
#include "mcc/emit/table_rows.h"
#include "mcc/map_table.h"
#include "runtime/database.h"

/* Readable by whoever may read the source. */
enum { MODE_DEFAULT = 0644, MODE_MASK = 0666 };

static void push(struct map_rows *r, struct str key, struct str value, struct span span)
{
	struct arena *arena = r->ctx.arena;
	struct bdb_row *out =
		arena_push(arena, &r->rows, r->count, &r->room, sizeof(*out));
	struct span *at =
		arena_push(arena, &r->spans, r->count, &r->span_room, sizeof(*at));

	key = map_fold_key(r->table, arena, key);
	*out = (struct bdb_row){key, value};
	*at = span;
	r->count++;
}

static void add_row(struct table_sink *sink, const struct table_row *row)
{
	struct map_rows *r = (struct map_rows *)sink;
	struct str value = row->value;
	const char *why;

	if (r->table->is_utf8 && !lint_row_is_utf8(&r->ctx, row))
		return;
	if (r->table->has_files &&
	    !map_encode_files(r->ctx.arena, row->value, &value, &why)) {
		diag_add(r->ctx.diags, RULE_MC001, row->value_span,
			 "%s: this row is left out", why);
		return;
	}
	push(r, row->key, value, row->key_span);
}

static void report_duplicate(struct bdb_duplicates *d, size_t kept, size_t dropped)
{
	struct map_rows *r =
		(struct map_rows *)(void *)((char *)d -
					    offsetof(struct map_rows, duplicates));
	struct span again = r->spans[dropped];
	struct str key = r->rows[dropped].key;

	if (r->spans[kept].file)
		lint_report_duplicate(
			&r->ctx, again, r->spans[kept],
			source_span_text(r->ctx.sources, again),
			str_eq(r->rows[kept].value, r->rows[dropped].value));
	else
		diag_add(r->ctx.diags, RULE_MC901, again,
			 "'%.*s' is in the database already, which keeps its value "
			 "(-r replaces it)",
			 STR_ARG(key));
}

void map_rows_init(struct map_rows *r, const struct map_table *table)
{
	struct cli *cli = table->cli;

	*r = (struct map_rows){.sink = {add_row},
			       .table = table,
			       .ctx = {cli->arena, cli->sources, cli->diags},
			       .duplicates = {report_duplicate}};
}

/* Rows of few bytes are the rule; the arrays grow when they are shorter. */
static void read_table(struct map_rows *r, const struct source *src)
{
	enum { BYTES_A_ROW = 32 };

	if (!r->rows) {
		r->room = r->span_room = src->text.len / BYTES_A_ROW + 8;
		r->rows = arena_array(r->ctx.arena, r->room, sizeof(*r->rows));
		r->spans = arena_array(r->ctx.arena, r->room, sizeof(*r->spans));
	}
	table_each(&r->ctx, src, &r->sink);
}

void map_rows_read(struct map_rows *r, const struct source *src)
{
	const struct alias_file *aliases;
	/* From 3.12 on names keep their quotes in the database. */
	bool keeps_quotes = pf_version_reached(r->table->cli->site.version, "3.12");

	if (!r->table->is_aliases) {
		read_table(r, src);
		return;
	}
	aliases = aliases_parse(&r->ctx, src);
	lint_alias_loops(&r->ctx, &aliases, 1, NULL);
	for (size_t i = 0; i < aliases->entry_count; i++) {
		const struct alias_entry *e = &aliases->entries[i];

		if (!r->table->is_utf8 || lint_alias_is_utf8(&r->ctx, e))
			push(r, keeps_quotes ? e->name_external : e->name, e->stored,
			     e->name_span);
	}
}

int map_rows_read_database(struct map_rows *r)
{
	const struct map_table *t = r->table;
	const char *path = table_database_path(r->ctx.arena, t->type, t->file);
	struct rt_row *rows = NULL;
	size_t count = 0;
	int status;

	if (!fs_exists(AT_FDCWD, path))
		return EXIT_CLEAN;
	status = table_rows_of_database(r->ctx.arena, t->type, t->file, &rows, &count);
	if (status != MCC_OK)
		return cli_cannot("%s: %s", path, mcc_status_text(status));
	r->room = r->span_room = count + 8;
	r->rows = arena_array(r->ctx.arena, r->room, sizeof(*r->rows));
	r->spans = arena_array(r->ctx.arena, r->room, sizeof(*r->spans));
	for (size_t i = 0; i < count; i++) {
		r->rows[i] = (struct bdb_row){rows[i].key, rows[i].value};
		r->spans[i] = SPAN_NONE;
	}
	r->count = count;
	return EXIT_CLEAN;
}

/* Of equal keys the last value, in the place of the first. */
static void keep_last(struct map_rows *r)
{
	struct strmap *seen = strmap_new(r->ctx.arena);
	size_t kept = 0;

	for (size_t i = 0; i < r->count; i++) {
		struct bdb_row *first = strmap_find(seen, r->rows[i].key);

		if (first) {
			first->value = r->rows[i].value;
			continue;
		}
		r->rows[kept] = r->rows[i];
		strmap_put(seen, r->rows[kept].key, &r->rows[kept]);
		kept++;
	}
	r->count = kept;
}

int map_rows_write(struct map_rows *r)
{
	const struct map_table *t = r->table;
	struct bdb_target target = {AT_FDCWD, t->output, MODE_DEFAULT};
	struct stat st;
	int status;

	if (!target.name)
		target.name = table_database_path(r->ctx.arena, t->type, t->file);
	if (stat(t->file, &st) == 0 && S_ISREG(st.st_mode))
		target.mode = st.st_mode & MODE_MASK;
	if (t->again == MAP_AGAIN_REPLACE)
		keep_last(r);
	status = database_write(&target, t->type, r->rows, r->count,
				t->again == MAP_AGAIN_WARN ? &r->duplicates : NULL);
	cli_report_human(t->cli);
	if (status != MCC_OK)
		return cli_cannot("%s: %s", target.name, mcc_status_text(status));
	return EXIT_CLEAN;
}
