/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules over the text of one record. They need neither the DNS nor a model;
 * what includes and names lead to is judged by spf_map_judge.c.
 *
 * Each rule is a function over the parsed record. Terms that do not parse are
 * reported by DN043 and are missing from the tree, so the other rules speak of
 * the valid terms only.
 */
#include "dnscheck/spf_lint.h"

#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "dnscheck/spf_net.h"
#include "grammar/spf.h"

enum {
	ERRORS_SHOWN = 16,
	/* RFC 7208 3.4: an answer beyond this may not fit into 512 octets. */
	SIZE_MAX_ADVISED = 450,
	/* Terms compared with one another; a longer record is DN059 anyway. */
	DUPLICATES_COMPARED = 1000,
	/* Networks shorter than these hold more than one sender's machines. */
	BROAD_V4 = 16,
	BROAD_V6 = 32
};

void spf_finding_add(struct spf_findings *set, enum rule rule,
		     enum diag_severity severity, size_t lo, size_t hi, const char *fmt,
		     ...)
{
	struct spf_finding *f =
		arena_push(set->arena, &set->items, set->count, &set->room, sizeof(*f));
	va_list ap;

	va_start(ap, fmt);
	*f = (struct spf_finding){rule, severity, lo, hi,
				  arena_vprintf(set->arena, fmt, ap)};
	va_end(ap);
	set->count++;
}

bool spf_term_needs_lookup(const struct spf_term *term)
{
	return term->kind == SPF_TERM_INCLUDE || term->kind == SPF_TERM_A ||
	       term->kind == SPF_TERM_MX || term->kind == SPF_TERM_PTR ||
	       term->kind == SPF_TERM_EXISTS;
}

bool spf_term_has_macro(const struct spf_term *term)
{
	size_t i;

	for (i = 0; term->has_domain && i < term->domain.part_count; i++) {
		if (term->domain.parts[i].kind == SPF_MACRO_LETTER)
			return true;
	}
	return false;
}

static struct str text_of(const struct spf_record *record, const struct spf_term *term)
{
	return str_slice(record->text, term->lo, term->hi);
}

static void say(struct spf_findings *set, enum rule rule, const struct spf_term *term,
		const char *message)
{
	spf_finding_add(set, rule, rule_info(rule)->severity, term->lo, term->hi, "%s",
			message);
}

/* --- the beginning: DN044, DN069 ----------------------------------------- */

/* Bytes of blanks and quotes before the text. */
static size_t junk_before(struct str text)
{
	size_t i = 0;

	while (i < text.len && strchr(" \t\"'`", text.ptr[i]) != NULL &&
	       text.ptr[i] != '\0')
		i++;
	return i;
}

static bool is_sender_id(struct str text)
{
	return str_caseeqc(str_slice(text, 0, 7), "spf2.0/");
}

/* "v=spf", "v = spf1", "spf1": no record, but somebody thought it was one. */
static bool is_almost_version(struct str text)
{
	size_t i = 0;

	if (i < text.len && (text.ptr[i] | 0x20) == 'v') {
		i++;
		while (i < text.len && strchr(" =:", text.ptr[i]) != NULL &&
		       text.ptr[i] != '\0')
			i++;
	}
	return str_caseeqc(str_slice(text, i, i + 3), "spf") && !is_sender_id(text);
}

bool spf_is_meant(struct str text)
{
	struct str rest = str_slice(text, junk_before(text), text.len);

	return is_almost_version(rest) || is_sender_id(rest);
}

static bool check_beginning(struct spf_findings *set, struct str text)
{
	size_t junk = junk_before(text), end;
	struct str rest = str_slice(text, junk, text.len);

	if (spf_is_record(text))
		return true;
	for (end = 0; end < rest.len && rest.ptr[end] != ' '; end++)
		;
	if (is_sender_id(rest))
		spf_finding_add(set, RULE_DN069, DIAG_NOTE, 0, junk + end,
				"this is a Sender ID record, which is history (RFC "
				"6652): nobody needs it");
	else if (spf_is_record(rest))
		spf_finding_add(set, RULE_DN044, DIAG_ERROR, 0, junk,
				"a blank or a quote stands before v=spf1: for receivers "
				"this is no SPF record");
	else
		spf_finding_add(set, RULE_DN044, DIAG_ERROR, 0, junk + end,
				"an SPF record begins with exactly 'v=spf1' and a "
				"blank: for receivers this is none");
	return false;
}

/* --- terms: DN052 ... DN057, DN061, DN067 -------------------------------- */

