/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Validation as a source around a source. Each question is a job: it has the
 * answer first, then goes down from the trust anchor to the zone that signs
 * it, one cut (a name where a zone may begin) after the other. What a cut is
 * has to be asked for; jobs that need the same one wait for it together.
 *
 * An answer is validated, or insecure (provably outside of every signed zone),
 * or bogus; there is nothing between. The signer that an answer names is used
 * to stop early: a zone may sign all names below it.
 *
 * Records are parsed and judged by dnssec.c.
 */
#include "dnscheck/secure.h"

#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/limits.h"
#include "dnscheck/dnssec.h"
#include "dnscheck/dnssec_denial.h"
#include "dnscheck/rr.h"
#include "dnscheck/secure_inner.h"

/* --- ends ------------------------------------------------------------------ */

/* What a job holds, and itself; it is in no list any more. */
static void job_release(struct job *job)
{
	dns_block_unref(job->block);
	if (job->pkt != NULL)
		ldns_pkt_free(job->pkt);
	free(job);
}

static void job_free(struct job *job)
{
	*job->back = job->next;
	if (job->next != NULL)
		job->next->back = job->back;
	job_release(job);
}

static void job_done(struct job *job, bool validated)
{
	struct dns_question *outer = job->outer;
	struct dns_block *block = dns_block_ref(job->block);
	struct dns_answer answer = block->answer;
	bool is_open = job->is_open;

	answer.authenticated = validated;
	answer.is_insecure = !validated;
	answer.elapsed_ms = (unsigned)(dns_now_ms() - outer->started_ms);
	job_free(job);
	dns_question_done(outer, &answer, is_open);
	dns_block_unref(block);
}

static void job_fail(struct job *job, enum dns_status status, const char *detail)
{
	struct dns_question *outer = job->outer;
	struct dns_block *block = dns_block_ref(job->block);

	job_free(job);
	dns_question_fail(outer, status, block->answer.server, detail);
	dns_block_unref(block);
}

ldns_pkt *secure_packet_of(const struct dns_question *question)
{
	ldns_pkt *pkt = NULL;

	if (question->wire == NULL ||
	    ldns_wire2pkt(&pkt, question->wire, question->wire_len) != LDNS_STATUS_OK)
		return NULL;
	return pkt;
}

/* --- the way down ----------------------------------------------------------- */

/* The last `labels` labels of a name. */
static struct dns_name suffix_of(const struct dns_name *name, unsigned labels)
{
	struct dns_name at = *name, up;

	while (dns_name_labels(&at) > labels && dns_name_parent(&at, &up))
		at = up;
	return at;
}

/* Labels of the deepest anchor at or above the name; -1: none. */
static int anchor_labels(const struct secure *s, const struct dns_name *name)
{
	struct dns_name owner;
	int best = -1;
	size_t i;

	for (i = 0; i < ldns_rr_list_rr_count(s->anchors); i++) {
		if (dns_rr_owner(ldns_rr_list_rr(s->anchors, i), &owner) &&
		    dns_name_is_under(name, &owner) &&
		    (int)dns_name_labels(&owner) > best)
			best = (int)dns_name_labels(&owner);
	}
	return best;
}

/* The longest signer in a section that is at or above the name. */
static int signer_labels(const ldns_rr_list *section, const struct dns_name *name)
{
	struct dns_name signer;
	int best = -1;
	size_t i;

	for (i = 0; i < ldns_rr_list_rr_count(section); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(section, i);

		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_RRSIG &&
		    ldns_rr_rd_count(rr) == 9 && dns_rr_name(rr, 7, &signer) &&
		    dns_name_is_under(name, &signer) &&
		    (int)dns_name_labels(&signer) > best)
			best = (int)dns_name_labels(&signer);
	}
	return best;
}

/* How far down to go for the name in hand. */
static unsigned depth_for(const struct job *job)
{
	int labels = signer_labels(ldns_pkt_answer(job->pkt), &job->at);

	if (labels < 0)
		labels = signer_labels(ldns_pkt_authority(job->pkt), &job->at);
	if (labels >= 0)
		return (unsigned)labels;
	labels = (int)dns_name_labels(&job->at);
	/* The parent speaks for DS. */
	return (unsigned)(job->question.type == DNS_DS && labels > 0 ? labels - 1
								     : labels);
}

enum walk { WALK_WAIT, WALK_ZONE, WALK_INSECURE, WALK_BOGUS, WALK_FAILED };

