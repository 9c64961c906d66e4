/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Layouts from hostile bytes. The first byte chooses the kind of file. A
 * layout is refused or reads the same as its source (fmt_layout() says which),
 * and a layout of a layout is itself.
 */
#include "base/status.h"
#include "fuzz_grammar.h"
#include "mcc/fmt_layout.h"

static const enum file_kind kinds[] = {
	FILE_KIND_MAIN,	  FILE_KIND_MASTER, FILE_KIND_ALIASES, FILE_KIND_TABLE,
	FILE_KIND_REGEXP, FILE_KIND_PCRE,   FILE_KIND_CIDR,    FILE_KIND_CLIENT,
};

static int lay_out(struct str text, enum file_kind kind, struct strbuf *out)
{
	struct arena *arena = arena_new(0);
	struct parse_ctx ctx = {arena, source_set_new(arena), diag_queue_new(arena)};
	const struct source *src = source_add_text(ctx.sources, "input", text);
	int rc;

	strbuf_init(out, 1 << 30);
	rc = fmt_layout(&ctx, src, kind, out);
	fuzz_check_diags(&ctx, src);
	arena_free(arena);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum file_kind kind;
	struct strbuf once;
	struct strbuf again;
	char *copy;
	int rc;

	if (!size)
		return 0;
	kind = kinds[data[0] % array_len(kinds)];
	copy = malloc(size);
	if (!copy)
		return 0;
	memcpy(copy, data + 1, size - 1);
	copy[size - 1] = '\0';
	rc = lay_out((struct str){copy, size - 1}, kind, &once);
	if (rc != MCC_OK && rc != MCC_EINVAL)
		abort();
	if (rc == MCC_OK && once.len) {
		if (lay_out(strbuf_view(&once), kind, &again) != MCC_OK ||
		    !str_eq(strbuf_view(&once), strbuf_view(&again)))
			abort();
		strbuf_fini(&again);
	}
	strbuf_fini(&once);
	free(copy);
	return 0;
}
