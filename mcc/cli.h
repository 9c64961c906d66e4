/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line: options before the command, one function per command.
 */
#ifndef MCC_CLI_H
#define MCC_CLI_H

#include <stdbool.h>

#include "mcc/model/site.h"

/* Exit status of every command. */
enum cli_exit { EXIT_CLEAN = 0, EXIT_FINDINGS = 1, EXIT_USAGE = 2, EXIT_CANNOT = 3 };

struct arena;
struct diag_queue;
struct source_set;

/* What stands before the command; constant once main() has filled it. */
struct cli {
	struct arena *arena;
	struct source_set *sources;
	struct diag_queue *diags;
	struct site_options site; /* -C --root --postfix --platform --hostname, merged with mcc.cf */
};

struct cli_command {
	const char *name;
	int (*run)(struct cli *cli, int argc, char **argv); /* argv[0] is the name */
	const char *synopsis;
	const char *summary;
};

/* Commands, one file each: mcc/<name>.c. Return an exit status. */
int cmd_check(struct cli *cli, int argc, char **argv);
int cmd_build(struct cli *cli, int argc, char **argv);
int cmd_conf(struct cli *cli, int argc, char **argv);
int cmd_map(struct cli *cli, int argc, char **argv);
int cmd_trace(struct cli *cli, int argc, char **argv);
int cmd_dns(struct cli *cli, int argc, char **argv);
int cmd_spf(struct cli *cli, int argc, char **argv);
int cmd_explain(struct cli *cli, int argc, char **argv);

/* "mcc: message" on standard error; returns EXIT_USAGE. */
int cli_usage_error(const struct cli_command *command, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The row of a command, for usage texts; NULL when there is none. */
const struct cli_command *cli_find_command(const char *name);

#endif
