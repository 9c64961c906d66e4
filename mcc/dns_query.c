/* SPDX-License-Identifier: BSD-2-Clause */
/* mcc dns query: what a source says, from whom, how long it took. */
#include "mcc/dns_query.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/str.h"
#include "dnscheck/resolver.h"
#include "mcc/cli.h"
#include "mcc/dns_options.h"

enum { OPT_HELP = DNS_OPT_OWN, TEXT_MAX = 1 << 20 };

static const struct option query_options[] = {
	DNS_OPTION_ROWS,
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

static void put_text(struct str text, bool quoted)
{
	struct strbuf out;

	strbuf_init(&out, TEXT_MAX);
	escape_add(&out, text);
	printf(quoted ? "\"%s\"\n" : "%s\n", out.ptr != NULL ? out.ptr : "");
	strbuf_fini(&out);
}

static void print_rr(const char *owner, const struct dns_rr *rr)
{
	char address[INET6_ADDRSTRLEN];

	printf("%s. %u %s ", owner, rr->ttl, dns_type_name(rr->type));
	switch (rr->type) {
	case DNS_A:
	case DNS_AAAA:
		puts(inet_ntop(rr->type == DNS_A ? AF_INET : AF_INET6, rr->address,
			       address, sizeof(address)));
		return;
	case DNS_MX:
		printf("%u %s.\n", rr->preference, rr->name);
		return;
	case DNS_SRV:
		printf("%u %u %u %s.\n", rr->preference, rr->weight, rr->port, rr->name);
		return;
	case DNS_CNAME:
	case DNS_NS:
	case DNS_PTR:
		printf("%s.\n", rr->name);
		return;
	case DNS_TXT:
	case DNS_SPF:
		put_text(rr->text, true);
		return;
	case DNS_SOA:
	case DNS_DS:
	case DNS_TLSA:
	case DNS_CAA:
		put_text(rr->text, false);
		return;
	}
}

static void on_answer(const struct dns_answer *a, void *arg)
{
	int *status = arg;
	size_t i;

	printf("; %s %s: %s", a->qname, dns_type_name(a->qtype),
	       dns_status_name(a->status));
	if (a->detail != NULL)
		printf(" (%s)", a->detail);
	printf(", %s%s, %u ms, %s\n", a->server[0] != '\0' ? "from " : "from the cache",
	       a->server, a->elapsed_ms,
	       a->authenticated ? "validated" : "not validated");
	if (a->cname != NULL)
		printf("; is an alias of %s.\n", a->cname);
	for (i = 0; i < a->rr_count; i++)
		print_rr(a->cname != NULL ? a->cname : a->qname, &a->rrs[i]);
	if (!dns_status_is_final(a->status))
		*status = EXIT_CANNOT;
	else if (a->status != DNS_ANSWER && *status == EXIT_CLEAN)
		*status = EXIT_FINDINGS;
}

static int ask_all(struct resolver *r, const char *name, int count, char **words)
{
	enum dns_type type;
	int status = EXIT_CLEAN, i;

	for (i = 0; i < count; i++) {
		if (!dns_type_parse(words[i], &type))
			return cli_usage_error("dns", "unknown record type '%s'",
					       words[i]);
		dns_ask(r, name, type, on_answer, &status);
	}
	dns_wait_all(r);
	return status;
}

int dns_query_run(int argc, char **argv)
{
	struct dns_options dns = {.server_count = 0};
	struct resolver *r;
	int opt, status, closed;

	while ((opt = getopt_long(argc, argv, "", query_options, NULL)) != -1) {
		if (opt == OPT_HELP) {
			puts("usage: mcc dns query [--resolver IP[@PORT]]... NAME TYPE...");
			return EXIT_CLEAN;
		}
		status = dns_options_set(&dns, "dns", opt, optarg);
		if (status != EXIT_CLEAN)
			return status;
	}
	if (argc - optind < 2)
		return cli_usage_error("dns", "query needs NAME TYPE...");
	status = dns_options_open(&dns, "dns", &r);
	if (status != EXIT_CLEAN)
		return status;
	status = ask_all(r, argv[optind], argc - optind - 1, argv + optind + 1);
	closed = dns_options_close(r);
	return closed != EXIT_CLEAN ? closed : status;
}
