/* SPDX-License-Identifier: BSD-2-Clause */
/* What of a site the DNS is asked about, and where main.cf says so. */
#ifndef MCC_DNSCHECK_SUBJECT_H
#define MCC_DNSCHECK_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/source.h"

struct dns_check_options;
struct site;
struct text_via;

/* In the order in which Postfix takes them (trivial-rewrite(8)). */
enum mail_class { CLASS_LOCAL, CLASS_ALIAS, CLASS_VIRTUAL, CLASS_RELAY };

/* A domain that this host takes mail for. */
struct mail_domain {
	const char *name; /* lower case, A-labels, no final dot */
	enum mail_class mail_class;
	struct span span;	    /* the word or table key that names it */
	const struct text_via *via; /* the `$name` it came through, or NULL */
	bool is_hostname;	    /* it is myhostname */
};

struct own_address {
	int family;
	uint8_t bytes[16];
	const char *text;
};

/* A word of relayhost. */
struct next_hop {
	const char *host;
	bool is_bracketed; /* no MX lookup */
	struct span span;
};

/* A word of a domain list whose domains cannot be told from the files. */
struct skipped_word {
	const char *text;
	struct span span;
};

struct dns_subject {
	struct mail_domain *domains;
	size_t domain_count;
	const char *hostname;
	struct span hostname_span;
	const char *origin;	       /* myorigin, or "" */
	struct own_address *addresses; /* given ones */
	size_t address_count;
	struct next_hop *hops;
	size_t hop_count;
	struct skipped_word *skipped;
	size_t skipped_count;
	/* mydomain, when main.cf sets it, takes no mail here and is not what
	 * this host sends as; else its name is NULL. */
	struct mail_domain parent;
};

/* The parameter that lists a class. */
const char *mail_class_parameter(enum mail_class mail_class);
bool own_address_parse(const char *text, struct own_address *out);

/* In the site's arena. */
struct dns_subject *dns_subject_of(struct site *site,
				   const struct dns_check_options *options);

#endif
