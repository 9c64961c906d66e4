/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of a segment, for the files journal*.c only. */
#ifndef MCC_MCCD_JOURNAL_PRIVATE_H
#define MCC_MCCD_JOURNAL_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/str.h"
#include "mccd/journal.h"

enum { JOURNAL_SEGMENTS = 2, JOURNAL_HEAD_SIZE = 40, JOURNAL_RECORD_SIZE = 24 };

enum journal_type { JOURNAL_MESSAGE = 1, JOURNAL_DONE };

/* The head of a segment: which of the two is older, and the number without
 * which no record in it counts. */
struct journal_head {
	uint64_t epoch; /* random: content cannot look like a record */
	uint64_t order;
};

struct journal_record {
	enum journal_type type;
	struct str id;
	struct str image; /* of a message */
};

void journal_head_write(const struct journal_head *head, char out[JOURNAL_HEAD_SIZE]);
/* MCC_EFORMAT: none; MCC_EUNSUPPORTED: of a newer version. */
int journal_head_read(const char in[JOURNAL_HEAD_SIZE],
		      struct journal_head *out_head) MCC_MUST_CHECK;
/* The bytes before id and image. */
void journal_record_write(const struct journal_record *record, uint64_t epoch,
			  char out[JOURNAL_RECORD_SIZE]);
/*
 * The record at the beginning of `in`; 0: none that is whole and of this
 * epoch, else its size. out_is_torn: it began as one.
 */
size_t journal_record_read(struct str in, uint64_t epoch, struct journal_record *out,
			   bool *out_is_torn);
size_t journal_align(size_t at);

struct arena;

/* All bytes of a segment. */
int journal_segment_read(const struct journal *journal, unsigned which,
			 struct arena *arena, struct str *out_text) MCC_MUST_CHECK;

#endif
