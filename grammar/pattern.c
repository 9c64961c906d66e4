/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds the rows of a table of rules, and sees to it that its blocks nest. A
 * line that Postfix skips with a warning is reported and gives no row.
 */
#include "grammar/pattern.h"

#include "base/arena.h"
#include "base/diag.h"
#include "grammar/dump.h"
#include "grammar/pattern_build.h"
#include "grammar/pattern.lex.h"

static const char *const dialects[] = {
	[PATTERN_REGEXP] = "regexp",
	[PATTERN_PCRE] = "pcre",
	[PATTERN_CIDR] = "cidr",
};

bool pattern_dialect_parse(struct str word, enum pattern_dialect *out_dialect)
{
	for (size_t i = 0; i < array_len(dialects); i++) {
		if (str_eqc(word, dialects[i])) {
			*out_dialect = (enum pattern_dialect)i;
			return true;
		}
	}
	return false;
}

bool pattern_dialect_of_kind(enum file_kind kind, enum pattern_dialect *out_dialect)
{
	switch ((unsigned)kind) {
	case FILE_KIND_REGEXP:
		*out_dialect = PATTERN_REGEXP;
		return true;
	case FILE_KIND_PCRE:
		*out_dialect = PATTERN_PCRE;
		return true;
	case FILE_KIND_CIDR:
		*out_dialect = PATTERN_CIDR;
		return true;
	default:
		return false;
	}
}

/* ---- what the scanner finds ---- */

void pattern_scan_unclosed(struct pattern_builder *b, struct scan_loc loc)
{
	b->is_broken = true;
	line_report(&b->reader, RULE_MC917, line_loc_span(&b->reader, &b->line, loc),
		    "the expression has no closing '%c': Postfix skips this line",
		    b->delimiter);
}

void pattern_scan_missing(struct pattern_builder *b, struct scan_loc loc)
{
	bool is_cidr = b->dialect == PATTERN_CIDR;

	b->is_broken = true;
	line_report(&b->reader, is_cidr ? RULE_MC925 : RULE_MC917,
		    line_span(&b->reader, &b->line, 0, loc.hi),
		    "there is no %s here: Postfix skips this line",
		    is_cidr ? "network" : "expression");
}

void pattern_scan_unknown(struct pattern_builder *b, struct scan_loc loc)
{
	struct str word = scan_text(&b->scan, loc);

	b->is_broken = true;
	line_report(
		&b->reader, RULE_MC917, line_loc_span(&b->reader, &b->line, loc),
		"a row begins with a delimiter, as in /expression/, with 'if' or with "
		"'endif'; Postfix skips this one, which begins with '%.*s'",
		STR_ARG(word));
}

/* ---- what the parser finds ---- */

struct pattern_test pattern_build_test(struct pattern_builder *b, struct scan_loc all,
				       struct scan_loc body, struct scan_loc flags)
{
	const struct line_reader *r = &b->reader;
	struct pattern_test test = {0};
	struct scan_loc inner = body;

	for (uint32_t i = all.lo; i < body.lo; i++)
		if (b->scan.text.ptr[i] == '!')
			test.is_negated = !test.is_negated;
	while (all.lo < body.lo && b->scan.text.ptr[all.lo] != '!')
		all.lo++;
	if (b->dialect != PATTERN_CIDR && body.hi > body.lo + 1)
		inner = (struct scan_loc){body.lo + 1, body.hi - 1};
	test.body = line_slice(r, &b->line, inner.lo, inner.hi).str;
	test.body_span = line_loc_span(r, &b->line, inner);
	test.flags = line_slice(r, &b->line, flags.lo, flags.hi).str;
	test.flags_span = line_loc_span(r, &b->line, flags);
	test.span =
		line_span(r, &b->line, all.lo, flags.hi > body.hi ? flags.hi : body.hi);
	return test;
}

static struct pattern_row *add_row(struct pattern_builder *b, enum pattern_row_kind kind,
				   struct scan_loc rest)
{
	struct pattern_file *file = b->file;
	struct pattern_row *row = arena_push(b->reader.ctx->arena, &file->rows,
					     file->row_count, &b->row_room, sizeof(*row));

	file->row_count++;
	row->kind = kind;
	row->rest = line_slice(&b->reader, &b->line, rest.lo, rest.hi);
	row->span = line_span(&b->reader, &b->line, 0, rest.hi);
	row->depth = b->open_count;
	return row;
}

void pattern_build_rule(struct pattern_builder *b, const struct pattern_test *test,
			const struct pattern_test *other, struct scan_loc all,
			struct scan_loc rest)
{
	struct pattern_row *row;

