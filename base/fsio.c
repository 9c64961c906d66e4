/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading and writing whole files. Reads refuse anything but regular files
 * before opening (opening a device may have effects) and again after it (the
 * name may have changed). A write goes to a temporary file in the same folder
 * and is renamed: readers see the old or the new file, never a part.
 */
#include "base/fsio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/status.h"

enum {
	READ_ROOM_MIN = 4096,
	/* Left-overs of crashed runs with our pid that are stepped over. */
	TEMP_TRIES = 100,
	TEMP_NAME_SIZE = 64
};

static int check_regular(const struct stat *st)
{
	if (S_ISDIR(st->st_mode))
		return MCC_EISDIR;
	return S_ISREG(st->st_mode) ? MCC_OK : MCC_ENOTREG;
}

int fs_open_regular(int dirfd, const char *path, uint64_t *out_size, int *out_fd)
{
	struct stat st;
	int status;
	int fd;

	if (fstatat(dirfd, path, &st, 0) < 0)
		return mcc_status_from_errno(errno);
	status = check_regular(&st);
	if (status)
		return status;
	fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return mcc_status_from_errno(errno);
	status = fstat(fd, &st) < 0 ? mcc_status_from_errno(errno) : check_regular(&st);
	if (status) {
		close(fd);
		return status;
	}
	*out_size = (uint64_t)st.st_size;
	*out_fd = fd;
	return MCC_OK;
}

static ssize_t read_retry(int fd, void *data, size_t len)
{
	ssize_t n;

	do {
		n = read(fd, data, len);
	} while (n < 0 && errno == EINTR);
	return n;
}

/*
 * To the end of the file, wherever that is by now: st_size is a hint only, as
 * the file may grow meanwhile and files of /proc say 0.
 */
static int read_to_end(struct arena *arena, int fd, size_t hint, size_t cap,
		       struct str *out_text)
{
	size_t room = hint < READ_ROOM_MIN ? READ_ROOM_MIN : hint + 1;
	size_t len = 0;
	char *data = arena_alloc(arena, room + 1);

	while (data) {
		ssize_t n = read_retry(fd, data + len, room - len);

		if (n < 0)
			return mcc_status_from_errno(errno);
		if (n == 0) {
			data[len] = '\0';
			*out_text = (struct str){data, len};
			return MCC_OK;
		}
		len += (size_t)n;
		if (len > cap)
			return MCC_ETOOBIG;
		if (len == room) {
			char *grown = arena_alloc(arena, room * 2 + 1);

			if (grown)
				memcpy(grown, data, len);
			data = grown;
			room *= 2;
		}
	}
	return MCC_ENOMEM;
}

int fs_read_file(struct arena *arena, int dirfd, const char *path, size_t cap,
		 struct str *out_text)
{
	uint64_t size = 0;
	int fd = -1;
	int status = fs_open_regular(dirfd, path, &size, &fd);

	if (status)
		return status;
	if (size > cap)
		status = MCC_ETOOBIG;
	else
		status = read_to_end(arena, fd, (size_t)size, cap, out_text);
	close(fd);
	return status;
}

int fs_write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return mcc_status_from_errno(errno);
		at += n;
		len -= (size_t)n;
	}
	return MCC_OK;
}

int fs_read_some(int fd, void *buf, size_t len, uint64_t at, size_t *out_len)
{
	char *to = buf;
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, to + done, len - done, (off_t)(at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return mcc_status_from_errno(errno);
		if (n == 0)
			break;
		done += (size_t)n;
	}
	*out_len = done;
	return MCC_OK;
}

int fs_read_at(int fd, void *buf, size_t len, uint64_t at)
{
	size_t done;
	int status = fs_read_some(fd, buf, len, at, &done);

	return status == MCC_OK && done < len ? MCC_EFORMAT : status;
}

