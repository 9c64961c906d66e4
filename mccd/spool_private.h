/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files spool*.c only. */
#ifndef MCC_MCCD_SPOOL_PRIVATE_H
#define MCC_MCCD_SPOOL_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "mccd/journal.h"
#include "mccd/spool.h"

struct spool {
	int dir; /* borrowed */
	int queue;
	int tmp;
	int corrupt;
	int journal_dir;
	struct journal *journal;
	bool is_dir_dirty; /* names below queue/ that are not durable */
};

/* spool_create.c */
/* The journal's hook: files and names of these messages become durable. */
int spool_settle(void *spool, const char *const *ids, size_t count) MCC_MUST_CHECK;
/* The message's file is durable: its name too, and it leaves the journal. */
int spool_kept(struct spool *spool, const char *id) MCC_MUST_CHECK;
/* Writes out what the journal holds of an earlier run, durably. */
int spool_restore(struct spool *spool) MCC_MUST_CHECK;

#endif
