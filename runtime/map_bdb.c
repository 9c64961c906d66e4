/* SPDX-License-Identifier: BSD-2-Clause */
/* hash: and btree: files as databases of look-up tables. */
#include <string.h>

#include "base/arena.h"
#include "base/status.h"
#include "runtime/bdb_read.h"
#include "runtime/map_database.h"

struct bdb_database {
	struct rt_database base; /* first member */
	struct bdb_file *file;
};

static enum rt_found get(struct rt_database *db, struct str key, struct arena *arena,
			 struct str *out_value)
{
	return bdb_get(((struct bdb_database *)db)->file, key, arena, out_value);
}

static int each(struct rt_database *db, rt_row_fn *fn, void *arg)
{
	return bdb_each(((struct bdb_database *)db)->file, fn, arg);
}

static void close_file(struct rt_database *db)
{
	bdb_close(((struct bdb_database *)db)->file);
}

int bdb_database_open(const struct rt_database_file *file, struct rt_database **out_db)
{
	struct bdb_database *self = arena_alloc(file->arena, sizeof(*self));
	bool is_hash = strcmp(file->type, "hash") == 0;
	int status;

	if (!self)
		return rt_database_refuse(file, MCC_ENOMEM, NULL);
	status = bdb_open(file->arena, file->dirfd, file->path, is_hash, &self->file,
			  file->err, file->err_size);
	if (status != MCC_OK)
		return status;
	self->base = (struct rt_database){.get = get, .each = each, .close = close_file};
	*out_db = &self->base;
	return MCC_OK;
}