static void check_network(struct spf_findings *set, const struct spf_record *record,
			  const struct spf_term *term)
{
	int limit = term->kind == SPF_TERM_IP4 ? BROAD_V4 : BROAD_V6;
	int prefix = term->kind == SPF_TERM_IP4 ? term->prefix4 : term->prefix6;
	struct str text = text_of(record, term);

	if (prefix < 0 || prefix >= limit || term->qualifier != SPF_QUAL_PASS)
		return;
	spf_finding_add(set, RULE_DN057, prefix == 0 ? DIAG_ERROR : DIAG_WARNING,
			term->lo, term->hi, "%.*s lets %s send in its name",
			STR_ARG(text),
			prefix == 0 ? "everybody" : "a very large network");
}

static void check_macros(struct spf_findings *set, const struct spf_record *record,
			 const struct spf_term *term)
{
	struct str text = text_of(record, term);
	bool has_p = false;
	size_t i;

	if (!spf_term_has_macro(term) || term->kind == SPF_TERM_EXP)
		return;
	for (i = 0; i < term->domain.part_count; i++)
		has_p = has_p || term->domain.parts[i].letter == 'p';
	spf_finding_add(set, RULE_DN061, DIAG_NOTE, term->lo, term->hi, "%.*s %s",
			STR_ARG(text),
			has_p ? "asks for the client's name with %{p}, which is slow and "
				"should not be used (RFC 7208 7.2)"
			      : "depends on each message: no check from here can tell "
				"what it comes to");
}

struct seen {
	const struct spf_term *all;
	const struct spf_term *redirect;
	const struct spf_term *after_all;
	const struct spf_term *costly; /* include, exists, ptr */
	const struct spf_term *cheap;  /* the first address behind it */
};

static void look_at(struct seen *seen, const struct spf_term *term)
{
	bool is_address = term->kind == SPF_TERM_IP4 || term->kind == SPF_TERM_IP6;

	if (seen->all != NULL && seen->after_all == NULL &&
	    term->kind < SPF_TERM_REDIRECT)
		seen->after_all = term;
	if (seen->all == NULL && term->kind == SPF_TERM_ALL)
		seen->all = term;
	if (term->kind == SPF_TERM_REDIRECT)
		seen->redirect = term;
	if (seen->costly == NULL && seen->all == NULL &&
	    (term->kind == SPF_TERM_INCLUDE || term->kind == SPF_TERM_EXISTS ||
	     term->kind == SPF_TERM_PTR))
		seen->costly = term;
	if (seen->costly != NULL && seen->cheap == NULL && seen->all == NULL &&
	    is_address)
		seen->cheap = term;
}

static void check_ends(struct spf_findings *set, const struct spf_record *record,
		       const struct seen *seen)
{
	const struct spf_term *all = seen->all;
	size_t len = record->text.len;

	if (all != NULL && all->qualifier == SPF_QUAL_PASS)
		say(set, RULE_DN052, all, "+all lets the whole world send in its name");
	if (all != NULL && all->qualifier == SPF_QUAL_NEUTRAL)
		say(set, RULE_DN053, all,
		    "it ends neutral: it says nothing about mail from elsewhere");
	if (all == NULL && seen->redirect == NULL)
		spf_finding_add(set, RULE_DN053, DIAG_WARNING, len, len,
				"it ends neutral (it has no all term): it says nothing "
				"about mail from elsewhere");
	if (seen->after_all != NULL)
		say(set, RULE_DN054, seen->after_all,
		    "terms after all are never looked at");
	if (all != NULL && seen->redirect != NULL)
		say(set, RULE_DN055, seen->redirect,
		    "redirect is ignored because there is an all term (RFC 7208 6.1)");
	if (seen->cheap != NULL)
		say(set, RULE_DN067, seen->cheap,
		    "an address needs no lookup: it belongs before the terms that do");
}

/* --- DN060 ---------------------------------------------------------------- */

static struct spf_net net_of(const struct spf_term *term)
{
	struct spf_net net = {.is_v6 = term->kind == SPF_TERM_IP6};
	int bits = net.is_v6 ? 128 : 32;
	int prefix = net.is_v6 ? term->prefix6 : term->prefix4;

	net.prefix = (uint8_t)(prefix < 0 ? bits : prefix);
	memcpy(net.address, term->address, (size_t)bits / 8);
	return net;
}

static bool is_covered(const struct spf_record *record, const struct spf_term *first,
		       const struct spf_term *term)
{
	struct spf_net a, b;

	if (first->kind != term->kind)
		return false;
	if (term->kind == SPF_TERM_IP4 || term->kind == SPF_TERM_IP6) {
		a = net_of(first);
		b = net_of(term);
		return spf_net_covers(&a, &b);
	}
	if (first->qualifier != term->qualifier)
		return false;
	return str_caseeq(text_of(record, first), text_of(record, term));
}

