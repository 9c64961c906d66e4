/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes lmdb and cdb files as postmap(1) and postalias(1) do; targets, rows
 * and order as for Berkeley DB.
 */
#ifndef MCC_RUNTIME_KV_WRITE_H
#define MCC_RUNTIME_KV_WRITE_H

#include "runtime/bdb_write.h"

/*
 * As bdb_write_rows(). lmdb keys are sorted, cdb keys in the order of the
 * rows. Also MCC_ETOOBIG: lmdb takes keys of at most 510 bytes, cdb files end
 * at 4 GiB.
 */
int lmdb_write(const struct bdb_target *target, struct row_store *rows,
	       struct row_order order) MCC_MUST_CHECK;
int cdb_write(const struct bdb_target *target, struct row_store *rows,
	      struct row_order order) MCC_MUST_CHECK;

#endif
