/* SPDX-License-Identifier: BSD-2-Clause */
/* Database files from anywhere: look-ups and walks end, within the file. */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/fsio.h"
#include "runtime/bdb_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Rows of a file whose pages name each other in circles are without number. */
static bool count_row(struct str key, struct str value, void *arg)
{
	volatile const char *last = value.len ? value.ptr + value.len - 1 : key.ptr;

	if (value.len || key.len)
		(void)*last;
	return ++*(size_t *)arg < 10000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(0);
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	char *path = arena_printf(arena, "/proc/self/fd/%d", fd);
	struct bdb_file *file = NULL;
	struct str value;
	size_t rows = 0;
	char err[256];

	MCC_ASSERT(fd >= 0 && fs_write_all(fd, data, size) == 0);
	for (int is_hash = 0; is_hash < 2; is_hash++) {
		if (bdb_open(arena, AT_FDCWD, path, is_hash, &file, err, sizeof(err)))
			continue;
		(void)bdb_get(file, STR_LIT("postmaster\0"), arena, &value);
		(void)bdb_get(file, STR_LIT(""), arena, &value);
		if (bdb_each(file, count_row, &rows))
			rows = 0;
		bdb_close(file);
	}
	close(fd);
	arena_free(arena);
	return 0;
}
