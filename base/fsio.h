/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files, safely: reads are capped, writes appear whole or not at all. All
 * descriptors are close-on-exec.
 */
#ifndef MCC_BASE_FSIO_H
#define MCC_BASE_FSIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/str.h"

struct arena;

/*
 * Whole regular file into the arena (NUL-terminated, the NUL not counted).
 * FIFOs and devices are refused without blocking. Status: as source_add_file.
 */
int fs_read_file(struct arena *arena, int dirfd, const char *path, size_t cap,
		 struct str *out_text) MCC_MUST_CHECK;

/* A regular file for reading, and its size; refuses as fs_read_file() does. */
int fs_open_regular(int dirfd, const char *path, uint64_t *out_size,
		    int *out_fd) MCC_MUST_CHECK;

/*
 * Replaces a file atomically and durably: temporary file beside it, write,
 * fsync, rename, fsync of the folder. `mode` is exact, whatever the umask. On
 * failure nothing has changed, with one exception: when only the last fsync
 * (of the folder) fails the new file is in place but may not survive a crash.
 * `name` may have folders before it; a symlink of that name is replaced, not
 * followed. Status: MCC_EINVAL for a name that ends in "/", "." or "..".
 */
int fs_write_file(int dirfd, const char *name, struct str data,
		  mode_t mode) MCC_MUST_CHECK;
/*
 * The same for a file that is written bit by bit through `fd`. After an open
 * exactly one of commit and drop is called; commit drops when it fails.
 */
struct fs_temp {
	int fd;
	int parent;	  /* the folder */
	const char *last; /* name to be, borrowed from the caller's */
	char name[64];	  /* meanwhile, in the folder */
};
int fs_temp_open(int dirfd, const char *name, struct fs_temp *out_temp) MCC_MUST_CHECK;
int fs_temp_commit(struct fs_temp *temp, mode_t mode) MCC_MUST_CHECK;
void fs_temp_drop(struct fs_temp *temp);
/* A file for reading and writing, without a name, in the folder of `name`. */
int fs_scratch_open(int dirfd, const char *name, int *out_fd) MCC_MUST_CHECK;
/* `len` bytes from the place of one file to that of another; MCC_EIO when the
 * first one ends before. */
int fs_copy_all(int from, int to, size_t len) MCC_MUST_CHECK;
int fs_write_all(int fd, const void *data, size_t len) MCC_MUST_CHECK;
/* `len` bytes at an offset, fewer only where the file ends. */
int fs_read_some(int fd, void *buf, size_t len, uint64_t at,
		 size_t *out_len) MCC_MUST_CHECK;
/* All `len` bytes; MCC_EFORMAT: the file ends before. */
int fs_read_at(int fd, void *buf, size_t len, uint64_t at) MCC_MUST_CHECK;
int fs_write_at(int fd, const void *data, size_t len, uint64_t at) MCC_MUST_CHECK;
int fs_sync_dir(int dirfd) MCC_MUST_CHECK;
/*
 * Opens a folder; with `create` makes the last component when it is missing
 * (mode 0755, made durable). out_fd is the caller's to close.
 */
int fs_open_dir(int dirfd, const char *path, bool create, int *out_fd) MCC_MUST_CHECK;
/*
 * Removes a file or a folder with everything in it, at most LIMIT_TREE_DEPTH
 * deep (MCC_ETOOBIG); symlinks are removed, not followed.
 */
int fs_remove_tree(int dirfd, const char *name) MCC_MUST_CHECK;
bool fs_exists(int dirfd, const char *path);

#endif
