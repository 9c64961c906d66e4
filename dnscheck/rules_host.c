/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host as the world sees it when it connects: its name, the names of its
 * addresses, and whether the two agree.
 */
#include <string.h>

#include "base/arena.h"
#include "dnscheck/name.h"
#include "dnscheck/rules.h"

static bool has_address(const struct dns_answer *answer, const struct own_address *own)
{
	size_t size = own->family == AF_INET ? 4 : 16, i;

	for (i = 0; answer != NULL && i < answer->rr_count; i++) {
		if (memcmp(answer->rrs[i].address, own->bytes, size) == 0)
			return true;
	}
	return false;
}

static enum dns_type address_type(const struct own_address *own)
{
	return own->family == AF_INET ? DNS_A : DNS_AAAA;
}

/* DN021, DN022 */
static void check_name(const struct rule_run *run)
{
	const struct dns_subject *s = run->subject;
	const struct dns_answer *a;
	size_t count, i;

	if (!rule_has_address(run, s->hostname_span, s->hostname, &count))
		return;
	if (count == 0) {
		(void)diag_add(
			run->diags, RULE_DN021, s->hostname_span,
			"myhostname %s has no address: servers that check the HELO "
			"name refuse mail from this host",
			s->hostname);
		return;
	}
	if (!facts_addresses_given(run->facts) || s->hop_count != 0)
		return;
	for (i = 0; i < facts_address_count(run->facts); i++) {
		a = rule_answer(run, s->hostname_span, s->hostname,
				address_type(facts_address(run->facts, i)));
		if (a == NULL || has_address(a, facts_address(run->facts, i)))
			return;
	}
	(void)diag_add(run->diags, RULE_DN022, s->hostname_span,
		       "myhostname %s has none of this host's public addresses: the HELO "
		       "name points to another machine",
		       s->hostname);
}

/* DN024: the address is among those of the name; 1 yes, 0 no, -1 unknown. */
static int is_confirmed(const struct rule_run *run, const struct own_address *own,
			const char *name)
{
	const struct dns_answer *a = facts_answer(run->facts, name, address_type(own));

	if (has_address(a, own))
		return 1;
	return dns_status_is_final(a->status) ? 0 : -1;
}

/* True when a name leads back to the address. */
static bool check_confirmed(const struct rule_run *run, const struct own_address *own,
			    const struct dns_answer *ptr)
{
	struct span span = run->subject->hostname_span;
	bool unknown = false;
	size_t i;
	int confirmed;

	for (i = 0; i < ptr->rr_count; i++) {
		confirmed = is_confirmed(run, own, ptr->rrs[i].name);
		if (confirmed == 1)
			return true;
		if (confirmed == -1) {
			unknown = true;
			(void)rule_answer(run, span, ptr->rrs[i].name, address_type(own));
		}
	}
	if (!unknown)
		(void)diag_add(
			run->diags, RULE_DN024, span,
			"%s is called %s, but that name does not have the address: "
			"large receivers refuse mail from it",
			own->text, ptr->rrs[0].name);
	return false;
}

/* DN025. Only where the HELO name has the address: else DN021 or DN022 says it. */
static void check_helo(const struct rule_run *run, const struct own_address *own,
		       const struct dns_answer *ptr)
{
	const struct dns_subject *s = run->subject;
	struct dns_name name, host;
	size_t i;

	if (!dns_name_parse(s->hostname, &host) ||
	    !has_address(facts_answer(run->facts, s->hostname, address_type(own)), own))
		return;
	for (i = 0; i < ptr->rr_count; i++) {
		if (dns_name_parse(ptr->rrs[i].name, &name) &&
		    dns_name_equal(&name, &host))
			return;
	}
	(void)diag_add(run->diags, RULE_DN025, s->hostname_span,
		       "%s is called %s in the DNS, but this host says HELO %s: filters "
		       "count the difference against it",
		       own->text, ptr->rrs[0].name, s->hostname);
}

/* DN023, DN027 */
static void check_reverse(const struct rule_run *run, const struct own_address *own)
{
	struct span span = run->subject->hostname_span;
	const char *reverse = facts_reverse_name(run->arena, own);
	const struct dns_answer *ptr = rule_answer(run, span, reverse, DNS_PTR);

	if (ptr == NULL)
		return;
	if (ptr->rr_count == 0) {
		(void)diag_add(
			run->diags, RULE_DN023, span,
			"%s has no PTR record (%s): large receivers refuse mail from "
			"addresses without a name",
			own->text, reverse);
		return;
	}
	if (ptr->rr_count > 1)
		(void)diag_add(run->diags, RULE_DN027, span,
			       "%s has %zu PTR records: which name a receiver sees is "
			       "chance",
			       own->text, ptr->rr_count);
	rules_generic_name(run, own, ptr->rrs[0].name);
	if (check_confirmed(run, own, ptr))
		check_helo(run, own, ptr);
}

/* DN064 */
static void check_helo_spf(const struct rule_run *run)
{
	const struct dns_subject *s = run->subject;
	const struct dns_answer *txt =
		rule_answer(run, s->hostname_span, s->hostname, DNS_TXT);
	size_t i;

	if (txt == NULL || txt->status == DNS_NXDOMAIN)
		return; /* DN021 says it */
	for (i = 0; i < txt->rr_count; i++) {
		if (rule_is_spf(txt->rrs[i].text))
			return;
	}
	(void)diag_add(run->diags, RULE_DN064, s->hostname_span,
		       "myhostname %s has no SPF record: bounces, which have no sender, "
		       "are checked by the HELO name (RFC 7208 2.3)",
		       s->hostname);
}

void rules_host(const struct rule_run *run)
{
	const struct dns_subject *s = run->subject;
	const struct own_address *own;
	size_t i, usable = 0;

	check_name(run);
	if (s->hop_count != 0)
		return; /* the world never sees this host's addresses */
	for (i = 0; i < facts_address_count(run->facts); i++) {
		own = facts_address(run->facts, i);
		if (!rule_is_public(run, own))
			continue;
		usable++;
		check_reverse(run, own);
	}
	if (usable == 0)
		(void)diag_add(run->diags, RULE_DN999, s->hostname_span,
			       "not evaluated: DN011, DN022, DN023, DN024, DN025, DN026, "
			       "DN027, DN062: no public address of this host is known "
			       "(public_addresses in mcc.cf, --public-address)");
	else
		check_helo_spf(run);
}
