/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records of rows in one piece of memory, and the order of them: what a store
 * of rows is made of.
 */
#ifndef MCC_RUNTIME_ROW_CHUNK_H
#define MCC_RUNTIME_ROW_CHUNK_H

#include <string.h>

#include "runtime/row_store.h"

/* A row in memory or in a file of this process: this, then key and value, or
 * where they begin in the lent text, then padding to a multiple of four. */
struct row_record {
	uint32_t key_len; /* with ROW_IS_LENT */
	uint32_t value_len;
	struct row_place place;
	uint32_t number;
};

#define ROW_IS_LENT 0x80000000u

struct row_offsets {
	uint32_t key;
	uint32_t value;
};

struct row_chunk {
	char *bytes; /* row_memory_new() */
	size_t len;
	size_t room;
	struct str lent; /* text that its rows may lie in; empty: none */
};

struct row_entry {
	uint64_t prefix; /* of what is compared now */
	uint32_t at;	 /* of the record in the chunk */
	uint32_t number; /* by the order's number(), 0 without one */
};

/* Entries of a chunk, sorted; equal keys in the order of the chunk. Groups of
 * one number are sorted when their first is asked for: what the sorting has
 * looked at is still in the cache then. */
struct row_sorted {
	struct row_entry *entries; /* row_memory_new() */
	struct row_entry *spare;
	size_t count;
	size_t room;
	size_t ready; /* entries before it are where they belong */
	bool has_groups;
};

/* Large pieces in huge pages. NULL: no memory. `room`: as it was asked for. */
void *row_memory_new(size_t room);
void row_memory_free(void *at, size_t room);

size_t row_record_size(const struct row_record *record);
/* Inline: it is all that most of the sorting does. */
static inline struct stored_row row_of_record(const char *at, struct str lent)
{
	struct row_record record;
	struct row_offsets offsets;
	struct stored_row row;

	memcpy(&record, at, sizeof(record));
	at += sizeof(record);
	row = (struct stored_row){{at, record.key_len},
				  {at + record.key_len, record.value_len},
				  record.place,
				  record.number};
	if (record.key_len & ROW_IS_LENT) {
		memcpy(&offsets, at, sizeof(offsets));
		row.key = (struct str){lent.ptr + offsets.key,
				       record.key_len & ~ROW_IS_LENT};
		row.value.ptr = lent.ptr + offsets.value;
	}
	return row;
}
/* False: no memory. Sizes were checked before. */
bool row_chunk_add(struct row_chunk *chunk, const struct stored_row *row);
bool row_chunk_reserve(struct row_chunk *chunk, size_t room);
void row_chunk_fini(struct row_chunk *chunk);
/* `count` records. False: no memory. */
bool row_chunk_sort(const struct row_chunk *chunk, size_t count,
		    const struct row_order *order, struct row_sorted *sorted);
/* Entry `i`; those before it were asked for, or the groups they are of. */
const struct row_entry *row_sorted_at(const struct row_chunk *chunk,
				      struct row_sorted *sorted, size_t i);
/* The end of the group of one number that begins at `from`. */
size_t row_sorted_group(const struct row_sorted *sorted, size_t from);
void row_sorted_fini(struct row_sorted *sorted);

#endif
