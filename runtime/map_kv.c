/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lmdb: and cdb: databases as postmap(1) makes them. Like Postfix a look-up
 * tries the key with a final NUL first and without it then; a final NUL of a
 * value does not count. Files are opened for reading and never locked: mcc
 * changes none of them.
 */
#include <cdb.h>
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/status.h"
#include "runtime/map.h"

static struct str without_nul(struct str s)
{
	return s.len && s.ptr[s.len - 1] == '\0' ? str_slice(s, 0, s.len - 1) : s;
}

/* ---- lmdb ---- */

struct lmdb_map {
	struct rt_map map;
	MDB_env *env;
	MDB_txn *txn; /* for reading; as long as the table is open */
	MDB_dbi dbi;
};

static enum rt_found lmdb_get(const struct lmdb_map *self, const char *key, size_t len,
			      MDB_val *out)
{
	MDB_val k = {len, NULL};
	int code;

	memcpy(&k.mv_data, &key, sizeof(key));
	if (!len)
		return RT_NOT_FOUND;
	code = mdb_get(self->txn, self->dbi, &k, out);
	if (code == 0)
		return RT_FOUND;
	return code == MDB_NOTFOUND || code == MDB_BAD_VALSIZE ? RT_NOT_FOUND
							       : RT_LOOKUP_ERROR;
}

static enum rt_found lmdb_lookup(struct rt_map *map, struct str key, struct arena *arena,
				 struct str *out_value, MCC_UNUSED unsigned *out_line)
{
	const struct lmdb_map *self = (const struct lmdb_map *)map;
	const char *with_nul = arena_memdup0(arena, key.ptr, key.len);
	MDB_val value;
	enum rt_found found;

	if (!with_nul)
		return RT_LOOKUP_ERROR;
	found = lmdb_get(self, with_nul, key.len + 1, &value);
	if (found == RT_NOT_FOUND)
		found = lmdb_get(self, with_nul, key.len, &value);
	if (found != RT_FOUND)
		return found;
	*out_value = without_nul((struct str){
		arena_memdup0(arena, value.mv_data, value.mv_size), value.mv_size});
	return RT_FOUND;
}

static void lmdb_free(void *arg)
{
	struct lmdb_map *self = arg;

	if (self->txn)
		mdb_txn_abort(self->txn);
	if (self->env)
		mdb_env_close(self->env);
}

static const struct rt_map_class lmdb_class = {"lmdb", lmdb_lookup, NULL};

static int open_lmdb(struct lmdb_map *self, const char *path)
{
	int code = mdb_env_create(&self->env);

	if (code == 0)
		code = mdb_env_open(self->env, path,
				    MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK, 0);
	if (code == 0)
		code = mdb_txn_begin(self->env, NULL, MDB_RDONLY, &self->txn);
	if (code == 0)
		code = mdb_dbi_open(self->txn, NULL, 0, &self->dbi);
	return code;
}

static int lmdb_open(struct arena *arena, const char *path, struct rt_map **out_map,
		     char *err, size_t err_size)
{
	struct lmdb_map *self = arena_alloc(arena, sizeof(*self));
	int code = open_lmdb(self, path);

	arena_on_free(arena, lmdb_free, self);
	if (code != 0) {
		snprintf(err, err_size, "%s: %s", path, mdb_strerror(code));
		return code > 0 ? mcc_status_from_errno(code) : MCC_EFORMAT;
	}
	self->map = (struct rt_map){&lmdb_class, NULL, RT_MAP_PARTIAL_KEYS, true};
	*out_map = &self->map;
	return MCC_OK;
}

