/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Aliases files. What is stored, parsed again as members, is the same members:
 * local(8) sees the stored form.
 */
#include "fuzz_grammar.h"
#include "grammar/aliases.h"

/* A backslash at the end is an empty word, which nothing is stored of. */
static size_t without_empty(struct alias_member *members, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (members[i].kind != ALIAS_ADDRESS || members[i].text.len)
			members[kept++] = members[i];
	return kept;
}

static void check_stored(const struct parse_ctx *ctx, const struct alias_entry *e)
{
	struct parse_ctx quiet = *ctx;
	struct text text = text_of_builtin(ctx->arena, e->stored);
	struct alias_member *again;
	size_t want = without_empty(e->members, e->member_count);
	size_t count;

	quiet.diags = diag_queue_new(ctx->arena);
	count = aliases_parse_members(&quiet, text, &again);
	/* Broken `<...>` is guessed at, not necessarily twice the same way. */
	if (str_chr(e->stored, '<') >= 0 || str_chr(e->stored, '>') >= 0)
		return;
	if (without_empty(again, count) != want)
		abort();
	for (size_t i = 0; i < want; i++)
		if (again[i].kind != e->members[i].kind ||
		    !str_eq(again[i].text, e->members[i].text))
			abort();
}

static void parse(const struct parse_ctx *ctx, const struct source *src,
		  struct strbuf *out)
{
	struct alias_file *file = aliases_parse(ctx, src);

	aliases_dump(out, ctx->sources, file);
	for (size_t i = 0; i < file->entry_count; i++) {
		fuzz_check_span(src, file->entries[i].span);
		fuzz_check_span(src, file->entries[i].name_span);
		check_stored(ctx, &file->entries[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_grammar(data, size, parse);
}
