/* SPDX-License-Identifier: BSD-2-Clause */
#include "dir_case.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/status.h"

int dir_case_setup(void **state)
{
	struct dir_case *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	*state = f;
	f->arena = arena_new(0);
	snprintf(f->dir, sizeof(f->dir), "/tmp/mcc-unit.XXXXXX");
	return mkdtemp(f->dir) ? fs_open_dir(AT_FDCWD, f->dir, false, &f->fd) : -1;
}

int dir_case_teardown(void **state)
{
	struct dir_case *f = *state;
	int status;

	arena_free(f->arena);
	close(f->fd);
	status = fs_remove_tree(AT_FDCWD, f->dir);
	free(f);
	return status == MCC_OK ? 0 : -1;
}
