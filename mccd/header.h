/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The header section of a new message as cleanup(8) leaves it: addresses
 * rewritten (append_at_myorigin, canonical, masquerade), message_drop_headers
 * taken out, missing headers added. Bytes that need no change stay as they
 * are.
 */
#ifndef MCC_MCCD_HEADER_H
#define MCC_MCCD_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct rt_context;

struct header_job {
	/* Its arena is used; settings are those of the receiving service. */
	const struct rt_context *ctx;
	bool is_local;	    /* the client is one of local_header_rewrite_clients */
	const char *sender; /* of the envelope, rewritten; "" is <> */
	const char *id;	    /* for a Message-Id */
	const char *date;   /* for a Date, "Tue, 24 Nov ..." */
};

/*
 * Where the header section of `text` ends: behind its last line, before the
 * blank line or the first line that is no header. False: more text is needed
 * to tell. `*at` is where to look from, 0 at first, and the end when true.
 */
bool header_find_end(struct str text, size_t *at);

/* Appends the header section; a blank line when `has_blank` is false. */
void header_rewrite(const struct header_job *job, struct str text, bool has_blank,
		    struct strbuf *out);

#endif
