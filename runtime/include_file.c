/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text of an :include: file of aliases(5). local(8) takes regular files
 * that not everybody may write; every other one is a mistake of the site and
 * returns the message to its sender.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "base/fsio.h"
#include "base/status.h"
#include "runtime/resolve.h"

enum rt_found rt_read_include(struct arena *arena, const char *path, size_t cap,
			      struct str *out_text)
{
	struct stat st;
	int status;

	if (stat(path, &st) == 0 && (st.st_mode & S_IWOTH) != 0)
		return RT_NOT_FOUND;
	status = fs_read_file(arena, AT_FDCWD, path, cap, out_text);
	if (status == MCC_OK)
		return RT_FOUND;
	return status == MCC_ENOENT || status == MCC_EISDIR || status == MCC_ENOTREG
		       ? RT_NOT_FOUND
		       : RT_LOOKUP_ERROR;
}
