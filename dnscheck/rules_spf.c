/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SPF of our own domains: the record's text and terms, the tree it spans
 * (spf_tree.c), and whether it lets our own mail through (RFC 7208).
 */
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "dnscheck/rules.h"
#include "dnscheck/spf_tree.h"
#include "grammar/spf.h"

enum { ERRORS_SHOWN = 10, TEXT_SHOWN = 450 };

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

/* DN043; true: the record is valid. */
static bool check_syntax(const struct rule_run *run, const struct mail_domain *d,
			 struct str text, struct spf_record **out_record)
{
	struct spf_error errors[ERRORS_SHOWN];
	size_t count = spf_parse(run->arena, text, out_record, errors, ERRORS_SHOWN), i;

	for (i = 0; i < count && i < ERRORS_SHOWN; i++)
		rule_say(run, d, RULE_DN043,
			 "SPF record of %s, column %zu: %s; receivers answer permerror",
			 d->name, errors[i].lo + 1, errors[i].message);
	return count == 0;
}

/* DN057 */
static void check_network(const struct rule_run *run, const struct mail_domain *d,
			  const struct spf_term *term, const char *text)
{
	int limit = term->kind == SPF_TERM_IP4 ? 16 : 32;
	int prefix = term->kind == SPF_TERM_IP4 ? term->prefix4 : term->prefix6;

	if (prefix < 0 || prefix >= limit || term->qualifier != SPF_QUAL_PASS)
		return;
	rule_say_as(run, d, RULE_DN057, prefix == 0 ? DIAG_ERROR : DIAG_WARNING,
		    "SPF record of %s: %s lets %s send in its name", d->name, text,
		    prefix == 0 ? "everybody" : "a very large network");
}

/* DN052 ... DN057: what the terms say. */
static void check_terms(const struct rule_run *run, const struct mail_domain *d,
			const struct spf_record *record)
{
	const struct spf_term *all = NULL, *redirect = NULL, *term;
	const char *text;
	bool after_all = false;
	size_t i;

	for (i = 0; i < record->term_count; i++) {
		term = &record->terms[i];
		text = str_dup0(run->arena, str_slice(record->text, term->lo, term->hi));
		if (term->kind == SPF_TERM_REDIRECT)
			redirect = term;
		else if (term->kind == SPF_TERM_PTR)
			rule_say(run, d, RULE_DN056,
				 "SPF record of %s: %s is slow, unreliable and should "
				 "not be used (RFC 7208 5.5)",
				 d->name, text);
		else if (term->kind == SPF_TERM_IP4 || term->kind == SPF_TERM_IP6)
			check_network(run, d, term, text);
		if (all != NULL && term->kind < SPF_TERM_REDIRECT)
			after_all = true;
		if (all == NULL && term->kind == SPF_TERM_ALL)
			all = term;
	}
	if (all != NULL && all->qualifier == SPF_QUAL_PASS)
		rule_say(run, d, RULE_DN052,
			 "SPF record of %s: +all lets the whole world send in its name",
			 d->name);
	if ((all == NULL && redirect == NULL) ||
	    (all != NULL && all->qualifier == SPF_QUAL_NEUTRAL))
		rule_say(run, d, RULE_DN053,
			 "SPF record of %s ends neutral%s: it says nothing about mail "
			 "from elsewhere",
			 d->name, all == NULL ? " (it has no all term)" : "");
	if (after_all)
		rule_say(run, d, RULE_DN054,
			 "SPF record of %s: terms after all are never looked at",
			 d->name);
	if (all != NULL && redirect != NULL)
		rule_say(run, d, RULE_DN055,
			 "SPF record of %s: redirect is ignored because there is an "
			 "all term (RFC 7208 6.1)",
			 d->name);
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
	struct spf_record *record;
	bool is_explained;

	if (txt == NULL)
		return;
	rr = find_record(run, d, txt);
	if (rr == NULL || !check_syntax(run, d, rr->text, &record))
		return;
	check_terms(run, d, record);
	is_explained = check_tree(run, d);
	if (d->mail_class != CLASS_RELAY)
		check_own(run, d, is_explained);
}
