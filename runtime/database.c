/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The single place that knows which types of database there are and who
 * writes them.
 */
#include "runtime/database.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/limits.h"
#include "base/status.h"
#include "runtime/kv_write.h"

static int write_hash(const struct bdb_target *target, struct row_store *rows,
		      struct row_order order)
{
	return bdb_write_rows(target, BDB_HASH, rows, order);
}

static int write_btree(const struct bdb_target *target, struct row_store *rows,
		       struct row_order order)
{
	return bdb_write_rows(target, BDB_BTREE, rows, order);
}

struct database_type {
	const char *name;
	const char *suffix;
	int (*write)(const struct bdb_target *target, struct row_store *rows,
		     struct row_order order);
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

int database_open(const struct bdb_target *target, struct fs_temp *out_temp)
{
	struct fs_temp temp;
	int status = fs_temp_open(target->dirfd, target->name, &temp);

	if (status != MCC_OK)
		return status;
	if (target->has_owner && fchown(temp.fd, target->uid, target->gid) != 0) {
		status = mcc_status_from_errno(errno);
		fs_temp_drop(&temp);
		return status;
	}
	*out_temp = temp;
	return MCC_OK;
}

int database_write_rows(const struct bdb_target *target, const char *type,
			struct row_store *rows, struct row_order order)
{
	const struct database_type *t = find(type);

	return t ? t->write(target, rows, order) : MCC_EUNSUPPORTED;
}

int database_write(const struct bdb_target *target, const char *type,
		   const struct bdb_row *rows, size_t count)
{
	const struct row_order order = {.number = NULL};
	const struct row_place nowhere = {0, 0};
	struct row_store *store =
		row_store_new(target->dirfd, target->name, LIMIT_ROWS_HELD);
	int status = store ? MCC_OK : MCC_ENOMEM;

	for (size_t i = 0; i < count && status == MCC_OK; i++)
		status = row_store_add(store, rows[i].key, rows[i].value, nowhere);
	if (status == MCC_OK)
		status = database_write_rows(target, type, store, order);
	row_store_free(store);
	return status;
}
