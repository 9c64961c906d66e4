/* SPDX-License-Identifier: BSD-2-Clause */
/* mcc spf: finds the subcommand. */
#include <getopt.h>
#include <string.h>

#include "base/attr.h"
#include "mcc/cli.h"
#include "mcc/spf_command.h"

static const struct {
	const char *name;
	int (*run)(struct cli *cli, int argc, char **argv);
} subcommands[] = {
	{"check", spf_check_command},
	{"explain", spf_explain_command},
	{"flatten", spf_flatten_command},
	{"lint", spf_lint_command},
};

int cmd_spf(struct cli *cli, int argc, char **argv)
{
	size_t i;

	if (argc < 2)
		return cli_usage_error("spf", "check, explain, flatten or lint?");
	/* The subcommand's own options begin after its name. */
	optind = 0;
	for (i = 0; i < array_len(subcommands); i++) {
		if (strcmp(argv[1], subcommands[i].name) == 0)
			return subcommands[i].run(cli, argc - 1, argv + 1);
	}
	return cli_usage_error("spf", "there is no subcommand '%s'", argv[1]);
}
