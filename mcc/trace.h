/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `mcc trace` finds out about one message: the replies of a session, the
 * route, where the message ends, and each step on the way.
 */
#ifndef MCC_TRACE_H
#define MCC_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/attr.h"
#include "runtime/policy.h"
#include "runtime/resolve.h"

struct arena;
struct resolver;
struct site;
struct trace_answers;
struct trace_heads;

/* A table whose text is not what Postfix would read. */
struct trace_note {
	const char *table;
	const char *text;
};

/* The session to be traced, from the command line. */
struct trace_request {
	const char *service; /* "smtp/inet" */
	const char *client_address;
	const char *client_name; /* as given: a name, [UNAVAILABLE], [TEMPUNAVAIL] */
	const char *reverse_name;
	const char *helo;      /* NULL: none */
	const char *sasl_user; /* NULL: none */
	bool is_encrypted;
	size_t size;
	const char *sender; /* external form, without brackets */
	const char *recipient;
	const char *peer_address;      /* the real other end when it speaks for the
				   * client with XCLIENT; NULL: the client */
	struct trace_answers *answers; /* facts from a file, or NULL */
	struct resolver *resolver;     /* NULL: nobody is asked */
	bool without_steps;
	const struct trace_note *notes; /* about the site's tables */
	size_t note_count;
};

enum trace_stage { TRACE_CONNECT, TRACE_HELO, TRACE_MAIL, TRACE_RCPT, TRACE_STAGE_COUNT };

struct trace_step {
	struct rt_step step;
	const char *stage; /* "connect", "rcpt", "route", ... */
	bool decided;
};

struct trace_result;

/* What happens when something that nobody knows is otherwise. */
struct trace_other {
	const char *when;
	const struct trace_result *result;
};

struct trace_result {
	const struct trace_request *request;
	const char *service; /* as it is named in master.cf; NULL: there is none */
	const char *fatal;   /* smtpd would not start: its message */
	struct policy_reply replies[TRACE_STAGE_COUNT];
	bool has_reply[TRACE_STAGE_COUNT];
	const struct policy_reply *deciding; /* the last one; NULL: fatal */
	struct policy_session session; /* as it is after RCPT: filter, redirect, ... */
	bool is_unverified;
	const char *sender; /* of the envelope, as cleanup(8) rewrites it */
	struct rt_route route;
	struct rt_finals finals;
	struct trace_step *steps;
	size_t step_count;
	size_t step_room;
	struct trace_other *others;
	size_t other_count;
	size_t other_room;
};

/* Reads `NAME TYPE ANSWER` lines; status, and a text that names the line. */
int trace_answers_load(struct arena *arena, const char *path,
		       struct trace_answers **out_answers, char *err,
		       size_t err_size) MCC_MUST_CHECK;
/* NULL answers: every name is taken as not existing (or, with assume_found, as
 * existing), and marked so. */
struct policy_answers trace_answers_source(struct trace_answers *answers,
					   bool assume_found);

/* What is assumed when names are taken as existing. */
const struct policy_answer *trace_answer_assumed(const char *type);

/* Questions to a resolver for one trace; answers are in the arena. */
struct trace_dns {
	struct resolver *resolver;
	struct arena *arena;
	bool assume_found; /* what it cannot tell counts as existing */
};
struct policy_answers trace_dns_source(struct trace_dns *dns);

/* Never NULL. */
struct trace_result *trace_run(struct arena *arena, struct site *site,
			       const struct rt_config *config,
			       const struct trace_request *request);

/* Ends whose transport master.cf does not have become errors, with a step at the
 * setting that names it. */
void trace_fail_transports(const struct rt_context *ctx, const struct site *site,
			   struct rt_finals *finals);

/* The loopback client has a name without DNS, others have none. */
void trace_request_complete(struct trace_request *request);

/*
 * One session as a line of JSON over the defaults in *request; its strings are
 * in the arena. Errors: MCC_EFORMAT and a text.
 */
int trace_line_read(struct arena *arena, const char *line, struct trace_request *request,
		    char *err, size_t err_size) MCC_MUST_CHECK;

/* Sessions as JSON lines. */
struct trace_script {
	struct site *site;
	const struct rt_config *config;
	struct trace_request defaults; /* recipient may be NULL */
	FILE *out;
};

/* One trace a line; ends at the first wrong line with a text that names it. */
int trace_script_run(const struct trace_script *script, FILE *in, const char *name,
		     char *err, size_t err_size) MCC_MUST_CHECK;

/* Names of stages and verdicts as they are printed. */
const char *trace_stage_name(enum trace_stage stage);
const char *trace_verdict(const struct trace_result *result);

/* The same object, appended to a buffer; `heads` (may be NULL) are kept for the
 * next one. */
void trace_write_json(struct strbuf *buf, struct arena *arena, struct trace_heads *heads,
		      const struct trace_result *result);
/* One JSON object (schema "mcc-trace/1") and a newline. */
void trace_print_json(FILE *out, struct arena *arena, const struct trace_result *result);
/* The way as a graph for dot(1). */
void trace_print_dot(FILE *out, struct arena *arena, const struct trace_result *result);
/* A numbered way, the deciding line marked. */
void trace_print_human(FILE *out, struct arena *arena, const struct trace_result *result,
		       bool colour);

#endif
