/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cuts: names where a zone may begin. Each is asked for once (DS of the
 * parent, then DNSKEY), kept for minutes, and settles those that wait for it.
 *
 * A pending cut pins its parent, whose keys it needs: pinned and pending ones
 * are neither forgotten nor asked for anew.
 */
#include "dnscheck/secure_inner.h"

#include <stdlib.h>

#include "dnscheck/dnssec.h"
#include "dnscheck/rr.h"

enum {
	CUTS_MAX = 20000,
	KEPT_MS = 300000, /* what is known of a cut */
	FAILED_MS = 5000,
	/* Not one of the types that callers ask for. */
	TYPE_DNSKEY = 48
};

static void cut_clear(struct cut *cut)
{
	ldns_rr_list_deep_free(cut->ds);
	ldns_rr_list_deep_free(cut->keys);
	cut->ds = cut->keys = NULL;
}

/* Of one chain, what nobody waits for goes. */
static void chain_sweep(struct secure *s, struct cut **at)
{
	struct cut *cut;

	while ((cut = *at) != NULL) {
		if (cut->state == CUT_PENDING || cut->pins != 0) {
			at = &cut->next;
			continue;
		}
		*at = cut->next;
		cut_clear(cut);
		free(cut);
		s->cut_count--;
	}
}

/* Room for new ones. */
void secure_cuts_sweep(struct secure *s)
{
	if (s->cut_count < CUTS_MAX)
		return;
	for (size_t i = 0; i < CUT_HASH; i++)
		chain_sweep(s, &s->cuts[i]);
}

static struct cut *cut_find(const struct secure *s, const struct dns_name *name)
{
	struct cut *cut = s->cuts[dns_name_hash(name, 0) % CUT_HASH];

	while (cut != NULL && !dns_name_equal(&cut->name, name))
		cut = cut->next;
	return cut;
}

struct cut *secure_cut_get(struct secure *s, const struct dns_name *name)
{
	struct cut *cut = cut_find(s, name), **slot;

	if (cut == NULL) {
		cut = dns_alloc(sizeof(*cut));
		cut->secure = s;
		cut->name = *name;
		slot = &s->cuts[dns_name_hash(name, 0) % CUT_HASH];
		cut->next = *slot;
		*slot = cut;
		s->cut_count++;
	} else if (cut->state != CUT_PENDING && cut->pins == 0 &&
		   cut->expires_ms <= dns_now_ms()) {
		cut_clear(cut);
		cut->state = CUT_NEW;
	}
	return cut;
}

static void cut_settle(struct cut *cut, enum cut_state state)
{
	struct job *waiters = cut->waiters, *job;

	cut->state = state;
	cut->expires_ms =
		dns_now_ms() +
		(state == CUT_FAILED || state == CUT_BOGUS ? FAILED_MS : KEPT_MS);
	if (cut->parent != NULL)
		cut->parent->pins--;
	cut->parent = NULL;
	cut->waiters = NULL;
	while ((job = waiters) != NULL) {
		waiters = job->wait_next;
		secure_job_advance(job);
	}
}

static void cut_ask(struct cut *cut, enum dns_type type);

static ldns_rr_list *anchors_at(const struct secure *s, const struct dns_name *name)
{
	ldns_rr_list *list = ldns_rr_list_new();
	struct dns_name owner;
	size_t i;

	MCC_ASSERT(list != NULL);
	for (i = 0; i < ldns_rr_list_rr_count(s->anchors); i++) {
		ldns_rr *rr = ldns_rr_list_rr(s->anchors, i);

		if (dns_rr_owner(rr, &owner) && dns_name_equal(&owner, name))
			ldns_rr_list_push_rr(list, rr);
	}
	return list;
}

static void take_keys(struct cut *cut, const ldns_pkt *pkt)
{
	ldns_rr_list *anchors;

	if (cut->ds != NULL) {
		cut->keys = dnssec_take_keys(pkt, &cut->name, cut->ds);
	} else {
		anchors = anchors_at(cut->secure, &cut->name);
		cut->keys = dnssec_take_keys(pkt, &cut->name, anchors);
		ldns_rr_list_free(anchors);
	}
	cut_settle(cut, cut->keys != NULL ? CUT_SIGNED : CUT_BOGUS);
}

static void take_ds(struct cut *cut, const ldns_pkt *pkt)
{
	static const enum cut_state states[] = {
		[DNSSEC_CUT_UNSIGNED] = CUT_UNSIGNED,
		[DNSSEC_CUT_NONE] = CUT_NONE,
		[DNSSEC_CUT_NO_NAME] = CUT_NO_NAME,
		[DNSSEC_CUT_BOGUS] = CUT_BOGUS,
	};
	struct dnssec_zone parent = {&cut->parent->name, cut->parent->keys};
	enum dnssec_cut found = dnssec_judge_ds(pkt, &cut->name, &parent);

	if (found != DNSSEC_CUT_SIGNED) {
		cut_settle(cut, states[found]);
		return;
	}
	cut->ds = dnssec_ds_of(pkt, &cut->name);
	if (dnssec_is_supported(cut->ds))
		cut_ask(cut, (enum dns_type)TYPE_DNSKEY);
	else
		cut_settle(cut, CUT_UNSIGNED);
}

static void on_cut_answer(struct dns_question *question, const struct dns_answer *answer,
			  bool is_open)
{
	struct cut *cut = (struct cut *)question;
	ldns_pkt *pkt =
		dns_status_is_final(answer->status) ? secure_packet_of(question) : NULL;

	(void)is_open;
	if (pkt == NULL)
		cut_settle(cut, CUT_FAILED);
	else if (cut->wants_keys)
		take_keys(cut, pkt);
	else
		take_ds(cut, pkt);
	if (pkt != NULL)
		ldns_pkt_free(pkt);
}

static void cut_ask(struct cut *cut, enum dns_type type)
{
	cut->wants_keys = (unsigned)type == TYPE_DNSKEY;
	cut->question = (struct dns_question){.name = cut->name,
					      .type = type,
					      .started_ms = dns_now_ms(),
					      .wants_proof = true,
					      .done = on_cut_answer};
	cut->secure->inner->ops->start(cut->secure->inner, &cut->question);
}

/* `parent` NULL: the cut is an anchor. */
void secure_cut_start(struct cut *cut, struct cut *parent)
{
	cut->state = CUT_PENDING;
	cut->parent = parent;
	if (parent != NULL)
		parent->pins++;
	cut_ask(cut, parent == NULL ? (enum dns_type)TYPE_DNSKEY : DNS_DS);
}

void secure_cuts_free(struct secure *s)
{
	struct cut *cut, *next;
	size_t i;

	for (i = 0; i < CUT_HASH; i++) {
		for (cut = s->cuts[i]; cut != NULL; cut = next) {
			next = cut->next;
			cut_clear(cut);
			free(cut);
		}
	}
}
