/* SPDX-License-Identifier: BSD-2-Clause */
/* Table sources: no row without key and value, no blank at a value's end. */
#include "fuzz_grammar.h"
#include "grammar/table.h"

static void parse(const struct parse_ctx *ctx, const struct source *src,
		  struct strbuf *out)
{
	struct table_file *file = table_parse(ctx, src);

	for (size_t i = 0; i < file->row_count; i++) {
		const struct table_row *row = &file->rows[i];
		struct str value = table_row_value(ctx, row).str;

		if (!row->key.len || !row->value.len || !str_eq(value, row->value) ||
		    str_trim(value).len != value.len)
			abort();
		fuzz_check_span(src, row->key_span);
		fuzz_check_span(src, row->value_span);
	}
	table_dump(out, ctx->sources, file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_grammar(data, size, parse);
}
