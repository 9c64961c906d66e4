/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc check: sites and single files are parsed, typed and linted; what was
 * found is printed in the format asked for. The network is never touched.
 * Several PATHs are looked at in processes of their own, so that a fault in one
 * costs nobody else his result; their parts are put together in the order of
 * the command line, whatever the number of processes.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/limits.h"
#include "base/status.h"
#include "mcc/baseline.h"
#include "mcc/check_run.h"
#include "mcc/check_target.h"
#include "mcc/cli.h"
#include "mcc/pool.h"

enum {
	OPT_FORMAT = 256,
	OPT_KIND,
	OPT_FAIL_ON,
	OPT_ENABLE,
	OPT_DISABLE,
	OPT_FIX,
	OPT_BASELINE,
	OPT_WRITE_BASELINE,
	OPT_JOBS,
	OPT_DUMP,
	OPT_HELP
};

static const struct option check_options[] = {
	{"format", required_argument, NULL, OPT_FORMAT},
	{"kind", required_argument, NULL, OPT_KIND},
	{"fail-on", required_argument, NULL, OPT_FAIL_ON},
	{"enable", required_argument, NULL, OPT_ENABLE},
	{"disable", required_argument, NULL, OPT_DISABLE},
	{"fix", no_argument, NULL, OPT_FIX},
	{"baseline", required_argument, NULL, OPT_BASELINE},
	{"write-baseline", required_argument, NULL, OPT_WRITE_BASELINE},
	{"jobs", required_argument, NULL, OPT_JOBS},
	{"dump", required_argument, NULL, OPT_DUMP},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

static const char check_help[] =
	"\n"
	"Parses, type-checks and lints; never touches the network. A PATH is a\n"
	"site's folder or a single file; without one the site of -C is checked.\n"
	"\n"
	"  --format FORMAT        human, json, sarif, github, gcc or junit\n"
	"  --kind KIND            of single files whose names do not tell: main,\n"
	"                         master, aliases, table or spf\n"
	"  --fail-on SEVERITY     exit status 1 from error (default), warning or\n"
	"                         note on, or never\n"
	"  --enable RULE[,...]    by id or name; wins over mcc.cf\n"
	"  --disable RULE[,...]\n"
	"  --fix                  edit the files where a finding has a fix\n"
	"  --baseline FILE        hide the findings that FILE holds\n"
	"  --write-baseline FILE  write all findings down, and hide them\n"
	"  --jobs N               sites at a time (default: one per processor)\n"
	"  --dump ast|model       print what was read instead\n"
	"\n"
	"Exit status: 0 nothing at or above --fail-on, 1 findings, 2 wrong usage,\n"
	"3 something could not be read or written.\n";

struct check {
	struct cli *cli;
	struct check_options options;
	enum cli_fail_on fail_on;
	size_t jobs;
	const char *write_baseline;
	const char *baseline;
	/* While it runs. */
	const struct check_target *targets;
	size_t target_count;
	struct render render;
	struct baseline *seen; /* findings that are in the baseline, or shall be */
	bool failed;	       /* something could not be read or written */
	bool shows_progress;
};

/* ---- the command line ---- */

static int add_choices(struct check *run, const char *words, bool enable)
{
	struct str rest = str_of(words);
	struct str word;

	while (str_token(&rest, ", \t", &word)) {
		struct check_options *o = &run->options;
		struct check_choice *slot;
		enum rule rule;

		if (!rule_find(word, &rule))
			return cli_usage_error("check", "there is no rule '%.*s'",
					       STR_ARG(word));
		slot = arena_push(run->cli->arena, &o->choices, o->choice_count,
				  &o->choice_room, sizeof(*slot));
		MCC_ASSERT(slot);
		*slot = (struct check_choice){rule, enable};
		o->choice_count++;
	}
	return EXIT_CLEAN;
}

static int set_jobs(struct check *run, const char *word)
{
	char *end;
	long jobs = strtol(word, &end, 10);

	if (*word < '0' || *word > '9' || *end || jobs < 1 || jobs > LIMIT_CHECK_JOBS)
		return cli_usage_error("check", "--jobs takes a number from 1 to %d",
				       LIMIT_CHECK_JOBS);
	run->jobs = (size_t)jobs;
	return EXIT_CLEAN;
}

static int set_words(struct check *run, int opt, const char *value)
{
	switch (opt) {
	case OPT_FORMAT:
		run->options.format = render_format_find(value);
		if (!run->options.format)
			return cli_usage_error("check", "there is no format '%s' (%s)",
					       value, render_format_names());
		return EXIT_CLEAN;
	case OPT_KIND:
		if (!file_kind_parse(value, &run->options.kind))
			return cli_usage_error("check",
					       "there is no kind of file '%s' (main, "
					       "master, aliases, table, regexp, pcre, "
					       "cidr, client, spf)",
					       value);
		return EXIT_CLEAN;
	case OPT_FAIL_ON:
		if (!cli_fail_on_parse(value, &run->fail_on))
			return cli_usage_error(
				"check",
				"--fail-on takes error, warning, note or never, not '%s'",
				value);
		return EXIT_CLEAN;
	case OPT_DUMP:
		if (!dump_parse(value, &run->options.dump))
			return cli_usage_error(
				"check", "--dump takes ast or model, not '%s'", value);
		return EXIT_CLEAN;
	default:
		return cli_usage_error("check", "see mcc check --help");
	}
}

static int set_option(struct check *run, int opt, const char *value)
{
	switch (opt) {
	case OPT_ENABLE:
	case OPT_DISABLE:
		return add_choices(run, value, opt == OPT_ENABLE);
	case OPT_FIX:
		run->options.fix = true;
		return EXIT_CLEAN;
	case OPT_BASELINE:
		run->baseline = value;
		return EXIT_CLEAN;
	case OPT_WRITE_BASELINE:
		run->write_baseline = value;
		run->options.records_findings = true;
		return EXIT_CLEAN;
	case OPT_JOBS:
		return set_jobs(run, value);
	default:
		return set_words(run, opt, value);
	}
}

static int check_usage(struct check *run)
{
	if (run->options.dump != DUMP_NOTHING &&
	    (run->options.fix || run->baseline || run->write_baseline))
		return cli_usage_error("check", "--dump prints what was read, and goes "
						"with no --fix and no baseline");
	if (run->options.fix && run->write_baseline)
		return cli_usage_error("check", "--fix and --write-baseline are two "
						"steps: fix, then write down the rest");
	return cli_check_given(run->cli);
}

static int load_baseline(struct check *run)
{
	const char *problem;

	run->seen = baseline_new(run->cli->arena);
	/* One that is to be written anew need not be there yet. */
	if (!run->baseline || run->write_baseline)
		return EXIT_CLEAN;
	run->options.baseline = baseline_load(run->cli->arena, run->baseline, &problem);
	if (!run->options.baseline)
		return cli_cannot("%s cannot be used as a baseline: %s", run->baseline,
				  problem);
	return EXIT_CLEAN;
}

/* ---- results ---- */

static void take_result(struct check *run, size_t i, const struct check_result *result)
{
	if (!run->options.product)
		render_put_part(&run->render, run->targets[i].label, &result->part);
	baseline_merge(run->seen, strbuf_view(&result->records));
	fwrite(strbuf_view(&result->talk).ptr, 1, result->talk.len, stderr);
	run->failed |= result->failed;
}

static void work(void *arg, size_t i, struct strbuf *out)
{
	const struct check *run = arg;
	struct check_result result;

	check_run(&run->options, &run->targets[i], &result);
	check_result_pack(&result, out);
	check_result_free(&result);
}

static void show_progress(const struct check *run, size_t done)
{
	/* Each hundredth: the terminal must not cost more than the work. */
	size_t step = run->target_count / 100 + 1;

	if (!run->shows_progress || (done % step && done < run->target_count))
		return;
	if (done < run->target_count)
		fprintf(stderr, "\rmcc: %zu of %zu", done, run->target_count);
	else
		fputs("\r\033[K", stderr);
}

static void report_lost(const char *path, int how)
{
	if (WIFSIGNALED(how))
		cli_cannot("%s: not checked: a fault of mcc's own (signal %d, %s)", path,
			   WTERMSIG(how), strsignal(WTERMSIG(how)));
	else
		cli_cannot("%s: not checked: its process ended with status %d", path,
			   WEXITSTATUS(how));
}

static void take(void *arg, size_t i, struct str text, int lost)
{
	struct check *run = arg;
	struct check_result result;

	if (lost) {
		report_lost(run->targets[i].path, lost);
		render_put_part(&run->render, run->targets[i].label, NULL);
		run->failed = true;
	} else {
		check_result_unpack(text, &result);
		take_result(run, i, &result);
		check_result_free(&result);
	}
	show_progress(run, i + 1);
}

/* ---- the run ---- */

static int run_here(struct check *run)
{
	run->options.product = &run->render;
	for (size_t i = 0; i < run->target_count; i++) {
		struct check_result result;

		check_run(&run->options, &run->targets[i], &result);
		take_result(run, i, &result);
		check_result_free(&result);
	}
	return EXIT_CLEAN;
}

static int run_in_pool(struct check *run)
{
	const struct pool pool = {
		.count = run->target_count,
		/* Two sites may share a file; edits are made one after the other. */
		.jobs = run->options.fix ? 1 : run->jobs,
		.arg = run,
		.work = work,
		.take = take,
	};
	int status = pool_run(&pool);

	if (status != MCC_OK)
		return cli_cannot("no process for checking can be had: %s",
				  mcc_status_text(status));
	return EXIT_CLEAN;
}

static int finish_baseline(struct check *run)
{
	size_t gone;
	int status;

	if (run->write_baseline) {
		status = baseline_write(run->seen, run->write_baseline);
		if (status != MCC_OK)
			return cli_cannot("%s: %s", run->write_baseline,
					  mcc_status_text(status));
		fprintf(stderr, "mcc: %zu findings written to %s\n",
			baseline_count(run->seen), run->write_baseline);
	} else if (run->options.baseline) {
		gone = baseline_count_gone(run->options.baseline, run->seen);
		if (gone)
			fprintf(stderr,
				"mcc: %zu of the findings in %s are gone; "
				"--write-baseline renews it\n",
				gone, run->baseline);
	}
	return EXIT_CLEAN;
}

static int finish(struct check *run)
{
	int status;

	if (run->options.dump == DUMP_NOTHING)
		render_finish(&run->render);
	status = finish_baseline(run);
	if (status != EXIT_CLEAN)
		return status;
	return run->failed ? EXIT_CANNOT
			   : cli_exit_for_counts(run->render.counts, run->fail_on);
}

static int run_all(struct check *run, int argc, char **argv)
{
	int status = check_usage(run);

	if (status == EXIT_CLEAN)
		status = load_baseline(run);
	if (status != EXIT_CLEAN)
		return status;
	run->targets = check_targets(run->cli, argc, argv);
	run->target_count = argc ? (size_t)argc : 1;
	run->options.colour = cli_wants_colour(STDOUT_FILENO);
	run->shows_progress = run->target_count > 1 && isatty(STDERR_FILENO) == 1;
	run->render = (struct render){
		.out = stdout,
		.format = run->options.format,
		.several = run->target_count > 1,
		.arena = run->cli->arena,
	};
	if (run->target_count == 1 || run->options.dump != DUMP_NOTHING)
		status = run_here(run);
	else
		status = run_in_pool(run);
	return status == EXIT_CLEAN ? finish(run) : status;
}

int cmd_check(struct cli *cli, int argc, char **argv)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct check run = {
		.cli = cli,
		.options = {.cli = cli,
			    .format = render_format_find("human"),
			    .kind = FILE_KIND_UNKNOWN,
			    .dump = DUMP_NOTHING},
		.fail_on = FAIL_ON_ERROR,
		.jobs = processors > 0 ? (size_t)processors : 1,
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", check_options, NULL)) != -1) {
		int status;

		if (opt == OPT_HELP) {
			printf("usage: mcc %s\n%s", cli_find_command("check")->synopsis,
			       check_help);
			return EXIT_CLEAN;
		}
		status = set_option(&run, opt, optarg);
		if (status != EXIT_CLEAN)
			return status;
	}
	return run_all(&run, argc - optind, argv + optind);
}
