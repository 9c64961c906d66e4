/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc map: tables, as postmap(1) and postalias(1) have them: compile, ask,
 * change, print. What is wrong with single rows is said and the rest compiled,
 * as they do; the exit status tells about the work, not about the rows. Here
 * options are read and told what does not go together.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "mcc/cli.h"
#include "mcc/map_table.h"

enum { OPT_ALIASES = 256, OPT_AS_ROOT };

static const struct option map_options[] = {
	{"aliases", no_argument, NULL, OPT_ALIASES},
	{"as-root", no_argument, NULL, OPT_AS_ROOT},
	{"output", required_argument, NULL, 'o'},
	{NULL, 0, NULL, 0},
};

struct map_run {
	struct map_table table; /* what all tables have in common */
	const char *query;
	const char *key; /* -d */
	bool dump;
	bool add;
};

/* "hash:aliases"; a name without a type has the site's default one. */
static int split_name(const struct map_settings *settings, const char *word,
		      struct map_table *t)
{
	const char *colon = strchr(word, ':');

	t->name = word;
	t->file = "";
	if (word[0] == '-' && word[1])
		return cli_usage_error("map", "'%s': options stand before the tables",
				       word);
	if (!colon && word[0]) {
		t->type = settings->default_type;
		t->file = word;
		return EXIT_CLEAN;
	}
	if (!colon || colon == word)
		return cli_usage_error("map", "'%s' is not TYPE:FILE", word);
	t->type = str_dup0(t->cli->arena, (struct str){word, (size_t)(colon - word)});
	t->file = colon + 1;
	return EXIT_CLEAN;
}

static int refuse_option(int opt, char *const *argv)
{
	switch (opt) {
	case 'n':
		return cli_usage_error("map", "keys and values end in a NUL where "
					      "postmap's do, which Postfix takes on "
					      "every platform: there is no -n");
	case 'b':
	case 'h':
	case 'm':
	case 'U':
		return cli_usage_error("map",
				       "-%c asks with the lines of a message: mcc "
				       "takes no messages apart; pipe the lines "
				       "into -q -",
				       opt);
	default:
		return cli_usage_error("map", "'%s' is no option or lacks its value",
				       argv[optind - 1]);
	}
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
	case 'F':
		run->table.has_files = true;
		break;
	case 'p':
		run->table.has_default_mode = true;
		break;
	case 'u':
		run->table.is_any_encoding = true;
		break;
	case 'v':
		run->table.is_verbose = true;
		break;
	case OPT_ALIASES:
		run->table.is_aliases = true;
		break;
	case OPT_AS_ROOT:
		run->table.is_as_root = true;
		break;
	case 'N':
		run->table.is_with_nul = true;
		break;
	default:
		return refuse_option(opt, argv);
	}
	return EXIT_CLEAN;
}

static int check_options(const struct map_run *run, int count)
{
	if ((run->query != NULL) + run->dump + (run->key != NULL) + run->add > 1)
		return cli_usage_error("map", "-q, -s, -d and -i exclude each other");
	if (run->table.output && (run->query || run->dump || run->key || run->add))
		return cli_usage_error("map", "-o is for compiling only");
	if (run->table.has_files && run->table.is_aliases)
		return cli_usage_error("map", "-F is for tables, not for aliases");
	if (count == 0 && run->table.output && strchr(run->table.output, ':'))
		return cli_usage_error("map", "-o names the database, and no table is "
					      "left; what -o means to postmap is "
					      "--as-root");
	if (count == 0)
		return cli_usage_error("map", "a TYPE:FILE is needed");
	if (count > 1 && (run->dump || run->add))
		return cli_usage_error("map", "-%c takes one table",
				       run->dump ? 's' : 'i');
	if (count > 1 && run->table.output)
		return cli_usage_error("map", "-o names the database of one table");
	return EXIT_CLEAN;
}

static int parse_options(struct map_run *run, int argc, char **argv)
{
	int status = EXIT_CLEAN;
	int opt;

	optind = 1;
	opterr = 0; /* the message is ours */
	while (status == EXIT_CLEAN &&
	       (opt = getopt_long(argc, argv, "bd:fFhimnNo:pq:rsuUvw", map_options,
				  NULL)) != -1)
		status = set_option(run, opt, argv);
	return status == EXIT_CLEAN ? check_options(run, argc - optind) : status;
}

/* One after the other; the first failure ends it, as it ends postmap. */
static int compile_all(const struct map_tables *tables)
{
	int status = EXIT_CLEAN;

	for (size_t i = 0; i < tables->count; i++)
		if (!map_is_database(tables->list[i].type))
			return cli_usage_error("map",
					       "tables of type %s are not compiled: "
					       "hash, btree, lmdb or cdb",
					       tables->list[i].type);
	for (size_t i = 0; i < tables->count && status == EXIT_CLEAN; i++)
		status = map_compile(&tables->list[i]);
	return status;
}

static int run_tables(const struct map_run *run, const struct map_tables *tables)
{
	const struct map_table *first = &tables->list[0];

	if (run->query) /* which opens only the tables that it needs */
		return map_query(tables, run->query);
	for (size_t i = 0; i < tables->count; i++)
		if (!tables->list[i].file[0])
			return cli_usage_error("map", "'%s' is not TYPE:FILE",
					       tables->list[i].name);
	if (run->dump)
		return map_dump(first);
	if (run->key)
		return map_delete(tables, run->key);
	if (!run->add)
		return compile_all(tables);
	if (!map_is_database(first->type))
		return cli_usage_error("map", "tables of type %s cannot be changed",
				       first->type);
	return map_add(first);
}

int cmd_map(struct cli *cli, int argc, char **argv)
{
	struct map_run run = {.table = {.cli = cli}};
	int status = parse_options(&run, argc, argv);
	struct map_settings settings;
	struct map_tables tables;

	if (status == EXIT_CLEAN)
		status = cli_load_options(cli, NULL);
	if (status != EXIT_CLEAN)
		return status;
	map_settings_load(cli, &settings);
	run.table.is_utf8 = settings.is_utf8 && !run.table.is_any_encoding;
	tables.count = (size_t)(argc - optind);
	tables.list = arena_array(cli->arena, tables.count, sizeof(*tables.list));
	for (size_t i = 0; i < tables.count && status == EXIT_CLEAN; i++) {
		tables.list[i] = run.table;
		status = split_name(&settings, argv[optind + (int)i], &tables.list[i]);
	}
	return status == EXIT_CLEAN ? run_tables(&run, &tables) : status;
}
