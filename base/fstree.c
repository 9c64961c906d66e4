/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Removal of a folder with its content. Each level is opened relative to its
 * parent and without following symlinks, so a folder that somebody swaps for
 * a symlink meanwhile leads nowhere else.
 */
#include "base/fsio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/status.h"

static int remove_entry(int dirfd, const char *name, int depth);

/* Takes the descriptor. */
static int remove_content(int fd, int depth)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	int status = MCC_OK;

	if (!dir) {
		status = mcc_status_from_errno(errno);
		close(fd);
		return status;
	}
	while (!status && (errno = 0, entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			status = remove_entry(dirfd(dir), entry->d_name, depth + 1);
	}
	if (!status && errno)
		status = mcc_status_from_errno(errno);
	closedir(dir);
	return status;
}

static int remove_entry(int dirfd, const char *name, int depth)
{
	int status;
	int fd;

	if (depth > LIMIT_TREE_DEPTH)
		return MCC_ETOOBIG;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		/* ENOTDIR: a file or a symlink. What cannot be opened may
		 * still be an empty folder, hence the second try. */
		if (unlinkat(dirfd, name, 0) == 0)
			return MCC_OK;
		if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0)
			return MCC_OK;
		return mcc_status_from_errno(errno);
	}
	status = remove_content(fd, depth);
	if (!status && unlinkat(dirfd, name, AT_REMOVEDIR) < 0)
		status = mcc_status_from_errno(errno);
	return status;
}

int fs_remove_tree(int dirfd, const char *name)
{
	return remove_entry(dirfd, name, 0);
}
