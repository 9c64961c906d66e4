/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of rules; the first byte chooses the dialect. A row has what its kind
 * asks for, its places lie in the source, and blocks are counted.
 */
#include "fuzz_grammar.h"
#include "grammar/pattern.h"

static enum pattern_dialect dialect;

static void check_test(const struct source *src, const struct pattern_test *test)
{
	if (!test->body.ptr)
		return;
	fuzz_check_span(src, test->body_span);
	fuzz_check_span(src, test->flags_span);
	fuzz_check_span(src, test->span);
	if (dialect == PATTERN_CIDR && (test->flags.len || !test->body.len))
		abort();
}

static void parse(const struct parse_ctx *ctx, const struct source *src,
		  struct strbuf *out)
{
	struct pattern_file *file = pattern_parse(ctx, src, dialect);
	size_t depth = 0;

	for (size_t i = 0; i < file->row_count; i++) {
		const struct pattern_row *row = &file->rows[i];

		if (row->kind == PATTERN_ROW_ENDIF && depth)
			depth--;
		if (row->depth != depth)
			abort();
		depth += row->kind == PATTERN_ROW_IF;
		if ((row->kind != PATTERN_ROW_ENDIF) != (row->test.body.ptr != NULL) ||
		    (row->other.body.ptr && dialect != PATTERN_REGEXP))
			abort();
		check_test(src, &row->test);
		check_test(src, &row->other);
		fuzz_check_span(src, row->span);
	}
	pattern_dump(out, ctx->sources, file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	dialect = (enum pattern_dialect)(data[0] % 3);
	return fuzz_grammar(data + 1, size - 1, parse);
}
