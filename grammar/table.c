/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds the rows of a table. A row of one line borrows its key and value from
 * the source: a million rows need a million small structs and nothing else.
 */
#include "grammar/table.h"

#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "grammar/dump.h"
#include "grammar/table_build.h"
#include "grammar/table.lex.h"

/*
 * After a line that is not plain so many are parsed before plain ones are
 * looked for again: beginning anew has its price in the scanner.
 */
enum { LINES_AT_ONCE = 64 };

struct scan_loc table_scan_rest(struct table_builder *b, struct scan_loc loc)
{
	struct str s = b->scan.text;

	while (s.len > loc.hi && memchr(" \t\n\v\f\r", s.ptr[s.len - 1], 6))
		s.len--;
	loc.hi = (uint32_t)s.len;
	b->scan.at = loc.hi;
	b->is_at_end = true;
	return loc;
}

static void check_colon(struct table_builder *b, const struct table_row *row)
{
	struct span at = row->key_span;
	struct diag *d;

	if (row->key.ptr[row->key.len - 1] != ':')
		return;
	at.lo = at.hi - 1;
	d = line_report(&b->reader, RULE_MC904, row->key_span,
			"the key '%.*s' ends with ':' as in aliases(5): in a table it is "
			"part of the key, which then never matches",
			STR_ARG(row->key));
	line_fix(&b->reader, d, "remove the ':'", at, "");
}

void table_build_row(struct table_builder *b, struct scan_loc key, struct scan_loc value)
{
	struct arena *arena = b->reader.ctx->arena;
	struct table_row row = {
		.key_span = line_loc_span(&b->reader, &b->line, key),
		.value_span = line_loc_span(&b->reader, &b->line, value),
	};

	if (b->line.is_joined) {
		struct text *text = arena_alloc(arena, sizeof(*text));

		*text = line_slice(&b->reader, &b->line, value.lo, value.hi);
		row.key = line_slice(&b->reader, &b->line, key.lo, key.hi).str;
		row.value = text->str;
		row.value_text = text;
	} else {
		row.key = scan_text(&b->scan, key);
		row.value = scan_text(&b->scan, value);
	}
	check_colon(b, &row);
	b->sink->row(b->sink, &row);
}

void table_build_no_value(struct table_builder *b, struct scan_loc key)
{
	struct str s = scan_text(&b->scan, key);

	line_report(&b->reader, RULE_MC902, line_loc_span(&b->reader, &b->line, key),
		    "the key '%.*s' has no value: postmap ignores this row", STR_ARG(s));
}

void table_build_unbalanced(struct table_builder *b, struct scan_loc loc)
{
	line_report(&b->reader, RULE_MC903, line_loc_span(&b->reader, &b->line, loc),
		    "a '\"' in the key is never closed: postmap ignores this row");
}

void table_build_failed(struct table_builder *b, struct scan_loc loc, const char *why)
{
	line_report(&b->reader, RULE_MC002, line_loc_span(&b->reader, &b->line, loc),
		    "%s", why);
}

/* At most LINES_AT_ONCE logical lines, each with its place in the grammar. */
static bool parse_lines(struct table_builder *b, void *scanner)
{
	for (int i = 0; i < LINES_AT_ONCE; i++) {
		if (!line_read(&b->reader, &b->line))
			return false;
		scan_start(&b->scan, b->line.str);
		b->is_at_end = false;
		table_yyrestart(NULL, scanner);
		table_yyparse(scanner, b);
	}
	return true;
}

static void parse_all(struct table_builder *b)
{
	void *scanner = NULL;
	uint32_t at;

	MCC_ASSERT(table_yylex_init_extra(b, &scanner) == 0);
	do {
		if (line_position(&b->reader, &at))
			line_seek(&b->reader, table_plain_rows(b, at));
	} while (parse_lines(b, scanner));
	table_yylex_destroy(scanner);
}

static struct comments parse(struct table_builder *b, const struct parse_ctx *ctx,
			     const struct source *src)
{
	line_reader_init(&b->reader, ctx, src);
	scan_init(&b->scan, b->reader.scratch);
	parse_all(b);
	return line_reader_done(&b->reader);
}

void table_each(const struct parse_ctx *ctx, const struct source *src,
		struct table_sink *sink)
{
	struct table_builder b = {.sink = sink};

	parse(&b, ctx, src);
}

struct file_sink {
	struct table_sink sink;
	struct arena *arena;
	struct table_file *file;
	size_t room;
};

static void add_row(struct table_sink *sink, const struct table_row *row)
{
	struct file_sink *s = (struct file_sink *)sink;
	struct table_row *slot = arena_push(s->arena, &s->file->rows, s->file->row_count,
					    &s->room, sizeof(*slot));

	*slot = *row;
	s->file->row_count++;
}

struct table_file *table_parse(const struct parse_ctx *ctx, const struct source *src)
{
	struct file_sink s = {
		{add_row}, ctx->arena, arena_alloc(ctx->arena, sizeof(*s.file)), 0};
	struct table_builder b = {.sink = &s.sink};

	s.file->src = src;
	/* As many as fit into the size of the source: what growing costs a
	 * large table is mostly fresh memory, and this part is never moved. */
	s.room = src->text.len / sizeof(*s.file->rows) + 8;
	s.file->rows = arena_array(ctx->arena, s.room, sizeof(*s.file->rows));
	s.file->comments = parse(&b, ctx, src);
	return s.file;
}

struct text table_row_value(const struct parse_ctx *ctx, const struct table_row *row)
{
	if (row->value_text)
		return *row->value_text;
	return text_of_span(ctx->arena, ctx->sources, row->value_span);
}

void table_dump(struct strbuf *out, const struct source_set *sources,
		const struct table_file *file)
{
	dump_comments(out, sources, file->comments);
	for (size_t i = 0; i < file->row_count; i++) {
		const struct table_row *row = &file->rows[i];

		dump_node(out, sources, "row", row->key_span);
		dump_str(out, row->key);
		dump_span(out, sources, row->value_span);
		dump_str(out, row->value);
		dump_end(out);
	}
}
