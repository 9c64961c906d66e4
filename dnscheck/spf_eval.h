/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside of check_host(): spf.c walks records, spf_term.c evaluates terms,
 * spf_ptr.c validates the client's names, spf_exp.c fetches explanations. Only
 * these include it.
 *
 * An evaluation is either waiting for one answer (`handler` set) or can go on.
 * Nothing recurses: includes are frames on a list, at most as many as lookups
 * are allowed.
 */
#ifndef MCC_DNSCHECK_SPF_EVAL_H
#define MCC_DNSCHECK_SPF_EVAL_H

#include "base/attr.h"
#include "base/limits.h"
#include "dnscheck/resolver.h"
#include "dnscheck/spf.h"
#include "dnscheck/spf_macro.h"
#include "grammar/spf.h"

struct arena;
struct spf_eval;
struct spf_pool;
struct spf_shelf;

typedef void spf_handler(struct spf_eval *e, const struct dns_answer *answer);

/* One record under evaluation. */
struct spf_frame {
	struct spf_frame *up; /* the one that includes it */
	const char *domain;
	const char *record_text;
	const struct spf_record *record; /* NULL: not fetched yet */
	const struct spf_term *term;	 /* the one under evaluation, or last */
	size_t next;			 /* of record->terms */
	bool is_counted;		 /* the next term has been counted as a lookup */
	bool is_redirected;
	const struct spf_term *redirect;
	const struct spf_term *exp;
};

enum spf_ptr_state { SPF_PTR_UNKNOWN, SPF_PTR_DONE };
enum spf_exp_stage { SPF_EXP_TARGET, SPF_EXP_TEXT };

struct spf_eval {
	struct resolver *resolver;
	struct arena *arena;
	/* The pool's (spf_pool.c). */
	struct spf_pool *pool;
	struct spf_shelf *shelf;
	struct spf_eval *next;
	struct spf_eval **back;
	spf_callback *callback;
	void *arg;
	/* The request. */
	int family;
	uint8_t address[16];
	const char *local_part;
	const char *sender_domain;
	const char *helo;
	const char *receiver;
	/* Where it stands. */
	spf_handler *handler;
	struct spf_frame *top;
	bool has_result; /* of the top frame */
	enum spf_result result;
	const char *mechanism;
	const char *problem;
	bool is_done;
	unsigned lookups;
	unsigned void_lookups;
	/* Names that an mx or ptr term leads to. */
	const char **names;
	size_t name_count;
	size_t name_next;
	bool term_is_void; /* one of the term's questions came to nothing */
	/* Validated names of the client (RFC 7208 5.5). */
	enum spf_ptr_state ptr_state;
	bool ptr_is_void;
	const char *validated[LIMIT_SPF_NAMES];
	size_t validated_count;
	enum spf_exp_stage exp_stage;
	const struct spf_macro *exp_macro;
	const char *explanation;
	uint64_t deadline_ms;
	bool wants_trace;
	const char **trace;
	size_t trace_count;
	size_t trace_room;
};

/* spf.c */
/* Asks; `handler` gets the answer. A target is raw text (no escapes), a name is
 * presentation form, as answers hold it. */
void spf_ask_target(struct spf_eval *e, const char *target, enum dns_type type,
		    spf_handler *handler);
void spf_ask_name(struct spf_eval *e, const char *name, enum dns_type type,
		  spf_handler *handler);
/* The term under evaluation decides. */
void spf_matched(struct spf_eval *e);
/* Result of the top frame, and why. */
void spf_set_result(struct spf_eval *e, enum spf_result result, const char *problem);
/* Counts a term that asks the DNS; false: one too many, the result is set. */
bool spf_count_lookup(struct spf_eval *e);
/* Counts a term whose questions came to nothing; false: one too many. */
bool spf_count_void(struct spf_eval *e);
void spf_trace_line(struct spf_eval *e, const char *fmt, ...) MCC_PRINTF(2, 3);
/* A line of the walk. The arguments are looked at only when it is wanted:
 * making texts that nobody reads would be most of an evaluation's work. */
#define spf_trace(e, ...) ((e)->wants_trace ? spf_trace_line(e, __VA_ARGS__) : (void)0)
void spf_push(struct spf_eval *e, const char *domain);
/* The client's address type, for questions. */
enum dns_type spf_address_type(const struct spf_eval *e);
/* The text of a term as it stands in the record: a copy. */
const char *spf_term_text(const struct spf_eval *e, const struct spf_term *term);
/*
 * The domain-spec expanded in the top frame, at most 253 octets (7.3); the
 * frame's domain when there is none; NULL: cannot be asked for.
 */
const char *spf_target(struct spf_eval *e, const struct spf_term *term);
/* Text in the arena, or NULL when it failed or is not printable there. */
const char *spf_expand(struct spf_eval *e, const struct spf_macro *macro, size_t max);

/* spf_request.c */
void spf_take_request(struct spf_eval *e, const struct spf_request *request);
/* False: no domain that can have a record (4.3). */
bool spf_is_checkable(const char *domain);

/* spf_term.c */
void spf_term_evaluate(struct spf_eval *e, const struct spf_term *term);
/* True when one of the addresses lies in the client's network. */
bool spf_address_matches(const struct spf_eval *e, const uint8_t *address, int prefix);

/* spf_ptr.c */
/* Looks the client's names up; ptr_state tells when that is done. */
void spf_ptr_start(struct spf_eval *e);
/* What %{p} stands for in the top frame. */
const char *spf_ptr_best(const struct spf_eval *e);
/* True when one of the validated names is `domain` or below it. */
bool spf_ptr_matches(const struct spf_eval *e, const char *domain);

/* spf_exp.c */
/*
 * Fetches the explanation of a fail, when the record has one. False: done;
 * true: to be called again once there is no handler.
 */
bool spf_exp_step(struct spf_eval *e);

#endif
