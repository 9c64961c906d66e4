/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replies of an SMTP server (RFC 5321 4.2), from whatever bytes arrive. Lines
 * and their number are bounded; what is kept of the text is short and clean.
 */
#ifndef MCC_MCCD_CLIENT_REPLY_H
#define MCC_MCCD_CLIENT_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

#define CLIENT_REPLY_LINE 4096
#define CLIENT_REPLY_LINES 100
#define CLIENT_REPLY_TEXT 480

struct client_reply {
	int code;
	char dsn[12]; /* enhanced status; "5.0.0" of the code's class if none was given */
	bool has_dsn;
	/* "550 5.1.1 no such user", lines joined by blanks, printable ASCII */
	char text[CLIENT_REPLY_TEXT];
};

struct client_reply_parser {
	char line[CLIENT_REPLY_LINE];
	size_t line_len;
	unsigned lines;
	struct client_reply reply;
	size_t text_len;
	/* Every line goes here too when set: the keywords of EHLO. */
	void (*line_hook)(void *arg, struct str text);
	void *arg;
};

enum client_reply_status { CLIENT_REPLY_MORE, CLIENT_REPLY_WHOLE, CLIENT_REPLY_BAD };

/*
 * Takes bytes off *input until a reply is whole (parser->reply, valid until the
 * next call) or *input is empty. BAD: not SMTP; nothing more can be read.
 */
enum client_reply_status client_reply_take(struct client_reply_parser *parser,
					   struct str *input);

#endif
