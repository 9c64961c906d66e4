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
	const char *key; /* -d */
	bool dump;
	bool add;
};

/* "hash:aliases"; hash is the type of a name without one. */
static int split_name(struct map_run *run, const char *word)
{
	const char *colon = strchr(word, ':');
	struct map_table *t = &run->table;

	t->name = word;
	if (!colon && word[0]) {
		t->type = "hash";
		t->file = word;
		return EXIT_CLEAN;
	}
	if (!colon || colon == word || !colon[1])
		return cli_usage_error("map", "'%s' is not TYPE:FILE", word);
	t->type = str_dup0(t->cli->arena, (struct str){word, (size_t)(colon - word)});
	t->file = colon + 1;
	return EXIT_CLEAN;
}

static int set_option(struct map_run *run, int opt, char *const *argv)
{
	switch (opt) {
	case 'o':
		run->table.output = optarg;
		break;
	case 'q':
		run->query = optarg;
		break;
	case 'd':
		run->key = optarg;
		break;
	case 's':
		run->dump = true;
		break;
	case 'i':
		run->add = true;
		break;
	case 'r':
		run->table.again = MAP_AGAIN_REPLACE;
		break;
	case 'w':
		run->table.again = MAP_AGAIN_KEEP;
		break;
	case 'f':
		run->table.is_unfolded = true;
		break;
	case OPT_ALIASES:
		run->table.is_aliases = true;
		break;
	case 'N': /* is what is done anyway */
	case 'u': /* no rows are dropped for their encoding */
		break;
	case 'n':
		return cli_usage_error("map", "keys and values always end in a NUL, "
					      "which Postfix takes on every platform");
	default:
		return cli_usage_error("map", "'%s' is no option or lacks its value",
				       argv[optind - 1]);
	}
	return EXIT_CLEAN;
}

static int parse_options(struct map_run *run, int argc, char **argv)
{
	int status = EXIT_CLEAN;
	int opt;

	optind = 1;
	opterr = 0; /* the message is ours */
	while (status == EXIT_CLEAN &&
	       (opt = getopt_long(argc, argv, "d:fiNno:q:rsuw", map_options, NULL)) != -1)
		status = set_option(run, opt, argv);
	if (status != EXIT_CLEAN)
		return status;
	if (optind + 1 != argc)
		return cli_usage_error("map", "one TYPE:FILE is needed");
	if ((run->query != NULL) + run->dump + (run->key != NULL) + run->add > 1)
		return cli_usage_error("map", "-q, -s, -d and -i exclude each other");
	if (run->table.output && (run->query || run->dump || run->key || run->add))
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
	if (run.dump)
		return map_dump(&run.table);
	if (!map_is_database(run.table.type))
		return cli_usage_error("map",
				       "tables of type %s are not compiled: hash, btree, "
				       "lmdb or cdb",
				       run.table.type);
	if (run.key)
		return map_delete(&run.table, run.key);
	return run.add ? map_add(&run.table) : map_compile(&run.table);
}
