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

enum { OPT_HELP = DNS_OPT_OWN, OPT_BATCH, TEXT_MAX = 1 << 20, TYPES_MAX = 64 };

static const struct option query_options[] = {
	DNS_OPTION_ROWS,
	{"batch", required_argument, NULL, OPT_BATCH},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

/* What one question came to, until its turn to be printed. */
struct query_slot {
	enum dns_type type;
	char *text; /* heap, by open_memstream() */
	size_t len;
	int exit;
};

static void put_text(FILE *f, const char *text, size_t len)
{
	struct strbuf out;

	strbuf_init(&out, TEXT_MAX);
	escape_add(&out, (struct str){text, len});
	fputs(out.ptr != NULL ? out.ptr : "", f);
	strbuf_fini(&out);
}

static void print_data(FILE *f, const struct dns_rr *rr)
{
	char address[INET6_ADDRSTRLEN];

	switch (rr->type) {
	case DNS_A:
	case DNS_AAAA:
		fputs(inet_ntop(rr->type == DNS_A ? AF_INET : AF_INET6, rr->address,
				address, sizeof(address)),
		      f);
		return;
	case DNS_MX:
		fprintf(f, "%u %s.", rr->preference, rr->name);
		return;
	case DNS_SRV:
		fprintf(f, "%u %u %u %s.", rr->preference, rr->weight, rr->port,
			rr->name);
		return;
	case DNS_CNAME:
	case DNS_NS:
	case DNS_PTR:
		fprintf(f, "%s.", rr->name);
		return;
	case DNS_TXT:
	case DNS_SPF:
		fputc('"', f);
		put_text(f, rr->text.ptr, rr->text.len);
		fputc('"', f);
		return;
	case DNS_SOA:
	case DNS_DS:
	case DNS_TLSA:
	case DNS_CAA:
		put_text(f, rr->text.ptr, rr->text.len);
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

void dns_query_print(FILE *f, const struct dns_answer *a)
{
	const char *owner = a->cname != NULL ? a->cname : a->qname;
	size_t i;

	fputs("; ", f);
	put_text(f, a->qname, strlen(a->qname)); /* may be no name at all */
	fprintf(f, " %s: %s", dns_type_name(a->qtype), dns_status_name(a->status));
	if (a->detail != NULL)
		fprintf(f, " (%s)", a->detail);
	if (a->server[0] == '\0' && !was_asked(a))
		fputs(", not asked\n", f);
	else
		fprintf(f, ", %s%s, %u ms, %s\n",
			a->server[0] != '\0' ? "from " : "from the cache", a->server,
			a->elapsed_ms, state_of(a));
	if (a->cname != NULL)
		fprintf(f, "; is an alias of %s.\n", a->cname);
	for (i = 0; i < a->rr_count; i++) {
		fprintf(f, "%s. %u %s ", owner, a->rrs[i].ttl,
			dns_type_name(a->rrs[i].type));
		print_data(f, &a->rrs[i]);
		fputc('\n', f);
	}
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
	FILE *f = open_memstream(&slot->text, &slot->len);

	MCC_ASSERT(f != NULL);
	dns_query_print(f, a);
	fclose(f);
	slot->exit = dns_query_exit(a);
}

/* All at once; printed in the order of the command line. */
static int ask_all(struct resolver *r, const char *name, struct query_slot *slots,
		   int count)
{
	int status = EXIT_CLEAN, i;

	for (i = 0; i < count; i++)
		dns_ask(r, name, slots[i].type, on_answer, &slots[i]);
	dns_wait_all(r);
	for (i = 0; i < count; i++) {
		fputs(slots[i].text, stdout);
		free(slots[i].text);
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
	struct query_slot slots[TYPES_MAX] = {{.text = NULL}};
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
