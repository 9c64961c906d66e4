/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc build: checks a site, compiles it and publishes a new generation. With
 * errors nothing is written and the generation in force stays. On standard
 * output stands the path of the generation, nothing else.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/digest.h"
#include "base/source.h"
#include "base/status.h"
#include "lint/lint.h"
#include "mcc/cli.h"
#include "mcc/emit/compile.h"
#include "mcc/emit/emit.h"
#include "mcc/render.h"
#include "runtime/config.h"
#include "runtime/generation.h"

enum { OPT_MAP_TYPE = 256, OPT_IN_PLACE, OPT_FORCE, OPT_ROLLBACK, OPT_FORMAT };

static const struct option build_options[] = {
	{"output", required_argument, NULL, 'o'},
	{"map-type", required_argument, NULL, OPT_MAP_TYPE},
	{"in-place", no_argument, NULL, OPT_IN_PLACE},
	{"force", no_argument, NULL, OPT_FORCE},
	{"rollback", no_argument, NULL, OPT_ROLLBACK},
	{"format", required_argument, NULL, OPT_FORMAT},
	{NULL, 0, NULL, 0},
};

struct build {
	struct cli *cli;
	const char *out_dir;
	enum emit_map_type type;
	bool in_place;
	bool force; /* publish in spite of errors of checks; never of MC1302 */
	bool rollback;
	const struct render_format *format; /* of what is said; NULL: for people */
};

static int set_map_type(struct build *b, const char *word)
{
	if (!emit_map_type_parse(word, &b->type))
		return cli_usage_error(
			"build",
			"there is no map type '%s': keep, hash, btree, lmdb, cdb", word);
	return EXIT_CLEAN;
}

static int set_format(struct build *b, const char *word)
{
	b->format = render_format_find(word);
	if (!b->format)
		return cli_usage_error("build", "there is no format '%s' (%s)", word,
				       render_format_names());
	return EXIT_CLEAN;
}

static int check_options(const struct build *b)
{
	if (!b->out_dir && !b->in_place)
		return cli_usage_error("build", "say where to with -o OUT");
	if (b->in_place && (b->out_dir || b->rollback))
		return cli_usage_error("build",
				       "--in-place goes without -o and --rollback");
	return EXIT_CLEAN;
}

static int parse_options(struct build *b, int argc, char **argv)
{
	int status = EXIT_CLEAN;
	int opt;

	optind = 1;
	opterr = 0; /* the message is ours */
	while (status == EXIT_CLEAN &&
	       (opt = getopt_long(argc, argv, "o:", build_options, NULL)) != -1) {
		switch (opt) {
		case 'o':
			b->out_dir = optarg;
			break;
		case OPT_MAP_TYPE:
			status = set_map_type(b, optarg);
			break;
		case OPT_IN_PLACE:
			b->in_place = true;
			break;
		case OPT_FORCE:
			b->force = true;
			break;
		case OPT_ROLLBACK:
			b->rollback = true;
			break;
		case OPT_FORMAT:
			status = set_format(b, optarg);
			break;
		default:
			return cli_usage_error("build",
					       "'%s' is no option or lacks its value",
					       argv[optind - 1]);
		}
	}
	if (status != EXIT_CLEAN)
		return status;
	if (optind < argc)
		return cli_usage_error("build", "'%s' is no option", argv[optind]);
	return check_options(b);
}

static int roll_back(struct build *b)
{
	const char *name = NULL;
	char err[512];

	if (generation_rollback(b->cli->arena, b->out_dir, &name, err, sizeof(err)) != 0)
		return cli_cannot("%s", err);
	printf("%s/generations/%s\n", b->out_dir, name);
	return EXIT_CLEAN;
}

/* Whether something was found that keeps a generation from being made. */
static bool has_blocker(const struct build *b)
{
	struct diag_queue *diags = b->cli->diags;

	if (!b->force)
		return diag_count_severity(diags, DIAG_ERROR) > 0;
	for (size_t i = 0; i < diag_count(diags); i++) {
		const struct diag *d = diag_get(diags, i);

		if (d->severity == DIAG_ERROR &&
		    (d->rule == RULE_MC1302 || d->rule == RULE_MC001))
			return true;
	}
	return false;
}

