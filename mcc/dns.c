/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc dns check: the site against the DNS, from live servers, a zone file or a
 * recording. `mcc dns query` and `mcc dns dane` have files of their own.
 *
 * Exit status: 3 when no source could be opened or when nothing at all could
 * be verified; else 1 for findings at or above --fail-on.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "dnscheck/check.h"
#include "dnscheck/resolver.h"
#include "lint/lint.h"
#include "mcc/cli.h"
#include "mcc/dns_options.h"
#include "mcc/dns_query.h"
#include "mcc/model/project.h"
#include "mcc/render.h"

enum {
	OPT_PUBLIC_ADDRESS = DNS_OPT_OWN,
	OPT_FORMAT,
	OPT_FAIL_ON,
	OPT_ENABLE,
	OPT_DISABLE,
	OPT_HELP,
	ADDRESS_MAX = 16
};

static const struct option check_options[] = {
	DNS_OPTION_ROWS,
	{"public-address", required_argument, NULL, OPT_PUBLIC_ADDRESS},
	{"format", required_argument, NULL, OPT_FORMAT},
	{"fail-on", required_argument, NULL, OPT_FAIL_ON},
	{"enable", required_argument, NULL, OPT_ENABLE},
	{"disable", required_argument, NULL, OPT_DISABLE},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

struct dns_check_run_options {
	struct cli *cli;
	struct dns_options dns;
	const char *addresses[ADDRESS_MAX];
	size_t address_count;
	const struct render_format *format;
	enum cli_fail_on fail_on;
};

static int set_rule(struct cli *cli, const char *word, bool enable)
{
	enum rule rule;

	if (!rule_find(str_of(word), &rule))
		return cli_usage_error("dns", "there is no rule '%s'", word);
	diag_set_severity(cli->diags, rule,
			  enable ? rule_info(rule)->severity : DIAG_OFF);
	return EXIT_CLEAN;
}

static int set_option(struct dns_check_run_options *run, int opt, const char *value)
{
	switch (opt) {
	case OPT_PUBLIC_ADDRESS:
		if (run->address_count == ADDRESS_MAX)
			return cli_usage_error("dns",
					       "more than %d times --public-address",
					       ADDRESS_MAX);
		run->addresses[run->address_count++] = value;
		return EXIT_CLEAN;
	case OPT_FORMAT:
		run->format = render_format_find(value);
		return run->format != NULL
			       ? EXIT_CLEAN
			       : cli_usage_error("dns", "there is no format '%s' (%s)",
						 value, render_format_names());
	case OPT_FAIL_ON:
		return cli_fail_on_parse(value, &run->fail_on)
			       ? EXIT_CLEAN
			       : cli_usage_error("dns",
						 "--fail-on takes error, warning, note "
						 "or never");
	case OPT_ENABLE:
	case OPT_DISABLE:
		return set_rule(run->cli, value, opt == OPT_ENABLE);
	default:
		return dns_options_set(&run->dns, "dns", opt, value);
	}
}

/* Only what the DNS says counts here: the files are `mcc check`'s. */
static bool is_dns_finding(const struct diag *d, void *arg)
{
	(void)arg;
	return strncmp(rule_info(d->rule)->id, "DN", 2) == 0;
}

static void render(const struct dns_check_run_options *run)
{
	char release[32];
	const struct cli *cli = run->cli;

	snprintf(release, sizeof(release), "%d.%d", cli->site.version.major,
		 cli->site.version.minor);
	render_all(run->format, stdout, cli->diags, cli->sources, release);
}

static int check_site(struct dns_check_run_options *run, struct site *site)
{
	struct cli *cli = run->cli;
	struct dns_check_options options = {run->addresses, run->address_count};
	struct resolver *r;
	bool verified;
	int status;

	if (options.public_address_count == 0 && cli->project != NULL) {
		options.public_addresses = cli->project->public_addresses;
		options.public_address_count = cli->project->public_address_count;
	}
	if (dns_check_bad_address(&options) != NULL)
		return cli_usage_error("dns", "'%s' is no IP address",
				       dns_check_bad_address(&options));
	status = dns_options_open(&run->dns, "dns", &r);
	if (status != EXIT_CLEAN)
		return status;
	verified = dns_check_run(site, r, &options, cli->diags);
	status = dns_options_close(r);
	diag_filter(cli->diags, is_dns_finding, NULL);
	cli_apply_project(cli);
	lint_apply_suppressions(site, cli->diags);
	diag_filter(cli->diags, is_dns_finding, NULL);
	diag_sort(cli->diags);
	render(run);
	if (!verified)
		return cli_cannot("nothing could be verified: no question to the DNS had "
				  "a certain answer");
	return status != EXIT_CLEAN ? status : cli_exit_for(cli->diags, run->fail_on);
}

static int run_check(struct cli *cli, int argc, char **argv)
{
	struct dns_check_run_options run = {
		.cli = cli,
		.format = render_format_find("human"),
		.fail_on = FAIL_ON_ERROR,
	};
	struct site *site;
	int opt, status;

	while ((opt = getopt_long(argc, argv, "", check_options, NULL)) != -1) {
		if (opt == OPT_HELP) {
			puts("usage: mcc dns check [--resolver IP[@PORT]]... | --zone FILE | "
			     "--replay FILE [--record FILE] [--public-address IP]...");
			return EXIT_CLEAN;
		}
		status = set_option(&run, opt, optarg);
		if (status != EXIT_CLEAN)
			return status;
	}
	if (argc != optind)
		return cli_usage_error("dns", "check takes no arguments");
	status = cli_load_site(cli, &site);
	return status != EXIT_CLEAN ? status : check_site(&run, site);
}

int cmd_dns(struct cli *cli, int argc, char **argv)
{
	if (argc < 2)
		return cli_usage_error("dns", "check, query or dane?");
	/* The subcommand's own options begin after its name. */
	optind = 0;
	if (strcmp(argv[1], "check") == 0)
		return run_check(cli, argc - 1, argv + 1);
	if (strcmp(argv[1], "query") == 0)
		return dns_query_run(argc - 1, argv + 1);
	if (strcmp(argv[1], "dane") == 0)
		return dns_dane_run(argc - 1, argv + 1);
	return cli_usage_error("dns", "there is no subcommand '%s'", argv[1]);
}
