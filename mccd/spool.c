/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The spool's folders, opening and closing. What the journal of an earlier run
 * holds is written out as files and made durable before the first message is
 * read. Nothing is opened through a symlink, and what is not a regular file of
 * our own with one link is damage.
 */
#include "mccd/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/log.h"
#include "base/status.h"
#include "mccd/spool_private.h"

/* ---- folder ---- */

static int open_part(int dir, const char *name, int *out_fd)
{
	if (mkdirat(dir, name, 0700) != 0 && errno != EEXIST)
		return mcc_status_from_errno(errno);
	*out_fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *out_fd < 0 ? mcc_status_from_errno(errno) : 0;
}

static int each_name(int dirfd, void (*fn)(const char *name, void *arg), void *arg)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return mcc_status_from_errno(errno);
	}
	while ((errno = 0, entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			fn(entry->d_name, arg);
	}
	fd = errno;
	closedir(dir);
	return fd ? mcc_status_from_errno(fd) : 0;
}

static void remove_tmp(const char *name, void *arg)
{
	const struct spool *spool = arg;

	/* What stands there belongs to a run that ended in the middle. */
	(void)!unlinkat(spool->tmp, name, 0);
}

static int open_journal(struct spool *spool)
{
	const struct journal_hooks hooks = {spool_settle, spool};
	int status = open_part(spool->dir, "journal", &spool->journal_dir);

	if (status == 0)
		status = journal_open(spool->journal_dir, &hooks, &spool->journal);
	if (status == 0)
		status = spool_restore(spool);
	if (status == 0)
		status = journal_reset(spool->journal);
	if (status == MCC_EUNSUPPORTED)
		log_error("the journal was written by a newer version");
	return status;
}

static int open_parts(struct spool *spool)
{
	int status = open_part(spool->dir, "queue", &spool->queue);

	if (status == 0)
		status = open_part(spool->dir, "tmp", &spool->tmp);
	if (status == 0)
		status = open_part(spool->dir, "corrupt", &spool->corrupt);
	if (status == 0)
		status = fs_sync_dir(spool->dir);
	if (status == 0)
		status = each_name(spool->tmp, remove_tmp, spool);
	if (status == 0)
		status = open_journal(spool);
	return status;
}

int spool_open(int dirfd, struct spool **out_spool)
{
	struct spool *spool = malloc(sizeof(*spool));
	int status;

	if (!spool)
		return MCC_ENOMEM;
	*spool = (struct spool){
		.dir = dirfd, .queue = -1, .tmp = -1, .corrupt = -1, .journal_dir = -1};
	status = open_parts(spool);
	if (status != 0) {
		journal_close(spool->journal);
		spool->journal = NULL;
		spool_close(spool);
		return status;
	}
	*out_spool = spool;
	return 0;
}

static void close_if(int fd)
{
	if (fd >= 0)
		close(fd);
}

void spool_close(struct spool *spool)
{
	if (!spool)
		return;
	/* Whoever looks into the folder now finds all there is. */
	if (spool->journal &&
	    (journal_settle(spool->journal) != 0 || journal_reset(spool->journal) != 0))
		log_warn("the journal is kept for the next start");
	journal_close(spool->journal);
	close_if(spool->journal_dir);
	close_if(spool->queue);
	close_if(spool->tmp);
	close_if(spool->corrupt);
	free(spool);
}

int spool_each(struct spool *spool, void (*fn)(const char *name, void *arg), void *arg)
{
	return each_name(spool->queue, fn, arg);
}

uint64_t spool_space(const struct spool *spool)
{
	struct statvfs vfs;

	if (fstatvfs(spool->dir, &vfs) != 0)
		return 0;
	return (uint64_t)vfs.f_bavail * vfs.f_frsize;
}

int spool_remove(struct spool *spool, const char *id)
{
	/* First: a crash in between leaves a file, not a message that comes back. */
	int status = journal_done(spool->journal, id);

	if (status != 0)
		log_error("%s: may be delivered once more after a crash: %s", id,
			  mcc_status_text(status));
	return unlinkat(spool->queue, id, 0) == 0 ? 0 : mcc_status_from_errno(errno);
}

int spool_set_aside(struct spool *spool, const char *name)
{
	char to[NAME_MAX + 1];

	for (unsigned n = 0; n < 1000; n++) {
		struct stat st;

		snprintf(to, sizeof(to), n ? "%.200s.%u" : "%.200s", name, n);
		if (fstatat(spool->corrupt, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		if (renameat(spool->queue, name, spool->corrupt, to) != 0)
			return mcc_status_from_errno(errno);
		(void)!journal_done(spool->journal, name);
		return fs_sync_dir(spool->corrupt);
	}
	return MCC_EEXIST;
}
