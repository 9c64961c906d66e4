/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of expressions. They are compiled by the libraries that Postfix uses,
 * so what is refused here is refused there; the rest is about what works and
 * does something else than it looks.
 */
#include "lint/patterns.h"

#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/strmap.h"
#include "base/text.h"
#include "lint/checks.h"
#include "mcc/model/site.h"
#include "runtime/map_regex.h"

/* What is known of the rows of one block, from its `if` on. */
struct block {
	struct strmap *seen;	       /* test -> row; NULL: none yet */
	const struct pattern_row *all; /* the row that takes everything */
	bool is_told;		       /* about the rows below it */
};

struct pattern_check {
	const struct parse_ctx *ctx;
	const struct regex_kind *kind;
	struct arena *scratch;
	struct block *blocks; /* by depth: those around the row in hand */
};

/* ---- one expression ---- */

static void check_flags(const struct pattern_check *c, const struct pattern_test *test)
{
	ptrdiff_t at = str_chr(test->flags, 'i');
	struct span span = test->flags_span;
	struct diag *d;

	if (at < 0)
		return;
	if (span.hi - span.lo == test->flags.len) {
		span.lo += (uint32_t)at;
		span.hi = span.lo + 1;
	}
	d = diag_add(c->ctx->diags, RULE_MC918, span,
		     "case is ignored anyway; the flag 'i' switches that off, so that "
		     "'%.*s' matches in this spelling only",
		     STR_ARG(test->body));
	diag_fix(c->ctx->diags, d, "remove the flag");
	diag_edit(c->ctx->diags, d, span, "");
}

/* Where an escape of Perl's stands that POSIX reads in another way, or -1. */
static ptrdiff_t foreign_escape(struct str body)
{
	for (size_t i = 0; i + 1 < body.len; i++) {
		if (body.ptr[i] != '\\')
			continue;
		if (strchr("dDhHvVRKQE", body.ptr[i + 1]))
			return (ptrdiff_t)i;
		i++;
	}
	return -1;
}

/* `[0-9]\+`: a quantifier in basic syntax, a plus sign in this one. */
static ptrdiff_t basic_quantifier(struct str body)
{
	for (size_t i = 2; i < body.len; i++)
		if ((body.ptr[i] == '+' || body.ptr[i] == '?') &&
		    body.ptr[i - 1] == '\\' && body.ptr[i - 2] == ']' &&
		    (i < 3 || body.ptr[i - 3] != '\\'))
			return (ptrdiff_t)i - 1;
	return -1;
}

static struct span two_bytes(const struct pattern_test *test, ptrdiff_t at)
{
	struct span span = test->body_span;

	if (span.hi - span.lo == test->body.len) {
		span.lo += (uint32_t)at;
		span.hi = span.lo + 2;
	}
	return span;
}

static void check_dialect(const struct pattern_check *c, const struct pattern_test *test)
{
	ptrdiff_t at = foreign_escape(test->body);

	if (at >= 0 && c->kind == &regex_posix)
		diag_add(
			c->ctx->diags, RULE_MC934, two_bytes(test, at),
			"'\\%c' is an escape of Perl's; in a regexp: table it matches "
			"the letter '%c'. Use a pcre: table, or [[:digit:]] and its like",
			test->body.ptr[at + 1], test->body.ptr[at + 1]);
	at = basic_quantifier(test->body);
	if (at >= 0)
		diag_add_as(c->ctx->diags, RULE_MC934, DIAG_NOTE, two_bytes(test, at),
			    "'\\%c' is the character '%c' itself here, not a number of "
			    "times; that is written without the backslash",
			    test->body.ptr[at + 1], test->body.ptr[at + 1]);
}

/* False: reported; *out_groups otherwise. */
static bool check_test(const struct pattern_check *c, const struct pattern_test *test,
		       size_t *out_groups)
{
	char err[256];
	/* A compiled expression may be thousands of times as large as its text:
	 * one at a time. */
	struct arena *arena = arena_new(0);
	const char *body = str_dup0(arena, test->body);
	const struct regex *regex =
		c->kind->compile(arena, body, test->flags, err, sizeof(err));
	bool is_sound = regex != NULL;

	if (is_sound)
		*out_groups = c->kind->group_count(regex);
	arena_free(arena);
	if (!is_sound) {
		diag_add(c->ctx->diags, RULE_MC917, test->span,
			 "'%.*s' %s%s: Postfix skips this row", STR_ARG(test->body),
			 str_starts(str_of(err), "has ") ? "" : "cannot be used: ", err);
		return false;
	}
	check_flags(c, test);
	check_dialect(c, test);
	return true;
}

/* ---- rows that are never asked ---- */

static bool takes_all(const struct pattern_row *row)
{
	static const char *const bodies[] = {"",   ".",	  "^",	  "$",	 ".*",
					     ".+", "^.*", "^.*$", ".*$", "^."};

	if (row->test.is_negated || row->other.body.ptr)
		return false;
	for (size_t i = 0; i < array_len(bodies); i++)
		if (str_eqc(row->test.body, bodies[i]))
			return true;
	return false;
}

