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
#include "runtime/database.h"

int bdb_write_rows(const struct bdb_target *target, enum bdb_type type,
		   struct row_store *rows, struct row_order order)
{
	struct fs_temp temp;
	int status = database_open(target, &temp);

	if (status != MCC_OK)
		return status;
	if (type == BDB_HASH)
		status = bdb_write_hash(temp.fd, rows, order);
	else
		status = bdb_write_btree(temp.fd, rows, order);
	if (status == MCC_OK)
		return fs_temp_commit(&temp, target->mode);
	fs_temp_drop(&temp);
	return status;
}

int bdb_write(const struct bdb_target *target, enum bdb_type type,
	      const struct bdb_row *rows, size_t count)
{
	return database_write(target, type == BDB_HASH ? "hash" : "btree", rows, count);
}
