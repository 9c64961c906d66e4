/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A message becomes visible only whole: link(2) into new/ comes after the sync
 * of the file. What a crash leaves in tmp/ has the name of its job and is
 * replaced by the next attempt.
 */
#include "mccd/maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/str.h"

/* Files in new/ and cur/ that a repeated delivery looks through. */
#define REPLAY_FILES_MAX 1000000

/* ---- folder ---- */

bool maildir_path_is_safe(const char *path)
{
	size_t depth = 0;

	if (path[0] == '\0' || path[strlen(path) - 1] != '/')
		return false;
	while (*path) {
		size_t len = strcspn(path, "/");

		if (len == 0 || len > NAME_MAX || ++depth > MAILDIR_DEPTH_MAX)
			return false;
		if (path[0] == '.' && (len == 1 || (len == 2 && path[1] == '.')))
			return false;
		path += len + 1;
	}
	return true;
}

/* Opens one folder below dirfd, making it when it is missing. */
static int open_or_make(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (mkdirat(dirfd, name, 0700) != 0 && errno != EEXIST)
		return -1;
	if (fsync(dirfd) != 0)
		return -1;
	return openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int walk(int base_fd, const char *path)
{
	int fd = openat(base_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char name[NAME_MAX + 1];

	while (fd >= 0 && *path) {
		size_t len = strcspn(path, "/");
		int next;
		int saved;

		memcpy(name, path, len);
		name[len] = '\0';
		path += len + (path[len] == '/');
		next = open_or_make(fd, name);
		saved = errno;
		close(fd);
		errno = saved;
		fd = next;
	}
	return fd;
}

bool maildir_open(int base_fd, const char *path, int *out_fd,
		  struct deliver_result *result)
{
	static const char *const parts[] = {"cur", "new", "tmp"};
	char what[256];
	int fd;

	if (!maildir_path_is_safe(path)) {
		deliver_fail(result, DELIVER_DEFERRED, "4.3.5",
			     "mailbox path %.100s cannot be used", path);
		return false;
	}
	snprintf(what, sizeof(what), "cannot open mailbox %.150s", path);
	fd = walk(base_fd, path);
	if (fd < 0) {
		deliver_fail_errno(result, errno, what);
		return false;
	}
	for (size_t i = 0; i < array_len(parts); i++) {
		int part = open_or_make(fd, parts[i]);

		if (part < 0) {
			deliver_fail_errno(result, errno, what);
			close(fd);
			return false;
		}
		close(part);
	}
	*out_fd = fd;
	return true;
}

/* ---- name ---- */

static void safe_host(const char *hostname, char *out, size_t size)
{
	size_t i;

	for (i = 0; i < size - 1 && hostname[i]; i++)
		out[i] = strchr("/:, ", hostname[i]) ? '_' : hostname[i];
	out[i] = '\0';
}

void maildir_name(const struct maildir_job *job, char out[MAILDIR_NAME_SIZE])
{
	char digest[DIGEST_HEX_SIZE];
	char host[80];

	digest_hex(str_of(job->text.recipient), digest);
	safe_host(job->hostname, host, sizeof(host));
	snprintf(out, MAILDIR_NAME_SIZE, "%" PRIu64 ".Q%.60sR%.16s.%s", job->arrived,
		 job->queue_id, digest, host);
}

/* Whether a file of that name, with or without flags, is in the folder. */
static bool folder_has(int dirfd, const char *folder, const char *name)
{
	int fd = openat(dirfd, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	size_t len = strlen(name);
	struct dirent *entry;
	bool found = false;
	unsigned seen = 0;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (!found && seen++ < REPLAY_FILES_MAX && (entry = readdir(dir)) != NULL)
		found = strncmp(entry->d_name, name, len) == 0 &&
			(entry->d_name[len] == '\0' || entry->d_name[len] == ':' ||
			 entry->d_name[len] == ',');
	closedir(dir);
	return found;
}

/* ---- writing ---- */

static int create_tmp(int tmp_fd, const char *name)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(tmp_fd, name, flags, 0600);

	/* Of the same job, cut off by a crash: nobody else makes this name. */
	if (fd < 0 && errno == EEXIST && unlinkat(tmp_fd, name, 0) == 0)
		fd = openat(tmp_fd, name, flags, 0600);
	return fd;
}

static void fail_write(const struct maildir_delivery *d, struct deliver_result *result)
{
	int saved = errno;

	(void)!unlinkat(d->tmp_fd, d->name, 0);
	deliver_fail_errno(result, saved ? saved : EIO, "cannot write to the mailbox");
}

static bool write_file(const struct maildir_job *job, struct maildir_delivery *d,
		       struct deliver_result *result)
{
	d->fd = create_tmp(d->tmp_fd, d->name);
	if (d->fd < 0) {
		fail_write(d, result);
		return false;
	}
	if (deliver_text_write(d->fd, &job->text, "the mailbox", result))
		return true;
	(void)!unlinkat(d->tmp_fd, d->name, 0);
	return false;
}

static bool open_folders(int dirfd, struct maildir_delivery *d)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	struct stat st;

	d->tmp_fd = openat(dirfd, "tmp", flags);
	d->new_fd = d->tmp_fd < 0 ? -1 : openat(dirfd, "new", flags);
	if (d->new_fd < 0 || fstat(d->new_fd, &st) != 0)
		return false;
	d->new_dev = st.st_dev;
	d->new_ino = st.st_ino;
	return true;
}

bool maildir_write(int dirfd, const struct maildir_job *job, struct maildir_delivery *out,
		   struct deliver_result *result)
{
	struct maildir_delivery *d = out;

	*d = (struct maildir_delivery){.fd = -1, .tmp_fd = -1, .new_fd = -1};
	if (job->size_limit > 0 && job->text.content_size > job->size_limit) {
		deliver_fail(result, DELIVER_FAILED, "5.2.2",
			     "message of %" PRIu64 " bytes is larger than the mailbox "
			     "limit of %" PRIu64,
			     job->text.content_size, job->size_limit);
		return false;
	}
	maildir_name(job, d->name);
	deliver_fail(result, DELIVER_DONE, "2.0.0", "delivered to maildir");
	if (!open_folders(dirfd, d))
		deliver_fail_errno(result, errno, "cannot open the mailbox");
	else if (job->replay &&
		 (folder_has(dirfd, "new", d->name) || folder_has(dirfd, "cur", d->name)))
		deliver_fail(result, DELIVER_DONE, "2.0.0",
			     "delivered to maildir before a restart");
	else if (write_file(job, d, result))
		return true;
	if (result->outcome == DELIVER_DONE)
		return true;
	maildir_end(d);
	return false;
}

void maildir_start(const struct maildir_delivery *delivery)
{
#ifdef __linux__
	/* A hint; what fails here fails again in the sync. */
	if (delivery->fd >= 0)
		(void)!sync_file_range(delivery->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
#else
	(void)delivery;
#endif
}

void maildir_sync(const struct maildir_delivery *delivery, struct deliver_result *result)
{
	if (delivery->fd >= 0 && fsync(delivery->fd) != 0)
		fail_write(delivery, result);
}

void maildir_publish(const struct maildir_delivery *delivery,
		     struct deliver_result *result)
{
	const char *name = delivery->name;
	int error = 0;

	if (delivery->fd < 0 || result->outcome != DELIVER_DONE)
		return;
	if (linkat(delivery->tmp_fd, name, delivery->new_fd, name, 0) != 0 &&
	    errno != EEXIST)
		error = errno;
	(void)!unlinkat(delivery->tmp_fd, name, 0);
	if (error != 0)
		deliver_fail_errno(result, error, "cannot deliver to the mailbox");
}

bool maildir_shares_folder(const struct maildir_delivery *a,
			   const struct maildir_delivery *b)
{
	return a->new_dev == b->new_dev && a->new_ino == b->new_ino;
}

void maildir_settle(const struct maildir_delivery *delivery,
		    struct deliver_result *result)
{
	if (result->outcome == DELIVER_DONE && fsync(delivery->new_fd) != 0)
		deliver_fail_errno(result, errno, "cannot sync the mailbox");
}

static void close_if(int fd)
{
	if (fd >= 0)
		close(fd);
}

void maildir_end(struct maildir_delivery *delivery)
{
	close_if(delivery->fd);
	close_if(delivery->tmp_fd);
	close_if(delivery->new_fd);
	delivery->fd = delivery->tmp_fd = delivery->new_fd = -1;
}

void maildir_deliver(int dirfd, const struct maildir_job *job,
		     struct deliver_result *result)
{
	struct maildir_delivery d;

	if (!maildir_write(dirfd, job, &d, result))
		return;
	maildir_sync(&d, result);
	maildir_publish(&d, result);
	maildir_settle(&d, result);
	maildir_end(&d);
}
