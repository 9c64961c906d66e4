/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Delivery into a mailbox of one file (RFC 4155, "mbox"), and to a /file of an
 * alias. May wait for a lock: a process of its own does it.
 */
#ifndef MCC_MCCD_MBOX_H
#define MCC_MCCD_MBOX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "mccd/deliver_text.h"

struct mbox_job {
	const char *path; /* absolute */
	uid_t uid;
	gid_t gid;
	/* The folder is the system's (mail_spool_directory): a new file and a
	 * lock file are made with our own rights. */
	bool is_spool;
	bool is_file;	     /* of an alias: the owner may be anybody */
	uint64_t size_limit; /* of the whole file; 0: none */
	struct deliver_text text;
};

/*
 * Never through a symlink; only into a regular file with one link that belongs
 * to the user, or, for a /file, into the null device too. When writing fails
 * the file is cut to what it was.
 */
void mbox_deliver(const struct mbox_job *job, struct deliver_result *result);

#endif
