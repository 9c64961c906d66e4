/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hash:, btree:, lmdb: and cdb: tables. postmap(1) ends keys and values in a
 * NUL that counts (not in cdb files); other programs leave it out. As Postfix
 * does, a look-up tries the key with the NUL first and then without.
 */
#include "runtime/map_database.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/status.h"
#include "runtime/config.h"

static struct str without_nul(struct str s)
{
	return s.len && s.ptr[s.len - 1] == '\0' ? str_slice(s, 0, s.len - 1) : s;
}

static enum rt_found lookup(struct rt_map *map, struct str key, struct arena *arena,
			    struct str *out_value, MCC_UNUSED unsigned *out_line)
{
	struct rt_database *db = (struct rt_database *)map;
	struct str with_nul = {arena_memdup0(arena, key.ptr, key.len), key.len + 1};
	enum rt_found found;
	struct str value;

	if (!with_nul.ptr)
		return RT_LOOKUP_ERROR;
	found = db->get(db, with_nul, arena, &value);
	if (found == RT_NOT_FOUND)
		found = db->get(db, key, arena, &value);
	if (found == RT_FOUND)
		*out_value = without_nul(value);
	return found;
}

static void close_database(struct rt_map *map)
{
	struct rt_database *db = (struct rt_database *)map;

	db->close(db);
}

struct database_reader {
	struct rt_map_class class;
	int (*open)(const struct rt_database_file *file, struct rt_database **out_db);
};

static const struct database_reader readers[] = {
	{{"hash", lookup, close_database}, bdb_database_open},
	{{"btree", lookup, close_database}, bdb_database_open},
	{{"lmdb", lookup, close_database}, lmdb_database_open},
	{{"cdb", lookup, close_database}, cdb_database_open},
};

static const struct database_reader *find_reader(const char *type)
{
	for (size_t i = 0; i < array_len(readers); i++)
		if (strcmp(readers[i].class.type, type) == 0)
			return &readers[i];
	return NULL;
}

int rt_database_refuse(const struct rt_database_file *file, int status, const char *what)
{
	if (what)
		snprintf(file->err, file->err_size, "%s %s", file->path, what);
	else
		snprintf(file->err, file->err_size, "%s: %s", file->path,
			 mcc_status_text(status));
	return status;
}

int rt_map_open_database(struct arena *arena, int dirfd, const struct rt_map_ref *ref,
			 struct rt_map **out_map, char *err, size_t err_size)
{
	const struct database_reader *reader = find_reader(ref->type);
	struct rt_database_file file = {arena,	   dirfd, ref->path,
					ref->type, NULL,  err_size};
	struct rt_database *db = NULL;
	int status;

	file.err = err;
	if (!reader)
		return rt_database_refuse(&file, MCC_EUNSUPPORTED, NULL);
	status = reader->open(&file, &db);
	if (status != MCC_OK)
		return status;
	db->map = (struct rt_map){
		&reader->class, ref->name, RT_MAP_PARTIAL_KEYS, {ref->fold_keys, false}};
	*out_map = &db->map;
	return MCC_OK;
}

/* ---- all rows ---- */

struct rows_to {
	rt_row_fn *fn;
	void *arg;
};

static bool pass_on(struct str key, struct str value, void *arg)
{
	const struct rows_to *to = arg;

	return to->fn(without_nul(key), without_nul(value), to->arg);
}

int rt_map_each(struct rt_map *map, rt_row_fn *fn, void *arg)
{
	struct rt_database *db = (struct rt_database *)map;
	struct rows_to to = {fn, arg};

	return db->each(db, pass_on, &to);
}
