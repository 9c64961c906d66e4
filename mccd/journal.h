/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The journal in front of the spool: messages on their way in, appended to a
 * file of which the blocks exist already, so that one fdatasync(2) makes a
 * whole group of them durable without a change to the file system. The spool
 * writes the same bytes as a file of its own, unsynced. A message leaves the
 * journal when that file is gone or durable; after a crash what is left in the
 * journal is written out again.
 *
 * Two segments take turns. Before one is written over, the spool is asked to
 * make the files of the messages that are still in it durable.
 */
#ifndef MCC_MCCD_JOURNAL_H
#define MCC_MCCD_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

enum {
	JOURNAL_SEGMENT_BYTES = 16 << 20,
	/* A segment grows by this, written with zeros: blocks that are written
	 * already cost no change of metadata afterwards. */
	JOURNAL_STEP_BYTES = 1 << 20,
	/* Groups begin at multiples of it: no durable sector is written again. */
	JOURNAL_BLOCK = 4096,
	/* Larger ones are synced as files; writing them twice costs more. */
	JOURNAL_MESSAGE_MAX = 256 << 10,
	JOURNAL_VERSION = 1
};

struct journal;

struct journal_hooks {
	/* Makes the files of these messages and their names durable. */
	int (*settle)(void *arg, const char *const *ids, size_t count);
	void *arg;
};

/*
 * Opens the two segments below the folder (borrowed), making what is missing.
 * MCC_EUNSUPPORTED: written by a newer version; damage is no error.
 */
int journal_open(int dirfd, const struct journal_hooks *hooks,
		 struct journal **out_journal) MCC_MUST_CHECK;
void journal_close(struct journal *journal); /* NULL is allowed */

/*
 * Calls fn for every message that an earlier run left, in order; a failure of
 * fn ends it and is returned. out_damaged: records that could not be read.
 * Nothing was added before. The caller makes them durable, then resets.
 */
int journal_replay(struct journal *journal,
		   int (*fn)(void *arg, const char *id, struct str image), void *arg,
		   size_t *out_damaged) MCC_MUST_CHECK;
/* Empties both segments, durably. */
int journal_reset(struct journal *journal) MCC_MUST_CHECK;

/*
 * Appends a message; it counts when journal_sync() has returned 0. On failure
 * nothing of it is in the journal. May settle messages of the other segment.
 */
int journal_add(struct journal *journal, const char *id, struct str image) MCC_MUST_CHECK;
/* The message's file is durable or about to be removed; nothing when it is not
 * in the journal. Survives the process at once, the machine after the next sync. */
int journal_done(struct journal *journal, const char *id) MCC_MUST_CHECK;
bool journal_has(const struct journal *journal, const char *id);

/*
 * Everything appended so far is durable. After a failure the journal is not
 * used any more: additions fail, and what is in it has been settled where that
 * was possible.
 */
int journal_sync(struct journal *journal) MCC_MUST_CHECK;
/* Something was appended since the last sync. */
bool journal_is_dirty(const struct journal *journal);
/* Settles all messages. */
int journal_settle(struct journal *journal) MCC_MUST_CHECK;

#endif
