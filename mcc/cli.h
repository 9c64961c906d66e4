/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line: options before the command, one function per command.
 */
#ifndef MCC_CLI_H
#define MCC_CLI_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/diag.h"
#include "mcc/model/project.h"
#include "mcc/model/site.h"

/* Exit status of every command. */
enum cli_exit { EXIT_CLEAN = 0, EXIT_FINDINGS = 1, EXIT_USAGE = 2, EXIT_CANNOT = 3 };

struct arena;
struct source_set;

/* What was said before the command; NULL: not given. Wins over mcc.cf. */
struct cli_given {
	const char *dir; /* -C */
	const char *root;
	const char *postfix;
	const char *platform;
	const char *hostname;
};

struct cli {
	struct arena *arena;
	struct source_set *sources;
	struct diag_queue *diags;
	struct cli_given given;
	struct site_options site;	       /* filled by cli_load_options() */
	const struct project_options *project; /* mcc.cf; NULL: none read yet */
};

struct cli_command {
	const char *name;
	/* argv[0] is the name; returns an exit status. */
	int (*run)(struct cli *cli, int argc, char **argv);
	const char *synopsis;
	const char *summary;
};

/* Parses the options before the command and runs it. */
int cli_run(struct cli *cli, int argc, char **argv);

/*
 * Settles cli->site for the site in `dir` (NULL: -C, else the current folder
 * when it has a main.cf, else /etc/postfix): mcc.cf beside main.cf, then the
 * options given. EXIT_CLEAN, or EXIT_USAGE with a message on standard error.
 */
int cli_load_options(struct cli *cli, const char *dir) MCC_MUST_CHECK;

/* Whether --postfix and --platform, if given, make sense; as above. */
int cli_check_given(const struct cli *cli) MCC_MUST_CHECK;

/*
 * cli_load_options() and site_load() in one: for commands that work on one
 * site. EXIT_CLEAN with the site; otherwise everything has been said.
 */
int cli_load_site(struct cli *cli, struct site **out_site) MCC_MUST_CHECK;

/* All of standard input, "<stdin>"; otherwise everything has been said. */
int cli_read_stdin(struct cli *cli, const struct source **out_src) MCC_MUST_CHECK;

/* "mcc COMMAND: message" and the synopsis on standard error; EXIT_USAGE. */
int cli_usage_error(const char *command, const char *fmt, ...) MCC_PRINTF(2, 3);
/* "mcc: message" on standard error; EXIT_CANNOT. */
int cli_cannot(const char *fmt, ...) MCC_PRINTF(1, 2);
/* The row of a command, for usage texts; NULL when there is none. */
const struct cli_command *cli_find_command(const char *name);
/* Whether to colour what goes to the descriptor: a terminal, and no NO_COLOR. */
bool cli_wants_colour(int fd);

/* ---- what commands do with their diagnostics ---- */

enum cli_fail_on { FAIL_ON_ERROR, FAIL_ON_WARNING, FAIL_ON_NOTE, FAIL_ON_NEVER };

bool cli_fail_on_parse(const char *word, enum cli_fail_on *out_fail_on);
/* EXIT_FINDINGS when something is at or above the threshold. An unverified
 * finding counts as a note. */
int cli_exit_for(const struct diag_queue *diags, enum cli_fail_on fail_on);
int cli_exit_for_counts(const size_t counts[DIAG_SEVERITY_COUNT],
			enum cli_fail_on fail_on);
/* Applies disable=, enable= and severity= of mcc.cf to the queue. */
void cli_apply_project(struct cli *cli);
/* Sorts and prints for people on standard error. */
void cli_report_human(struct cli *cli);

/* Commands, one file each: mcc/<name>.c. */
int cmd_check(struct cli *cli, int argc, char **argv);
int cmd_build(struct cli *cli, int argc, char **argv);
int cmd_conf(struct cli *cli, int argc, char **argv);
int cmd_map(struct cli *cli, int argc, char **argv);
int cmd_trace(struct cli *cli, int argc, char **argv);
int cmd_dns(struct cli *cli, int argc, char **argv);
int cmd_spf(struct cli *cli, int argc, char **argv);
int cmd_fmt(struct cli *cli, int argc, char **argv);
int cmd_explain(struct cli *cli, int argc, char **argv);

#endif
