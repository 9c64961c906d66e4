/* SPDX-License-Identifier: BSD-2-Clause */
/* Sorted runs of rows in a file, read as one. */
#ifndef MCC_RUNTIME_ROW_MERGE_H
#define MCC_RUNTIME_ROW_MERGE_H

#include "runtime/row_chunk.h"

struct row_merge;

/* A part of the file: rows of one run, and where it ends. */
struct row_run {
	uint64_t from;
	uint64_t to;
};

/* Runs in the order of their rows in the source. */
struct row_runs {
	int fd;
	const struct row_run *list;
	size_t count;
	struct str lent; /* as the chunks' */
};

/* `memory`: bytes for reading, of all runs together. NULL: no memory. `order`
 * and the list are borrowed. */
struct row_merge *row_merge_new(const struct row_runs *runs,
				const struct row_order *order, size_t memory);
void row_merge_free(struct row_merge *merge);
/* As row_store_next(), duplicates included. */
int row_merge_next(struct row_merge *merge, struct stored_row *out_row) MCC_MUST_CHECK;

#endif
