/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SPF of our own domains: the record's text and terms, the tree it spans
 * (spf_tree.c), and whether it lets our own mail through (RFC 7208).
 */
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "dnscheck/rules.h"
#include "dnscheck/spf_lint.h"
#include "dnscheck/spf_tree.h"
#include "grammar/spf.h"

bool rule_is_spf(struct str text)
{
	return spf_is_record(text);
}

/* DN044: a record but for a blank or a quote before it. */
static bool is_almost_spf(struct str text)
{
	size_t i = 0;

	while (i < text.len && strchr(" \t\"'", text.ptr[i]) != NULL)
		i++;
	return i != 0 && spf_is_record(str_slice(text, i, text.len));
}

static bool wants_record(const struct rule_run *run, const struct mail_domain *d)
{
	/* DN064 speaks of the HELO name. */
	return !d->is_hostname || strcmp(d->name, run->subject->origin) == 0;
}

/* DN041, DN042, DN044: the one record, or NULL. */
static const struct dns_rr *find_record(const struct rule_run *run,
					const struct mail_domain *d,
					const struct dns_answer *txt)
{
	const struct dns_rr *found = NULL;
	size_t count = 0, i;
	bool almost = false;

	for (i = 0; i < txt->rr_count; i++) {
		if (spf_is_record(txt->rrs[i].text)) {
			found = &txt->rrs[i];
			count++;
		} else if (str_caseeqc(str_slice(txt->rrs[i].text, 0, 7), "spf2.0/")) {
			rule_say(run, d, RULE_DN069,
				 "%s has a Sender ID record, which is history (RFC "
				 "6652): nobody needs it",
				 d->name);
		} else if (is_almost_spf(txt->rrs[i].text)) {
			almost = true;
			rule_say(run, d, RULE_DN044,
				 "a TXT record of %s begins with a blank or a quote "
				 "before v=spf1: it is no SPF record",
				 d->name);
		}
	}
	if (count > 1)
		rule_say(run, d, RULE_DN042,
			 "%s has %zu SPF records: receivers answer permerror to all "
			 "of its mail (RFC 7208 4.5)",
			 d->name, count);
	else if (count == 0 && !almost && wants_record(run, d))
		rule_say_as(run, d, RULE_DN041,
			    strcmp(d->name, run->subject->origin) == 0 ? DIAG_ERROR
								       : DIAG_WARNING,
			    "%s has no SPF record: its mail cannot be told from "
			    "forged mail",
			    d->name);
	return count == 1 ? found : NULL;
}

/* DN045. What cannot be told here is told by the TXT record. */
static void check_type99(const struct rule_run *run, const struct mail_domain *d)
{
	const struct dns_answer *old = facts_answer(run->facts, d->name, DNS_SPF);

	if (old != NULL && old->rr_count != 0)
		rule_say(run, d, RULE_DN045,
			 "%s has a record of type SPF, which nobody reads any more "
			 "(RFC 7208 3.1): only the TXT record counts",
			 d->name);
}

/*
 * DN043, DN052 ... DN061 and DN067: what the text shows. False: it does not
 * parse, so nothing else can be said of it.
 */
static bool check_text(const struct rule_run *run, const struct mail_domain *d,
		       const struct dns_answer *txt, struct str text)
{
	struct spf_findings set = {.arena = run->arena};
	const struct spf_finding *f;
	size_t size = 0, i;
	bool ok = true;

	for (i = 0; i < txt->rr_count; i++)
		size += txt->rrs[i].text.len;
	(void)spf_lint_record(&set, text);
	spf_lint_size(&set, strlen(d->name), size);
	for (i = 0; i < set.count; i++) {
		f = &set.items[i];
		ok = ok && f->rule != RULE_DN043;
		rule_say_as(run, d, f->rule, f->severity,
			    "SPF record of %s, column %zu: %s", d->name, f->lo + 1,
			    f->message);
	}
	return ok;
}

