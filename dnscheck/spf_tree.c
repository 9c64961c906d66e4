/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks the tree over gathered facts. The depth is bounded by the lookup limit
 * (each level counts one) and the walk stops once the count is hopeless, so a
 * tree that doubles at each level costs no more than an honest one.
 */
#include "dnscheck/spf_tree.h"

#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "dnscheck/spf_lint.h"
#include "grammar/spf.h"

enum { COUNT_MAX = 100, COUNTS_TEXT = 4096 };

struct level {
	const struct level *up;
	const char *domain;
};

struct walk {
	struct arena *arena;
	const struct dns_facts *facts;
	struct spf_tree *tree;
	struct strbuf counts;
	bool can_match; /* a term at the top that the limit does not touch */
};

static void walk_domain(struct walk *w, const char *domain, const struct level *up);

static const char *plain_target(struct walk *w, const struct spf_term *term,
				const char *domain)
{
	if (!term->has_domain)
		return domain;
	if (term->domain.part_count != 1 || term->domain.parts[0].kind != SPF_MACRO_TEXT)
		return NULL;
	return str_dup0(w->arena, term->domain.parts[0].text);
}

/* The answer when it is certain; else notes the question. */
static const struct dns_answer *certain(struct walk *w, const char *name,
					enum dns_type type)
{
	const struct dns_answer *a = facts_answer(w->facts, name, type);

	if (a != NULL && dns_status_is_final(a->status))
		return a;
	if (a != NULL && w->tree->unknown == NULL) {
		w->tree->unknown = name;
		w->tree->unknown_type = type;
	}
	return NULL;
}

static void note_void(struct walk *w, const char *name)
{
	if (w->tree->void_lookups++ == 0)
		w->tree->void_name = name;
}

static void count_hosts(struct walk *w, const struct spf_term *term, const char *target)
{
	const struct dns_answer *a, *aaaa;

	if (term->kind == SPF_TERM_MX) {
		a = certain(w, target, DNS_MX);
		if (a != NULL && a->rr_count == 0)
			note_void(w, target);
		if (a != NULL && a->rr_count > LIMIT_SPF_NAMES)
			w->tree->wide_mx = target;
	} else if (term->kind == SPF_TERM_A) {
		a = certain(w, target, DNS_A);
		aaaa = certain(w, target, DNS_AAAA);
		if (a != NULL && aaaa != NULL && a->rr_count + aaaa->rr_count == 0)
			note_void(w, target);
	} else if (term->kind == SPF_TERM_EXISTS) {
		a = certain(w, target, DNS_A);
		if (a != NULL && a->rr_count == 0)
			note_void(w, target);
	}
}

static void walk_term(struct walk *w, const struct spf_term *term,
		      const struct spf_record *record, const struct level *here)
{
	const char *target = plain_target(w, term, here->domain);
	unsigned before = w->tree->lookups++;
	bool is_top = here->up == NULL;

	if (target != NULL &&
	    (term->kind == SPF_TERM_INCLUDE || term->kind == SPF_TERM_REDIRECT))
		walk_domain(w, target, here);
	else if (target != NULL)
		count_hosts(w, term, target);
	if (is_top)
		strbuf_addf(&w->counts, " %.*s (%u)", (int)(term->hi - term->lo),
			    record->text.ptr + term->lo, w->tree->lookups - before);
}

static void walk_record(struct walk *w, const struct spf_record *record,
			const struct level *here)
{
	const struct spf_term *redirect = NULL, *term;
	bool is_top = here->up == NULL;
	size_t i;

	for (i = 0; i < record->term_count; i++) {
		term = &record->terms[i];
		if (w->tree->lookups >= COUNT_MAX || term->kind == SPF_TERM_ALL)
			return;
		if (term->kind == SPF_TERM_REDIRECT)
			redirect = term;
		else if (spf_term_needs_lookup(term))
			walk_term(w, term, record, here);
		/* Evaluated whole, hence it may decide. */
		if (is_top && term->kind < SPF_TERM_REDIRECT &&
		    w->tree->lookups <= LIMIT_SPF_LOOKUPS)
			w->can_match = true;
	}
	for (i = 0; redirect != NULL && i < record->term_count; i++) {
		if (record->terms[i].kind == SPF_TERM_ALL)
			return;
	}
	if (redirect != NULL)
		walk_term(w, redirect, record, here);
}

/* The one SPF record of a domain; *out_count says how many there are. */
static struct str find_record(const struct dns_answer *txt, size_t *out_count)
{
	struct str text = STR_LIT("");
	size_t i;

	*out_count = 0;
	for (i = 0; i < txt->rr_count; i++) {
		if (spf_is_record(txt->rrs[i].text)) {
			text = txt->rrs[i].text;
			++*out_count;
		}
	}
	return text;
}

static void walk_domain(struct walk *w, const char *domain, const struct level *up)
{
	struct level here = {up, domain};
	const struct level *l;
	const struct dns_answer *txt;
	struct spf_record *record = NULL;
	struct str text;
	size_t count, depth = 0;

	for (l = up; l != NULL; l = l->up, depth++) {
		if (strcasecmp(l->domain, domain) == 0) {
			w->tree->loop = domain;
			return;
		}
	}
	txt = depth > LIMIT_SPF_LOOKUPS ? NULL : certain(w, domain, DNS_TXT);
	if (txt == NULL)
		return;
	text = find_record(txt, &count);
	if (count != 1) {
		w->tree->without_record = domain;
		w->tree->has_several = count > 1;
		return;
	}
	(void)spf_parse(w->arena, text, &record, NULL, 0);
	if (record != NULL)
		walk_record(w, record, &here);
}

void spf_tree_walk(struct arena *arena, const struct dns_facts *facts, const char *domain,
		   struct spf_tree *out)
{
	struct walk w = {.arena = arena, .facts = facts, .tree = out};

	*out = (struct spf_tree){.lookups = 0};
	strbuf_init(&w.counts, COUNTS_TEXT);
	walk_domain(&w, domain, NULL);
	out->is_order_dependent = w.can_match && out->lookups > LIMIT_SPF_LOOKUPS;
	out->counts = arena_strdup(arena, w.counts.ptr != NULL ? w.counts.ptr : "");
	strbuf_fini(&w.counts);
}
