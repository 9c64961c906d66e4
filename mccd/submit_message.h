/* SPDX-License-Identifier: BSD-2-Clause */
/* The message that `sendmail` reads: addresses of headers, missing headers. */
#ifndef MCC_MCCD_SUBMIT_MESSAGE_H
#define MCC_MCCD_SUBMIT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

struct arena;

struct submit_list {
	const char **items;
	size_t count;
	size_t cap;
};

/* LF line ends; in the arena. */
struct submit_message {
	struct str added;   /* header lines that were missing */
	struct str headers; /* without the empty line */
	struct str body;
};

/* All of fd, line ends made LF, at most 100 MiB (MCC_ETOOBIG). `dot_ends`: a
 * line with nothing but a dot is the end. */
int submit_read_all(struct arena *arena, int fd, bool dot_ends,
		    struct str *out_text) MCC_MUST_CHECK;
void submit_split(struct arena *arena, struct str text,
		  struct submit_message *out_message);
/*
 * Appends the addresses of a list as in To: (RFC 5322 3.4): display names,
 * comments and groups are left out. False: it does not parse.
 */
bool submit_parse_addresses(struct arena *arena, struct str text,
			    struct submit_list *list);
/* Those of To, Cc and Bcc. */
bool submit_header_recipients(struct arena *arena, const struct submit_message *message,
			      struct submit_list *list);
/* Adds Date, From and Message-ID where they are missing. */
void submit_complete(struct arena *arena, struct submit_message *message,
		     const char *sender);

/* One header with its continuation lines, the final LF included. False: no
 * more. name is empty for a line that is no header. */
bool submit_next_header(struct str *rest, struct str *out_field, struct str *out_name);

#endif
