/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything is judged on the open descriptor: what the name stands for may
 * change at any time, and the folder may belong to the user. Locks: fcntl(2)
 * always, a lock file where the folder lets us make one; both are what other
 * mail programs use (mailbox_delivery_lock).
 */
#include "mccd/mbox.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/str.h"
#include "mccd/deliver_user.h"

enum {
	LOCK_TRIES = 20, /* with a second between them: deliver_lock_attempts */
	LOCK_STALE_S = 500
};

static const char unsafe[] = "5.2.0";

static void wait_a_second(void)
{
	const struct timespec second = {1, 0};

	(void)nanosleep(&second, NULL);
}

/* ---- lock file ---- */

/* True: made; the path is in `lock`. Where the folder does not allow one the
 * other lock has to do. */
static bool lock_by_file(const struct mbox_job *job, char *lock, size_t size,
			 struct deliver_result *result)
{
	lock[0] = '\0';
	if ((size_t)snprintf(lock, size, "%s.lock", job->path) >= size) {
		lock[0] = '\0';
		return true;
	}
	for (unsigned n = 0; n < LOCK_TRIES; n++) {
		int fd = open(lock, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			      0600);
		struct stat st;

		if (fd >= 0) {
			close(fd);
			return true;
		}
		if (errno != EEXIST) {
			lock[0] = '\0';
			return true;
		}
		if (lstat(lock, &st) == 0 && time(NULL) - st.st_mtime > LOCK_STALE_S)
			(void)!unlink(lock);
		else
			wait_a_second();
	}
	lock[0] = '\0';
	deliver_fail(result, DELIVER_DEFERRED, "4.2.0",
		     "mailbox %.150s is locked by another program", job->path);
	return false;
}

static bool lock_by_fcntl(int fd, const struct mbox_job *job,
			  struct deliver_result *result)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	for (unsigned n = 0; n < LOCK_TRIES; n++) {
		if (fcntl(fd, F_SETLK, &lock) == 0)
			return true;
		if (errno != EACCES && errno != EAGAIN)
			break;
		wait_a_second();
	}
	deliver_fail(result, DELIVER_DEFERRED, "4.2.0",
		     "mailbox %.150s cannot be locked: %s", job->path, strerror(errno));
	return false;
}

/* ---- opening ---- */

static int open_as(const struct mbox_job *job, int flags)
{
	return open(job->path,
		    flags | O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
			    O_CLOEXEC,
		    0600);
}

/* In a folder of the system only we may make the file; the user gets it. */
static int create(const struct mbox_job *job)
{
	int fd = open_as(job, O_CREAT | O_EXCL);

	if (fd >= 0 && fchown(fd, job->uid, job->gid) != 0) {
		int saved = errno;

		(void)!unlink(job->path);
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static bool is_null_device(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

static bool is_acceptable(int fd, const struct mbox_job *job, struct stat *st,
			  struct deliver_result *result)
{
	const char *why = NULL;

	if (fstat(fd, st) != 0)
		why = "cannot be examined";
	else if (job->is_file && is_null_device(st))
		return true;
	else if (!S_ISREG(st->st_mode))
		why = "is no regular file";
	else if (st->st_nlink != 1)
		why = "has more than one link";
	else if (!job->is_file && st->st_uid != job->uid)
		why = "belongs to another user";
	else if (job->is_file && (st->st_mode & S_IXUSR))
		why = "is a program";
	if (why)
		deliver_fail(result, DELIVER_DEFERRED, "4.2.0", "mailbox %.150s %s",
			     job->path, why);
	return !why;
}

/* ---- writing ---- */

static void full(const struct mbox_job *job, struct deliver_result *result)
{
	deliver_fail(result, DELIVER_FAILED, "5.2.2",
		     "mailbox %.120s would be larger than %" PRIu64 " bytes", job->path,
		     job->size_limit);
}

static void sync_folder(const char *path)
{
	char folder[PATH_MAX];
	char *slash;
	int fd;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (!slash)
		return;
	slash[slash == folder] = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)!fs_sync_dir(fd);
		close(fd);
	}
}

static void append(int fd, const struct mbox_job *job, struct deliver_result *result)
{
	off_t before = lseek(fd, 0, SEEK_END);
	off_t after;

	if (job->size_limit > 0 && before >= 0 &&
	    (uint64_t)before + job->text.content_size > job->size_limit) {
		full(job, result);
		return;
	}
	if (!deliver_text_write(fd, &job->text, job->path, result)) {
		(void)!ftruncate(fd, before);
		return;
	}
	after = lseek(fd, 0, SEEK_END);
	if (job->size_limit > 0 && after >= 0 && (uint64_t)after > job->size_limit) {
		(void)!ftruncate(fd, before);
		full(job, result);
		return;
	}
	if (fsync(fd) != 0) {
		int saved = errno;

		(void)!ftruncate(fd, before);
		deliver_fail_errno(result, saved, "cannot sync the mailbox");
		return;
	}
	deliver_fail(result, DELIVER_DONE, "2.0.0", "delivered to %s: %.150s",
		     job->is_file ? "file" : "mailbox", job->path);
}

static void write_device(int fd, const struct mbox_job *job,
			 struct deliver_result *result)
{
	if (deliver_text_write(fd, &job->text, job->path, result))
		deliver_fail(result, DELIVER_DONE, "2.0.0", "delivered to file: %.150s",
			     job->path);
}

static void deliver_open(int fd, const struct mbox_job *job,
			 struct deliver_result *result)
{
	struct stat st;

	if (!is_acceptable(fd, job, &st, result))
		return;
	if (!S_ISREG(st.st_mode)) {
		write_device(fd, job, result);
		return;
	}
	if (!lock_by_fcntl(fd, job, result))
		return;
	append(fd, job, result);
	/* Also when it was there: another delivery may have made it just now. */
	if (result->outcome == DELIVER_DONE && st.st_size == 0)
		sync_folder(job->path);
}

static bool become(const struct mbox_job *job, struct deliver_result *result)
{
	if (getuid() != 0 || deliver_user_become(job->uid, job->gid))
		return true;
	deliver_fail_errno(result, errno, "cannot act as the owner");
	return false;
}

void mbox_deliver(const struct mbox_job *job, struct deliver_result *result)
{
	char lock[PATH_MAX] = "";
	int fd = -1;

	if (job->is_spool) {
		if (!lock_by_file(job, lock, sizeof(lock), result))
			return;
		fd = create(job);
		if (fd >= 0)
			close(fd);
	}
	if (become(job, result)) {
		if (!job->is_spool && !job->is_file &&
		    !lock_by_file(job, lock, sizeof(lock), result)) {
			deliver_user_return();
			return;
		}
		fd = open_as(job, job->is_spool ? 0 : O_CREAT);
		if (fd >= 0)
			deliver_open(fd, job, result);
		else if (errno == ELOOP || errno == EISDIR || errno == ENXIO)
			deliver_fail(result, DELIVER_FAILED, unsafe,
				     "mailbox %.150s is no regular file", job->path);
		else
			deliver_fail_errno(result, errno, "cannot open the mailbox");
		if (fd >= 0)
			close(fd);
		if (!job->is_spool && lock[0])
			(void)!unlink(lock);
		deliver_user_return();
	}
	if (job->is_spool && lock[0])
		(void)!unlink(lock);
}
