/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Giving up rights, in a forked process before it reads its first byte. The
 * result is checked by trying to get them back: a kernel or a container that
 * lets setuid() succeed without effect must not go unnoticed.
 */
#include "mccd/child.h"

#include <errno.h>
#include <grp.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/log.h"
#include "base/status.h"

static int fail(const char *what)
{
	int status = mcc_status_from_errno(errno);

	log_write_errno(LOG_LEVEL_ERROR, "cannot give up rights: %s", what);
	return status;
}

static int become(uid_t uid, gid_t gid)
{
	if (uid == 0 || gid == 0) {
		errno = EPERM;
		return fail("the user is root");
	}
	if (setgroups(0, NULL) != 0)
		return fail("setgroups");
	if (setresgid(gid, gid, gid) != 0)
		return fail("setgid");
	if (setresuid(uid, uid, uid) != 0)
		return fail("setuid");
	if (setuid(0) == 0 || setgid(0) == 0) {
		errno = EPERM;
		return fail("root can be had again");
	}
	return 0;
}

int child_drop_privileges(const struct run_options *options, bool keep_root)
{
	int status = 0;

	if (chdir("/") != 0)
		return fail("chdir /");
	if (geteuid() == 0 && !keep_root)
		status = become(options->uid, options->gid);
#ifdef PR_SET_NO_NEW_PRIVS
	/* Also for deliver: it changes users by system calls, not by programs
	 * with a set-user-id bit. */
	if (status == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		log_write_errno(LOG_LEVEL_WARN, "no_new_privs");
#endif
	return status;
}