static enum walk walk_down(struct job *job, struct cut **out_zone)
{
	struct secure *s = job->secure;
	int anchor = anchor_labels(s, &job->at);
	unsigned depth, end = depth_for(job);
	struct cut *zone = NULL, *cut;
	struct dns_name name;

	if (anchor < 0)
		return WALK_INSECURE;
	for (depth = (unsigned)anchor; depth <= end || zone == NULL; depth++) {
		name = suffix_of(&job->at, depth);
		cut = secure_cut_get(s, &name);
		if (cut->state == CUT_NEW)
			secure_cut_start(cut, zone);
		if (cut->state == CUT_PENDING) {
			job->wait_next = cut->waiters;
			cut->waiters = job;
			return WALK_WAIT;
		}
		if (cut->state == CUT_SIGNED)
			zone = cut;
		else if (cut->state == CUT_UNSIGNED)
			return WALK_INSECURE;
		else if (cut->state == CUT_FAILED)
			return WALK_FAILED;
		else if (cut->state == CUT_BOGUS)
			return WALK_BOGUS;
		else if (cut->state == CUT_NO_NAME)
			break;
	}
	*out_zone = zone;
	return WALK_ZONE;
}

/* --- judging ----------------------------------------------------------------- */

static bool has_rrset(const struct job *job, unsigned type)
{
	ldns_rr_list *list = dnssec_pick(ldns_pkt_answer(job->pkt), &job->at, type);
	bool has = ldns_rr_list_rr_count(list) != 0;

	ldns_rr_list_free(list);
	return has;
}

static bool is_good(const struct job *job, unsigned type, const struct dnssec_zone *zone)
{
	bool wildcard;

	return dnssec_is_signed(job->pkt, &job->at, type, zone, &wildcard) &&
	       (!wildcard || dnssec_proves_wildcard(job->pkt, &job->at, zone));
}

static bool cname_target(const struct job *job, struct dns_name *out)
{
	ldns_rr_list *list =
		dnssec_pick(ldns_pkt_answer(job->pkt), &job->at, LDNS_RR_TYPE_CNAME);
	bool ok = ldns_rr_list_rr_count(list) == 1 &&
		  dns_rr_name(ldns_rr_list_rr(list, 0), 0, out);

	ldns_rr_list_free(list);
	return ok;
}

/* A CNAME that a signed DNAME above makes needs no signature (RFC 6672 5.3.1). */
static bool is_from_dname(const struct job *job, const struct dns_name *target,
			  const struct dnssec_zone *zone)
{
	const ldns_rr_list *section = ldns_pkt_answer(job->pkt);
	struct dns_name owner, to;
	bool wildcard;
	size_t i, head;

	for (i = 0; i < ldns_rr_list_rr_count(section); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(section, i);

		if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_DNAME ||
		    !dns_rr_owner(rr, &owner) || !dns_rr_name(rr, 0, &to) ||
		    dns_name_equal(&owner, &job->at) ||
		    !dns_name_is_under(&job->at, &owner))
			continue;
		head = (size_t)(job->at.len - owner.len);
		if (target->len == head + to.len &&
		    memcmp(target->wire, job->at.wire, head) == 0 &&
		    memcmp(target->wire + head, to.wire, to.len) == 0)
			return dnssec_is_signed(job->pkt, &owner, LDNS_RR_TYPE_DNAME,
						zone, &wildcard) &&
			       !wildcard;
	}
	return false;
}

enum judged { JUDGED_GOOD, JUDGED_BOGUS, JUDGED_GO_ON };

static enum judged judge_here(struct job *job, const struct dnssec_zone *zone)
{
	enum dns_status status = job->block->answer.status;
	unsigned type = (unsigned)job->question.type;
	struct dns_name target;

	if (has_rrset(job, type))
		return is_good(job, type, zone) ? JUDGED_GOOD : JUDGED_BOGUS;
	if (type != DNS_CNAME && has_rrset(job, LDNS_RR_TYPE_CNAME)) {
		if (!cname_target(job, &target) || ++job->links > LIMIT_CNAME_CHAIN ||
		    (!is_good(job, LDNS_RR_TYPE_CNAME, zone) &&
		     !is_from_dname(job, &target, zone)))
			return JUDGED_BOGUS;
		job->at = target;
		/* The rest of the chain is another question. */
		if (job->is_open && !has_rrset(job, LDNS_RR_TYPE_CNAME))
			return JUDGED_GOOD;
		return JUDGED_GO_ON;
	}
	return status != DNS_ANSWER && dnssec_proves_absence(job->pkt, &job->at, type,
							     status == DNS_NXDOMAIN, zone)
		       ? JUDGED_GOOD
		       : JUDGED_BOGUS;
}

