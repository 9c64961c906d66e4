/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One table by itself: nothing says what it is for but its name, so only names
 * that mean one thing are taken at their word.
 */
#include "mcc/check_table.h"

#include <ctype.h>
#include <string.h>

#include "base/diag.h"
#include "base/source.h"
#include "grammar/cf.h"
#include "grammar/pattern.h"
#include "grammar/table.h"
#include "lint/client.h"
#include "lint/lint_file.h"
#include "lint/patterns.h"
#include "lint/results.h"
#include "lint/uses.h"
#include "mcc/cli.h"

static const char *name_of(const struct source *src)
{
	return src->fs_path ? src->fs_path : src->path;
}

static void check_rules(const struct parse_ctx *ctx, const struct source *src,
			enum pattern_dialect dialect)
{
	const struct lint_results r = {ctx, NULL, lint_uses_of_name(name_of(src))};
	const struct pattern_file *file = pattern_parse(ctx, src, dialect);

	lint_pattern_file(ctx, file);
	lint_result_rules(&r, file);
}

static void check_rows(const struct parse_ctx *ctx, const struct source *src)
{
	const struct lint_results r = {ctx, NULL, lint_uses_of_name(name_of(src))};
	const struct table_file *file = table_parse(ctx, src);

	lint_table_file(ctx, file);
	lint_result_rows(&r, file);
}

static void check_client(struct cli *cli, const struct parse_ctx *ctx,
			 const struct source *src)
{
	const struct cf_file *file = cf_parse(ctx, src);
	struct str type = lint_client_type_of(file);

	if (type.len)
		lint_client_file(ctx, file, type, cli->site.version);
	else
		diag_add(ctx->diags, RULE_MC1303, (struct span){src->id, 0, 0},
			 "nothing tells what type of table this file is for, and its "
			 "values were not checked");
}

/* `name = value` from the first line on: no table looks like that. */
static bool is_client_file(const struct parse_ctx *ctx, const struct source *src)
{
	struct parse_ctx quiet = {ctx->arena, ctx->sources, diag_queue_new(ctx->arena)};
	const struct cf_file *file = cf_parse(&quiet, src);

	return !diag_count_severity(quiet.diags, DIAG_ERROR) &&
	       lint_client_type_of(file).len;
}

/*
 * A file that a list names, as in `mynetworks = /file`: one network or domain a
 * line and nothing else.
 */
static bool is_list_file(struct str text)
{
	struct str line, word;
	bool any = false;

	while (str_token(&text, "\r\n", &line)) {
		if (!str_token(&line, " \t", &word) || word.ptr[0] == '#')
			continue;
		any = true;
		if (str_trim(line).len)
			return false;
		for (size_t i = 0; i < word.len; i++)
			if (!isalnum((unsigned char)word.ptr[i]) &&
			    !strchr(".-_/!", word.ptr[i]) &&
			    (word.ptr[0] != '[' || !strchr("[:]", word.ptr[i])))
				return false;
	}
	return any;
}

static void check_unknown(struct cli *cli, const struct parse_ctx *ctx,
			  const struct source *src)
{
	enum file_kind seen = file_kind_of_text(src->text);

	if (is_list_file(src->text))
		diag_add(ctx->diags, RULE_MC1303, (struct span){src->id, 0, 0},
			 "this looks like a file that a list names, without results, and "
			 "was not checked; for a table of keys say --kind table");
	else if (seen == FILE_KIND_REGEXP)
		check_rules(ctx, src, lint_guess_dialect(ctx, src));
	else if (seen == FILE_KIND_CIDR)
		check_rules(ctx, src, PATTERN_CIDR);
	else if (is_client_file(ctx, src))
		check_client(cli, ctx, src);
	else if (str_ends(str_of(name_of(src)), ".cf"))
		diag_add(ctx->diags, RULE_MC1303, (struct span){src->id, 0, 0},
			 "the name does not tell what kind of file this is, and nothing "
			 "was checked: say it with --kind");
	else
		check_rows(ctx, src);
}

void check_table_file(struct cli *cli, const struct parse_ctx *ctx,
		      const struct source *src, enum file_kind kind)
{
	enum pattern_dialect dialect;

	if (pattern_dialect_of_kind(kind, &dialect))
		check_rules(ctx, src, dialect);
	else if (kind == FILE_KIND_CLIENT)
		check_client(cli, ctx, src);
	else if (kind == FILE_KIND_TABLE &&
		 file_kind_of_text(src->text) == FILE_KIND_UNKNOWN)
		check_rows(ctx, src);
	else
		check_unknown(cli, ctx, src);
}
