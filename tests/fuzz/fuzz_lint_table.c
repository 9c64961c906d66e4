/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks of single tables and client files. The first byte chooses the kind of
 * file, the two behind it what the table is for. Every finding lies in the
 * source, and so do its edits.
 */
#include "fuzz_grammar.h"
#include "grammar/cf.h"
#include "grammar/pattern.h"
#include "grammar/table.h"
#include "lint/client.h"
#include "lint/lint_file.h"
#include "lint/patterns.h"
#include "lint/results.h"

static const char *const client_types[] = {"ldap",  "memcache", "mongodb",
					   "mysql", "pgsql",	"sqlite"};

static void check(const struct parse_ctx *ctx, const struct source *src, unsigned kind,
		  unsigned uses)
{
	const struct lint_results r = {ctx, NULL, uses};

	if (kind < 3) {
		const struct pattern_file *file =
			pattern_parse(ctx, src, (enum pattern_dialect)kind);

		lint_pattern_file(ctx, file);
		lint_result_rules(&r, file);
	} else if (kind == 3) {
		const struct table_file *file = table_parse(ctx, src);

		lint_table_file(ctx, file);
		lint_result_rows(&r, file);
	} else {
		const char *type = client_types[uses % array_len(client_types)];
		const struct cf_file *file = cf_parse(ctx, src);

		(void)lint_client_type_of(file);
		lint_client_file(ctx, file, str_of(type), pf_version_newest());
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena;
	struct parse_ctx ctx;
	const struct source *src;
	char *copy;

	if (size < 3)
		return 0;
	arena = arena_new(0);
	ctx = (struct parse_ctx){arena, source_set_new(arena), diag_queue_new(arena)};
	copy = arena_memdup0(arena, data + 3, size - 3);
	src = source_add_text(ctx.sources, "input", (struct str){copy, size - 3});
	check(&ctx, src, data[0] % 5, data[1] | (unsigned)data[2] << 8);
	fuzz_check_diags(&ctx, src);
	arena_free(arena);
	return 0;
}