static int lmdb_each(struct rt_map *map, bool (*fn)(struct str, struct str, void *),
		     void *arg)
{
	const struct lmdb_map *self = (const struct lmdb_map *)map;
	MDB_cursor *cursor;
	MDB_val key, value;
	int code = mdb_cursor_open(self->txn, self->dbi, &cursor);

	if (code != 0)
		return MCC_EFORMAT;
	while ((code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0)
		if (!fn(without_nul((struct str){key.mv_data, key.mv_size}),
			without_nul((struct str){value.mv_data, value.mv_size}), arg))
			break;
	mdb_cursor_close(cursor);
	return code == 0 || code == MDB_NOTFOUND ? MCC_OK : MCC_EFORMAT;
}

/* ---- cdb ---- */

struct cdb_map {
	struct rt_map map;
	struct cdb cdb;
	int fd;
};

static enum rt_found cdb_map_get(struct cdb_map *self, const char *key, size_t len,
				 struct str *out_value)
{
	int code = cdb_find(&self->cdb, key, (unsigned)len);
	const void *data;

	if (code <= 0)
		return code == 0 ? RT_NOT_FOUND : RT_LOOKUP_ERROR;
	data = cdb_getdata(&self->cdb);
	if (!data)
		return RT_LOOKUP_ERROR;
	*out_value = (struct str){data, cdb_datalen(&self->cdb)};
	return RT_FOUND;
}

static enum rt_found cdb_lookup(struct rt_map *map, struct str key, struct arena *arena,
				struct str *out_value, MCC_UNUSED unsigned *out_line)
{
	struct cdb_map *self = (struct cdb_map *)map;
	const char *with_nul = arena_memdup0(arena, key.ptr, key.len);
	struct str value;
	enum rt_found found;

	if (!with_nul)
		return RT_LOOKUP_ERROR;
	found = cdb_map_get(self, with_nul, key.len + 1, &value);
	if (found == RT_NOT_FOUND)
		found = cdb_map_get(self, with_nul, key.len, &value);
	if (found == RT_FOUND)
		*out_value = without_nul((struct str){
			arena_memdup0(arena, value.ptr, value.len), value.len});
	return found;
}

static void cdb_release(void *arg)
{
	struct cdb_map *self = arg;

	cdb_free(&self->cdb);
	close(self->fd);
}

static const struct rt_map_class cdb_class = {"cdb", cdb_lookup, NULL};

static int cdb_open(struct arena *arena, const char *path, struct rt_map **out_map,
		    char *err, size_t err_size)
{
	struct cdb_map *self = arena_alloc(arena, sizeof(*self));

	self->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (self->fd < 0) {
		snprintf(err, err_size, "%s: %s", path, strerror(errno));
		return mcc_status_from_errno(errno);
	}
	if (cdb_init(&self->cdb, self->fd) != 0) {
		close(self->fd);
		snprintf(err, err_size, "%s is damaged", path);
		return MCC_EFORMAT;
	}
	arena_on_free(arena, cdb_release, self);
	self->map = (struct rt_map){&cdb_class, NULL, RT_MAP_PARTIAL_KEYS, true};
	*out_map = &self->map;
	return MCC_OK;
}

static int cdb_each(struct rt_map *map, bool (*fn)(struct str, struct str, void *),
		    void *arg)
{
	struct cdb_map *self = (struct cdb_map *)map;
	unsigned at;
	int code;

	cdb_seqinit(&at, &self->cdb);
	while ((code = cdb_seqnext(&at, &self->cdb)) > 0) {
		const char *key = cdb_getkey(&self->cdb), *value;
		unsigned key_len = cdb_keylen(&self->cdb);

		value = cdb_getdata(&self->cdb);
		if (!key || !value)
			return MCC_EFORMAT;
		if (!fn(without_nul((struct str){key, key_len}),
			without_nul((struct str){value, cdb_datalen(&self->cdb)}), arg))
			return MCC_OK;
	}
	return code == 0 ? MCC_OK : MCC_EFORMAT;
}

/* ---- either ---- */

int rt_map_open_kv(struct arena *arena, const char *type, const char *name,
		   const char *path, struct rt_map **out_map, char *err, size_t err_size)
{
	int status = strcmp(type, "lmdb") == 0
			     ? lmdb_open(arena, path, out_map, err, err_size)
			     : cdb_open(arena, path, out_map, err, err_size);

	if (status == MCC_OK)
		(*out_map)->name = name;
	return status;
}

int rt_map_each_kv(struct rt_map *map,
		   bool (*fn)(struct str key, struct str value, void *arg), void *arg)
{
	return map->class == &lmdb_class ? lmdb_each(map, fn, arg)
					 : cdb_each(map, fn, arg);
}
