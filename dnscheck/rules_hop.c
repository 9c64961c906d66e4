/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The next hop for outgoing mail: whether it is found, and whether mail that
 * leaves from there passes the SPF record of myorigin.
 */
#include <string.h>

#include "dnscheck/rules.h"

/* Relays for many customers send from other addresses than they take mail at:
 * what authorises them is the record that they publish for it. */
static const struct {
	const char *suffix; /* of the relayhost */
	const char *include;
} providers[] = {
	{"sendgrid.net", "sendgrid.net"},
	{"amazonaws.com", "amazonses.com"},
	{"mailgun.org", "mailgun.org"},
	{"mandrillapp.com", "spf.mandrillapp.com"},
	{"outlook.com", "spf.protection.outlook.com"},
	{"office365.com", "spf.protection.outlook.com"},
	{"gmail.com", "_spf.google.com"},
	{"google.com", "_spf.google.com"},
	{"mailjet.com", "spf.mailjet.com"},
	{"sparkpostmail.com", "sparkpostmail.com"},
	{"postmarkapp.com", "spf.mtasv.net"},
	{"smtp2go.com", "spf.smtp2go.com"},
	{"brevo.com", "spf.brevo.com"},
	{"sendinblue.com", "spf.sendinblue.com"},
	{"mailchannels.net", "relay.mailchannels.net"},
	{"messagingengine.com", "spf.messagingengine.com"},
	{"elasticemail.com", "_spf.elasticemail.com"},
	{"ovh.net", "mx.ovh.com"},
	{"gandi.net", "_mailcust.gandi.net"},
	{"kundenserver.de", "_spf.kundenserver.de"},
	{"protonmail.ch", "_spf.protonmail.ch"},
	{"emailsrvr.com", "emailsrvr.com"},
};

static const char *provider_include(const char *host)
{
	size_t i;

	for (i = 0; i < array_len(providers); i++) {
		if (facts_is_below(host, providers[i].suffix))
			return providers[i].include;
	}
	return NULL;
}

/* What SPF says of a hop's addresses. */
struct verdict {
	bool passes;
	bool is_unknown;	     /* a temperror, or a failed question */
	const struct spf_fact *fact; /* one that does not pass */
};

static void judge_addresses(const struct rule_run *run, const char *host,
			    struct verdict *out)
{
	static const enum dns_type types[] = {DNS_A, DNS_AAAA};
	const struct dns_answer *a;
	const struct spf_fact *fact;
	size_t i, j;

	for (i = 0; i < array_len(types); i++) {
		a = facts_answer(run->facts, host, types[i]);
		if (a == NULL || !dns_status_is_final(a->status)) {
			out->is_unknown = true;
			continue;
		}
		for (j = 0; j < a->rr_count; j++) {
			fact = facts_hop_spf(run->facts, &a->rrs[j]);
			if (fact == NULL)
				continue;
			out->passes = out->passes || fact->result == SPF_PASS;
			out->is_unknown =
				out->is_unknown || fact->result == SPF_TEMPERROR;
			out->fact = fact;
		}
	}
}

static struct verdict judge_hop(const struct rule_run *run, const struct next_hop *hop)
{
	const struct dns_answer *mx = NULL;
	struct verdict v = {.fact = NULL};
	size_t i;

	if (!hop->is_bracketed)
		mx = facts_answer(run->facts, hop->host, DNS_MX);
	if (mx == NULL || mx->rr_count == 0)
		judge_addresses(run, hop->host, &v);
	for (i = 0; mx != NULL && i < mx->rr_count; i++) {
		if (mx->rrs[i].name[0] != '\0')
			judge_addresses(run, mx->rrs[i].name, &v);
	}
	return v;
}

/* DN063. A record that is none, or is broken, has its own rules. */
static void check_spf(const struct rule_run *run, const struct next_hop *hop)
{
	const char *include = provider_include(hop->host);
	const char *origin = run->subject->origin;
	struct verdict v = judge_hop(run, hop);

	if (v.passes || v.fact == NULL || v.fact->result == SPF_NONE ||
	    v.fact->result == SPF_PERMERROR)
		return;
	/* Asked for only when our own record leads to it. */
	if (include != NULL && facts_answer(run->facts, include, DNS_TXT) != NULL)
		return;
	if (v.is_unknown)
		(void)diag_add(run->diags, RULE_DN000, hop->span,
			       "could not verify: SPF of %s for the addresses of %s",
			       origin, hop->host);
	else if (include != NULL)
		(void)diag_add(
			run->diags, RULE_DN063, hop->span,
			"mail of %s sent through %s gets SPF %s: add include:%s to "
			"the record",
			origin, hop->host, spf_result_name(v.fact->result), include);
	else
		(void)diag_add(run->diags, RULE_DN063, hop->span,
			       "mail of %s sent through %s gets SPF %s (%s): the record "
			       "names none of its addresses",
			       origin, hop->host, spf_result_name(v.fact->result),
			       v.fact->mechanism != NULL ? v.fact->mechanism
							 : "nothing matches");
}

/* DN033 */
static void check_hop(const struct rule_run *run, const struct next_hop *hop)
{
	const struct dns_answer *mx = NULL;
	size_t count;

	if (!hop->is_bracketed) {
		mx = rule_answer(run, hop->span, hop->host, DNS_MX);
		if (mx == NULL || mx->rr_count != 0)
			return;
	}
	if (!rule_has_address(run, hop->span, hop->host, &count) || count != 0)
		return;
	(void)diag_add(run->diags, RULE_DN033, hop->span,
		       "relayhost %s %s: all outgoing mail stays in the queue", hop->host,
		       hop->is_bracketed ? "has no address"
					 : "has neither MX nor address");
}

void rules_hops(const struct rule_run *run)
{
	size_t i;

	for (i = 0; i < run->subject->hop_count; i++) {
		check_hop(run, &run->subject->hops[i]);
		check_spf(run, &run->subject->hops[i]);
	}
}