/* What two equal tests have in common: without case where that is ignored. */
static struct str test_key(const struct pattern_check *c, const struct pattern_row *row)
{
	const struct pattern_test *test = &row->test;
	struct str body = test->body;

	if (str_chr(test->flags, 'i') < 0 && str_chr(body, '\\') < 0)
		body = str_lower(c->ctx->arena, body);
	return str_of(arena_printf(c->ctx->arena, "%d/%.*s/%.*s", test->is_negated,
				   STR_ARG(body), STR_ARG(test->flags)));
}

static void report_shadowed(const struct pattern_check *c, const struct pattern_row *row,
			    const struct pattern_row *above, const char *why)
{
	struct diag *d = diag_add(c->ctx->diags, RULE_MC919, row->test.span,
				  "this row is never asked: %s", why);

	diag_relate(c->ctx->diags, d, above->test.span, "this row decides before it");
}

static void check_shadowed(struct pattern_check *c, const struct pattern_row *row)
{
	struct block *block = &c->blocks[row->depth];
	const struct pattern_row *above;
	struct str key;

	if (block->all) {
		/* Once is enough, or half a table would be repeated. */
		if (!block->is_told)
			report_shadowed(c, row, block->all,
					"a row above matches everything; that goes for "
					"those below, too");
		block->is_told = true;
		return;
	}
	if (row->kind == PATTERN_ROW_IF || row->other.body.ptr)
		return;
	key = test_key(c, row);
	if (!block->seen)
		block->seen = strmap_new(c->ctx->arena);
	above = strmap_find(block->seen, key);
	if (above)
		report_shadowed(c, row, above, "one above has the same expression");
	else
		strmap_put(block->seen, key, (void *)(uintptr_t)row);
	if (takes_all(row))
		block->all = row;
}

/* ---- a table ---- */

static bool check_rule(struct pattern_check *c, const struct pattern_row *row)
{
	size_t groups = 0;
	size_t ignored;
	const char *wrong;
	bool ok = check_test(c, &row->test, &groups);

	if (row->other.body.ptr)
		ok = check_test(c, &row->other, &ignored) && ok;
	if (!ok || row->kind == PATTERN_ROW_IF)
		return ok;
	if (!row->rest.str.len)
		diag_add_as(c->ctx->diags, RULE_MC902, DIAG_WARNING, row->test.span,
			    "this row has no result: what it matches is answered with an "
			    "empty text, which most look-ups take for a failure");
	wrong = regex_check_result(row->rest.str, groups, !row->test.is_negated, false);
	if (!wrong)
		return true;
	diag_add(c->ctx->diags, RULE_MC922, text_full_span(row->rest),
		 "the row %s: Postfix skips it", wrong);
	return false;
}

static void check_rows(struct pattern_check *c, const struct pattern_file *file)
{
	for (size_t i = 0; i < file->row_count; i++) {
		const struct pattern_row *row = &file->rows[i];

		if (row->kind == PATTERN_ROW_ENDIF)
			continue;
		if (check_rule(c, row))
			check_shadowed(c, row);
		if (row->kind == PATTERN_ROW_IF)
			c->blocks[row->depth + 1] = (struct block){0};
	}
}

void lint_pattern_file(const struct parse_ctx *ctx, const struct pattern_file *file)
{
	struct pattern_check c = {.ctx = ctx, .scratch = arena_new(0)};

	if (file->dialect == PATTERN_CIDR) {
		lint_cidr_file(ctx, file);
	} else {
		c.kind = file->dialect == PATTERN_PCRE ? &regex_pcre : &regex_posix;
		c.blocks = arena_array(c.scratch, file->row_count + 1, sizeof(*c.blocks));
		check_rows(&c, file);
	}
	arena_free(c.scratch);
}

static size_t count_faults(const struct parse_ctx *ctx, const struct source *src,
			   enum pattern_dialect dialect)
{
	struct parse_ctx quiet = {ctx->arena, ctx->sources, diag_queue_new(ctx->arena)};

	lint_pattern_file(&quiet, pattern_parse(&quiet, src, dialect));
	return diag_count_severity(quiet.diags, DIAG_ERROR) +
	       diag_count_severity(quiet.diags, DIAG_WARNING);
}

enum pattern_dialect lint_guess_dialect(const struct parse_ctx *ctx,
					const struct source *src)
{
	return count_faults(ctx, src, PATTERN_PCRE) <
			       count_faults(ctx, src, PATTERN_REGEXP)
		       ? PATTERN_PCRE
		       : PATTERN_REGEXP;
}

void lint_patterns(const struct site *site, struct diag_queue *diags)
{
	const struct parse_ctx ctx = {site->arena, site->sources, diags};

	for (size_t i = 0; i < site->table_count; i++) {
		const struct site_table *table = site->tables[i];
		enum pattern_dialect dialect;

		if (table->src && pattern_dialect_parse(table->type_name, &dialect))
			lint_pattern_file(&ctx, pattern_parse(&ctx, table->src, dialect));
	}
}
