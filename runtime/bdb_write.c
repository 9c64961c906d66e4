/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From rows to a file. The pages are laid out here and not by libdb: its
 * files differ from run to run (a random file id, the order of splits), it
 * opens by path only, and it takes three to ten times as long. What it would
 * read back is what tests compare: db_verify, postmap -s and -q.
 */
#include "runtime/bdb_write.h"

#include "base/fsio.h"
#include "base/status.h"
#include "runtime/bdb_build.h"
#include "runtime/bdb_format.h"

int bdb_row_order(const void *a, const void *b)
{
	const struct bdb_row *x = *(const struct bdb_row *const *)a;
	const struct bdb_row *y = *(const struct bdb_row *const *)b;
	int order = str_cmp(x->key, y->key);

	if (order)
		return order;
	return x < y ? -1 : x > y;
}

static int write_btree(int fd, const struct bdb_row *rows, size_t count,
		       struct bdb_duplicates *duplicates)
{
	struct bdb_pages pages;
	int status = bdb_build_btree(&pages, rows, count, duplicates);

	if (status == MCC_OK)
		status = fs_write_all(fd, pages.bytes,
				      (size_t)pages.count * BDB_PAGE_SIZE);
	bdb_pages_fini(&pages);
	return status;
}

int bdb_write_telling(const struct bdb_target *target, enum bdb_type type,
		      const struct bdb_row *rows, size_t count,
		      struct bdb_duplicates *duplicates)
{
	struct fs_temp temp;
	int status;

	if (count >= UINT32_MAX)
		return MCC_ETOOBIG;
	status = fs_temp_open(target->dirfd, target->name, &temp);
	if (status != MCC_OK)
		return status;
	if (type == BDB_HASH)
		status = bdb_write_hash(temp.fd, rows, count, duplicates);
	else
		status = write_btree(temp.fd, rows, count, duplicates);
	if (status == MCC_OK)
		return fs_temp_commit(&temp, target->mode);
	fs_temp_drop(&temp);
	return status;
}

int bdb_write(const struct bdb_target *target, enum bdb_type type,
	      const struct bdb_row *rows, size_t count)
{
	return bdb_write_telling(target, type, rows, count, NULL);
}
