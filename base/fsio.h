/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files, safely: reads are capped, writes appear whole or not at all. All
 * descriptors are close-on-exec.
 */
#ifndef MCC_BASE_FSIO_H
#define MCC_BASE_FSIO_H

#include <stdbool.h>
#include <stddef.h>
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

/*
 * Replaces dir/name atomically and durably: temporary file beside it, write,
 * fsync, rename, fsync of the folder. On failure nothing has changed.
 */
int fs_write_file(int dirfd, const char *name, struct str data, mode_t mode)
	MCC_MUST_CHECK;
int fs_write_all(int fd, const void *data, size_t len) MCC_MUST_CHECK;
int fs_sync_dir(int dirfd) MCC_MUST_CHECK;
/* Opens (creating when create) a folder; out_fd is the caller's to close. */
int fs_open_dir(int dirfd, const char *path, bool create, int *out_fd) MCC_MUST_CHECK;
/* Removes a folder with everything in it; symlinks are not followed. */
int fs_remove_tree(int dirfd, const char *name) MCC_MUST_CHECK;
bool fs_exists(int dirfd, const char *path);

#endif
