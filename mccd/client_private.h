/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by client.c and client_step.c only. */
#ifndef MCC_MCCD_CLIENT_PRIVATE_H
#define MCC_MCCD_CLIENT_PRIVATE_H

#include "mccd/client.h"
#include "mccd/client_content.h"
#include "mccd/client_reply.h"

struct arena;

/* Replies that are waited for, in the order of a session. */
enum step {
	STEP_GREETING,
	STEP_EHLO,
	STEP_HELO,
	STEP_MAIL,
	STEP_RCPT,
	STEP_DATA,
	STEP_CONTENT, /* ours: no reply is due */
	STEP_DOT,
	STEP_QUIT,
	STEP_OVER
};

struct client {
	struct arena *arena;
	const struct client_options *options;
	struct client_recipient *recipients;
	bool *accepted; /* per recipient: RCPT got 2xx, no result yet */
	bool *has_result;
	size_t accepted_count;
	size_t at; /* STEP_RCPT, LMTP's STEP_DOT: whose reply is due */
	enum step step;
	struct client_reply_parser parser;
	struct client_dots dots;
	struct strbuf out;
	size_t written;
	bool is_pipelining;
	bool has_size;
	bool has_8bitmime;
	bool mail_failed; /* pipelined: results are set, replies still come */
	bool results_known;
	uint64_t size_limit;
	unsigned moves;
};

const char *client_step_name(const struct client *client);
/* The reply of the current step is there. */
void client_step_reply(struct client *client, const struct client_reply *reply);
/* Trouble with the session: whoever has no result yet gets this one. */
void client_step_fail(struct client *client, const char *dsn, const char *text);
/* What came is no reply. */
void client_step_garbage(struct client *client);
/* Every recipient without a result is deferred here; the session is over. */
void client_step_abandon(struct client *client, const char *dsn, const char *text);

#endif
