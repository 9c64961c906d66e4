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
#include "runtime/bdb_build.h"
#include "runtime/kv_write.h"

/* Bounds the pages that one transaction holds in memory. */
enum { ROWS_A_TXN = 1 << 18 };
enum { KEY_MAX = 511, MAP_UNIT = 1 << 20, ROW_OVERHEAD = 24, PAGE = 4096 };

/* An upper bound: every page at least half full, large values on their own. */
static size_t map_size(const struct bdb_row *rows, size_t count)
{
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++) {
		size_t size = rows[i].key.len + rows[i].value.len + ROW_OVERHEAD;

		bytes += size > PAGE / 4 ? size + 2 * PAGE : 2 * size;
	}
	return (bytes + bytes / 4) / MAP_UNIT * MAP_UNIT + 16 * (size_t)MAP_UNIT;
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
	char *value; /* room for the longest */
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

static int put(struct lmdb_build *build, const struct bdb_row *row)
{
	char bytes[KEY_MAX];
	MDB_val key, value;

	if (row->key.len >= KEY_MAX)
		return MDB_BAD_VALSIZE;
	key = with_nul(bytes, row->key);
	value = with_nul(build->value, row->value);
	return mdb_put(build->txn, build->dbi, &key, &value, MDB_APPEND);
}

static int put_all(struct lmdb_build *build, const struct bdb_row **sorted, size_t count)
{
	int code = begin(build);

	for (size_t i = 0; i < count && code == 0; i++) {
		code = put(build, sorted[i]);
		if (code == 0 && (i + 1) % ROWS_A_TXN == 0) {
			code = commit(build);
			if (code == 0)
				code = begin(build);
		}
	}
	return code ? code : commit(build);
}

static int status_of(int code)
{
	if (code == 0)
		return MCC_OK;
	if (code == MDB_BAD_VALSIZE || code == MDB_MAP_FULL)
		return MCC_ETOOBIG;
	return code > 0 ? mcc_status_from_errno(code) : MCC_EIO;
}

static int fill(const struct fs_temp *temp, const struct bdb_row **sorted, size_t count,
		size_t size)
{
	struct lmdb_build build = {NULL, NULL, 0, NULL};
	size_t longest = 0;
	char path[128];
	int code;

	for (size_t i = 0; i < count; i++)
		if (sorted[i]->value.len > longest)
			longest = sorted[i]->value.len;
	build.value = malloc(longest + 1);
	if (!build.value)
		return MCC_ENOMEM;
	/* The library opens by name, the folder may have none any more. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", temp->parent, temp->name);
	code = mdb_env_create(&build.env);
	if (code == 0)
		code = mdb_env_set_mapsize(build.env, size);
	if (code == 0)
		code = mdb_env_open(build.env, path,
				    MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC, 0600);
	if (code == 0)
		code = put_all(&build, sorted, count);
	if (build.txn)
		mdb_txn_abort(build.txn);
	if (build.env)
		mdb_env_close(build.env);
	free(build.value);
	return status_of(code);
}

/* Sorted, of equal keys the first only; how many. */
static size_t sort_rows(const struct bdb_row **sorted, const struct bdb_row *rows,
			size_t count, struct bdb_duplicates *duplicates)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		sorted[i] = &rows[i];
	if (count > 1)
		qsort(sorted, count, sizeof(const struct bdb_row *), bdb_row_order);
	for (size_t i = 0; i < count; i++) {
		const struct bdb_row *last = kept ? sorted[kept - 1] : NULL;

		if (!last || !str_eq(last->key, sorted[i]->key))
			sorted[kept++] = sorted[i];
		else if (duplicates)
			duplicates->found(duplicates, (size_t)(last - rows),
					  (size_t)(sorted[i] - rows));
	}
	return kept;
}

int lmdb_write(const struct bdb_target *target, const struct bdb_row *rows, size_t count,
	       struct bdb_duplicates *duplicates)
{
	const struct bdb_row **sorted = malloc((count + 1) * sizeof(const void *));
	struct fs_temp temp;
	size_t kept;
	int status;

	if (!sorted)
		return MCC_ENOMEM;
	kept = sort_rows(sorted, rows, count, duplicates);
	status = fs_temp_open(target->dirfd, target->name, &temp);
	if (status == MCC_OK) {
		status = fill(&temp, sorted, kept, map_size(rows, count));
		if (status == MCC_OK)
			status = fs_temp_commit(&temp, target->mode);
		else
			fs_temp_drop(&temp);
	}
	free(sorted);
	return status;
}