void secure_job_advance(struct job *job)
{
	enum judged judged = JUDGED_GO_ON;
	enum walk walk = WALK_ZONE;
	struct dnssec_zone zone;
	struct cut *cut = NULL;

	while (judged == JUDGED_GO_ON) {
		walk = walk_down(job, &cut);
		if (walk == WALK_WAIT)
			return;
		if (walk != WALK_ZONE)
			break;
		MCC_ASSERT(cut != NULL); /* what WALK_ZONE says */
		zone = (struct dnssec_zone){&cut->name, cut->keys};
		judged = judge_here(job, &zone);
	}
	if (walk == WALK_INSECURE)
		job_done(job, false);
	else if (walk == WALK_FAILED)
		job_fail(job, DNS_SERVFAIL,
			 "the keys of the zone, or of one above it, cannot be had");
	else if (walk == WALK_BOGUS)
		job_fail(job, DNS_BOGUS,
			 "DNSSEC validation failed: the chain of keys from the trust "
			 "anchor is broken");
	else if (judged == JUDGED_BOGUS)
		job_fail(job, DNS_BOGUS,
			 "DNSSEC validation failed: a signature or a proof is missing or "
			 "wrong");
	else
		job_done(job, true);
}

/* --- the source --------------------------------------------------------------- */

static void on_reply(struct dns_question *question, const struct dns_answer *answer,
		     bool is_open)
{
	struct job *job = (struct job *)question;

	job->block = dns_block_new(answer);
	job->is_open = is_open;
	if (!dns_status_is_final(answer->status)) {
		job_fail(job, answer->status, job->block->answer.detail);
		return;
	}
	job->pkt = secure_packet_of(question);
	question->wire = NULL;
	if (job->pkt == NULL)
		job_fail(job, DNS_SERVFAIL, "the answer is malformed");
	else
		secure_job_advance(job);
}

static void secure_start(struct dns_source *source, struct dns_question *question)
{
	struct secure *s = (struct secure *)source;
	struct job *job = dns_alloc(sizeof(*job));

	secure_cuts_sweep(s);
	job->secure = s;
	job->outer = question;
	job->at = question->name;
	job->question = (struct dns_question){.name = question->name,
					      .type = question->type,
					      .started_ms = question->started_ms,
					      .wants_proof = true,
					      .done = on_reply};
	job->back = &s->jobs;
	job->next = s->jobs;
	if (job->next != NULL)
		job->next->back = &job->next;
	s->jobs = job;
	s->inner->ops->start(s->inner, &job->question);
}

static int secure_fd(const struct dns_source *source)
{
	const struct secure *s = (const struct secure *)source;

	return s->inner->ops->fd(s->inner);
}

static int secure_timeout(const struct dns_source *source)
{
	const struct secure *s = (const struct secure *)source;

	return s->inner->ops->timeout(s->inner);
}

static void secure_process(struct dns_source *source)
{
	const struct secure *s = (const struct secure *)source;

	s->inner->ops->process(s->inner);
}

static void secure_close(struct dns_source *source)
{
	struct secure *s = (struct secure *)source;
	struct job *job, *next;

	s->inner->ops->close(s->inner);
	for (job = s->jobs; job != NULL; job = next) {
		next = job->next;
		job_release(job);
	}
	secure_cuts_free(s);
	ldns_rr_list_deep_free(s->anchors);
	free(s);
}

static const struct dns_source_ops secure_ops = {.start = secure_start,
						 .fd = secure_fd,
						 .timeout = secure_timeout,
						 .process = secure_process,
						 .close = secure_close};

int secure_new(struct dns_source *inner, const char *anchor_file,
	       struct dns_source **out_source, char *err, size_t err_size)
{
	struct secure *s = dns_alloc(sizeof(*s));
	int status = dnssec_read_anchors(anchor_file, &s->anchors, err, err_size);

	if (status != 0) {
		free(s);
		return status;
	}
	s->source.ops = &secure_ops;
	s->inner = inner;
	*out_source = &s->source;
	return 0;
}
