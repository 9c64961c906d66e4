/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tree that an SPF record spans through include and redirect, counted as a
 * receiver counts that gets to its end (RFC 7208 4.6.4).
 */
#ifndef MCC_DNSCHECK_SPF_TREE_H
#define MCC_DNSCHECK_SPF_TREE_H

#include <stdbool.h>

#include "dnscheck/facts.h"

struct spf_tree {
	unsigned lookups; /* counting stops a little over the limit */
	/* A term of the domain's own record ends before the limit is passed. */
	bool is_order_dependent;
	unsigned void_lookups;
	const char *void_name; /* the first one */
	const char *counts;    /* " include:a (3) mx" ...: terms that count, at the top */
	const char *loop;      /* a domain that leads to itself, or NULL */
	const char *without_record; /* included, but none or several */
	bool has_several;
	const char *wide_mx; /* more than 10 MX records, or NULL */
	const char *unknown; /* a question without a certain answer, or NULL */
	enum dns_type unknown_type;
};

/* Strings are in the arena. Terms with macros count, but are not followed. */
void spf_tree_walk(struct arena *arena, const struct dns_facts *facts, const char *domain,
		   struct spf_tree *out);

#endif