	if (b->is_broken)
		return;
	if (b->dialect == PATTERN_CIDR && rest.lo == rest.hi) {
		line_report(&b->reader, RULE_MC925,
			    line_loc_span(&b->reader, &b->line, all),
			    "the network '%.*s' has no result: Postfix skips this line",
			    STR_ARG(test->body));
		return;
	}
	row = add_row(b, PATTERN_ROW_RULE, rest);
	row->test = *test;
	if (other)
		row->other = *other;
}

/* False: cidr: tables take no such line. The others pass the text over. */
static bool takes_extra(struct pattern_builder *b, const char *word, struct scan_loc rest)
{
	bool is_taken = b->dialect != PATTERN_CIDR;

	if (rest.lo == rest.hi)
		return true;
	line_report(&b->reader, RULE_MC921, line_loc_span(&b->reader, &b->line, rest),
		    "text behind '%s': Postfix ignores the %s; rows inside a block must "
		    "not be indented, or they become part of the line above",
		    word, is_taken ? "text" : "whole line");
	return is_taken;
}

void pattern_build_if(struct pattern_builder *b, const struct pattern_test *test,
		      struct scan_loc word, struct scan_loc rest)
{
	struct pattern_row *row;
	struct span *open;

	if (b->is_broken || !takes_extra(b, "if", rest))
		return;
	row = add_row(b, PATTERN_ROW_IF, rest);
	row->test = *test;
	row->word_span = line_loc_span(&b->reader, &b->line, word);
	open = arena_push(b->reader.scratch, &b->opens, b->open_count, &b->open_room,
			  sizeof(*open));
	*open = row->word_span;
	b->open_count++;
}

void pattern_build_endif(struct pattern_builder *b, struct scan_loc word,
			 struct scan_loc rest)
{
	struct pattern_row *row;

	if (!takes_extra(b, "endif", rest))
		return;
	if (b->open_count)
		b->open_count--;
	else
		line_report(&b->reader, RULE_MC921,
			    line_loc_span(&b->reader, &b->line, word),
			    "there is no 'if' that this 'endif' could end: Postfix "
			    "ignores it");
	row = add_row(b, PATTERN_ROW_ENDIF, rest);
	row->word_span = line_loc_span(&b->reader, &b->line, word);
}

void pattern_build_failed(struct pattern_builder *b, struct scan_loc loc, const char *why)
{
	line_report(&b->reader, RULE_MC002, line_loc_span(&b->reader, &b->line, loc),
		    "%s", why);
}

static void parse_lines(struct pattern_builder *b)
{
	void *scanner = NULL;

	MCC_ASSERT(pattern_yylex_init_extra(b, &scanner) == 0);
	while (line_read(&b->reader, &b->line)) {
		scan_start(&b->scan, b->line.str);
		b->is_first = true;
		b->is_broken = false;
		pattern_yyrestart(NULL, scanner);
		pattern_yyparse(scanner, b);
	}
	pattern_yylex_destroy(scanner);
}

struct pattern_file *pattern_parse(const struct parse_ctx *ctx, const struct source *src,
				   enum pattern_dialect dialect)
{
	struct pattern_builder b = {.dialect = dialect,
				    .file = arena_alloc(ctx->arena, sizeof(*b.file))};

	b.file->src = src;
	b.file->dialect = dialect;
	line_reader_init(&b.reader, ctx, src);
	scan_init(&b.scan, b.reader.scratch);
	parse_lines(&b);
	for (size_t i = 0; i < b.open_count; i++)
		line_report(&b.reader, RULE_MC921, b.opens[i],
			    "this 'if' has no 'endif': the block lasts to the end of the "
			    "table");
	b.file->comments = line_reader_done(&b.reader);
	return b.file;
}

/* ---- dump ---- */

static void dump_test(struct strbuf *out, const struct source_set *sources,
		      const struct pattern_test *test)
{
	dump_word(out, test->is_negated ? "not" : "match");
	dump_str(out, test->body);
	dump_span(out, sources, test->body_span);
	dump_str(out, test->flags);
}

void pattern_dump(struct strbuf *out, const struct source_set *sources,
		  const struct pattern_file *file)
{
	static const char *const kinds[] = {"rule", "if", "endif"};

	dump_comments(out, sources, file->comments);
	for (size_t i = 0; i < file->row_count; i++) {
		const struct pattern_row *row = &file->rows[i];

		dump_node(out, sources, kinds[row->kind], row->span);
		strbuf_addf(out, " %zu", row->depth);
		if (row->kind != PATTERN_ROW_ENDIF)
			dump_test(out, sources, &row->test);
		if (row->other.body.ptr)
			dump_test(out, sources, &row->other);
		if (row->rest.str.len)
			dump_text(out, sources, row->rest);
		dump_end(out);
	}
}
