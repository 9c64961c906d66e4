/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notices to the sender: delivery failed, or is late. A multipart/report of
 * RFC 3462 with the delivery-status of RFC 3464, made of bytes that strangers
 * chose (addresses, replies, the message itself), none of which may become a
 * header, a boundary or a control character.
 */
#ifndef MCC_MCCD_DSN_H
#define MCC_MCCD_DSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum dsn_kind { DSN_FAILED, DSN_DELAYED };

struct dsn_recipient {
	const char *final;    /* address that failed */
	const char *original; /* as given at RCPT; same or "": not shown */
	const char *status;   /* "5.1.1" */
	const char *text;     /* why */
	const char *remote;   /* host that said so; "": we did */
};

struct dsn_request {
	enum dsn_kind kind;
	const char *hostname;  /* our own */
	const char *mail_name; /* product name for Received */
	const char *id;	       /* queue id of the notice: Message-ID, boundary */
	const char *origin;    /* queue id of the message */
	const char *sender;    /* to whom; quoted as in a header */
	int64_t arrived;       /* of the message; seconds since 1970 */
	int64_t now;
	int64_t retry_until; /* DSN_DELAYED */
	const struct dsn_recipient *recipients;
	size_t recipient_count;
	struct str content;    /* the message, at least DSN_RETURN_MAX of it or all */
	uint64_t content_size; /* all of it */
};

/* Larger messages come back as headers only (bounce_size_limit's default), and
 * headers are cut at this many bytes. */
#define DSN_RETURN_MAX 50000
#define DSN_SIZE_MAX (8u << 20)

/*
 * Appends the notice (LF line ends) to `out`, which needs DSN_SIZE_MAX of
 * room. out_eight_bit: it has bytes beyond ASCII.
 */
void dsn_write(struct strbuf *out, const struct dsn_request *request,
	       bool *out_eight_bit);

/* "Tue, 24 Nov 2026 08:00:00 +0000" */
#define DSN_DATE_SIZE 40
void dsn_date(int64_t seconds, char out[DSN_DATE_SIZE]);

#endif
