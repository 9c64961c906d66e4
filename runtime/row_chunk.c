/* SPDX-License-Identifier: BSD-2-Clause */
/* Records one behind the other in memory. */
#include "runtime/row_chunk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 4, ROOM_MIN = 64 << 10, HUGE_MIN = 8 << 20 };
enum { HUGE_PAGE = 2 << 20 };

size_t row_record_size(const struct row_record *record)
{
	size_t size = sizeof(*record);

	if (record->key_len & ROW_IS_LENT)
		size += sizeof(struct row_offsets);
	else
		size += (size_t)record->key_len + record->value_len;
	return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Anonymous memory in huge pages where the system has them: sorted rows are
 * read from all over it, and looking each page up would be half the work. */
static void *map_huge(size_t room)
{
	void *at = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);

	if (at == MAP_FAILED)
		return NULL;
	madvise(at, room, MADV_HUGEPAGE);
	return at;
}

/* The system begins a mapping of whole huge pages at one. */
static size_t huge_room(size_t room)
{
	return (room + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

void *row_memory_new(size_t room)
{
	return room < HUGE_MIN ? malloc(room) : map_huge(huge_room(room));
}

void row_memory_free(void *at, size_t room)
{
	if (room < HUGE_MIN)
		free(at);
	else if (at)
		munmap(at, huge_room(room));
}

bool row_chunk_reserve(struct row_chunk *chunk, size_t room)
{
	char *bytes;

	if (room <= chunk->room)
		return true;
	if (room < ROOM_MIN)
		room = ROOM_MIN;
	bytes = row_memory_new(room);
	if (!bytes)
		return false;
	if (chunk->len)
		memcpy(bytes, chunk->bytes, chunk->len);
	row_memory_free(chunk->bytes, chunk->room);
	chunk->bytes = bytes;
	chunk->room = room;
	return true;
}

static bool lies_in(struct str text, struct str part)
{
	uintptr_t from = (uintptr_t)text.ptr, at = (uintptr_t)part.ptr;

	return at >= from && at - from <= text.len && part.len <= text.len - (at - from);
}

static bool reserve_more(struct row_chunk *chunk, size_t size)
{
	size_t room = chunk->room * 2;

	if (size <= chunk->room - chunk->len)
		return true;
	return row_chunk_reserve(chunk,
				 room > chunk->len + size ? room : chunk->len + size);
}

static char *put(char *to, const void *bytes, size_t len)
{
	if (len)
		memcpy(to, bytes, len);
	return to + len;
}

bool row_chunk_add(struct row_chunk *chunk, const struct stored_row *row)
{
	struct row_record record = {(uint32_t)row->key.len, (uint32_t)row->value.len,
				    row->place, row->number};
	bool is_lent = chunk->lent.len && lies_in(chunk->lent, row->key) &&
		       lies_in(chunk->lent, row->value);
	size_t size;
	char *to;

	if (is_lent)
		record.key_len |= ROW_IS_LENT;
	size = row_record_size(&record);
	if (!reserve_more(chunk, size))
		return false;
	to = put(chunk->bytes + chunk->len, &record, sizeof(record));
	if (is_lent) {
		const struct row_offsets offsets = {
			(uint32_t)(row->key.ptr - chunk->lent.ptr),
			(uint32_t)(row->value.ptr - chunk->lent.ptr)};

		to = put(to, &offsets, sizeof(offsets));
	} else {
		to = put(to, row->key.ptr, row->key.len);
		to = put(to, row->value.ptr, row->value.len);
	}
	chunk->len += size;
	/* The padding goes to a file too. */
	memset(to, 0, (size_t)(chunk->bytes + chunk->len - to));
	return true;
}

void row_chunk_fini(struct row_chunk *chunk)
{
	row_memory_free(chunk->bytes, chunk->room);
	*chunk = (struct row_chunk){.lent = chunk->lent};
}
