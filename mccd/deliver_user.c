/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Effective ids only: the real and saved ones stay root, so the way back is
 * open and the user can neither signal nor trace this process. Group list
 * first, user id last; on the way back in the opposite order.
 */
#include "mccd/deliver_user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/status.h"

/* Lines of a passwd file that are read before it is called endless. */
#define PASSWD_LINES_MAX 1000000

static int fill(const struct passwd *pw, struct deliver_user *out_user)
{
	struct deliver_user user = {.uid = pw->pw_uid, .gid = pw->pw_gid};

	if (strlen(pw->pw_dir) >= sizeof(user.home))
		return MCC_ETOOBIG;
	snprintf(user.home, sizeof(user.home), "%s", pw->pw_dir);
	*out_user = user;
	return 0;
}

static int find_in_file(const char *root, const char *name, struct deliver_user *out_user)
{
	char path[4096];
	char buf[8192];
	struct passwd pw;
	struct passwd *found = NULL;
	FILE *file;
	int status = MCC_ENOENT;

	if ((size_t)snprintf(path, sizeof(path), "%s/etc/passwd", root) >= sizeof(path))
		return MCC_EINVAL;
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? MCC_EUNAVAIL : mcc_status_from_errno(errno);
	for (unsigned n = 0; n < PASSWD_LINES_MAX; n++) {
		if (fgetpwent_r(file, &pw, buf, sizeof(buf), &found) != 0)
			break;
		if (strcmp(pw.pw_name, name) == 0) {
			status = fill(&pw, out_user);
			break;
		}
	}
	if (ferror(file))
		status = MCC_EIO;
	fclose(file);
	return status;
}

int deliver_user_find(const char *root, const char *name, struct deliver_user *out_user)
{
	char buf[16384];
	struct passwd pw;
	struct passwd *found = NULL;
	int error;

	if (root[0])
		return find_in_file(root, name, out_user);
	error = getpwnam_r(name, &pw, buf, sizeof(buf), &found);
	if (found)
		return fill(found, out_user);
	/* Systems disagree on what "no such user" returns. */
	if (error == 0 || error == ENOENT || error == ESRCH)
		return MCC_ENOENT;
	return mcc_status_from_errno(error);
}

bool deliver_user_become(uid_t uid, gid_t gid)
{
	MCC_ASSERT(uid != 0);
	if (getuid() != 0)
		return true;
	if (setgroups(1, &gid) == 0 && setegid(gid) == 0 && seteuid(uid) == 0)
		return true;
	deliver_user_return();
	return false;
}

void deliver_user_return(void)
{
	if (getuid() != 0)
		return;
	MCC_ASSERT(seteuid(0) == 0 && setegid(0) == 0 && setgroups(0, NULL) == 0);
}
