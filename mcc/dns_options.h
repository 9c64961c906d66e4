/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a command's DNS answers come from: the options that say so. */
#ifndef MCC_DNS_OPTIONS_H
#define MCC_DNS_OPTIONS_H

#include <sys/socket.h>

#include "base/attr.h"
#include "base/limits.h"

struct resolver;

/* Values of getopt_long() for the rows below; a command's own start after. */
enum {
	DNS_OPT_RESOLVER = 512,
	DNS_OPT_ZONE,
	DNS_OPT_ORIGIN,
	DNS_OPT_RECORD,
	DNS_OPT_REPLAY,
	DNS_OPT_TIMEOUT,
	DNS_OPT_ANCHOR,
	DNS_OPT_OWN
};

#define DNS_OPTION_ROWS                                              \
	{"resolver", required_argument, NULL, DNS_OPT_RESOLVER},     \
		{"zone", required_argument, NULL, DNS_OPT_ZONE},     \
		{"origin", required_argument, NULL, DNS_OPT_ORIGIN}, \
		{"record", required_argument, NULL, DNS_OPT_RECORD}, \
		{"anchor", required_argument, NULL, DNS_OPT_ANCHOR}, \
		{"replay", required_argument, NULL, DNS_OPT_REPLAY}, \
	{                                                            \
		"timeout", required_argument, NULL, DNS_OPT_TIMEOUT  \
	}

struct dns_options {
	struct sockaddr_storage servers[LIMIT_DNS_SERVERS];
	size_t server_count;
	const char *zone;
	const char *origin;
	const char *record;
	const char *replay;
	const char *anchor;  /* DS and DNSKEY records to validate from */
	unsigned timeout_ms; /* of one try; 0: the default */
};

/* EXIT_CLEAN or EXIT_USAGE; `opt` is one of the rows above. */
int dns_options_set(struct dns_options *o, const char *command, int opt,
		    const char *value) MCC_MUST_CHECK;
/* EXIT_CLEAN, EXIT_USAGE (options that exclude each other), EXIT_CANNOT. */
int dns_options_open(const struct dns_options *o, const char *command,
		     struct resolver **out_r) MCC_MUST_CHECK;
/* Saves the recording, closes; EXIT_CLEAN or EXIT_CANNOT. */
int dns_options_close(struct resolver *r) MCC_MUST_CHECK;

#endif
