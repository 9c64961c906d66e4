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
#include <sys/types.h>

#include "base/attr.h"
#include "mccd/deliver_text.h"

struct maildir_job {
	struct deliver_text text;
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
		  struct deliver_result *result) MCC_MUST_CHECK;

/*
 * A delivery under way. The steps, each for all deliveries of a group before
 * the next, so that they share the work of the file system:
 *
 *	maildir_write	the file below tmp/; true: go on
 *	maildir_start	tell the kernel to begin writing
 *	maildir_sync	the file is durable
 *	maildir_publish	its name in new/ (with the rights of the owner)
 *	maildir_settle	the names of one folder are durable: once for all of the
 *			deliveries that maildir_shares_folder()
 *	maildir_end	descriptors are closed, after whatever came before
 *
 * Each step does nothing when result->outcome is no longer DELIVER_DONE.
 */
struct maildir_delivery {
	int fd; /* the file; -1: it was there already */
	int tmp_fd;
	int new_fd;
	dev_t new_dev;
	ino_t new_ino;
	char name[MAILDIR_NAME_SIZE];
};

bool maildir_write(int dirfd, const struct maildir_job *job, struct maildir_delivery *out,
		   struct deliver_result *result) MCC_MUST_CHECK;
void maildir_start(const struct maildir_delivery *delivery);
void maildir_sync(const struct maildir_delivery *delivery, struct deliver_result *result);
void maildir_publish(const struct maildir_delivery *delivery,
		     struct deliver_result *result);
bool maildir_shares_folder(const struct maildir_delivery *a,
			   const struct maildir_delivery *b);
void maildir_settle(const struct maildir_delivery *delivery,
		    struct deliver_result *result);
void maildir_end(struct maildir_delivery *delivery);

/* All steps for one message into the open Maildir. */
void maildir_deliver(int dirfd, const struct maildir_job *job,
		     struct deliver_result *result);

#endif
