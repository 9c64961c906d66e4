/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unix:passwd.byname over a file in passwd(5) form. The file is read whole and
 * read again when its time, size or inode changes, so a new user gets mail
 * without a reload; between changes a look-up costs one stat(2).
 *
 * A file that cannot be read answers "cannot tell", never "no such user":
 * bouncing somebody's mail because of a full file table is not acceptable.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/strmap.h"
#include "runtime/map.h"

struct passwd_map {
	struct rt_map map;
	const char *file;
	struct arena *rows; /* of the last reading; NULL before the first */
	struct strmap *by_name;
	struct stat seen;
};

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	       a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* "name:password:uid:...": rows without a colon, comments and NIS markers are
 * no users. */
static void add_user(struct passwd_map *self, struct str line)
{
	ptrdiff_t colon = str_chr(line, ':');
	struct str *row;

	if (colon < 1 || line.ptr[0] == '#' || line.ptr[0] == '+' || line.ptr[0] == '-')
		return;
	row = arena_alloc(self->rows, sizeof(*row));
	*row = line;
	if (!strmap_find(self->by_name, str_slice(line, 0, (size_t)colon)))
		strmap_put(self->by_name, str_slice(line, 0, (size_t)colon), row);
}

static int read_users(struct passwd_map *self)
{
	struct stat now;
	struct str text;
	struct str line;
	struct arena *rows;
	int status;

	if (stat(self->file, &now) != 0)
		return MCC_ENOENT;
	if (self->rows && is_same_file(&now, &self->seen))
		return MCC_OK;
	rows = arena_new(0);
	status = fs_read_file(rows, AT_FDCWD, self->file, LIMIT_CONFIG_FILE, &text);
	if (status != MCC_OK) {
		arena_free(rows);
		return status;
	}
	arena_free(self->rows);
	self->rows = rows;
	self->by_name = strmap_new(rows);
	self->seen = now;
	while (str_token(&text, "\n", &line))
		add_user(self, line);
	return MCC_OK;
}

static enum rt_found passwd_lookup(struct rt_map *map, struct str key,
				   struct arena *arena, struct str *out_value,
				   MCC_UNUSED unsigned *out_line)
{
	struct passwd_map *self = (struct passwd_map *)map;
	const struct str *row;

	if (read_users(self) != MCC_OK)
		return RT_LOOKUP_ERROR;
	row = strmap_find(self->by_name, key);
	if (!row)
		return RT_NOT_FOUND;
	/* The rows may be replaced while the caller still holds the value. */
	*out_value = (struct str){str_dup0(arena, *row), row->len};
	return RT_FOUND;
}

static void passwd_close(struct rt_map *map)
{
	struct passwd_map *self = (struct passwd_map *)map;

	arena_free(self->rows);
	self->rows = NULL;
}

static const struct rt_map_class passwd_class = {"unix", passwd_lookup, passwd_close};

struct rt_map *rt_map_passwd(struct arena *arena, const char *name,
			     const char *passwd_file)
{
	struct passwd_map *self = arena_alloc(arena, sizeof(*self));

	self->map =
		(struct rt_map){&passwd_class, name, RT_MAP_PARTIAL_KEYS, {true, false}};
	self->file = passwd_file;
	return &self->map;
}
