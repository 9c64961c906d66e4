/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names that send nothing: forgers use them as long as nothing says so. Only
 * names that this site itself leads to are looked at.
 */
#include <string.h>

#include "dnscheck/rules.h"

static bool has_spf(const struct dns_answer *txt)
{
	size_t i;

	for (i = 0; i < txt->rr_count; i++) {
		if (rule_is_spf(txt->rrs[i].text))
			return true;
	}
	return false;
}

static bool takes_mail(const struct dns_answer *mx)
{
	return mx->rr_count != 0 && mx->rrs[0].name[0] != '\0';
}

/* DN003, DN066: mydomain, where nobody has a mailbox. */
static void check_parent(const struct rule_run *run, const struct mail_domain *d)
{
	const struct dns_answer *mx = rule_answer(run, d->span, d->name, DNS_MX);
	const struct dns_answer *txt = rule_answer(run, d->span, d->name, DNS_TXT);
	size_t addresses;

	if (mx == NULL || takes_mail(mx) || mx->status == DNS_NXDOMAIN)
		return; /* somebody else's mail, or no name at all */
	if (mx->rr_count == 0 && rule_has_address(run, d->span, d->name, &addresses) &&
	    addresses != 0)
		rule_say(run, d, RULE_DN003,
			 "%s takes no mail here and has addresses but no MX record: "
			 "senders try its host for days; a null MX (\"0 .\") tells "
			 "them at once (RFC 7505)",
			 d->name);
	if (txt != NULL && !has_spf(txt))
		rule_say(run, d, RULE_DN066,
			 "%s neither takes nor sends mail, but no SPF record says so: "
			 "publish \"v=spf1 -all\", or its name is free for forgers",
			 d->name);
}

/* DN065: an MX host of our own that is not this one. */
static void check_target(const struct rule_run *run, const struct mail_domain *d,
			 const char *target)
{
	const struct dns_answer *txt = facts_answer(run->facts, target, DNS_TXT);
	const struct dns_answer *a = facts_answer(run->facts, target, DNS_A);
	const struct dns_answer *aaaa = facts_answer(run->facts, target, DNS_AAAA);

	/* DN064 speaks of this host's name. */
	if (txt == NULL || strcmp(target, run->subject->hostname) == 0 ||
	    !facts_is_below(target, d->name) || a->rr_count + aaaa->rr_count == 0)
		return;
	txt = rule_answer(run, d->span, target, DNS_TXT);
	if (txt != NULL && !has_spf(txt))
		rule_say(run, d, RULE_DN065,
			 "%s below %s has an address and no SPF record: if it sends "
			 "nothing, \"v=spf1 -all\" keeps forgers from its name",
			 target, d->name);
}

void rules_parked(const struct rule_run *run)
{
	const struct dns_subject *s = run->subject;
	const struct dns_answer *mx;
	size_t i, j;

	if (s->parent.name != NULL)
		check_parent(run, &s->parent);
	for (i = 0; i < s->domain_count; i++) {
		mx = facts_answer(run->facts, s->domains[i].name, DNS_MX);
		for (j = 0; j < mx->rr_count; j++) {
			if (mx->rrs[j].name[0] != '\0')
				check_target(run, &s->domains[i], mx->rrs[j].name);
		}
	}
}
