/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The spool's folder and files. Order of writes: the file is whole and synced
 * below tmp/, gets its name below queue/, and the folder is synced before
 * anybody hears that the message is accepted. A sync that fails once is final
 * for that file: the kernel may have dropped the pages and the next sync would
 * lie. Nothing is opened through a symlink, and what is not a regular file of
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

#include "base/arena.h"
#include "base/fsio.h"
#include "base/status.h"
#include "mccd/crc32c.h"
#include "mccd/spool_private.h"

struct spool {
	int dir; /* borrowed */
	int queue;
	int tmp;
	int corrupt;
};

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
	return status;
}

int spool_open(int dirfd, struct spool **out_spool)
{
	struct spool *spool = malloc(sizeof(*spool));
	int status;

	if (!spool)
		return MCC_ENOMEM;
	*spool = (struct spool){dirfd, -1, -1, -1};
	status = open_parts(spool);
	if (status != 0) {
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
	close_if(spool->queue);
	close_if(spool->tmp);
	close_if(spool->corrupt);
	free(spool);
}

int spool_each(struct spool *spool, void (*fn)(const char *name, void *arg), void *arg)
{
	return each_name(spool->queue, fn, arg);
}

int spool_sync(struct spool *spool)
{
	return fs_sync_dir(spool->queue);
}

int spool_queue_fd(const struct spool *spool)
{
	return spool->queue;
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
		return fs_sync_dir(spool->corrupt);
	}
	return MCC_EEXIST;
}

/* ---- creating ---- */

static int copy_content(int from, uint64_t size, int to, uint32_t *out_crc)
{
	char buf[65536];
	uint64_t at = 0;
	uint32_t crc = 0;

	while (at < size) {
		size_t want = size - at < sizeof(buf) ? (size_t)(size - at) : sizeof(buf);
		ssize_t got = pread(from, buf, want, (off_t)at);
		int status;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return MCC_EIO;
		crc = crc32c(crc, buf, (size_t)got);
		status = fs_write_all(to, buf, (size_t)got);
		if (status != 0)
			return status;
		at += (uint64_t)got;
	}
	*out_crc = crc;
	return 0;
}

static int write_head(int fd, const struct spool_head *head)
{
	char text[SPOOL_HEAD_SIZE];
	ssize_t n;

	spool_head_write(head, text);
	n = pwrite(fd, text, sizeof(text), 0);
	return n == sizeof(text) ? 0 : n < 0 ? mcc_status_from_errno(errno) : MCC_ENOSPC;
}

/* The head comes last: until then the file is no message whatever happens. */
static int write_message(int fd, struct spool_message *message, int content_fd,
			 uint64_t size, struct str text)
{
	char none[SPOOL_HEAD_SIZE] = {0};
	struct spool_head head = {.content_size = content_fd < 0 ? text.len : size};
	struct strbuf envelope;
	int status = MCC_ETOOBIG;

	strbuf_init(&envelope, SPOOL_ENVELOPE_MAX);
	spool_envelope_write(&envelope, message);
	if (envelope.failed)
		goto out;
	head.envelope_size = (uint32_t)envelope.len;
	head.envelope_crc = crc32c(0, envelope.ptr, envelope.len);
	status = fs_write_all(fd, none, sizeof(none));
	if (status == 0)
		status = fs_write_all(fd, envelope.ptr, envelope.len);
	if (status == 0 && content_fd < 0) {
		head.content_crc = crc32c(0, text.ptr, text.len);
		status = fs_write_all(fd, text.ptr, text.len);
	} else if (status == 0) {
		status = copy_content(content_fd, size, fd, &head.content_crc);
	}
	if (status == 0)
		status = write_head(fd, &head);
	if (status == 0 && fsync(fd) != 0)
		status = mcc_status_from_errno(errno);
	message->content_at = (off_t)(SPOOL_HEAD_SIZE + envelope.len);
	message->content_size = head.content_size;
	message->content_crc = head.content_crc;
	message->end = message->content_at + (off_t)head.content_size;
out:
	strbuf_fini(&envelope);
	return status;
}

int spool_create(struct spool *spool, struct spool_message *message, int content_fd,
		 uint64_t size, struct str text)
{
	const char *id = message->id;
	int status;
	int fd;

	if (!spool_id_is_valid(id))
		return MCC_EINVAL;
	fd = openat(spool->tmp, id, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return mcc_status_from_errno(errno);
	status = write_message(fd, message, content_fd, size, text);
	if (status == 0 && linkat(spool->tmp, id, spool->queue, id, 0) != 0)
		status = mcc_status_from_errno(errno);
	/* Gone from tmp/ before it is told: one link is part of being whole. */
	if (unlinkat(spool->tmp, id, 0) != 0 && status == 0) {
		status = mcc_status_from_errno(errno);
		(void)!unlinkat(spool->queue, id, 0);
	}
	close(fd);
	return status;
}
