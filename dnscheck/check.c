/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order of things in `mcc dns check`, and what all rules share: the way to
 * an answer, which says "could not verify" where there is none.
 */
#include "dnscheck/check.h"

#include <stdarg.h>

#include "base/arena.h"
#include "dnscheck/rules.h"
#include "dnscheck/scope.h"
#include "mcc/model/site.h"

const char *dns_check_bad_address(const struct dns_check_options *options)
{
	struct own_address ignored;
	size_t i;

	for (i = 0; i < options->public_address_count; i++) {
		if (!own_address_parse(options->public_addresses[i], &ignored))
			return options->public_addresses[i];
	}
	return NULL;
}

const struct dns_answer *rule_answer(const struct rule_run *run, struct span span,
				     const char *name, enum dns_type type)
{
	const struct dns_answer *a = facts_answer(run->facts, name, type);

	MCC_ASSERT(a != NULL);
	if (dns_status_is_final(a->status))
		return a;
	(void)diag_add(run->diags, RULE_DN000, span, "could not verify: %s %s: %s%s%s%s",
		       name, dns_type_name(type), dns_status_name(a->status),
		       a->detail != NULL ? " (" : "", a->detail != NULL ? a->detail : "",
		       a->detail != NULL ? ")" : "");
	return NULL;
}

bool rule_has_address(const struct rule_run *run, struct span span, const char *name,
		      size_t *out_count)
{
	const struct dns_answer *a = rule_answer(run, span, name, DNS_A);
	const struct dns_answer *aaaa = rule_answer(run, span, name, DNS_AAAA);

	*out_count = (a != NULL ? a->rr_count : 0) + (aaaa != NULL ? aaaa->rr_count : 0);
	return (a != NULL && aaaa != NULL) || *out_count != 0;
}

bool rule_is_public(const struct rule_run *run, const struct own_address *own)
{
	enum address_scope scope = address_scope_of(own->family, own->bytes);

	return facts_addresses_given(run->facts) || scope == SCOPE_GLOBAL;
}

void rule_say(const struct rule_run *run, const struct mail_domain *domain,
	      enum rule rule, const char *fmt, ...)
{
	const char *message;
	va_list ap;

	va_start(ap, fmt);
	message = arena_vprintf(run->arena, fmt, ap);
	va_end(ap);
	diag_relate_via(run->diags,
			diag_add(run->diags, rule, domain->span, "%s", message),
			domain->via);
}

void rule_say_as(const struct rule_run *run, const struct mail_domain *domain,
		 enum rule rule, enum diag_severity severity, const char *fmt, ...)
{
	const char *message;
	va_list ap;

	va_start(ap, fmt);
	message = arena_vprintf(run->arena, fmt, ap);
	va_end(ap);
	diag_relate_via(
		run->diags,
		diag_add_as(run->diags, rule, severity, domain->span, "%s", message),
		domain->via);
}

/* Documentation addresses are nobody's, unless the site is an example. */
static bool is_example(const struct dns_facts *facts)
{
	const struct own_address *own;
	size_t i;

	for (i = 0; i < facts_address_count(facts); i++) {
		own = facts_address(facts, i);
		if (facts_addresses_given(facts) &&
		    address_scope_of(own->family, own->bytes) == SCOPE_DOCUMENTATION)
			return true;
	}
	return false;
}

/* DN999 */
static void report_skipped(const struct rule_run *run)
{
	const struct skipped_word *word;
	size_t i;

	for (i = 0; i < run->subject->skipped_count; i++) {
		word = &run->subject->skipped[i];
		(void)diag_add(
			run->diags, RULE_DN999, word->span,
			"not evaluated: which domains %s holds cannot be told from "
			"the files, so no rule looked at them",
			word->text);
	}
}

bool dns_check_run(struct site *site, struct resolver *r,
		   const struct dns_check_options *options, struct diag_queue *diags)
{
	const struct dns_subject *subject = dns_subject_of(site, options);
	struct rule_run run = {
		.arena = site->arena,
		.subject = subject,
		.facts = facts_gather(site->arena, r, subject),
		.diags = diags,
	};
	size_t i;

	run.is_example = is_example(run.facts);
	report_skipped(&run);
	rules_host(&run);
	rules_hops(&run);
	rules_parked(&run);
	for (i = 0; i < subject->domain_count; i++) {
		rules_mx(&run, &subject->domains[i]);
		rules_spf(&run, &subject->domains[i]);
	}
	return !facts_are_unverified(run.facts);
}
