/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of the SMTP server machine share: a server that accepts all it
 * is asked, with a log of events and replies, and dialogues with it. */
#ifndef MCC_TESTS_UNIT_SMTP_CASE_H
#define MCC_TESTS_UNIT_SMTP_CASE_H

#include "base/arena.h"
#include "mccd/smtp.h"

struct smtp_case {
	struct smtp smtp;
	struct arena *arena;
	struct strbuf log; /* events, in brackets, between the replies */
	struct strbuf content;
	struct strbuf pending; /* input not consumed */
	char *room;
	bool is_closed;
	unsigned sleeps;
	int refuse_rcpt; /* code, 0: accept */
};

/* A greeting to the defaults, and the reply to it. */
#define HELLO "EHLO c\r\n"
#define HELLO_REPLY                                        \
	"[ehlo c]250-mx.example.com\r\n250-PIPELINING\r\n" \
	"250-SIZE 1000000\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME\r\n"

extern const struct smtp_params smtp_case_defaults;

/* After the greeting, which is not in the log; the caller ends it. */
void smtp_case_begin(struct smtp_case *s, const struct smtp_params *params);
void smtp_case_end(struct smtp_case *s);

void smtp_case_answer(struct smtp_case *s, int code, const char *dsn, const char *text);
/* Runs the machine until it wants more input or closes. */
void smtp_case_work(struct smtp_case *s);
void smtp_case_feed(struct smtp_case *s, const void *data, size_t len);
/* Line by line, as a client that waits for each reply. */
void smtp_case_feed_lines(struct smtp_case *s, const char *text);

/* The log of a dialogue, line by line and byte by byte. */
void smtp_case_expect_with(const struct smtp_params *params, const char *input,
			   const char *want);
void smtp_case_expect(const char *input, const char *want);

#endif
