/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text of a message as it comes after DATA: where it ends, dots removed,
 * line ends made LF. A pure function of the bytes, however they are cut.
 *
 * Only CR LF . CR LF ends it (RFC 5321 4.1.1.4). A bare LF is a line end that
 * never starts or ends the final dot; a stray CR becomes a blank, as
 * cleanup(8) does, so that nothing stored can be read differently by the next
 * server.
 */
#ifndef MCC_MCCD_SMTP_CONTENT_H
#define MCC_MCCD_SMTP_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum { SMTP_HEAD_MAX = 128 };

struct smtp_content {
	int state;
	bool starts_after_crlf; /* the line before ended in CR LF */
	bool has_bare_lf;
	bool has_nul;
	bool has_long_header;
	unsigned hops; /* Received: headers */
	uint64_t size; /* bytes as sent, without dots; a line end counts 2 */
	uint64_t header_limit;
	/* The header section. */
	bool in_header;
	bool is_deciding; /* the line's first bytes stand in head */
	bool has_header;
	uint64_t header_len;
	char head[SMTP_HEAD_MAX];
	size_t head_len;
};

void smtp_content_begin(struct smtp_content *c, uint64_t header_limit);

/* Room that smtp_content_feed() may need for `len` bytes of input. */
#define SMTP_CONTENT_ROOM(len) ((len) + SMTP_HEAD_MAX + 16)

/*
 * Takes from *in and writes the decoded bytes to out; returns how many. True
 * in out_ended: the final dot was read, *in begins behind it. Without it all
 * of *in is consumed.
 */
size_t smtp_content_feed(struct smtp_content *c, struct str *in, char *out,
			 bool *out_ended);

#endif
