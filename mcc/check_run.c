/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One PATH from reading to its part of the product. Text, tree, model and
 * findings live in an arena of this look alone, which is freed before the
 * next: ten thousand sites need the memory of one.
 */
#include "mcc/check_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/limits.h"
#include "base/source.h"
#include "lint/lint.h"
#include "mcc/baseline.h"
#include "mcc/check_file.h"
#include "mcc/emit/compile.h"
#include "mcc/fix.h"

struct look {
	struct cli cli;	       /* with an arena of its own */
	struct strbuf records; /* of the findings that are in the baseline */
	bool failed;
};

static void check_site(const struct check_options *options, struct look *look)
{
	struct cli *cli = &look->cli;
	struct site *site;

	if (site_load(cli->arena, cli->sources, cli->diags, &cli->site, &site) != 0) {
		look->failed = true;
		return;
	}
	if (options->dump != DUMP_NOTHING) {
		dump_site(stdout, site, options->dump);
		return;
	}
	lint_run(site, cli->diags);
	/* Restriction lists are judged where they become programs. */
	(void)compile_site(cli->arena, site, cli->diags);
	lint_apply_suppressions(site, cli->diags);
}

static bool is_folder(const char *path)
{
	struct stat st;

	return !path || (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

/* What mcc.cf says of rules, then the command line, which wins. */
static void apply_severities(const struct check_options *options, struct cli *cli)
{
	cli_apply_project(cli);
	for (size_t i = 0; i < options->choice_count; i++) {
		enum rule rule = options->choices[i].rule;

		diag_set_severity(cli->diags, rule,
				  options->choices[i].enable ? rule_info(rule)->severity
							     : DIAG_OFF);
	}
}

static void look_at(const struct check_options *options,
		    const struct check_target *target, const struct fix *fix,
		    struct look *look)
{
	bool is_site = is_folder(target->path);
	struct cli *cli = &look->cli;

	*look = (struct look){.cli = *options->cli};
	strbuf_init(&look->records, LIMIT_CHECK_RESULT);
	cli->arena = arena_new(0);
	cli->sources = source_set_new(cli->arena);
	cli->diags = diag_queue_new(cli->arena);
	if (fix)
		fix_replace(fix, cli->sources);
	if (is_site)
		source_show_below(cli->sources, target->below);
	if (cli_load_options(cli, is_site	   ? target->path
				  : cli->given.dir ? NULL
						   : ".") != EXIT_CLEAN) {
		look->failed = true;
		return;
	}
	apply_severities(options, cli);
	if (is_site)
		check_site(options, look);
	else if (!check_file(cli, target->path, target->shown, options->kind,
			     options->dump))
		look->failed = true;
	diag_sort(cli->diags);
	if (options->baseline)
		baseline_apply(options->baseline, cli->diags,
			       &(struct baseline_place){cli->sources, target->label},
			       &look->records);
}

static void look_free(struct look *look)
{
	strbuf_fini(&look->records);
	arena_free(look->cli.arena);
}

/*
 * Edits what can be edited, in memory, and looks again, until nothing is left
 * or the site would be worse than before; then writes.
 */
static void fix_and_look(const struct check_options *options,
			 const struct check_target *target, struct fix *fix,
			 struct look *look)
{
	for (int round = 0; round < LIMIT_FIX_ROUNDS && !look->failed; round++) {
		struct look next;

		if (!fix_take(fix, look->cli.diags, look->cli.sources))
			break;
		look_at(options, target, fix, &next);
		if (next.failed || !fix_is_good(look->cli.diags, next.cli.diags)) {
			fix_undo(fix);
			look_free(&next);
			break;
		}
		look_free(look);
		*look = next;
	}
}

static void accept_all(struct look *look, const struct check_target *target)
{
	const struct baseline_place place = {look->cli.sources, target->label};

	for (size_t i = 0; i < diag_count(look->cli.diags); i++)
		baseline_record(&look->records, diag_get(look->cli.diags, i), &place);
	diag_clear(look->cli.diags);
}

void check_run(const struct check_options *options, const struct check_target *target,
	       struct check_result *out_result)
{
	struct render_site site = {.label = target->label, .colour = options->colour};
	struct fix *fix = fix_new(); /* its texts are read until the end */
	struct look look;

	memset(out_result, 0, sizeof(*out_result));
	strbuf_init(&out_result->talk, LIMIT_CHECK_RESULT);
	look_at(options, target, NULL, &look);
	if (options->fix) {
		fix_and_look(options, target, fix, &look);
		look.failed |= !fix_write(fix, &out_result->talk);
	}
	/* What was not looked at whole is not accepted by writing it down. */
	if (options->records_findings && !look.failed)
		accept_all(&look, target);
	out_result->records = look.records;
	site.diags = look.cli.diags;
	site.sources = look.cli.sources;
	snprintf(site.release, sizeof(site.release), "%d.%d", look.cli.site.version.major,
		 look.cli.site.version.minor);
	if (options->dump != DUMP_NOTHING)
		cli_report_human(&look.cli); /* a dump is the product then */
	site.was_checked = !look.failed;
	if (options->product)
		render_put_site(options->product, &site);
	else
		render_make_part(options->format, &site, &out_result->part);
	out_result->failed = look.failed;
	arena_free(look.cli.arena);
	fix_free(fix);
}
