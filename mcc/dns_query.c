/* SPDX-License-Identifier: BSD-2-Clause */
/* mcc dns query: what a source says, from whom, how long it took. */
#include "mcc/dns_query.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/str.h"
#include "dnscheck/resolver.h"
#include "mcc/cli.h"
#include "mcc/dns_options.h"

enum { OPT_HELP = DNS_OPT_OWN, OPT_BATCH, TYPES_MAX = 64 };

static const struct option query_options[] = {
	DNS_OPTION_ROWS,
	{"batch", required_argument, NULL, OPT_BATCH},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

/* What one question came to, until its turn to be printed. */
struct query_slot {
	enum dns_type type;
	struct strbuf text;
	int exit;
};

static void print_name(struct strbuf *out, const char *name)
{
	strbuf_adds(out, name);
	strbuf_addc(out, '.');
}

static void print_data(struct strbuf *out, const struct dns_rr *rr)
{
	char address[INET6_ADDRSTRLEN];

	switch (rr->type) {
	case DNS_A:
	case DNS_AAAA:
		strbuf_adds(out, inet_ntop(rr->type == DNS_A ? AF_INET : AF_INET6,
					   rr->address, address, sizeof(address)));
		return;
	case DNS_MX:
		strbuf_addf(out, "%u ", rr->preference);
		print_name(out, rr->name);
		return;
	case DNS_SRV:
		strbuf_addf(out, "%u %u %u ", rr->preference, rr->weight, rr->port);
		print_name(out, rr->name);
		return;
	case DNS_CNAME:
	case DNS_NS:
	case DNS_PTR:
		print_name(out, rr->name);
		return;
	case DNS_TXT:
	case DNS_SPF:
		strbuf_addc(out, '"');
		escape_add(out, rr->text);
		strbuf_addc(out, '"');
		return;
	case DNS_SOA:
	case DNS_DS:
	case DNS_TLSA:
	case DNS_CAA:
		escape_add(out, rr->text);
		return;
	}
}

/* Validated by us or by the resolver beside us; insecure and bogus are what our
 * own validation found. */
static const char *state_of(const struct dns_answer *a)
{
	if (a->status == DNS_BOGUS)
		return "bogus";
	if (a->is_insecure)
		return "insecure";
	return a->authenticated ? "validated" : "not validated";
}

static bool was_asked(const struct dns_answer *a)
{
	return a->status != DNS_BAD_NAME && a->status != DNS_UNVERIFIED;
}

static void print_origin(struct strbuf *out, const struct dns_answer *a)
{
	if (a->server[0] == '\0' && !was_asked(a)) {
		strbuf_adds(out, ", not asked\n");
		return;
	}
	strbuf_adds(out, a->server[0] != '\0' ? ", from " : ", from the cache");
	strbuf_adds(out, a->server);
	strbuf_adds(out, ", ");
	strbuf_addf(out, "%u ms, ", a->elapsed_ms);
	strbuf_adds(out, state_of(a));
	strbuf_addc(out, '\n');
}

void dns_query_print(struct strbuf *out, const struct dns_answer *a)
{
	const char *owner = a->cname != NULL ? a->cname : a->qname;
	size_t i;

	strbuf_adds(out, "; ");
	escape_add(out, str_of(a->qname)); /* may be no name at all */
	strbuf_addc(out, ' ');
	strbuf_adds(out, dns_type_name(a->qtype));
	strbuf_adds(out, ": ");
	strbuf_adds(out, dns_status_name(a->status));
	if (a->detail != NULL)
		strbuf_addf(out, " (%s)", a->detail);
	print_origin(out, a);
	if (a->cname != NULL)
		strbuf_addf(out, "; is an alias of %s.\n", a->cname);
	for (i = 0; i < a->rr_count; i++) {
		print_name(out, owner);
		strbuf_addf(out, " %u ", a->rrs[i].ttl);
		strbuf_adds(out, dns_type_name(a->rrs[i].type));
		strbuf_addc(out, ' ');
		print_data(out, &a->rrs[i]);
		strbuf_addc(out, '\n');
	}
	MCC_ASSERT(!out->failed);
}

int dns_query_exit(const struct dns_answer *a)
{
	/* A name that cannot be asked for is not one that does not exist. */
	if (!dns_status_is_final(a->status) || a->status == DNS_BAD_NAME)
		return EXIT_CANNOT;
	return a->status == DNS_ANSWER ? EXIT_CLEAN : EXIT_FINDINGS;
}

static void on_answer(const struct dns_answer *a, void *arg)
{
	struct query_slot *slot = arg;

	dns_query_print(&slot->text, a);
	slot->exit = dns_query_exit(a);
}

/* All at once; printed in the order of the command line. */
static int ask_all(struct resolver *r, const char *name, struct query_slot *slots,
		   int count)
{
	int status = EXIT_CLEAN, i;

	for (i = 0; i < count; i++)
		strbuf_init(&slots[i].text, DNS_QUERY_TEXT_MAX);
	for (i = 0; i < count; i++)
		dns_ask(r, name, slots[i].type, on_answer, &slots[i]);
	dns_wait_all(r);
	for (i = 0; i < count; i++) {
		fputs(slots[i].text.ptr, stdout);
		strbuf_fini(&slots[i].text);
		if (slots[i].exit > status)
			status = slots[i].exit;
	}
	return status;
}

static int parse_types(struct query_slot *slots, int count, char **words)
{
	int i;

	for (i = 0; i < count; i++) {
		if (!dns_type_parse(words[i], &slots[i].type))
			return cli_usage_error("dns", "unknown record type '%s'",
					       words[i]);
	}
	return EXIT_CLEAN;
}

int dns_query_run(int argc, char **argv)
{
	struct dns_options dns = {.server_count = 0};
	struct resolver *r;
	struct query_slot slots[TYPES_MAX] = {{.exit = EXIT_CLEAN}};
	const char *batch = NULL;
	int opt, status, closed, count;

	while ((opt = getopt_long(argc, argv, "", query_options, NULL)) != -1) {
		if (opt == OPT_HELP) {
			puts("usage: mcc dns query [--resolver IP[@PORT]]... NAME TYPE... | "
			     "--batch FILE");
			return EXIT_CLEAN;
		}
		if (opt == OPT_BATCH) {
			batch = optarg;
			continue;
		}
		status = dns_options_set(&dns, "dns", opt, optarg);
		if (status != EXIT_CLEAN)
			return status;
	}
	count = argc - optind - 1;
	if (batch != NULL ? count != -1 : count < 1 || count > TYPES_MAX)
		return cli_usage_error("dns", "query needs NAME TYPE..., or --batch");
	status = parse_types(slots, count, argv + optind + 1);
	if (status != EXIT_CLEAN)
		return status;
	status = dns_options_open(&dns, "dns", &r);
	if (status != EXIT_CLEAN)
		return status;
	status = batch != NULL ? dns_batch_run(r, batch)
			       : ask_all(r, argv[optind], slots, count);
	closed = dns_options_close(r);
	return closed != EXIT_CLEAN ? closed : status;
}
