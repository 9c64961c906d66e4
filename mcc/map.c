/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc map: one table, as postmap(1) and postalias(1) have it: compile it, ask
 * it, print it. What is wrong with single rows is said and the rest compiled,
 * as they do; the exit status tells about the work, not about the rows.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "mcc/cli.h"
#include "mcc/map_table.h"

enum { OPT_ALIASES = 256 };

static const struct option map_options[] = {
	{"aliases", no_argument, NULL, OPT_ALIASES},
	{"output", required_argument, NULL, 'o'},
	{NULL, 0, NULL, 0},
};

struct map_run {
	struct map_table table;
	const char *query;
	bool dump;
};

static int split_name(struct map_run *run, const char *word)
{
	const char *colon = strchr(word, ':');
	struct map_table *t = &run->table;

	if (!colon || colon == word || !colon[1])
		return cli_usage_error("map", "'%s' is not TYPE:FILE", word);
	t->name = word;
	t->type = str_dup0(t->cli->arena, (struct str){word, (size_t)(colon - word)});
	t->file = colon + 1;
	return EXIT_CLEAN;
}

static int parse_options(struct map_run *run, int argc, char **argv)
{
	int opt;

	optind = 1;
	opterr = 0; /* the message is ours */
	while ((opt = getopt_long(argc, argv, "o:q:s", map_options, NULL)) != -1) {
		switch (opt) {
		case 'o':
			run->table.output = optarg;
			break;
		case 'q':
			run->query = optarg;
			break;
		case 's':
			run->dump = true;
			break;
		case OPT_ALIASES:
			run->table.is_aliases = true;
			break;
		default:
			return cli_usage_error("map",
					       "'%s' is no option or lacks its value",
					       argv[optind - 1]);
		}
	}
	if (optind + 1 != argc)
		return cli_usage_error("map", "one TYPE:FILE is needed");
	if (run->query && run->dump)
		return cli_usage_error("map", "-q and -s exclude each other");
	if (run->table.output && (run->query || run->dump))
		return cli_usage_error("map", "-o is for compiling only");
	return split_name(run, argv[optind]);
}

int cmd_map(struct cli *cli, int argc, char **argv)
{
	struct map_run run = {.table = {.cli = cli}};
	int status = parse_options(&run, argc, argv);

	/* The release counts; a folder that is no site is no reason to stop. */
	if (status == EXIT_CLEAN)
		status = cli_load_options(cli, cli->given.dir ? NULL : ".");
	if (status != EXIT_CLEAN)
		return status;
	if (run.query)
		return map_query(&run.table, run.query);
	return run.dump ? map_dump(&run.table) : map_compile(&run.table);
}
