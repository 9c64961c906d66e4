/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One file outside a site. A main.cf is loaded as a site of its own, so that
 * names and values are checked; the other kinds are checked by themselves.
 */
#include "mcc/check_file.h"

#include "base/arena.h"
#include "base/diag.h"
#include "base/source.h"
#include "base/status.h"
#include "grammar/aliases.h"
#include "grammar/master.h"
#include "lint/lint.h"
#include "lint/lint_file.h"
#include "mcc/check_table.h"
#include "mcc/cli.h"
#include "mcc/emit/compile.h"
#include "mcc/spf_lint.h"

static void check_main(struct cli *cli, const struct source *src)
{
	struct site *site;

	site_load_single(cli->arena, cli->sources, cli->diags, &cli->site, src, &site);
	lint_run(site, cli->diags);
	(void)compile_site(cli->arena, site, cli->diags);
	lint_apply_suppressions(site, cli->diags);
}

static void check_parsed(struct cli *cli, const struct parse_ctx *ctx,
			 const struct source *src, enum file_kind kind)
{
	switch (kind) {
	case FILE_KIND_MAIN:
		check_main(cli, src);
		break;
	case FILE_KIND_MASTER:
		lint_master_file(ctx, master_parse(ctx, src));
		break;
	case FILE_KIND_ALIASES:
		lint_alias_file(ctx, aliases_parse(ctx, src));
		break;
	case FILE_KIND_SPF:
		spf_lint_source(ctx->arena, ctx->diags, src);
		break;
	case FILE_KIND_REGEXP:
	case FILE_KIND_PCRE:
	case FILE_KIND_CIDR:
	case FILE_KIND_CLIENT:
	case FILE_KIND_TABLE:
	case FILE_KIND_UNKNOWN:
		check_table_file(cli, ctx, src, kind);
		break;
	}
}

bool check_file(struct cli *cli, const char *path, const char *shown, enum file_kind kind,
		enum dump_what dump)
{
	const struct parse_ctx ctx = {cli->arena, cli->sources, cli->diags};
	const struct source *src;
	int rc = source_add_file(cli->sources, path, shown, &src);

	if (rc != MCC_OK) {
		diag_add(cli->diags, RULE_MC001, SPAN_NONE, "%s cannot be read: %s", path,
			 mcc_status_text(rc));
		return false;
	}
	if (kind == FILE_KIND_UNKNOWN)
		kind = file_kind_of_name(path);
	if (dump == DUMP_AST)
		dump_file(stdout, &ctx, src, kind);
	else
		check_parsed(cli, &ctx, src, kind);
	return true;
}
