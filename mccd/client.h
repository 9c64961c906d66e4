/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client's side of one SMTP session with one message (RFC 5321, 1870,
 * 2920, 6152): a state machine without sockets, clock or files. The caller
 * brings the server's bytes, takes the bytes for it, brings the content when
 * it is wanted, and tells when the connection or the time is gone.
 */
#ifndef MCC_MCCD_CLIENT_H
#define MCC_MCCD_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum client_outcome { CLIENT_SENT, CLIENT_DEFERRED, CLIENT_FAILED };

struct client_recipient {
	enum client_outcome outcome;
	/* Another host may be asked: nothing final was said about this one. */
	bool may_try_next;
	const char *dsn;  /* "5.1.1"; owned by the client */
	const char *text; /* "550 5.1.1 no (in reply to RCPT TO)"; clean */
};

/* Seconds, as the parameters smtp_*_timeout. */
struct client_timeouts {
	int64_t helo; /* greeting and HELO, EHLO */
	int64_t mail;
	int64_t rcpt;
	int64_t data_init;
	int64_t data_xfer;
	int64_t data_done;
};

struct client_options {
	const char *helo;	       /* our name */
	const char *sender;	       /* external form; "" is <> */
	const char *const *recipients; /* external form */
	size_t recipient_count;	       /* at least 1 */
	uint64_t size;		       /* of the content as stored */
	bool eight_bit;		       /* content has bytes beyond ASCII */
	bool is_lmtp;		       /* RFC 2033: a reply for each recipient */
	struct client_timeouts timeouts;
};

/* Seconds after which a QUIT is no longer waited for. */
#define CLIENT_QUIT_TIMEOUT 5

struct client;

/* The options and what they point to are borrowed until client_free(). */
struct client *client_new(const struct client_options *options);
void client_free(struct client *client); /* NULL is allowed */

/* Bytes from the server. */
void client_input(struct client *client, struct str bytes);
/* The connection is gone; `why` for the log ("Connection reset by peer"). */
void client_lost(struct client *client, const char *why);
void client_timed_out(struct client *client);

/* Bytes for the server; client_written() takes the first n of them off. */
struct str client_output(const struct client *client);
void client_written(struct client *client, size_t n);

/* Whether it wants (more) content now; never more than some 64 KiB wait. */
bool client_wants_content(const struct client *client);
/* Content as stored: LF line ends; any bytes. */
void client_content(struct client *client, struct str bytes);
void client_content_end(struct client *client);
/* The content cannot be read: the session must end without the final dot. */
void client_content_failed(struct client *client);

/* Seconds that the server has for its next move. */
int64_t client_timeout(const struct client *client);

/* Changes when the server has made a whole step (a reply, bytes of content
 * taken): the time for the next one begins. */
unsigned client_moves(const struct client *client);

/* All recipients have a result; only the goodbye is left. */
bool client_has_results(const struct client *client);
/* Nothing more to do: close the connection. */
bool client_is_over(const struct client *client);
const struct client_recipient *client_result(const struct client *client, size_t i);

#endif
