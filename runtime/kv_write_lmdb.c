/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lmdb files by the library. The rows are sorted first and appended, so that
 * pages are filled one after the other; the size of the map is counted from
 * the rows, since the library writes it into the file: the same rows give the
 * same bytes. The lock file is left to whoever opens the table later.
 */
#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/status.h"
#include "runtime/database.h"
#include "runtime/kv_write.h"

/* Bounds the pages that one transaction holds in memory. */
enum { BYTES_A_TXN = 16 << 20 };
enum { KEY_MAX = 511, MAP_UNIT = 1 << 20, ROW_OVERHEAD = 24, PAGE = 4096 };

struct lmdb_size {
	size_t bytes;
	size_t longest; /* value */
};

/* An upper bound: every page at least half full, large values on their own. */
static int add_size(const struct stored_row *row, void *arg)
{
	struct lmdb_size *size = arg;
	size_t bytes = row->key.len + row->value.len + ROW_OVERHEAD;

	size->bytes += bytes > PAGE / 4 ? bytes + 2 * PAGE : 2 * bytes;
	if (row->value.len > size->longest)
		size->longest = row->value.len;
	return MCC_OK;
}

static size_t map_size(const struct lmdb_size *size)
{
	return (size->bytes + size->bytes / 4) / MAP_UNIT * MAP_UNIT +
	       16 * (size_t)MAP_UNIT;
}

static MDB_val with_nul(char *buf, struct str s)
{
	if (s.len)
		memcpy(buf, s.ptr, s.len);
	buf[s.len] = '\0';
	return (MDB_val){s.len + 1, buf};
}

struct lmdb_build {
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	char *value;	/* room for the longest */
	size_t waiting; /* bytes since the last commit */
};

static int begin(struct lmdb_build *build)
{
	int code = mdb_txn_begin(build->env, NULL, 0, &build->txn);

	return code ? code : mdb_dbi_open(build->txn, NULL, 0, &build->dbi);
}

static int commit(struct lmdb_build *build)
{
	int code = mdb_txn_commit(build->txn);

	build->txn = NULL;
	return code;
}

static int put(struct lmdb_build *build, const struct stored_row *row)
{
	char bytes[KEY_MAX];
	MDB_val key, value;
	int code;

	if (row->key.len >= KEY_MAX)
		return MDB_BAD_VALSIZE;
	key = with_nul(bytes, row->key);
	value = with_nul(build->value, row->value);
	code = mdb_put(build->txn, build->dbi, &key, &value, MDB_APPEND);
	build->waiting += key.mv_size + value.mv_size;
	if (code || build->waiting < BYTES_A_TXN)
		return code;
	build->waiting = 0;
	code = commit(build);
	return code ? code : begin(build);
}

static int status_of(int code)
{
	if (code == 0)
		return MCC_OK;
	if (code == MDB_BAD_VALSIZE || code == MDB_MAP_FULL)
		return MCC_ETOOBIG;
	return code > 0 ? mcc_status_from_errno(code) : MCC_EIO;
}

static int put_all(struct lmdb_build *build, struct row_store *rows)
{
	struct stored_row row;
	int status = status_of(begin(build));

	while (status == MCC_OK) {
		status = row_store_next(rows, &row);
		if (status == MCC_OK)
			status = status_of(put(build, &row));
	}
	return status == MCC_ENOENT ? status_of(commit(build)) : status;
}

static int open_env(struct lmdb_build *build, const struct fs_temp *temp, size_t size)
{
	char path[128];
	int code;

	/* The library opens by name, the folder may have none any more. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", temp->parent, temp->name);
	code = mdb_env_create(&build->env);
	if (code == 0)
		code = mdb_env_set_mapsize(build->env, size);
	if (code == 0)
		code = mdb_env_open(build->env, path,
				    MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC, 0600);
	return status_of(code);
}

static int fill(const struct fs_temp *temp, struct row_store *rows,
		const struct row_order *order)
{
	struct lmdb_build build = {.env = NULL};
	struct lmdb_size size = {0, 0};
	int status = row_store_each(rows, add_size, &size);

	if (status == MCC_OK)
		status = row_store_sort(rows, order);
	if (status != MCC_OK)
		return status;
	build.value = malloc(size.longest + 1);
	status = build.value ? open_env(&build, temp, map_size(&size)) : MCC_ENOMEM;
	if (status == MCC_OK)
		status = put_all(&build, rows);
	if (build.txn)
		mdb_txn_abort(build.txn);
	if (build.env)
		mdb_env_close(build.env);
	free(build.value);
	return status;
}

int lmdb_write(const struct bdb_target *target, struct row_store *rows,
	       struct row_order order)
{
	struct fs_temp temp;
	int status = database_open(target, &temp);

	if (status != MCC_OK)
		return status;
	status = fill(&temp, rows, &order);
	if (status == MCC_OK)
		return fs_temp_commit(&temp, target->mode);
	fs_temp_drop(&temp);
	return status;
}
