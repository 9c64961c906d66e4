/* SPDX-License-Identifier: BSD-2-Clause */
/* The SMTP client of `sendmail`: one message to the local daemon, blocking. */
#ifndef MCC_MCCD_SUBMIT_SMTP_H
#define MCC_MCCD_SUBMIT_SMTP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct arena;
struct submit_message;

struct submit_job {
	const char *sender; /* "" is <> */
	const char *const *recipients;
	size_t recipient_count;
	const struct submit_message *message;
	bool drop_bcc; /* leave Bcc: headers out */
};

/* A status of sysexits(3); failures are logged. */
int submit_send(struct arena *arena, const char *server,
		const struct submit_job *job) MCC_MUST_CHECK;

#endif
