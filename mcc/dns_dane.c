/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc dns dane: what a mail host's TLSA records ask for, and whether a chain of
 * certificates fulfils it. Exit status: 0 usable (and fulfilled), 1 there is no
 * usable policy or the chain does not fulfil it, 3 the DNS did not say.
 */
#include <getopt.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "dnscheck/dane.h"
#include "dnscheck/resolver.h"
#include "mcc/cli.h"
#include "mcc/dns_options.h"
#include "mcc/dns_query.h"

enum { OPT_CERT = DNS_OPT_OWN, OPT_HELP, CHAIN_MAX = 16, PORT_SMTP = 25 };

static const struct option dane_options[] = {
	DNS_OPTION_ROWS,
	{"cert", required_argument, NULL, OPT_CERT},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

struct dane_run {
	const char *host;
	uint16_t port;
	const char *cert; /* a PEM file, or NULL */
	struct dane_certificate chain[CHAIN_MAX];
	size_t chain_count;
	int exit;
};

static int read_chain(struct dane_run *run)
{
	FILE *f = fopen(run->cert, "re");
	unsigned char *der;
	X509 *x;
	int len;

	if (f == NULL)
		return cli_cannot("%s: cannot be opened", run->cert);
	while (run->chain_count < CHAIN_MAX &&
	       (x = PEM_read_X509(f, NULL, NULL, NULL)) != NULL) {
		der = NULL;
		len = i2d_X509(x, &der);
		X509_free(x);
		MCC_ASSERT(len > 0);
		run->chain[run->chain_count++] =
			(struct dane_certificate){der, (size_t)len};
	}
	fclose(f);
	return run->chain_count != 0 ? EXIT_CLEAN
				     : cli_cannot("%s: no certificate (PEM)", run->cert);
}

static void free_chain(struct dane_run *run)
{
	size_t i;

	for (i = 0; i < run->chain_count; i++)
		OPENSSL_free((void *)(uintptr_t)run->chain[i].der);
}

static void print_records(const struct dane_policy *p)
{
	const struct dane_record *r;
	size_t i, j;

	for (i = 0; i < p->count; i++) {
		r = &p->records[i];
		printf("TLSA %d %d %d ", (int)r->usage, r->selector, r->matching);
		for (j = 0; j < r->len; j++)
			printf("%02x", r->data[j]);
		putchar('\n');
	}
}

static void on_policy(const struct dane_policy *p, void *arg)
{
	static const char *const verdicts[] = {
		[DANE_MATCHES] = "matches",
		[DANE_NO_MATCH] = "matches no record",
		[DANE_WRONG_NAME] = "has a trust anchor that matches, but another name",
		[DANE_NO_CERTIFICATE] = "cannot be read",
	};
	struct dane_run *run = arg;
	enum dane_verdict verdict;
	const char *names[] = {p->base, run->host};

	printf("%s: %s, port %u%s%s\n", dane_status_name(p->status), p->base, run->port,
	       p->detail != NULL ? ": " : "", p->detail != NULL ? p->detail : "");
	print_records(p);
	run->exit = p->status == DANE_USABLE   ? EXIT_CLEAN
		    : p->status == DANE_FAILED ? EXIT_CANNOT
					       : EXIT_FINDINGS;
	if (p->status != DANE_USABLE || run->cert == NULL)
		return;
	verdict = dane_verify(p, run->chain, run->chain_count, names, 2);
	printf("%s %s\n", run->cert, verdicts[verdict]);
	if (verdict != DANE_MATCHES)
		run->exit = EXIT_FINDINGS;
}

static int take_arguments(struct dane_run *run, int argc, char **argv)
{
	uint64_t port = PORT_SMTP;

	if (argc != 1 && argc != 2)
		return cli_usage_error("dns", "dane needs HOST [PORT]");
	if (argc == 2 &&
	    (!str_to_u64(str_of(argv[1]), &port) || port == 0 || port > UINT16_MAX))
		return cli_usage_error("dns", "'%s' is no port", argv[1]);
	run->host = argv[0];
	run->port = (uint16_t)port;
	return run->cert != NULL ? read_chain(run) : EXIT_CLEAN;
}

int dns_dane_run(int argc, char **argv)
{
	struct dns_options dns = {.server_count = 0};
	struct dane_run run = {.port = PORT_SMTP};
	struct resolver *r;
	int opt, status, closed;

	while ((opt = getopt_long(argc, argv, "", dane_options, NULL)) != -1) {
		if (opt == OPT_HELP) {
			puts("usage: mcc dns dane [--resolver IP[@PORT]]... "
			     "[--anchor FILE] [--cert PEM] HOST [PORT]");
			return EXIT_CLEAN;
		}
		if (opt == OPT_CERT) {
			run.cert = optarg;
			continue;
		}
		status = dns_options_set(&dns, "dns", opt, optarg);
		if (status != EXIT_CLEAN)
			return status;
	}
	status = take_arguments(&run, argc - optind, argv + optind);
	if (status == EXIT_CLEAN)
		status = dns_options_open(&dns, "dns", &r);
	if (status == EXIT_CLEAN) {
		dane_ask(r, run.host, run.port, on_policy, &run);
		dns_wait_all(r);
		closed = dns_options_close(r);
		status = closed != EXIT_CLEAN ? closed : run.exit;
	}
	free_chain(&run);
	return status;
}
