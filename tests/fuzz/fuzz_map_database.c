/* SPDX-License-Identifier: BSD-2-Clause */
/* lmdb and cdb files from anywhere: look-ups and walks end, within the file. */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/fsio.h"
#include "runtime/config.h"
#include "runtime/map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The last row seen is asked for again. */
struct rows {
	size_t count;
	struct str key;
	struct arena *arena;
};

static bool take_row(struct str key, struct str value, void *arg)
{
	struct rows *rows = arg;

	/* To its last byte. */
	arena_memdup0(rows->arena, value.ptr, value.len);
	rows->key = (struct str){arena_memdup0(rows->arena, key.ptr, key.len), key.len};
	return ++rows->count < 1000;
}

static void read_as(struct arena *arena, const char *type, const char *path)
{
	const struct rt_map_ref ref = {.name = path, .type = type, .path = path};
	struct rows rows = {0, {"postmaster", 10}, arena};
	struct rt_map *map = NULL;
	struct str value;
	char err[256];

	if (rt_map_open_database(arena, AT_FDCWD, &ref, &map, err, sizeof(err)))
		return;
	(void)rt_map_lookup(map, STR_LIT("postmaster"), arena, &value, NULL);
	(void)rt_map_lookup(map, STR_LIT(""), arena, &value, NULL);
	if (rt_map_each(map, take_row, &rows))
		rows.count = 0;
	if (rt_map_lookup(map, rows.key, arena, &value, NULL) == RT_FOUND)
		arena_memdup0(arena, value.ptr, value.len);
	rt_map_close(map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(0);
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	const char *path = arena_printf(arena, "/proc/self/fd/%d", fd);

	MCC_ASSERT(fd >= 0 && fs_write_all(fd, data, size) == 0);
	read_as(arena, "lmdb", path);
	read_as(arena, "cdb", path);
	close(fd);
	arena_free(arena);
	return 0;
}
