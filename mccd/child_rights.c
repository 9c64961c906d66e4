/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Giving up rights, in a forked process before it reads its first byte. The
 * result is checked by trying to get them back: a kernel or a container that
 * lets setuid() succeed without effect must not go unnoticed.
 */
#include "mccd/child.h"

#include <errno.h>
#include <grp.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
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

#ifdef __linux__
/* Of root's rights, deliver needs those to become a recipient and to reach
 * mailboxes on the way there, and to end a command that takes too long; not
 * those over devices, networks or the kernel. A container may have left us fewer still. */
static void limit_root(void)
{
	const uint32_t keep = 1u << CAP_SETUID | 1u << CAP_SETGID | 1u << CAP_CHOWN |
			      1u << CAP_FOWNER | 1u << CAP_DAC_OVERRIDE |
			      1u << CAP_DAC_READ_SEARCH | 1u << CAP_KILL;
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct now[_LINUX_CAPABILITY_U32S_3] = {{0}};
	struct __user_cap_data_struct then[_LINUX_CAPABILITY_U32S_3] = {{0}};

	if (syscall(SYS_capget, &head, now) == 0) {
		then[0].permitted = now[0].permitted & keep;
		then[0].effective = then[0].permitted;
		if (syscall(SYS_capset, &head, then) == 0)
			return;
	}
	log_write_errno(LOG_LEVEL_WARN, "capabilities stay as they are");
}
#else
static void limit_root(void)
{
}
#endif

#if defined(__linux__) && defined(SYS_landlock_create_ruleset) && \
	defined(LANDLOCK_ACCESS_FS_REFER)
/*
 * No program is run, and no file made, changed or removed but below the spool
 * (spool_fd, or nowhere). Reading stays: generations, tables and lists of the
 * site. Kernels without it are no reason to stop.
 */
static void confine_files(int spool_fd)
{
	const uint64_t writing =
		LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
		LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
		LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
		LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
		LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM |
		LANDLOCK_ACCESS_FS_REFER;
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = writing | LANDLOCK_ACCESS_FS_EXECUTE};
	const struct landlock_path_beneath_attr spool = {.allowed_access = writing,
							 .parent_fd = spool_fd};
	int set = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	if (set < 0) {
		log_debug("files are not confined: the kernel has no Landlock");
		return;
	}
	if ((spool_fd >= 0 && syscall(SYS_landlock_add_rule, set,
				      LANDLOCK_RULE_PATH_BENEATH, &spool, 0) != 0) ||
	    syscall(SYS_landlock_restrict_self, set, 0) != 0)
		log_write_errno(LOG_LEVEL_WARN, "files are not confined");
	close(set);
}
#else
static void confine_files(int spool_fd)
{
	(void)spool_fd;
}
#endif

/* These processes start no other; a leak checker has to. */
static void confine_processes(void)
{
#ifndef __SANITIZE_ADDRESS__
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_NPROC, &none) != 0)
		log_write_errno(LOG_LEVEL_WARN, "RLIMIT_NPROC");
#endif
}

int child_drop_privileges(const struct run_options *options, bool keep_root)
{
	int status = 0;

	if (chdir("/") != 0)
		return fail("chdir /");
	if (geteuid() == 0 && !keep_root)
		status = become(options->uid, options->gid);
	else if (geteuid() == 0)
		limit_root();
#ifdef PR_SET_NO_NEW_PRIVS
	/* Also for deliver: it changes users by system calls, not by programs
	 * with a set-user-id bit. */
	if (status == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		log_write_errno(LOG_LEVEL_WARN, "no_new_privs");
#endif
	if (status == 0 && !keep_root) {
		confine_files(options->spool_fd);
		confine_processes();
	}
	return status;
}