int fs_write_at(int fd, const void *data, size_t len, uint64_t at)
{
	const char *from = data;

	while (len) {
		ssize_t n = pwrite(fd, from, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? mcc_status_from_errno(errno) : MCC_ENOSPC;
		from += n;
		at += (size_t)n;
		len -= (size_t)n;
	}
	return MCC_OK;
}

int fs_copy_all(int from, int to, size_t len)
{
	char some[1 << 16];

	while (len) {
		ssize_t n =
			read_retry(from, some, len < sizeof(some) ? len : sizeof(some));
		int status;

		if (n <= 0)
			return n ? mcc_status_from_errno(errno) : MCC_EIO;
		status = fs_write_all(to, some, (size_t)n);
		if (status)
			return status;
		len -= (size_t)n;
	}
	return MCC_OK;
}

/* Some file systems know no fsync of a folder and say EINVAL: nothing to do. */
static int sync_fd(int fd)
{
	if (fsync(fd) < 0 && errno != EINVAL)
		return mcc_status_from_errno(errno);
	return MCC_OK;
}

int fs_sync_dir(int dirfd)
{
	int status;
	int fd = -1;

	if (dirfd != AT_FDCWD)
		return sync_fd(dirfd);
	status = fs_open_dir(AT_FDCWD, ".", false, &fd);
	if (status)
		return status;
	status = sync_fd(fd);
	close(fd);
	return status;
}

/*
 * Opens the folder that holds the last component of `path`. The component,
 * part of `path`, is *out_name; it is refused when it names no entry.
 */
static int open_parent(int dirfd, const char *path, int *out_fd, const char **out_name)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char parent[4096];
	int len = slash ? (int)(slash - path) : 1;

	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return MCC_EINVAL;
	if (slash == path)
		len = 1;
	if ((size_t)len >= sizeof(parent))
		return MCC_EINVAL;
	snprintf(parent, sizeof(parent), "%.*s", len, slash ? path : ".");
	*out_name = name;
	return fs_open_dir(dirfd, parent, false, out_fd);
}

static int create_temp(int dirfd, char name[TEMP_NAME_SIZE], int *out_fd)
{
	for (int i = 0; i < TEMP_TRIES; i++) {
		int fd;

		snprintf(name, TEMP_NAME_SIZE, ".mcc-%ld-%d.tmp", (long)getpid(), i);
		fd = openat(dirfd, name,
			    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0) {
			*out_fd = fd;
			return MCC_OK;
		}
		if (errno != EEXIST)
			return mcc_status_from_errno(errno);
	}
	return MCC_EEXIST;
}

int fs_temp_open(int dirfd, const char *name, struct fs_temp *out_temp)
{
	struct fs_temp temp = {.fd = -1, .parent = -1};
	int status = open_parent(dirfd, name, &temp.parent, &temp.last);

	if (status)
		return status;
	status = create_temp(temp.parent, temp.name, &temp.fd);
	if (status)
		close(temp.parent);
	else
		*out_temp = temp;
	return status;
}

int fs_scratch_open(int dirfd, const char *name, int *out_fd)
{
	struct fs_temp temp;
	int status = fs_temp_open(dirfd, name, &temp);

	if (status)
		return status;
	if (unlinkat(temp.parent, temp.name, 0) < 0) {
		status = mcc_status_from_errno(errno);
		close(temp.fd);
	} else {
		*out_fd = temp.fd;
	}
	close(temp.parent);
	return status;
}

void fs_temp_drop(struct fs_temp *temp)
{
	if (temp->fd >= 0)
		close(temp->fd);
	unlinkat(temp->parent, temp->name, 0);
	close(temp->parent);
}

int fs_temp_commit(struct fs_temp *temp, mode_t mode)
{
	int status = MCC_OK;

	if (fchmod(temp->fd, mode) < 0 || fsync(temp->fd) < 0)
		status = mcc_status_from_errno(errno);
	if (close(temp->fd) < 0 && !status)
		status = mcc_status_from_errno(errno);
	temp->fd = -1;
	if (!status && renameat(temp->parent, temp->name, temp->parent, temp->last) < 0)
		status = mcc_status_from_errno(errno);
	if (status) {
		fs_temp_drop(temp);
		return status;
	}
	status = sync_fd(temp->parent);
	close(temp->parent);
	return status;
}

int fs_write_file(int dirfd, const char *name, struct str data, mode_t mode)
{
	struct fs_temp temp;
	int status = fs_temp_open(dirfd, name, &temp);

	if (status)
		return status;
	status = fs_write_all(temp.fd, data.ptr, data.len);
	if (!status)
		return fs_temp_commit(&temp, mode);
	fs_temp_drop(&temp);
	return status;
}

static int make_dir(int dirfd, const char *path)
{
	const char *name;
	int parent = -1;
	int status;

	if (mkdirat(dirfd, path, 0755) < 0)
		return errno == EEXIST ? MCC_OK : mcc_status_from_errno(errno);
	/* A path that ends in a slash was made too; only its sync is left to
	 * the caller. */
	status = open_parent(dirfd, path, &parent, &name);
	if (status)
		return status == MCC_EINVAL ? MCC_OK : status;
	status = sync_fd(parent);
	close(parent);
	return status;
}

int fs_open_dir(int dirfd, const char *path, bool create, int *out_fd)
{
	int status = create ? make_dir(dirfd, path) : MCC_OK;
	int fd;

	if (status)
		return status;
	fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return mcc_status_from_errno(errno);
	*out_fd = fd;
	return MCC_OK;
}

bool fs_exists(int dirfd, const char *path)
{
	struct stat st;

	return fstatat(dirfd, path, &st, 0) == 0;
}
