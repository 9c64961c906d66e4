/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Command line of the daemon: which command, and its exit status (0 done, 1
 * the daemon's answer is a finding, 2 wrong usage, 3 could not do the work;
 * `sendmail` uses sysexits as its callers expect).
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "mccd/control.h"
#include "mccd/options.h"
#include "mccd/parent.h"
#include "mccd/submit.h"

enum { EXIT_USAGE = 2 };

static const char usage_text[] =
	"usage: mccd run -g GENERATION [--spool DIR] [--root DIR] [--listen ADDR:PORT]...\n"
	"                [--user NAME] [--control SOCKET] [--resolver IP[@PORT]]...\n"
	"                [--smtp-port N] [--debug]\n"
	"       mccd reload|stop|status [--control SOCKET | --spool DIR]\n"
	"       mccd queue list|show ID|flush|hold ID|release ID|delete ID [--control ...]\n"
	"       mccd sendmail [-f SENDER] [-t] [-i] [RECIPIENT...]\n"
	"       mccd --version\n";

static int usage(void)
{
	(void)fputs(usage_text, stderr);
	return EXIT_USAGE;
}

static int command_run(int argc, char **argv)
{
	struct arena *arena = arena_new(0);
	struct run_options options;
	int status = EXIT_USAGE;

	log_open("mccd", STDERR_FILENO, LOG_LEVEL_INFO);
	if (options_read(arena, argc, argv, &options) == 0) {
		if (options.debug)
			log_open("mccd", STDERR_FILENO, LOG_LEVEL_DEBUG);
		status = parent_run(&options);
	} else {
		(void)usage();
	}
	arena_free(arena);
	return status;
}

/* --control and --spool, wherever they stand; the rest is left in argv. */
static const char *find_control(struct arena *arena, int argc, char **argv)
{
	static const struct option long_options[] = {
		{"control", required_argument, NULL, 'c'},
		{"spool", required_argument, NULL, 's'},
		{NULL, 0, NULL, 0},
	};
	const char *path = "/var/spool/postfix/mccd/control";
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (c == 'c')
			path = optarg;
		else if (c == 's')
			path = arena_printf(arena, "%s/control", optarg);
		else
			return NULL;
	}
	return path;
}

static int command_simple(int argc, char **argv)
{
	struct arena *arena = arena_new(0);
	const char *path = find_control(arena, argc, argv);
	int status;

	if (path == NULL || optind != argc)
		status = usage();
	else
		status = control_command(path, argv[0], "");
	arena_free(arena);
	return status;
}

struct queue_command {
	const char *name;
	int arguments;
};

static int command_queue(int argc, char **argv)
{
	static const struct queue_command known[] = {{"list", 0},    {"show", 1},
						     {"flush", 0},   {"hold", 1},
						     {"release", 1}, {"delete", 1}};
	struct arena *arena = arena_new(0);
	const char *path = find_control(arena, argc, argv);
	int status = -1;
	size_t i;

	for (i = 0; i < array_len(known) && path != NULL && optind < argc; i++) {
		if (strcmp(argv[optind], known[i].name) != 0 ||
		    argc - optind - 1 != known[i].arguments)
			continue;
		status = control_command(path, known[i].name,
					 known[i].arguments ? argv[optind + 1] : "");
	}
	if (status < 0)
		status = usage();
	arena_free(arena);
	return status;
}

struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

static const struct command commands[] = {
	{"run", command_run},	    {"reload", command_simple}, {"stop", command_simple},
	{"status", command_simple}, {"queue", command_queue},	{"sendmail", submit_main},
};

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	size_t i;

	log_open("mccd", STDERR_FILENO, LOG_LEVEL_INFO);
	name = name == NULL ? argv[0] : name + 1;
	if (strcmp(name, "sendmail") == 0)
		return submit_main(argc, argv);
	if (argc < 2)
		return usage();
	for (i = 0; i < array_len(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	if (strcmp(argv[1], "--version") == 0)
		return printf("mccd %s\n", MCC_VERSION) < 0 ? PARENT_FAILED : 0;
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
		return fputs(usage_text, stdout) < 0 ? PARENT_FAILED : 0;
	return usage();
}
