/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hash: and btree: tables. postmap(1) ends keys and values in a NUL that
 * counts; other programs leave it out. As Postfix does, a look-up tries the
 * key with the NUL first and then without.
 */
#include <string.h>

#include "base/arena.h"
#include "base/status.h"
#include "runtime/bdb_read.h"
#include "runtime/config.h"
#include "runtime/map.h"

struct bdb_map {
	struct rt_map map;
	struct bdb_file *file;
};

static enum rt_found bdb_lookup(struct rt_map *map, struct str key, struct arena *arena,
				struct str *out_value, MCC_UNUSED unsigned *out_line)
{
	struct bdb_map *self = (struct bdb_map *)map;
	struct str with_nul = {arena_memdup0(arena, key.ptr, key.len), key.len + 1};
	struct str value;
	enum rt_found found;

	if (!with_nul.ptr)
		return RT_LOOKUP_ERROR;
	found = bdb_get(self->file, with_nul, arena, &value);
	if (found == RT_NOT_FOUND)
		found = bdb_get(self->file, key, arena, &value);
	if (found != RT_FOUND)
		return found;
	if (value.len && value.ptr[value.len - 1] == '\0')
		value.len--;
	*out_value = value;
	return RT_FOUND;
}

static void bdb_map_close(struct rt_map *map)
{
	bdb_close(((struct bdb_map *)map)->file);
}

static const struct rt_map_class hash_class = {"hash", bdb_lookup, bdb_map_close};
static const struct rt_map_class btree_class = {"btree", bdb_lookup, bdb_map_close};

int rt_map_open_bdb(struct arena *arena, int dirfd, const struct rt_map_ref *ref,
		    struct rt_map **out_map, char *err, size_t err_size)
{
	bool is_hash = strcmp(ref->type, "btree") != 0;
	struct bdb_map *self = arena_alloc(arena, sizeof(*self));
	int status;

	if (!self)
		return MCC_ENOMEM;
	status = bdb_open(arena, dirfd, ref->path, is_hash, &self->file, err, err_size);
	if (status != MCC_OK)
		return status;
	self->map = (struct rt_map){is_hash ? &hash_class : &btree_class, ref->name,
				    RT_MAP_PARTIAL_KEYS, ref->fold_keys};
	*out_map = &self->map;
	return MCC_OK;
}
