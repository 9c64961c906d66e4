/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options before the command, and the table of commands. A command's own
 * options are parsed by the command.
 */
#include "mcc/cli.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/diag_render.h"
#include "base/limits.h"

static const struct cli_command commands[] = {
	{"check", cmd_check, "check [OPTION...] [PATH...]",
	 "parse, type-check and lint sites or single files"},
	{"build", cmd_build, "build -o OUT [OPTION...]",
	 "check, compile and publish a new generation"},
	{"conf", cmd_conf, "conf [-n|-d] [-M|-F|-P|-m] [OPTION...] [NAME...]",
	 "print parameters as postconf spells them"},
	{"map", cmd_map,
	 "map [--aliases] [-q KEY|-s|-d KEY|-i] [-fFpruvw] [-o OUT] TYPE:FILE...",
	 "compile, query, change or list tables"},
	{"trace", cmd_trace, "trace [OPTION...] [--from ADDR] RCPT...",
	 "show the way one message would take"},
	{"dns", cmd_dns, "dns check|query|dane [OPTION...]",
	 "validate the site against the DNS"},
	{"spf", cmd_spf, "spf check|explain|flatten|lint [OPTION...]",
	 "evaluate, show, flatten and check SPF (RFC 7208)"},
	{"fmt", cmd_fmt, "fmt [--check] [--diff] [--kind KIND] [PATH...]",
	 "lay configuration files out anew, changing nothing that they say"},
	{"explain", cmd_explain, "explain RULE|PARAMETER",
	 "what a rule or a parameter means and how to fix it"},
};

enum { OPT_ROOT = 256, OPT_POSTFIX, OPT_PLATFORM, OPT_HOSTNAME, OPT_HELP, OPT_VERSION };

static const struct option global_options[] = {
	{"root", required_argument, NULL, OPT_ROOT},
	{"postfix", required_argument, NULL, OPT_POSTFIX},
	{"platform", required_argument, NULL, OPT_PLATFORM},
	{"hostname", required_argument, NULL, OPT_HOSTNAME},
	{"help", no_argument, NULL, OPT_HELP},
	{"version", no_argument, NULL, OPT_VERSION},
	{NULL, 0, NULL, 0},
};

static void print_usage(FILE *out)
{
	fprintf(out, "usage: mcc [-C DIR] [--root DIR] [--postfix VERSION] "
		     "[--platform NAME] [--hostname FQDN] COMMAND ...\n\ncommands:\n");
	for (size_t i = 0; i < array_len(commands); i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
	fprintf(out,
		"\n`mcc COMMAND --help` tells a command's options; mcc(1) has it all.\n");
}

const struct cli_command *cli_find_command(const char *name)
{
	for (size_t i = 0; i < array_len(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int cli_usage_error(const char *command, const char *fmt, ...)
{
	const struct cli_command *row = command ? cli_find_command(command) : NULL;
	va_list ap;

	fprintf(stderr, "mcc%s%s: ", command ? " " : "", command ? command : "");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nusage: mcc %s\n",
		row ? row->synopsis : "[OPTION...] COMMAND ...");
	return EXIT_USAGE;
}

int cli_cannot(const char *fmt, ...)
{
	va_list ap;

	fputs("mcc: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return EXIT_CANNOT;
}

bool cli_wants_colour(int fd)
{
	const char *no_color = getenv("NO_COLOR");

	return (!no_color || !*no_color) && isatty(fd);
}

bool cli_fail_on_parse(const char *word, enum cli_fail_on *out_fail_on)
{
	static const char *const words[] = {"error", "warning", "note", "never"};

	for (size_t i = 0; i < array_len(words); i++) {
		if (strcmp(words[i], word) == 0) {
			*out_fail_on = (enum cli_fail_on)i;
			return true;
		}
	}
	return false;
}

int cli_exit_for_counts(const size_t counts[DIAG_SEVERITY_COUNT],
			enum cli_fail_on fail_on)
{
	size_t count = 0;

	switch (fail_on) {
	case FAIL_ON_NOTE:
		count += counts[DIAG_NOTE] + counts[DIAG_UNVERIFIED];
		/* fall through */
	case FAIL_ON_WARNING:
		count += counts[DIAG_WARNING];
		/* fall through */
	case FAIL_ON_ERROR:
		count += counts[DIAG_ERROR];
		break;
	case FAIL_ON_NEVER:
		break;
	}
	return count ? EXIT_FINDINGS : EXIT_CLEAN;
}

int cli_exit_for(const struct diag_queue *diags, enum cli_fail_on fail_on)
{
	size_t counts[DIAG_SEVERITY_COUNT];

	diag_count_all(diags, counts);
	return cli_exit_for_counts(counts, fail_on);
}

void cli_report_human(struct cli *cli)
{
	struct diag_style style = {.colour = cli_wants_colour(STDERR_FILENO),
				   .max = LIMIT_DIAG_SHOWN};

	diag_sort(cli->diags);
	diag_render_human(stderr, cli->diags, cli->sources, &style);
}

static bool set_global(struct cli *cli, int opt, const char *value)
{
	switch (opt) {
	case 'C':
		cli->given.dir = value;
		return true;
	case OPT_ROOT:
		cli->given.root = value;
		return true;
	case OPT_POSTFIX:
		cli->given.postfix = value;
		return true;
	case OPT_PLATFORM:
		cli->given.platform = value;
		return true;
	case OPT_HOSTNAME:
		cli->given.hostname = value;
		return true;
	default:
		return false;
	}
}

int cli_run(struct cli *cli, int argc, char **argv)
{
	const struct cli_command *command;
	int opt;

	/* "+": options after the command are the command's. */
	while ((opt = getopt_long(argc, argv, "+C:", global_options, NULL)) != -1) {
		if (opt == OPT_HELP) {
			print_usage(stdout);
			return EXIT_CLEAN;
		}
		if (opt == OPT_VERSION) {
			printf("mcc %s\n", MCC_VERSION);
			return EXIT_CLEAN;
		}
		if (!set_global(cli, opt, optarg)) {
			print_usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind >= argc) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	command = cli_find_command(argv[optind]);
	if (!command)
		return cli_usage_error(NULL, "there is no command '%s'", argv[optind]);
	argc -= optind;
	argv += optind;
	optind = 0; /* glibc: start over for the command's own options */
	/* What getopt puts before its messages. */
	argv[0] = arena_printf(cli->arena, "mcc %s", command->name);
	return command->run(cli, argc, argv);
}
