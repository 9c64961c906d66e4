/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The spool's folder: made when missing, owned by the unprivileged user, mode
 * 0700, locked for the life of the daemon. The lock is on the folder itself
 * and belongs to the open file, so the queue process holds it too: a parent
 * that was killed does not let a second daemon in while its queue still
 * writes.
 */
#include "mccd/parent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/status.h"
#include "runtime/config.h"

/* Folders above the spool; 0755, as everybody's /var/spool. */
static int make_parents(char *path)
{
	char *at;

	for (at = strchr(path + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
		int status;

		*at = '\0';
		status = mkdir(path, 0755) != 0 && errno != EEXIST ? -1 : 0;
		*at = '/';
		if (status != 0)
			return mcc_status_from_errno(errno);
	}
	return 0;
}

static int check_owner(const struct run_options *options, int fd)
{
	struct stat st;
	uid_t uid = geteuid() == 0 ? options->uid : geteuid();

	if (fstat(fd, &st) != 0)
		return mcc_status_from_errno(errno);
	if (geteuid() == 0 && st.st_uid == 0 && uid != 0) {
		if (fchown(fd, options->uid, options->gid) != 0)
			return mcc_status_from_errno(errno);
	} else if (st.st_uid != uid) {
		log_error("%s: belongs to user %u, not to %u", options->spool,
			  (unsigned)st.st_uid, (unsigned)uid);
		return MCC_EACCES;
	}
	if ((st.st_mode & 07777) != 0700 && fchmod(fd, 0700) != 0)
		return mcc_status_from_errno(errno);
	return 0;
}

static int open_folder(const struct run_options *options, int *out_fd)
{
	int fd;

	if (mkdir(options->spool, 0700) != 0 && errno != EEXIST)
		return mcc_status_from_errno(errno);
	fd = open(options->spool, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return mcc_status_from_errno(errno);
	*out_fd = fd;
	return 0;
}

int parent_spool_open(struct parent *parent)
{
	struct run_options *options = parent->options;
	struct parent_generation *g = &parent->current;
	int status;
	int fd = -1;

	/* Beside Postfix's own queue, never in it. */
	if (options->spool == NULL)
		options->spool = arena_printf(g->arena, "%s/mccd",
					      g->config->settings.queue_directory);
	status = make_parents(arena_strdup(g->arena, options->spool));
	if (status == 0)
		status = open_folder(options, &fd);
	if (status < 0) {
		log_error("%s: %s", options->spool, mcc_status_text(status));
		return status;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		log_error("%s: %s", options->spool,
			  errno == EWOULDBLOCK ? "another mccd uses this spool"
					       : "cannot be locked");
		close(fd);
		return MCC_EEXIST;
	}
	status = check_owner(options, fd);
	if (status < 0) {
		log_error("%s: owner and mode: %s", options->spool,
			  mcc_status_text(status));
		close(fd);
		return status;
	}
	options->spool_fd = fd;
	return 0;
}
