/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a recipient becomes: virtual and local aliases by the one engine in
 * runtime/, as targets of a spooled message.
 */
#ifndef MCC_MCCD_EXPAND_H
#define MCC_MCCD_EXPAND_H

#include <stdbool.h>
#include <stddef.h>

struct rt_config;
struct spool_message;
struct strmap;

struct expand {
	const struct rt_config *config;
	const char *root; /* prefix of the password and include files */
	struct spool_message *message;
	struct strmap *seen; /* addresses among the targets */
};

struct expand_reason {
	const char *dsn; /* in the message's arena */
	const char *text;
};

/* Config, root and message are set; everything lives in the message's arena. */
void expand_begin(struct expand *expand);
/*
 * Appends the targets of recipient `recipient` to the message. False: it cannot
 * be told now (a table fails); nothing was appended and out_reason says why.
 * Targets that others of the message already have are not made again; so there
 * may be none.
 */
bool expand_recipient(struct expand *expand, size_t recipient,
		      struct expand_reason *out_reason);

#endif
