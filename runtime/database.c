/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The single place that knows which types of database there are and who
 * writes them.
 */
#include "runtime/database.h"

#include <string.h>

#include "base/status.h"
#include "runtime/kv_write.h"

static int write_hash(const struct bdb_target *target, const struct bdb_row *rows,
		      size_t count, struct bdb_duplicates *duplicates)
{
	return bdb_write_telling(target, BDB_HASH, rows, count, duplicates);
}

static int write_btree(const struct bdb_target *target, const struct bdb_row *rows,
		       size_t count, struct bdb_duplicates *duplicates)
{
	return bdb_write_telling(target, BDB_BTREE, rows, count, duplicates);
}

struct database_type {
	const char *name;
	const char *suffix;
	int (*write)(const struct bdb_target *target, const struct bdb_row *rows,
		     size_t count, struct bdb_duplicates *duplicates);
};

static const struct database_type types[] = {
	{"hash", "db", write_hash},
	{"btree", "db", write_btree},
	{"lmdb", "lmdb", lmdb_write},
	{"cdb", "cdb", cdb_write},
};

static const struct database_type *find(const char *type)
{
	for (size_t i = 0; i < array_len(types); i++)
		if (strcmp(types[i].name, type) == 0)
			return &types[i];
	return NULL;
}

bool database_is_type(const char *type)
{
	return find(type) != NULL;
}

const char *database_suffix(const char *type)
{
	const struct database_type *t = find(type);

	return t ? t->suffix : "db";
}

int database_write(const struct bdb_target *target, const char *type,
		   const struct bdb_row *rows, size_t count,
		   struct bdb_duplicates *duplicates)
{
	const struct database_type *t = find(type);

	return t ? t->write(target, rows, count, duplicates) : MCC_EUNSUPPORTED;
}
