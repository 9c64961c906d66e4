/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc spf flatten: prints the records in the form of a zone file and keeps
 * what they were made from in a lock file; --check makes them anew and tells
 * whether they have changed.
 *
 * Once the flattened record is published the domain's own record no longer
 * says what it was made from. The lock file does: a record that equals the
 * lock's product stands for the lock's source.
 *
 * Exit status: 1 for drift and for records that cannot be flattened; 3 when
 * the DNS did not say; nothing is printed or written then.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"
#include "dnscheck/resolver.h"
#include "dnscheck/spf_flat.h"
#include "mcc/cli.h"
#include "mcc/dns_options.h"
#include "mcc/spf_command.h"
#include "mcc/spf_lock.h"

enum {
	OPT_INCLUDE = DNS_OPT_OWN,
	OPT_LOCK,
	OPT_CHECK,
	OPT_HELP,
	STRING_MAX = 255 /* octets of a character-string, RFC 1035 3.3 */
};

static const struct option flatten_options[] = {
	DNS_OPTION_ROWS,
	{"include", required_argument, NULL, OPT_INCLUDE},
	{"lock", required_argument, NULL, OPT_LOCK},
	{"check", no_argument, NULL, OPT_CHECK},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

struct flatten_run {
	struct cli *cli;
	struct dns_options dns;
	const char *domain;
	const char *names[SPF_LOCK_NAMES];
	size_t name_count;
	const char *lock_path;
	bool is_check;
	struct spf_lock lock;
	bool has_lock;
};

/* --- output --------------------------------------------------------------- */

static void print_record(const struct spf_flat_record *record)
{
	size_t len = strlen(record->text), at, n, i;

	printf("%s. IN TXT", record->name);
	for (at = 0; at < len; at += n) {
		n = len - at < STRING_MAX ? len - at : STRING_MAX;
		fputs(" \"", stdout);
		for (i = at; i < at + n; i++) {
			if (record->text[i] == '"' || record->text[i] == '\\')
				putchar('\\');
			putchar(record->text[i]);
		}
		putchar('"');
	}
	putchar('\n');
}

static int write_lock(const struct flatten_run *run, const char *source,
		      const struct spf_flat *flat)
{
	int status = spf_lock_write(run->cli->arena, run->lock_path, run->domain, source,
				    run->names, run->name_count, flat);

	return status == 0
		       ? EXIT_CLEAN
		       : cli_cannot("%s: %s", run->lock_path, mcc_status_text(status));
}

/* --- drift ---------------------------------------------------------------- */

static int check_drift(const struct flatten_run *run, const char *live,
		       const struct spf_flat *flat)
{
	bool changed = spf_lock_print_changes(run->cli->arena, &run->lock, flat);

	if (live != NULL && strcmp(live, run->lock.source) != 0 &&
	    strcmp(live, run->lock.product) != 0) {
		printf("%s: the published record is neither what was flattened nor what "
		       "came of it\n",
		       run->domain);
		changed = true;
	}
	if (!changed)
		return EXIT_CLEAN;
	fprintf(stderr,
		"mcc: warning: the networks behind %s are no longer those of %s "
		"[%s %s]\n",
		run->domain, run->lock_path, rule_info(RULE_DN068)->id,
		rule_info(RULE_DN068)->name);
	return EXIT_FINDINGS;
}

/* --- the command ---------------------------------------------------------- */

static int set_option(struct flatten_run *run, int opt, const char *value)
{
	switch (opt) {
	case OPT_INCLUDE:
		if (run->name_count == SPF_LOCK_NAMES)
			return cli_usage_error("spf", "more than %d times --include",
					       SPF_LOCK_NAMES);
		run->names[run->name_count++] = value;
		return EXIT_CLEAN;
	case OPT_LOCK:
		run->lock_path = value;
		return EXIT_CLEAN;
	case OPT_CHECK:
		run->is_check = true;
		return EXIT_CLEAN;
	default:
		return dns_options_set(&run->dns, "spf", opt, value);
	}
}

static int load_lock(struct flatten_run *run)
{
	char err[512];
	size_t i;
	int status;

	if (run->lock_path == NULL)
		run->lock_path =
			arena_printf(run->cli->arena, "%s.spf.lock", run->domain);
	status = spf_lock_read(run->cli->arena, run->lock_path, &run->lock, err,
			       sizeof(err));
	if (status == MCC_ENOENT && !run->is_check)
		return EXIT_CLEAN;
	if (status != 0)
		return cli_cannot("%s", err);
	run->has_lock = true;
	/* What was asked for then, unless it is said anew. */
	for (i = 0; run->name_count == 0 && i < run->lock.name_count; i++)
		run->names[i] = run->lock.names[i];
	if (run->name_count == 0)
		run->name_count = run->lock.name_count;
	return EXIT_CLEAN;
}

/* The text to flatten, or NULL: the one that the DNS has. */
static const char *source_for(const struct flatten_run *run, const char *live)
{
	if (!run->has_lock)
		return NULL;
	if (run->is_check || (live != NULL && strcmp(live, run->lock.product) == 0))
		return run->lock.source;
	return NULL;
}

static int report(const struct flatten_run *run, const char *source,
		  const struct spf_flat *flat)
{
	size_t i;

	if (flat->kept[0] != '\0')
		fprintf(stderr, "mcc: kept, because they depend on the message:%s\n",
			flat->kept);
	for (i = 0; i < flat->record_count; i++)
		print_record(&flat->records[i]);
	return write_lock(run, source, flat);
}

static int flatten(struct flatten_run *run, struct resolver *r)
{
	struct arena *arena = run->cli->arena;
	const struct spf_map *map = spf_map_build(arena, r, run->domain, NULL);
	const char *live = map->root->record != NULL ? map->root->text.ptr : NULL;
	const char *source = source_for(run, live);
	const struct spf_flat *flat;

	if (source != NULL)
		map = spf_map_build(arena, r, run->domain, source);
	flat = spf_flatten(map, run->names, run->name_count);
	if (flat->problem != NULL) {
		(void)cli_cannot("%s: cannot be flattened: %s", run->domain,
				 flat->problem);
		return flat->is_uncertain ? EXIT_CANNOT : EXIT_FINDINGS;
	}
	if (flat->selected < run->name_count)
		return cli_usage_error("spf",
				       "not every --include is one of the record of %s",
				       run->domain);
	if (run->is_check)
		return check_drift(run, live, flat);
	return report(run, source != NULL ? source : live, flat);
}

int spf_flatten_command(struct cli *cli, int argc, char **argv)
{
	struct flatten_run run = {.cli = cli};
	struct resolver *r;
	int opt, status, closed;

	while ((opt = getopt_long(argc, argv, "", flatten_options, NULL)) != -1) {
		if (opt == OPT_HELP) {
			puts("usage: mcc spf flatten [--include NAME]... [--lock FILE] "
			     "[--check] [--resolver IP[@PORT]]... DOMAIN");
			return EXIT_CLEAN;
		}
		status = set_option(&run, opt, optarg);
		if (status != EXIT_CLEAN)
			return status;
	}
	if (argc - optind != 1)
		return cli_usage_error("spf", "flatten needs one DOMAIN");
	run.domain = argv[optind];
	status = load_lock(&run);
	if (status == EXIT_CLEAN)
		status = dns_options_open(&run.dns, "spf", &r);
	if (status != EXIT_CLEAN)
		return status;
	status = flatten(&run, r);
	closed = dns_options_close(r);
	return closed != EXIT_CLEAN ? closed : status;
}