/* DN046, DN048 ... DN051; true: the tree explains a permerror. */
static bool check_tree(const struct rule_run *run, const struct mail_domain *d)
{
	struct spf_tree tree;

	spf_tree_walk(run->arena, run->facts, d->name, &tree);
	if (tree.unknown != NULL)
		(void)rule_answer(run, d->span, tree.unknown, tree.unknown_type);
	if (tree.loop != NULL)
		rule_say(run, d, RULE_DN051,
			 "SPF record of %s comes back to %s through include or "
			 "redirect: receivers answer permerror",
			 d->name, tree.loop);
	if (tree.without_record != NULL)
		rule_say(run, d, RULE_DN050,
			 "SPF record of %s leads to %s, which has %s SPF record: "
			 "receivers answer permerror (RFC 7208 5.2)",
			 d->name, tree.without_record,
			 tree.has_several ? "more than one" : "no");
	if (tree.wide_mx != NULL)
		rule_say(run, d, RULE_DN049,
			 "SPF record of %s: %s has more than 10 MX records: receivers "
			 "answer permerror (RFC 7208 4.6.4)",
			 d->name, tree.wide_mx);
	if (tree.loop == NULL && tree.lookups >= LIMIT_SPF_LOOKUPS - 1)
		rule_say_as(run, d, RULE_DN046,
			    tree.lookups > LIMIT_SPF_LOOKUPS ? DIAG_ERROR : DIAG_WARNING,
			    "SPF record of %s needs %u lookups of %d allowed%s:%s",
			    d->name, tree.lookups, LIMIT_SPF_LOOKUPS,
			    tree.lookups > LIMIT_SPF_LOOKUPS
				    ? ", receivers answer permerror"
				    : "",
			    tree.counts);
	if (tree.loop == NULL && tree.is_order_dependent)
		rule_say(run, d, RULE_DN047,
			 "SPF record of %s: senders that an earlier term matches pass, "
			 "all others get permerror",
			 d->name);
	if (tree.void_lookups != 0)
		rule_say_as(run, d, RULE_DN048,
			    tree.void_lookups > LIMIT_SPF_VOID ? DIAG_ERROR
							       : DIAG_WARNING,
			    "SPF record of %s asks for %u names that do not exist (%s), "
			    "%d are allowed%s",
			    d->name, tree.void_lookups, tree.void_name, LIMIT_SPF_VOID,
			    tree.void_lookups > LIMIT_SPF_VOID
				    ? ": receivers answer permerror"
				    : "");
	return tree.loop != NULL || tree.without_record != NULL || tree.wide_mx != NULL ||
	       tree.lookups > LIMIT_SPF_LOOKUPS || tree.void_lookups > LIMIT_SPF_VOID;
}

/* DN062; a permerror that another rule has explained is not said again. */
static void check_own(const struct rule_run *run, const struct mail_domain *d,
		      bool is_explained)
{
	const struct own_address *own;
	const struct spf_fact *fact;
	size_t i;

	for (i = 0; i < facts_address_count(run->facts); i++) {
		own = facts_address(run->facts, i);
		fact = facts_spf(run->facts, d->name, i);
		if (fact == NULL || !rule_is_public(run, own) ||
		    fact->result == SPF_PASS ||
		    (fact->result == SPF_PERMERROR && is_explained))
			continue;
		if (fact->result == SPF_TEMPERROR)
			rule_say(run, d, RULE_DN000,
				 "could not verify: SPF of %s for %s: %s", d->name,
				 own->text, fact->problem);
		else
			rule_say(run, d, RULE_DN062,
				 "mail of %s from our own address %s gets SPF %s (%s)",
				 d->name, own->text, spf_result_name(fact->result),
				 fact->problem != NULL	   ? fact->problem
				 : fact->mechanism != NULL ? fact->mechanism
							   : "nothing matches");
	}
}

void rules_spf(const struct rule_run *run, const struct mail_domain *d)
{
	const struct dns_answer *txt = rule_answer(run, d->span, d->name, DNS_TXT);
	const struct dns_rr *rr;
	bool is_explained;

	if (txt == NULL)
		return;
	check_type99(run, d);
	rr = find_record(run, d, txt);
	if (rr == NULL || !check_text(run, d, txt, rr->text))
		return;
	is_explained = check_tree(run, d);
	if (d->mail_class != CLASS_RELAY)
		check_own(run, d, is_explained);
}
