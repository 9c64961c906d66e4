/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers to everything the rules need. Asking is driven by answers (an MX
 * record's target is asked for as soon as it is known), so that all questions
 * are under way together; rules see only the finished set.
 */
#ifndef MCC_DNSCHECK_FACTS_H
#define MCC_DNSCHECK_FACTS_H

#include "dnscheck/resolver.h"
#include "dnscheck/spf.h"
#include "dnscheck/subject.h"

struct arena;
struct dns_facts;

/* check_host() for one of our addresses and one of our domains. */
struct spf_fact {
	enum spf_result result;
	const char *mechanism; /* or NULL */
	const char *problem;   /* or NULL */
};

/* Asks and waits for all answers. Facts live in the arena. */
struct dns_facts *facts_gather(struct arena *arena, struct resolver *r,
			       const struct dns_subject *subject);

/* True when something was asked and nothing had a certain answer. */
bool facts_are_unverified(const struct dns_facts *facts);
/* NULL: was not asked. `name` in any case. */
const struct dns_answer *facts_answer(const struct dns_facts *facts, const char *name,
				      enum dns_type type);
/* True when the name lies below the domain. */
bool facts_is_below(const char *name, const char *domain);
/* The name under which an address has its PTR records; in the arena. */
const char *facts_reverse_name(struct arena *arena, const struct own_address *address);

/* Our addresses: the given ones, else those of myhostname. */
size_t facts_address_count(const struct dns_facts *facts);
const struct own_address *facts_address(const struct dns_facts *facts, size_t i);
bool facts_addresses_given(const struct dns_facts *facts);
/* NULL: was not evaluated. */
const struct spf_fact *facts_spf(const struct dns_facts *facts, const char *domain,
				 size_t address);
/* For an address of a next hop, and myorigin. */
const struct spf_fact *facts_hop_spf(const struct dns_facts *facts,
				     const struct dns_rr *address);

#endif
