/* SPDX-License-Identifier: BSD-2-Clause */
/* Users of the host and acting as one of them. */
#ifndef MCC_MCCD_DELIVER_USER_H
#define MCC_MCCD_DELIVER_USER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/attr.h"

struct deliver_user {
	uid_t uid;
	gid_t gid;
	char home[1024];
};

/*
 * Looks `name` up in ROOT/etc/passwd, or by the host's own means when root is
 * "". 0; MCC_ENOENT: there is no such user; others: cannot tell.
 */
int deliver_user_find(const char *root, const char *name,
		      struct deliver_user *out_user) MCC_MUST_CHECK;

/*
 * Takes the user's rights for file access; started as an ordinary user this
 * process has no choice and nothing happens. False: could not; nothing is
 * changed. uid 0 must not be asked for.
 */
bool deliver_user_become(uid_t uid, gid_t gid) MCC_MUST_CHECK;
/* Back; never fails (a process that stays somebody else must end). */
void deliver_user_return(void);

#endif
