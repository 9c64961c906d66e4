/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server side of one SMTP session as a pure state machine: bytes in,
 * events and bytes out. It knows no sockets, clocks, tables or processes, so
 * tests and the fuzzer can drive it byte by byte. Decisions are the caller's:
 * the machine reports an event, waits for smtp_answer(), and goes on.
 *
 * Replies are worded as smtpd(8) words them.
 */
#ifndef MCC_MCCD_SMTP_H
#define MCC_MCCD_SMTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "mccd/smtp_content.h"

struct arena;

/* EHLO keywords, for smtpd_discard_ehlo_keywords. */
enum smtp_keyword {
	SMTP_PIPELINING = 1,
	SMTP_SIZE = 2,
	SMTP_ENHANCEDSTATUSCODES = 4,
	SMTP_8BITMIME = 8,
	SMTP_XCLIENT = 16
};

/* Of the configuration in force; strings are borrowed and must live until the
 * parameters are set anew. A limit of 0 is no limit. */
struct smtp_params {
	const char *hostname;
	const char *client; /* "name[address]", for texts */
	uint64_t message_limit;
	uint64_t header_limit;
	unsigned hop_limit;
	unsigned recipient_limit;
	unsigned soft_errors;
	unsigned hard_errors;
	unsigned junk_limit;
	unsigned hidden_keywords; /* enum smtp_keyword */
	bool helo_required;
	bool strict_envelopes;
	bool vrfy_disabled;
	bool xclient_allowed;
	bool reject_bare_lf;
};

enum smtp_event_type {
	SMTP_EVENT_NONE,    /* more bytes are needed, or an answer is */
	SMTP_EVENT_SLEEP,   /* pause before the output is sent; then go on */
	SMTP_EVENT_CLOSE,   /* send the output, then close */
	SMTP_EVENT_RESET,   /* the transaction is over, without a message */
	SMTP_EVENT_CONTENT, /* chunk: bytes of the message, LF line ends */
	/* These want an answer. */
	SMTP_EVENT_CONNECT, /* the session has begun: 220 or a refusal */
	SMTP_EVENT_HELO,    /* text: the name as sent */
	SMTP_EVENT_MAIL,    /* text: address, internal form; size; eight_bit */
	SMTP_EVENT_RCPT,    /* text: address */
	SMTP_EVENT_DATA,
	SMTP_EVENT_END,	   /* the message is whole; size */
	SMTP_EVENT_XCLIENT /* xclient; the answer is that of a new session */
};

/* Attributes of XCLIENT, decoded; NULL: not given. */
struct smtp_xclient {
	const char *name;
	const char *address;
	const char *reverse_name;
	const char *helo;
	const char *login;
	const char *protocol;
};

struct smtp_event {
	enum smtp_event_type type;
	const char *text; /* in the arena given to smtp_next() */
	bool is_esmtp;	  /* HELO: EHLO */
	bool eight_bit;
	uint64_t size; /* MAIL: declared, 0 unknown; END: counted */
	struct str chunk;
	struct smtp_xclient xclient;
};

/* A verdict from outside. Codes below 400 accept. `text` may have several
 * lines; bytes unfit for a reply are replaced. */
struct smtp_answer {
	int code;
	const char *dsn; /* NULL: none */
	const char *text;
	bool hangup;
};

struct smtp {
	struct smtp_params params;
	struct strbuf out; /* replies not yet sent; the caller consumes */
	/* The machine's own from here on. */
	int state;
	enum smtp_event_type pending;
	bool is_denied;	  /* refused at connect: nothing but QUIT works */
	bool is_skipping; /* the rest of a line that was too long */
	bool is_sleep_due;
	bool has_helo;
	bool is_esmtp;
	bool has_mail;
	bool is_content_whole; /* its end is to be reported */
	char helo[256];	       /* cleaned, for Received */
	unsigned recipients;
	unsigned overshoot;
	unsigned errors;
	unsigned junk;
	struct smtp_content content;
};

/* Longest command line with its end, and what the input buffer must hold. */
enum { SMTP_COMMAND_MAX = 2048 };

void smtp_init(struct smtp *s, const struct smtp_params *params);
void smtp_fini(struct smtp *s);

/*
 * The next event. Consumes from *in; what it leaves must be offered again,
 * with more bytes behind it, when the event is NONE. `room` takes decoded
 * content: SMTP_CONTENT_ROOM(in->len) bytes.
 */
struct smtp_event smtp_next(struct smtp *s, struct arena *arena, struct str *in,
			    char *room);

/* The answer to the event that waits for one. */
void smtp_answer(struct smtp *s, const struct smtp_answer *answer);

/* What the outside has to say by itself; the next event is CLOSE. */
void smtp_timeout(struct smtp *s);
void smtp_shutdown(struct smtp *s);
/* Bytes came before the greeting was sent. */
void smtp_too_early(struct smtp *s);

bool smtp_is_pending(const struct smtp *s);
bool smtp_in_transaction(const struct smtp *s);
bool smtp_in_data(const struct smtp *s);

#endif
