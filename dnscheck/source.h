/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands behind a resolver: live servers, a zone file, a recording. A
 * source answers one question at a time as it is asked; following CNAMEs
 * beyond what came back, caching and merging are the front's (resolver.c).
 */
#ifndef MCC_DNSCHECK_SOURCE_H
#define MCC_DNSCHECK_SOURCE_H

#include "dnscheck/name.h"
#include "dnscheck/resolver.h"

struct dns_entry;
struct dns_source;

/* Owned by the front until dns_question_done(). */
struct dns_question {
	struct resolver *resolver;
	struct dns_entry *entry; /* the front's */
	struct dns_name name;	 /* as asked now: may be a CNAME's target */
	enum dns_type type;
	uint64_t started_ms;
	/* Set by a source that asks another one: signatures are wanted, and
	 * `done` takes the answer instead of the front. `wire` is the message
	 * then, valid for the length of that call; NULL: there is none. */
	bool wants_proof;
	void (*done)(struct dns_question *question, const struct dns_answer *answer,
		     bool is_open);
	const uint8_t *wire;
	size_t wire_len;
};

struct dns_source_ops {
	/* Takes the question on; ends it with dns_question_done(), which may
	 * happen before start() returns. */
	void (*start)(struct dns_source *source, struct dns_question *question);
	/* As dns_fd(), dns_timeout(), dns_process(); NULL: never waits. */
	int (*fd)(const struct dns_source *source);
	int (*timeout)(const struct dns_source *source);
	void (*process)(struct dns_source *source);
	/* Frees the source; questions under way are forgotten. */
	void (*close)(struct dns_source *source);
};

struct dns_source {
	const struct dns_source_ops *ops;
};

/*
 * Ends a question. The answer is copied; its qname may be NULL. `is_open`: the
 * records end at answer->cname, which nobody has asked for yet.
 */
void dns_question_done(struct dns_question *question, const struct dns_answer *answer,
		       bool is_open);
/* The same for a failure without records. */
void dns_question_fail(struct dns_question *question, enum dns_status status,
		       const char *server, const char *detail);

/* A resolver over a source, which it takes. */
struct resolver *resolver_new(struct dns_source *source,
			      const struct resolver_options *o);

#endif
