/* SPDX-License-Identifier: BSD-2-Clause */
/* main.cf, and the values and lists in it. */
#include "fuzz_grammar.h"
#include "grammar/cf.h"
#include "grammar/list.h"
#include "grammar/value.h"

static void parse(const struct parse_ctx *ctx, const struct source *src,
		  struct strbuf *out)
{
	struct cf_file *file = cf_parse(ctx, src);

	cf_dump(out, ctx->sources, file);
	for (size_t i = 0; i < file->entry_count; i++) {
		const struct cf_entry *e = &file->entries[i];

		if (!e->name.len || str_chr(e->name, '=') >= 0)
			abort();
		fuzz_check_span(src, e->name_span);
		fuzz_check_span(src, e->span);
		value_dump(out, value_parse(ctx, e->value));
		list_dump(out, list_parse(ctx, e->value, true));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_grammar(data, size, parse);
}
