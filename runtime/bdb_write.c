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

int bdb_write(const struct bdb_target *target, enum bdb_type type,
	      const struct bdb_row *rows, size_t count)
{
	struct bdb_pages pages = {NULL, 0, 0, false};
	struct str bytes;
	int status;

	if (type == BDB_HASH)
		status = bdb_build_hash(&pages, rows, count);
	else
		status = bdb_build_btree(&pages, rows, count);
	if (status == MCC_OK) {
		bytes.ptr = (const char *)pages.bytes;
		bytes.len = (size_t)pages.count * BDB_PAGE_SIZE;
		status = fs_write_file(target->dirfd, target->name, bytes, target->mode);
	}
	bdb_pages_fini(&pages);
	return status;
}