/* Every file that was read, with the digest of what was read. */
static size_t list_sources(struct cli *cli, struct manifest_file **out_files)
{
	size_t count = source_count(cli->sources);
	struct manifest_file *files = arena_array(cli->arena, count + 1, sizeof(*files));
	size_t kept = 0;

	for (size_t id = 1; id <= count; id++) {
		const struct source *src = source_get(cli->sources, (uint32_t)id);
		char *digest;

		if (!src->fs_path)
			continue;
		digest = arena_alloc(cli->arena, DIGEST_HEX_SIZE);
		digest_hex(src->text, digest);
		files[kept++] = (struct manifest_file){src->path, digest, src->text.len};
	}
	*out_files = files;
	return kept;
}

static int publish(struct build *b, const struct site *site, struct rt_config *config)
{
	struct cli *cli = b->cli;
	struct generation_writer *writer = NULL;
	struct manifest_file *sources = NULL;
	const char *name = NULL;
	char err[512];
	size_t count;
	int status = generation_begin(cli->arena, b->out_dir, &writer, err, sizeof(err));

	if (status != MCC_OK)
		return cli_cannot("%s", err);
	status = emit_generation(cli->arena, site, config, b->type, writer, err,
				 sizeof(err));
	if (status != MCC_OK) {
		generation_abort(writer);
		return cli_cannot("%s: cannot write the generation: %s", b->out_dir, err);
	}
	count = list_sources(cli, &sources);
	if (generation_commit(writer, config->mcc_version, sources, count, &name, err,
			      sizeof(err)) != MCC_OK)
		return cli_cannot("%s", err);
	printf("%s/generations/%s\n", b->out_dir, name);
	return EXIT_CLEAN;
}

static int write_in_place(struct build *b, const struct site *site)
{
	for (size_t i = 0; i < site->table_count; i++) {
		const struct site_table *t = site->tables[i];
		const char *path = NULL;
		int status;

		if (t->state != TABLE_LOADED || !t->type->is_compiled)
			continue;
		status = emit_in_place(b->cli->arena, site, t, &path);
		if (status != MCC_OK)
			return cli_cannot("%.*s:%s: %s", STR_ARG(t->type_name),
					  t->fs_path, mcc_status_text(status));
		printf("%s\n", path);
	}
	return EXIT_CLEAN;
}

static void report(const struct build *b, bool is_blocked)
{
	struct cli *cli = b->cli;
	char release[32];

	if (!b->format) {
		cli_report_human(cli);
		if (is_blocked)
			fprintf(stderr, "mcc: nothing was built\n");
		return;
	}
	diag_sort(cli->diags);
	snprintf(release, sizeof(release), "%d.%d", cli->site.version.major,
		 cli->site.version.minor);
	render_all(b->format, stderr, cli->diags, cli->sources, release);
}

static int build_site(struct build *b)
{
	struct cli *cli = b->cli;
	struct site *site;
	struct rt_config *config;
	bool is_blocked;
	int status = cli_load_site(cli, &site);

	if (status != EXIT_CLEAN)
		return status;
	cli_apply_project(cli);
	lint_run(site, cli->diags);
	config = compile_site(cli->arena, site, cli->diags);
	if (!b->in_place)
		compile_report_daemon(site, config, cli->diags);
	lint_apply_suppressions(site, cli->diags);
	is_blocked = has_blocker(b);
	report(b, is_blocked);
	if (is_blocked)
		return EXIT_FINDINGS;
	if (b->in_place) {
		status = write_in_place(b, site);
	} else {
		compile_drop_unserved(site, config);
		status = publish(b, site, config);
	}
	return status == EXIT_CLEAN ? cli_exit_for(cli->diags, FAIL_ON_ERROR) : status;
}

int cmd_build(struct cli *cli, int argc, char **argv)
{
	struct build b = {.cli = cli, .type = EMIT_KEEP};
	int status = parse_options(&b, argc, argv);

	if (status != EXIT_CLEAN)
		return status;
	return b.rollback ? roll_back(&b) : build_site(&b);
}
