/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc fmt: lays configuration files out anew. Without an option files are
 * rewritten in place; --check and --diff only tell. A file that Postfix would
 * not read is refused with what is wrong in it, and the others go on.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/diag_render.h"
#include "base/limits.h"
#include "base/source.h"
#include "base/status.h"
#include "base/str.h"
#include "mcc/cli.h"
#include "mcc/fmt_file.h"
#include "mcc/fmt_layout.h"

enum { OPT_CHECK = 256, OPT_DIFF, OPT_KIND, OPT_HELP };

static const struct option fmt_options[] = {
	{"check", no_argument, NULL, OPT_CHECK},
	{"diff", no_argument, NULL, OPT_DIFF},
	{"kind", required_argument, NULL, OPT_KIND},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

struct fmt_run {
	struct cli *cli;
	enum file_kind kind; /* FILE_KIND_UNKNOWN: told by each file */
	bool checks;
	bool shows_diff;
	bool found;  /* something to change (--check), or refused */
	bool failed; /* something could not be done */
};

static void cannot(struct fmt_run *run, const char *path, const char *why)
{
	run->failed = true;
	(void)cli_cannot("%s: %s", path, why);
}

static bool is_error(const struct diag *d, void *arg)
{
	(void)arg;
	return d->severity == DIAG_ERROR;
}

/* What Postfix would stumble over; everything else is `mcc check`'s business. */
static void refuse(struct fmt_run *run, const char *path, struct diag_queue *diags)
{
	struct diag_style style = {.colour = cli_wants_colour(STDERR_FILENO),
				   .max = LIMIT_DIAG_SHOWN};

	run->found = true;
	diag_filter(diags, is_error, NULL);
	diag_sort(diags);
	diag_render_human(stderr, diags, run->cli->sources, &style);
	fprintf(stderr, "mcc: %s: left as it is\n", path);
}

static const char *why_not_written(int rc)
{
	switch (rc) {
	case MCC_EEXIST:
		return "the file has several names (hard links), which would come apart; "
		       "left as it is";
	case MCC_EACCES:
		return "the file, its owner or its group could not be kept: permission "
		       "denied; left as it is";
	default:
		return mcc_status_text(rc);
	}
}

static void write_result(struct fmt_run *run, const char *path, struct str text)
{
	int rc;

	if (strcmp(path, "-") == 0) {
		fwrite(text.ptr, 1, text.len, stdout);
		return;
	}
	rc = fmt_replace_file(run->cli, path, text);
	if (rc != MCC_OK)
		cannot(run, path, why_not_written(rc));
}

static void use_result(struct fmt_run *run, const struct source *src, const char *path,
		       struct str text)
{
	const char *shown = strcmp(path, "-") == 0 ? "<stdin>" : path;
	bool changes = !str_eq(src->text, text);

	if (run->checks && changes) {
		run->found = true;
		if (!run->shows_diff)
			printf("%s\n", shown);
	}
	if (run->shows_diff)
		fmt_print_diff(stdout, shown, src->text, text);
	if (!run->checks && !run->shows_diff && (changes || strcmp(path, "-") == 0))
		write_result(run, path, text);
}

static void format_source(struct fmt_run *run, const struct source *src, const char *path,
			  enum file_kind kind)
{
	struct cli *cli = run->cli;
	struct parse_ctx ctx = {cli->arena, cli->sources, diag_queue_new(cli->arena)};
	struct strbuf out;
	int rc;

	if (!fmt_has_layout(kind)) {
		cannot(run, path,
		       "neither its name nor its site tells what kind of file this is: "
		       "say it with --kind; left as it is");
		return;
	}
	strbuf_init(&out, LIMIT_SOURCE_FILE);
	rc = fmt_layout(&ctx, src, kind, &out);
	if (rc == MCC_OK)
		use_result(run, src, path, out.ptr ? strbuf_view(&out) : STR_LIT(""));
	else if (rc == MCC_EINVAL)
		refuse(run, path, ctx.diags);
	else if (rc == MCC_EFORMAT)
		cannot(run, path,
		       "the result would read otherwise, which is a fault of mcc's: "
		       "please report it; left as it is");
	else
		cannot(run, path, mcc_status_text(rc));
	strbuf_fini(&out);
}

static void format_file(struct fmt_run *run, const char *path, enum file_kind kind)
{
	const struct source *src;
	int rc = source_add_file(run->cli->sources, path, NULL, &src);

	if (rc != MCC_OK) {
		cannot(run, path, mcc_status_text(rc));
		return;
	}
	if (kind == FILE_KIND_UNKNOWN)
		kind = fmt_kind_of(run->cli, path, src->text);
	format_source(run, src, path, kind);
}

static int format_site(struct fmt_run *run, const char *dir)
{
	struct fmt_target *targets;
	size_t count;
	int status = cli_load_options(run->cli, dir);

	if (status == EXIT_CLEAN)
		status = fmt_site_targets(run->cli, run->cli->site.dir, &targets, &count);
	if (status != EXIT_CLEAN)
		return status;
	for (size_t i = 0; i < count; i++)
		format_file(run, targets[i].path, targets[i].kind);
	return EXIT_CLEAN;
}

static int format_path(struct fmt_run *run, const char *path)
{
	const struct source *src;
	struct stat st;
	int status;

	if (strcmp(path, "-") == 0) {
		if (run->kind == FILE_KIND_UNKNOWN)
			return cli_usage_error("fmt", "'-' needs --kind");
		status = cli_read_stdin(run->cli, &src);
		if (status == EXIT_CLEAN)
			format_source(run, src, path, run->kind);
		return status;
	}
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return format_site(run, path);
	status = cli_load_options(run->cli, run->cli->given.dir ? NULL : ".");
	if (status == EXIT_CLEAN)
		format_file(run, path, run->kind);
	return status;
}

static int format_all(struct fmt_run *run, int count, char **paths)
{
	int status = EXIT_CLEAN;

	/* Nobody's files are rewritten because a folder was the wrong one. */
	if (count == 0 && !run->cli->given.dir && access("main.cf", F_OK) != 0)
		return cli_usage_error(
			"fmt",
			"there is no main.cf here: name a PATH, or a site with -C");
	if (count == 0)
		return format_site(run, NULL);
	for (int i = 0; i < count && status == EXIT_CLEAN; i++)
		status = format_path(run, paths[i]);
	return status;
}

static int set_option(struct fmt_run *run, int opt, const char *value)
{
	switch (opt) {
	case OPT_CHECK:
		run->checks = true;
		return EXIT_CLEAN;
	case OPT_DIFF:
		run->shows_diff = true;
		return EXIT_CLEAN;
	case OPT_KIND:
		if (!file_kind_parse(value, &run->kind) || !fmt_has_layout(run->kind))
			return cli_usage_error(
				"fmt",
				"there is no kind of file '%s' (main, master, aliases, "
				"table, regexp, pcre, cidr, client)",
				value);
		return EXIT_CLEAN;
	default:
		return cli_usage_error("fmt", "see mcc(1)");
	}
}

int cmd_fmt(struct cli *cli, int argc, char **argv)
{
	struct fmt_run run = {.cli = cli, .kind = FILE_KIND_UNKNOWN};
	int status;
	int opt;

	while ((opt = getopt_long(argc, argv, "", fmt_options, NULL)) != -1) {
		if (opt == OPT_HELP) {
			printf("usage: mcc %s\n", cli_find_command("fmt")->synopsis);
			return EXIT_CLEAN;
		}
		status = set_option(&run, opt, optarg);
		if (status != EXIT_CLEAN)
			return status;
	}
	status = format_all(&run, argc - optind, argv + optind);
	if (status != EXIT_CLEAN)
		return status;
	if (run.failed)
		return EXIT_CANNOT;
	return run.found ? EXIT_FINDINGS : EXIT_CLEAN;
}
