/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside of the validating source: secure.c has the jobs, secure_cut.c what is
 * known of the names where zones may begin. Only these include it.
 */
#ifndef MCC_DNSCHECK_SECURE_INNER_H
#define MCC_DNSCHECK_SECURE_INNER_H

#include <ldns/ldns.h>

#include "dnscheck/answer.h"
#include "dnscheck/source.h"

enum { CUT_HASH = 1024 };

enum cut_state {
	CUT_NEW,
	CUT_PENDING,
	CUT_SIGNED,
	CUT_UNSIGNED,
	CUT_NONE,
	CUT_NO_NAME,
	CUT_BOGUS,
	CUT_FAILED /* the servers did not say */
};

struct job;

struct cut {
	struct dns_question question; /* first: the inner source hands it back */
	struct secure *secure;
	struct dns_name name;
	enum cut_state state;
	bool wants_keys;    /* the question under way is the one for DNSKEY */
	struct cut *parent; /* while pending */
	unsigned pins;	    /* cuts below it that are pending */
	ldns_rr_list *ds;
	ldns_rr_list *keys;
	uint64_t expires_ms;
	struct job *waiters;
	struct cut *next;
};

struct job {
	struct dns_question question; /* first: the inner source hands it back */
	struct secure *secure;
	struct dns_question *outer;
	struct dns_block *block;
	bool is_open;
	ldns_pkt *pkt;
	struct dns_name at; /* in the CNAME chain */
	unsigned links;
	struct job *wait_next;
	struct job *next; /* of all */
	struct job **back;
};

struct secure {
	struct dns_source source;
	struct dns_source *inner;
	ldns_rr_list *anchors;
	struct cut *cuts[CUT_HASH];
	size_t cut_count;
	struct job *jobs;
};

/* secure.c */
/* Goes on with a job whose cut has settled; it may be gone afterwards. */
void secure_job_advance(struct job *job);
/* The message of an answer, or NULL; the caller frees. */
ldns_pkt *secure_packet_of(const struct dns_question *question);

/* secure_cut.c */
/* Known or new (CUT_NEW); what is known too long is new again. */
struct cut *secure_cut_get(struct secure *s, const struct dns_name *name);
/* Asks what a new cut is; `parent` NULL: it is an anchor. It may have settled
 * when this returns. */
void secure_cut_start(struct cut *cut, struct cut *parent);
/* Makes room when there are too many. */
void secure_cuts_sweep(struct secure *s);
void secure_cuts_free(struct secure *s);

#endif
