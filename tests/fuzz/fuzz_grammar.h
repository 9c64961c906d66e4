/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frame of the parsers' fuzz targets: parse the input twice, dump both trees;
 * they must be equal, and every diagnostic must lie within the source.
 */
#ifndef MCC_TESTS_FUZZ_GRAMMAR_H
#define MCC_TESTS_FUZZ_GRAMMAR_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/limits.h"
#include "base/source.h"
#include "base/text.h"
#include "grammar/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Parses src and dumps the tree; aborts on what must not be. */
typedef void fuzz_parse_fn(const struct parse_ctx *ctx, const struct source *src,
			   struct strbuf *out);

static inline void fuzz_check_span(const struct source *src, struct span span)
{
	if (span.file &&
	    (span.file != src->id || span.lo > span.hi || span.hi > src->text.len))
		abort();
}

static inline void fuzz_check_diags(const struct parse_ctx *ctx, const struct source *src)
{
	for (size_t i = 0; i < diag_count(ctx->diags); i++) {
		const struct diag *d = diag_get(ctx->diags, i);

		if (!d->span.file || !d->message[0])
			abort();
		fuzz_check_span(src, d->span);
		for (size_t e = 0; e < d->edit_count; e++)
			fuzz_check_span(src, d->edits[e].span);
	}
}

static inline void fuzz_parse_once(fuzz_parse_fn *parse, struct str text,
				   struct strbuf *out)
{
	struct arena *arena = arena_new(0);
	struct parse_ctx ctx = {arena, source_set_new(arena), diag_queue_new(arena)};
	const struct source *src = source_add_text(ctx.sources, "input", text);

	strbuf_init(out, 1 << 30);
	parse(&ctx, src, out);
	fuzz_check_diags(&ctx, src);
	arena_free(arena);
}

static inline int fuzz_grammar(const uint8_t *data, size_t size, fuzz_parse_fn *parse)
{
	char *copy = malloc(size + 1);
	struct strbuf first;
	struct strbuf second;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	copy[size] = '\0';
	fuzz_parse_once(parse, (struct str){copy, size}, &first);
	fuzz_parse_once(parse, (struct str){copy, size}, &second);
	if (!str_eq(strbuf_view(&first), strbuf_view(&second)))
		abort();
	strbuf_fini(&first);
	strbuf_fini(&second);
	free(copy);
	return 0;
}

static inline struct text fuzz_text(const struct parse_ctx *ctx, const struct source *src)
{
	return text_of_span(ctx->arena, ctx->sources,
			    (struct span){src->id, 0, (uint32_t)src->text.len});
}

#endif
