/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc check: sites and single files are parsed, typed and linted; what was
 * found is printed in the format asked for. The network is never touched.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/diag_render.h"
#include "base/limits.h"
#include "lint/lint.h"
#include "mcc/check_file.h"
#include "mcc/cli.h"
#include "mcc/dump.h"
#include "mcc/emit/compile.h"
#include "mcc/render.h"

enum {
	OPT_FORMAT = 256,
	OPT_KIND,
	OPT_FAIL_ON,
	OPT_ENABLE,
	OPT_DISABLE,
	OPT_DUMP,
	OPT_HELP
};

static const struct option check_options[] = {
	{"format", required_argument, NULL, OPT_FORMAT},
	{"kind", required_argument, NULL, OPT_KIND},
	{"fail-on", required_argument, NULL, OPT_FAIL_ON},
	{"enable", required_argument, NULL, OPT_ENABLE},
	{"disable", required_argument, NULL, OPT_DISABLE},
	{"dump", required_argument, NULL, OPT_DUMP},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

struct check_run {
	struct cli *cli;
	const struct render_format *format;
	enum file_kind kind; /* FILE_KIND_UNKNOWN: told by name */
	enum cli_fail_on fail_on;
	enum dump_what dump;
	bool failed; /* something could not be read */
};

static int set_rule(struct cli *cli, const char *word, bool enable)
{
	enum rule rule;

	if (!rule_find(str_of(word), &rule))
		return cli_usage_error("check", "there is no rule '%s'", word);
	diag_set_severity(cli->diags, rule,
			  enable ? rule_info(rule)->severity : DIAG_OFF);
	return EXIT_CLEAN;
}

static int set_option(struct check_run *run, int opt, const char *value)
{
	switch (opt) {
	case OPT_FORMAT:
		run->format = render_format_find(value);
		if (!run->format)
			return cli_usage_error("check", "there is no format '%s' (%s)",
					       value, render_format_names());
		return EXIT_CLEAN;
	case OPT_KIND:
		if (!file_kind_parse(value, &run->kind))
			return cli_usage_error(
				"check",
				"there is no kind of file '%s' (main, master, "
				"aliases, table, spf)",
				value);
		return EXIT_CLEAN;
	case OPT_FAIL_ON:
		if (!cli_fail_on_parse(value, &run->fail_on))
			return cli_usage_error(
				"check", "--fail-on takes error, warning, note or never");
		return EXIT_CLEAN;
	case OPT_ENABLE:
	case OPT_DISABLE:
		return set_rule(run->cli, value, opt == OPT_ENABLE);
	case OPT_DUMP:
		if (!dump_parse(value, &run->dump))
			return cli_usage_error("check", "--dump takes ast or model");
		return EXIT_CLEAN;
	default:
		return cli_usage_error("check", "see mcc(1)");
	}
}

static int check_site(struct check_run *run, const char *dir)
{
	struct cli *cli = run->cli;
	struct site *site;
	int status = cli_load_options(cli, dir);

	if (status != EXIT_CLEAN)
		return status;
	cli_apply_project(cli);
	if (site_load(cli->arena, cli->sources, cli->diags, &cli->site, &site) != 0) {
		run->failed = true;
		return EXIT_CLEAN;
	}
	if (run->dump != DUMP_NOTHING) {
		dump_site(stdout, site, run->dump);
		return EXIT_CLEAN;
	}
	lint_run(site, cli->diags);
	/* Restriction lists are judged where they become programs. */
	(void)compile_site(cli->arena, site, cli->diags);
	lint_apply_suppressions(site, cli->diags);
	return EXIT_CLEAN;
}

static int check_path(struct check_run *run, const char *path)
{
	struct stat st;
	int status;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return check_site(run, path);
	status = cli_load_options(run->cli, run->cli->given.dir ? NULL : ".");
	if (status != EXIT_CLEAN)
		return status;
	if (!check_file(run->cli, path, run->kind, run->dump))
		run->failed = true;
	return EXIT_CLEAN;
}

static int check_all(struct check_run *run, int count, char **paths)
{
	int status = EXIT_CLEAN;

	if (count == 0)
		status = check_site(run, NULL);
	for (int i = 0; i < count && status == EXIT_CLEAN; i++)
		status = check_path(run, paths[i]);
	return status;
}

static int finish(struct check_run *run)
{
	struct cli *cli = run->cli;
	char release[32];

	diag_sort(cli->diags);
	snprintf(release, sizeof(release), "%d.%d", cli->site.version.major,
		 cli->site.version.minor);
	/* A dump is the product then; what was found is talk. */
	if (run->dump != DUMP_NOTHING)
		cli_report_human(cli);
	else
		run->format->render(stdout, cli->diags, cli->sources, release);
	if (run->failed)
		return EXIT_CANNOT;
	return cli_exit_for(cli->diags, run->fail_on);
}

int cmd_check(struct cli *cli, int argc, char **argv)
{
	struct check_run run = {
		.cli = cli,
		.format = render_format_find("human"),
		.kind = FILE_KIND_UNKNOWN,
		.fail_on = FAIL_ON_ERROR,
		.dump = DUMP_NOTHING,
	};
	int status = EXIT_CLEAN;
	int opt;

	while ((opt = getopt_long(argc, argv, "", check_options, NULL)) != -1) {
		if (opt == OPT_HELP) {
			printf("usage: mcc %s\n", cli_find_command("check")->synopsis);
			return EXIT_CLEAN;
		}
		status = set_option(&run, opt, optarg);
		if (status != EXIT_CLEAN)
			return status;
	}
	status = check_all(&run, argc - optind, argv + optind);
	return status != EXIT_CLEAN ? status : finish(&run);
}
