/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Delivery into a Maildir (https://cr.yp.to/proto/maildir.html): written below
 * tmp/, synced, linked into new/, the folder synced. The file's name follows
 * from arrival time, queue id and recipient, so a delivery that is repeated
 * after a crash finds itself and makes no second copy.
 *
 * Runs with the rights of whoever owns the mailbox; the caller sees to that.
 */
#ifndef MCC_MCCD_MAILDIR_H
#define MCC_MCCD_MAILDIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

enum maildir_outcome { MAILDIR_DONE, MAILDIR_DEFERRED, MAILDIR_FAILED };

struct maildir_result {
	enum maildir_outcome outcome;
	char dsn[8];	/* "2.0.0", "4.2.2", "5.4.6" */
	char text[256]; /* for the log and the bounce */
};

struct maildir_job {
	int content_fd;
	uint64_t content_at;
	uint64_t content_size;
	const char *sender;    /* external form; "" is <> */
	const char *recipient; /* whose mailbox it is */
	const char *original;  /* for X-Original-To; "": none */
	const char *queue_id;
	const char *hostname;
	uint64_t arrived;
	uint64_t size_limit; /* bytes; 0: none */
	bool replay;	     /* look in new/ and cur/ first */
};

/* Longest file name made by maildir_name(), with the NUL. */
#define MAILDIR_NAME_SIZE 200
#define MAILDIR_DEPTH_MAX 32

/*
 * Whether a path from a table may be used: relative, ends in "/", no empty,
 * "." or ".." component, none above 255 bytes, at most MAILDIR_DEPTH_MAX.
 */
bool maildir_path_is_safe(const char *path);

/* The name of a job's file, without the folder. */
void maildir_name(const struct maildir_job *job, char out[MAILDIR_NAME_SIZE]);

/*
 * Opens the Maildir `path` below base_fd, making what is missing of it (mode
 * 0700, made durable) with its cur/, new/ and tmp/. No component may be a
 * symlink. True, and out_fd is the caller's; false: why in `result`.
 */
bool maildir_open(int base_fd, const char *path, int *out_fd,
		  struct maildir_result *result) MCC_MUST_CHECK;

/* Delivers into the open Maildir; the outcome is in `result`. */
void maildir_deliver(int dirfd, const struct maildir_job *job,
		     struct maildir_result *result);

/* Fills in a result; texts are cut to fit. */
void maildir_fail(struct maildir_result *result, enum maildir_outcome outcome,
		  const char *dsn, const char *fmt, ...) MCC_PRINTF(4, 5);
/* The result that fits an errno value: full is 4.2.2, too large 5.2.2, all
 * else is tried again. `what` names the thing: "cannot write new/x". */
void maildir_fail_errno(struct maildir_result *result, int errnum, const char *what);

#endif
