/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text of a table to its database. The new file takes the place of an old
 * one by rename: who reads meanwhile has the one or the other.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/limits.h"
#include "base/source.h"
#include "base/status.h"
#include "grammar/aliases.h"
#include "grammar/table.h"
#include "lint/lint_file.h"
#include "mcc/cli.h"
#include "mcc/emit/table_rows.h"
#include "mcc/map_table.h"
#include "runtime/bdb_write.h"

/* Readable by whoever may read the source. */
enum { MODE_DEFAULT = 0644, MODE_MASK = 0666 };

static int read_stdin(const struct map_table *table, const struct source **out_src)
{
	struct arena *arena = table->cli->arena;
	struct strbuf buf;
	char chunk[8192];
	size_t n;
	char *text = NULL;

	strbuf_init(&buf, LIMIT_SOURCE_FILE);
	while (!buf.failed && (n = fread(chunk, 1, sizeof(chunk), stdin)) > 0)
		strbuf_add(&buf, chunk, n);
	if (!buf.failed && !ferror(stdin))
		text = arena_memdup0(arena, buf.ptr ? buf.ptr : "", buf.len);
	if (text)
		*out_src = source_add_text(table->cli->sources, "<stdin>",
					   (struct str){text, buf.len});
	n = buf.failed;
	strbuf_fini(&buf);
	if (!text)
		return cli_cannot("standard input: %s",
				  mcc_status_text(n ? MCC_ETOOBIG : MCC_EIO));
	return EXIT_CLEAN;
}

int map_read_source(const struct map_table *table, const struct source **out_src)
{
	int status;

	if (strcmp(table->file, "-") == 0)
		return read_stdin(table, out_src);
	status = source_add_file(table->cli->sources, table->file, NULL, out_src);
	if (status != MCC_OK)
		return cli_cannot("%s: %s", table->file, mcc_status_text(status));
	return EXIT_CLEAN;
}

/* Rows of the table on their way from the source to the database. */
struct map_rows {
	struct table_sink sink;
	struct parse_ctx ctx;
	const struct source *src;
	struct bdb_duplicates duplicates;
	struct bdb_row *rows;
	struct span *spans; /* of the keys as written; NULL: aliases */
	size_t count;
	size_t room;
	size_t span_room;
};

static void add_row(struct table_sink *sink, const struct table_row *row)
{
	struct map_rows *r = (struct map_rows *)sink;
	struct arena *arena = r->ctx.arena;
	struct bdb_row *out =
		arena_push(arena, &r->rows, r->count, &r->room, sizeof(*out));
	struct span *span =
		arena_push(arena, &r->spans, r->count, &r->span_room, sizeof(*span));

	*out = (struct bdb_row){table_fold_key(arena, row->key), row->value};
	*span = row->key_span;
	r->count++;
}

static void report_duplicate(struct bdb_duplicates *d, size_t kept, size_t dropped)
{
	struct map_rows *r =
		(struct map_rows *)(void *)((char *)d -
					    offsetof(struct map_rows, duplicates));
	struct span again = r->spans[dropped];

	lint_report_duplicate(&r->ctx, again, r->spans[kept],
			      source_span_text(r->ctx.sources, again),
			      str_eq(r->rows[kept].value, r->rows[dropped].value));
}

/* Rows of few bytes are the rule; the arrays grow when they are rarer. */
static void read_table(struct map_rows *r)
{
	enum { BYTES_A_ROW = 32 };

	r->room = r->span_room = r->src->text.len / BYTES_A_ROW + 8;
	r->rows = arena_array(r->ctx.arena, r->room, sizeof(*r->rows));
	r->spans = arena_array(r->ctx.arena, r->room, sizeof(*r->spans));
	table_each(&r->ctx, r->src, &r->sink);
}

static void read_aliases(struct map_rows *r)
{
	const struct alias_file *aliases = aliases_parse(&r->ctx, r->src);
	struct rt_row *rows = NULL;

	lint_alias_file(&r->ctx, aliases);
	r->count = table_rows_of_aliases(r->ctx.arena, aliases, true, &rows);
	r->rows = arena_array(r->ctx.arena, r->count + 1, sizeof(*r->rows));
	for (size_t i = 0; i < r->count; i++)
		r->rows[i] = (struct bdb_row){rows[i].key, rows[i].value};
}

static int write_rows(const struct map_table *table, struct map_rows *r)
{
	struct bdb_target target = {AT_FDCWD, table->output, MODE_DEFAULT};
	bool is_btree = strcmp(table->type, "btree") == 0;
	struct stat st;
	int status;

	if (!target.name)
		target.name = arena_printf(r->ctx.arena, "%s.db", table->file);
	if (stat(table->file, &st) == 0 && S_ISREG(st.st_mode))
		target.mode = st.st_mode & MODE_MASK;
	status = bdb_write_telling(&target, is_btree ? BDB_BTREE : BDB_HASH, r->rows,
				   r->count, r->spans ? &r->duplicates : NULL);
	cli_report_human(table->cli);
	if (status != MCC_OK)
		return cli_cannot("%s: %s", target.name, mcc_status_text(status));
	return EXIT_CLEAN;
}

int map_compile(const struct map_table *table)
{
	struct cli *cli = table->cli;
	struct map_rows rows = {.sink = {add_row},
				.ctx = {cli->arena, cli->sources, cli->diags},
				.duplicates = {report_duplicate}};
	int status;

	if (strcmp(table->type, "hash") != 0 && strcmp(table->type, "btree") != 0)
		return cli_usage_error("map",
				       "tables of type %s are not compiled here: hash or "
				       "btree",
				       table->type);
	if (strcmp(table->file, "-") == 0 && !table->output)
		return cli_usage_error("map", "standard input needs -o OUT");
	status = map_read_source(table, &rows.src);
	if (status != EXIT_CLEAN)
		return status;
	if (table->is_aliases)
		read_aliases(&rows);
	else
		read_table(&rows);
	return write_rows(table, &rows);
}