static void check_duplicates(struct spf_findings *set, const struct spf_record *record)
{
	const struct spf_term *terms = record->terms;
	size_t count = record->term_count, i, j;
	struct str first, second;

	if (count > DUPLICATES_COMPARED)
		count = DUPLICATES_COMPARED;
	for (i = 0; i < count; i++) {
		if (terms[i].kind >= SPF_TERM_REDIRECT || terms[i].kind == SPF_TERM_ALL)
			continue;
		for (j = 0; j < i && !is_covered(record, &terms[j], &terms[i]); j++)
			;
		if (j == i)
			continue;
		first = text_of(record, &terms[j]);
		second = text_of(record, &terms[i]);
		spf_finding_add(set, RULE_DN060, DIAG_NOTE, terms[i].lo, terms[i].hi,
				"%.*s can go: %.*s stands before it", STR_ARG(second),
				STR_ARG(first));
	}
}

/* --- the whole ------------------------------------------------------------ */

const struct spf_record *spf_lint_record(struct spf_findings *set, struct str text)
{
	struct spf_error errors[ERRORS_SHOWN];
	struct spf_record *record;
	struct seen seen = {.all = NULL};
	const struct spf_term *term;
	size_t count, i;

	if (!check_beginning(set, text))
		return NULL;
	count = spf_parse(set->arena, text, &record, errors, ERRORS_SHOWN);
	for (i = 0; i < count && i < ERRORS_SHOWN; i++)
		spf_finding_add(set, RULE_DN043, DIAG_ERROR, errors[i].lo, errors[i].hi,
				"%s; receivers answer permerror", errors[i].message);
	if (record == NULL)
		return NULL;
	for (i = 0; i < record->term_count; i++) {
		term = &record->terms[i];
		look_at(&seen, term);
		check_macros(set, record, term);
		if (term->kind == SPF_TERM_PTR)
			say(set, RULE_DN056, term,
			    "ptr is slow, unreliable and should not be used (RFC 7208 "
			    "5.5)");
		if (term->kind == SPF_TERM_IP4 || term->kind == SPF_TERM_IP6)
			check_network(set, record, term);
	}
	/* A record that does not parse may have had its all term there. */
	if (count == 0)
		check_ends(set, record, &seen);
	check_duplicates(set, record);
	return record;
}

/* The terms that are looked at, up to all, and the redirect that counts. */
void spf_lint_lookups(struct spf_findings *set, const struct spf_record *record)
{
	const struct spf_term *term, *redirect = NULL, *over = NULL;
	unsigned count = 0;
	bool has_all = false, can_match = false;
	size_t i;

	for (i = 0; i < record->term_count && !has_all; i++) {
		term = &record->terms[i];
		has_all = term->kind == SPF_TERM_ALL;
		if (term->kind == SPF_TERM_REDIRECT)
			redirect = term;
		if (spf_term_needs_lookup(term) && ++count == LIMIT_SPF_LOOKUPS + 1)
			over = term;
		can_match = can_match || (over == NULL && term->kind < SPF_TERM_REDIRECT);
	}
	if (redirect != NULL && !has_all && ++count == LIMIT_SPF_LOOKUPS + 1)
		over = redirect;
	if (over != NULL)
		spf_finding_add(set, RULE_DN046, DIAG_ERROR, over->lo, over->hi,
				"the record's own terms need %u lookups of %d allowed: "
				"receivers that get here answer permerror",
				count, LIMIT_SPF_LOOKUPS);
	else if (count >= LIMIT_SPF_LOOKUPS - 1)
		spf_finding_add(set, RULE_DN046, DIAG_WARNING, 0, record->text.len,
				"the record's own terms need %u lookups of %d allowed, "
				"those of included records come on top",
				count, LIMIT_SPF_LOOKUPS);
	if (over != NULL && can_match)
		spf_finding_add(set, RULE_DN047, DIAG_WARNING, over->lo, over->hi,
				"senders that an earlier term matches pass, all others "
				"get permerror: the fault shows only for some mail");
}

void spf_lint_size(struct spf_findings *set, size_t name_len, size_t size)
{
	if (name_len + size > SIZE_MAX_ADVISED)
		spf_finding_add(set, RULE_DN059, DIAG_WARNING, 0, 0,
				"the name and its texts are %zu octets: beyond %d an "
				"answer may not fit into a plain UDP packet (RFC 7208 "
				"3.4)",
				name_len + size, SIZE_MAX_ADVISED);
}
