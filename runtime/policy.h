/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one evaluator of smtpd restrictions: a pure function of the program,
 * the session and the answers known so far. The daemon executes it, `mcc
 * trace` shows it, the relay proof reasons about it.
 *
 * What only the DNS knows is asked through the answers: a question without an
 * answer ends the evaluation with POLICY_NEED and the questions; the caller
 * finds the answers and evaluates the same stage again. The session changes
 * only when a stage has come to its end.
 */
#ifndef MCC_RUNTIME_POLICY_H
#define MCC_RUNTIME_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "runtime/resolve.h"

/* ---- answers ---- */

enum policy_answer_status {
	POLICY_ANSWER_FOUND,
	POLICY_ANSWER_NODATA,
	POLICY_ANSWER_NXDOMAIN,
	POLICY_ANSWER_FAIL
};

struct policy_answer {
	enum policy_answer_status status;
	bool is_assumed; /* nobody was asked: the reply is \"unverified\" */
	const char *const
		*values; /* presentation form: addresses, "10 mx.example", texts */
	size_t value_count;
};

/* type is "A", "AAAA", "MX", "NS", "TXT", "PTR". NULL: not known yet. */
struct policy_answers {
	const struct policy_answer *(*find)(void *state, const char *name,
					    const char *type);
	void *state;
};

struct policy_question {
	const char *name;
	const char *type;
};

#define POLICY_QUESTION_MAX 16

/* ---- session ---- */

enum policy_name_status { POLICY_NAME_OK, POLICY_NAME_NONE, POLICY_NAME_TEMPFAIL };

enum policy_verdict {
	POLICY_PERMIT,
	POLICY_REJECT,
	POLICY_DEFER,
	POLICY_DISCARD,
	POLICY_NEED
};

/* An SMTP reply. dsn NULL: no enhanced code. */
struct policy_reply {
	enum policy_verdict verdict;
	int code;	 /* 220, 250, 550, ... */
	const char *dsn; /* "5.7.1" */
	const char *text;
	bool hangup; /* 421 and 521 end the session */
	/* A restriction that is not carried out here was passed over. */
	bool is_unverified;
	struct rt_origin decided_by;
	const char *item; /* the restriction that decided, or NULL */
	/* POLICY_NEED: up to POLICY_QUESTION_MAX, in the context's arena */
	const struct policy_question *questions;
	size_t question_count;
};

struct policy_routes;

/*
 * What is known of a session. The caller fills the facts and keeps the object
 * for the session's length; the rest belongs to the evaluator.
 */
struct policy_session {
	/* facts of the client */
	const char *client_address; /* "192.0.2.1", "2001:db8::1" */
	/* The connection's other end, when XCLIENT has given another client
	 * address: permit_inet_interfaces means this one. NULL: the same. */
	const char *peer_address;
	const char *client_name; /* verified; "unknown" otherwise */
	enum policy_name_status client_name_status;
	const char *reverse_name; /* unverified PTR name; "unknown" */
	enum policy_name_status reverse_name_status;
	const char *sasl_user; /* NULL: not authenticated */
	bool is_encrypted;
	bool has_pipelined; /* sent commands before it was its turn */
	/* facts of the transaction */
	const char *helo;	/* NULL: none yet */
	const char *sender;	/* internal form; NULL: no MAIL yet; "": <> */
	size_t message_size;	/* MAIL SIZE=, 0: not given */
	size_t recipient_count; /* accepted so far */
	/* carried from stage to stage by the evaluator */
	const char *recipient; /* the first one that was accepted */
	/* delayed decisions; NULL: none */
	const struct policy_reply *defer_if_permit_client;
	const struct policy_reply *defer_if_permit_helo;
	const struct policy_reply *defer_if_permit_sender;
	/* addresses of this transaction that were resolved; NULL: none yet */
	struct policy_routes *routes;
	bool discard; /* DISCARD was hit */
	bool hold;
	const char *redirect;	    /* REDIRECT address */
	const char *filter;	    /* FILTER transport:nexthop */
	const char *const *prepend; /* PREPEND header lines */
	size_t prepend_count;
	const char *const *bcc;
	size_t bcc_count;
};

struct policy {
	const struct rt_context *ctx;
	const struct rt_service *service;
	const struct policy_answers *answers;
	struct policy_session *session;
};

/*
 * Stages in the order of a session. Texts are in the context's arena, which
 * must live as long as the session, as must the strings of the facts. A stage
 * that is refused (or needs answers) leaves the session as it was; helo and
 * sender are facts that an accepted stage sets. `sender` and `recipient` are
 * in internal form, as address_parse_path() gives them. With
 * smtpd_delay_reject the client, helo and sender lists are judged at RCPT.
 */
struct policy_reply policy_connect(const struct policy *policy);
struct policy_reply policy_helo(const struct policy *policy, const char *helo);
struct policy_reply policy_mail(const struct policy *policy, const char *sender,
				size_t size);
struct policy_reply policy_rcpt(const struct policy *policy, const char *recipient);
struct policy_reply policy_data(const struct policy *policy);
/* `size` of the message as received; 0: not known. */
struct policy_reply policy_end_of_data(const struct policy *policy, size_t size);
/*
 * The reply as the client gets it: soft_bounce and smtpd_reject_footer. A text
 * of several lines has them separated by '\n'.
 */
struct policy_reply policy_refusal(const struct policy *policy,
				   struct policy_reply reply);
/* RSET and the end of a transaction. */
void policy_reset_transaction(struct policy_session *session);

/* What MAIL and RCPT are answered when the path itself is wrong. */
struct policy_reply policy_bad_sender_syntax(void);
struct policy_reply policy_bad_recipient_syntax(void);
/* The same for a word behind the path that is no known option. */
struct policy_reply policy_bad_option(struct arena *arena, struct str word);

/* The instruction that a restriction's name (any case, old names too) means. */
bool policy_op_find(struct str word, enum rt_op *out_op);
/* Its word, "reject_unauth_destination". */
const char *policy_op_word(enum rt_op op);

#endif
