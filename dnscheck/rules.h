/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The DN rules: functions over finished facts that only queue diagnostics.
 * check.c runs them in this order.
 */
#ifndef MCC_DNSCHECK_RULES_H
#define MCC_DNSCHECK_RULES_H

#include "base/diag.h"
#include "dnscheck/facts.h"
#include "dnscheck/subject.h"

struct arena;

struct rule_run {
	struct arena *arena;
	const struct dns_subject *subject;
	const struct dns_facts *facts;
	struct diag_queue *diags;
	/* The site itself speaks of documentation addresses as public ones. */
	bool is_example;
};

/*
 * The answer when it is certain. Otherwise NULL: DN000 has been queued at the
 * span, naming the question.
 */
const struct dns_answer *rule_answer(const struct rule_run *run, struct span span,
				     const char *name, enum dns_type type);
/* Number of A and AAAA records; false: not certain that there is none. */
bool rule_has_address(const struct rule_run *run, struct span span, const char *name,
		      size_t *out_count);

/* True when a record before the i-th has the same target. */
bool rule_mx_is_repeated(const struct dns_answer *mx, size_t i);
/* True for the text of an SPF record. */
bool rule_is_spf(struct str text);

/* Whether the world can see us under the address: given ones always count. */
bool rule_is_public(const struct rule_run *run, const struct own_address *own);
/* Queues what is wrong with a domain, at its place and with the way there. */
void rule_say(const struct rule_run *run, const struct mail_domain *domain,
	      enum rule rule, const char *fmt, ...) MCC_PRINTF(4, 5);
void rule_say_as(const struct rule_run *run, const struct mail_domain *domain,
		 enum rule rule, enum diag_severity severity, const char *fmt, ...)
	MCC_PRINTF(5, 6);

void rules_mx(const struct rule_run *run, const struct mail_domain *domain);
void rules_spf(const struct rule_run *run, const struct mail_domain *domain);
void rules_host(const struct rule_run *run);
void rules_hops(const struct rule_run *run);
/* The whole of a domain's MX set, each target of which rules_mx() has seen. */
void rules_mx_set(const struct rule_run *run, const struct mail_domain *domain,
		  const struct dns_answer *mx);
/* Names of ours that take part in no mail. */
void rules_parked(const struct rule_run *run);
/* What a name of an address looks like to filters. */
void rules_generic_name(const struct rule_run *run, const struct own_address *own,
			const char *name);

#endif
