/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cidr: tables: networks that are none, and networks that stand below a wider
 * one. Rows of a block are compared with rows of the same block only: what the
 * block's `if` lets in is no concern here.
 */
#include "base/arena.h"
#include "base/diag.h"
#include "base/limits.h"
#include "base/text.h"
#include "lint/net.h"
#include "lint/patterns.h"

struct cidr_row {
	const struct pattern_row *row;
	struct net net;
	size_t block; /* number of the block that it stands in */
};

static bool parse_row(const struct parse_ctx *ctx, const struct pattern_row *row,
		      struct net *net)
{
	const struct pattern_test *test = &row->test;
	const char *wrong = net_parse(test->body, net);
	char fixed[NET_TEXT_SIZE];
	struct diag *d;

	if (wrong) {
		diag_add(ctx->diags, RULE_MC925, test->body_span,
			 "'%.*s' %s: Postfix skips this row", STR_ARG(test->body), wrong);
		return false;
	}
	if (!net_has_host_bits(net))
		return true;
	net_mask_host_bits(net);
	net_format(net, false, fixed);
	d = diag_add(ctx->diags, RULE_MC925, test->body_span,
		     "'%.*s' has bits set behind its prefix: Postfix skips this row",
		     STR_ARG(test->body));
	diag_fix(ctx->diags, d, "write %s", fixed);
	diag_edit(ctx->diags, d, test->body_span, fixed);
	return false;
}

static bool same_result(const struct pattern_row *a, const struct pattern_row *b)
{
	return str_caseeq(a->rest.str, b->rest.str);
}

static void report_covered(const struct parse_ctx *ctx, const struct cidr_row *wide,
			   const struct cidr_row *narrow)
{
	bool same = same_result(wide->row, narrow->row);
	struct diag *d = diag_add_as(
		ctx->diags, RULE_MC926, same ? DIAG_NOTE : DIAG_WARNING,
		narrow->row->test.body_span,
		same ? "'%.*s' lies within '%.*s' above, which has the same result"
		     : "'%.*s' is never asked: '%.*s' above holds all of it and has "
		       "another result; rows for smaller networks must come first",
		STR_ARG(narrow->row->test.body), STR_ARG(wide->row->test.body));

	diag_relate(ctx->diags, d, wide->row->test.body_span, "the wider network");
}

/* The first row above that holds all of row i. */
static void check_covered(const struct parse_ctx *ctx, const struct cidr_row *rows,
			  size_t i)
{
	size_t from = i > LIMIT_CIDR_COMPARED ? i - LIMIT_CIDR_COMPARED : 0;

	for (size_t k = from; k < i; k++) {
		if (rows[k].block != rows[i].block || rows[k].row->test.is_negated ||
		    !net_contains(&rows[k].net, &rows[i].net))
			continue;
		report_covered(ctx, &rows[k], &rows[i]);
		return;
	}
}

void lint_cidr_file(const struct parse_ctx *ctx, const struct pattern_file *file)
{
	struct cidr_row *rows =
		arena_array(ctx->arena, file->row_count + 1, sizeof(*rows));
	size_t *open = arena_array(ctx->arena, file->row_count + 1, sizeof(*open));
	size_t blocks = 0;
	size_t depth = 0;
	size_t count = 0;

	for (size_t i = 0; i < file->row_count; i++) {
		const struct pattern_row *row = &file->rows[i];

		if (row->kind == PATTERN_ROW_ENDIF) {
			depth -= depth > 0;
			continue;
		}
		if (row->kind == PATTERN_ROW_IF)
			open[++depth] = ++blocks;
		rows[count] = (struct cidr_row){.row = row, .block = open[depth]};
		if (!parse_row(ctx, row, &rows[count].net) || row->kind == PATTERN_ROW_IF)
			continue;
		if (!row->test.is_negated)
			check_covered(ctx, rows, count);
		count++;
	}
}
