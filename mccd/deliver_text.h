/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A message as it is written into a mailbox or handed to a command: headers of
 * final delivery on top (Return-Path, X-Original-To, Delivered-To), a
 * Return-Path that came with it dropped (RFC 5321 4.4), and for mailboxes of
 * one file the "From " line and what belongs to it.
 */
#ifndef MCC_MCCD_DELIVER_TEXT_H
#define MCC_MCCD_DELIVER_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

enum deliver_outcome { DELIVER_DONE, DELIVER_DEFERRED, DELIVER_FAILED };

struct deliver_result {
	enum deliver_outcome outcome;
	char dsn[12];	/* "2.0.0", "4.2.2", "5.4.6" */
	char text[256]; /* for the log and the bounce */
};

/* Fills in a result; texts are cut to fit. */
void deliver_fail(struct deliver_result *result, enum deliver_outcome outcome,
		  const char *dsn, const char *fmt, ...) MCC_PRINTF(4, 5);
/* The result that fits an errno value: full is 4.2.2, too large 5.2.2, all
 * else is tried again. `what` names the thing: "cannot write new/x". */
void deliver_fail_errno(struct deliver_result *result, int errnum, const char *what);

enum deliver_text_form {
	DELIVER_TEXT_MAILDIR,
	DELIVER_TEXT_MBOX,   /* From line, quoted ones, a blank line at the end */
	DELIVER_TEXT_COMMAND /* From line only */
};

struct deliver_text {
	int content_fd;
	uint64_t content_at;
	uint64_t content_size;
	const char *sender;    /* external form; "" is <> */
	const char *recipient; /* whose mailbox it is */
	const char *original;  /* for X-Original-To; "": none */
	enum deliver_text_form form;
};

/*
 * Writes it all to fd, from where it stands. False: why in `result` ("cannot
 * write to WHAT"); a Delivered-To with our recipient is a loop, 5.4.6, and then
 * nothing was written.
 */
bool deliver_text_write(int fd, const struct deliver_text *text, const char *what,
			struct deliver_result *result) MCC_MUST_CHECK;

#endif
