/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The subcommands of mcc spf, one file each. argv[0] is the subcommand's name;
 * each returns an exit status.
 */
#ifndef MCC_SPF_COMMAND_H
#define MCC_SPF_COMMAND_H

struct cli;

int spf_check_command(struct cli *cli, int argc, char **argv);
int spf_explain_command(struct cli *cli, int argc, char **argv);
int spf_flatten_command(struct cli *cli, int argc, char **argv);
int spf_lint_command(struct cli *cli, int argc, char **argv);

#endif
