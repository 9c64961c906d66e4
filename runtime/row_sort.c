/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sorting within a chunk. Entries carry eight bytes of what is compared, so
 * most of the work never looks at a row: first the order's number decides,
 * then the key, eight bytes at a time. Large groups are sorted by the bytes
 * that differ among them (a counting sort each, which keeps the order of equal
 * ones), small ones by insertion, and what is still equal far into the keys by
 * comparing them.
 */
#include <stdlib.h>
#include <string.h>

#include "runtime/row_chunk.h"

enum { INSERTION_MAX = 24, RADIX_MIN = 512, LEVEL_MAX = 32 };
/* Beyond WIDE_MIN entries fewer, wider digits are less work. */
enum { PREFIX = sizeof(uint64_t), DIGIT_BITS = 11, WIDE_MIN = 16 << 10 };
enum { ENTRIES_AHEAD = 16, CACHE_LINE = 64 };

struct row_sorter {
	const struct row_chunk *chunk;
	const struct row_entry *end; /* of all entries */
	struct row_entry *spare;
};

static struct str key_of(const struct row_sorter *s, const struct row_entry *e)
{
	return row_of_record(s->chunk->bytes + e->at, s->chunk->lent).key;
}

static uint64_t prefix_of(struct str key, size_t from)
{
	unsigned char bytes[PREFIX] = {0};
	size_t left = key.len > from ? key.len - from : 0;
	uint64_t n = 0;

	if (left)
		memcpy(bytes, key.ptr + from, left < PREFIX ? left : PREFIX);
	for (size_t i = 0; i < PREFIX; i++)
		n = n << 8 | bytes[i];
	return n;
}

static int compare(const struct row_sorter *s, const struct row_entry *a,
		   const struct row_entry *b)
{
	int order;

	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	order = str_cmp(key_of(s, a), key_of(s, b));
	if (order)
		return order;
	return a->at < b->at ? -1 : a->at > b->at;
}

static void sort_by_insertion(const struct row_sorter *s, struct row_entry *entries,
			      size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct row_entry e = entries[i];
		size_t to = i;

		for (; to && compare(s, &e, &entries[to - 1]) < 0; to--)
			entries[to] = entries[to - 1];
		entries[to] = e;
	}
}

/* Merges halves: groups that are too small for counting, and long equal keys. */
static void sort_by_merging(const struct row_sorter *s, struct row_entry *entries,
			    size_t count)
{
	size_t half = count / 2, a = 0, b = half, to = 0;

	if (count <= INSERTION_MAX) {
		sort_by_insertion(s, entries, count);
		return;
	}
	sort_by_merging(s, entries, half);
	sort_by_merging(s, entries + half, count - half);
	memcpy(s->spare, entries, half * sizeof(*entries));
	while (a < half && b < count) {
		bool is_left = compare(s, &s->spare[a], &entries[b]) <= 0;

		entries[to++] = is_left ? s->spare[a++] : entries[b++];
	}
	memcpy(entries + to, s->spare + a, (half - a) * sizeof(*entries));
}

/* How many bits of the prefix are counted at once. */
static unsigned digit_bits(size_t count)
{
	return count < WIDE_MIN ? 8 : DIGIT_BITS;
}

static void sort_by_digit(struct row_entry *to, const struct row_entry *from,
			  size_t count, unsigned shift)
{
	const size_t digits = (size_t)1 << digit_bits(count);
	uint32_t starts[1 << DIGIT_BITS];
	uint32_t start = 0;

	memset(starts, 0, digits * sizeof(*starts));
	for (size_t i = 0; i < count; i++)
		starts[from[i].prefix >> shift & (digits - 1)]++;
	for (size_t d = 0; d < digits; d++) {
		uint32_t here = starts[d];

		starts[d] = start;
		start += here;
	}
	for (size_t i = 0; i < count; i++)
		to[starts[from[i].prefix >> shift & (digits - 1)]++] = from[i];
}

static void sort_by_prefix(const struct row_sorter *s, struct row_entry *entries,
			   size_t count)
{
	struct row_entry *from = entries, *to = s->spare;
	const unsigned bits = digit_bits(count);
	uint64_t differs = 0;

	for (size_t i = 1; i < count; i++)
		differs |= entries[i].prefix ^ entries[0].prefix;
	for (unsigned shift = 0; shift < 64; shift += bits) {
		struct row_entry *swap = from;

		if (!(differs >> shift & ((1u << bits) - 1)))
			continue;
		sort_by_digit(to, from, count, shift);
		from = to;
		to = swap;
	}
	if (from != entries)
		memcpy(entries, from, count * sizeof(*entries));
}

/* Rows of neighbouring entries lie anywhere: they are fetched some ahead, also
 * those of the groups to come; first the record, which tells where the key is.
 * Most rows are of two lines of the cache. */
static void fetch_ahead(const struct row_sorter *s, const struct row_entry *e)
{
	const char *at;

	if (s->end - e > 2 * ENTRIES_AHEAD)
		__builtin_prefetch(s->chunk->bytes + e[2 * ENTRIES_AHEAD].at);
	if (s->end - e <= ENTRIES_AHEAD)
		return;
	at = key_of(s, &e[ENTRIES_AHEAD]).ptr;
	__builtin_prefetch(at);
	__builtin_prefetch(at + CACHE_LINE);
}

static void load_prefixes(const struct row_sorter *s, struct row_entry *entries,
			  size_t count, size_t from)
{
	for (size_t i = 0; i < count; i++) {
		fetch_ahead(s, &entries[i]);
		entries[i].prefix = prefix_of(key_of(s, &entries[i]), from);
	}
}

/* By the keys, from byte `level` * PREFIX on: all before are equal. */
static void sort_level(const struct row_sorter *s, struct row_entry *entries,
		       size_t count, size_t level)
{
	load_prefixes(s, entries, count, level * PREFIX);
	if (count < 2)
		return;
	if (count < RADIX_MIN || level == LEVEL_MAX) {
		sort_by_merging(s, entries, count);
		return;
	}
	sort_by_prefix(s, entries, count);
	for (size_t lo = 0, hi; lo < count; lo = hi) {
		for (hi = lo + 1; hi < count && entries[hi].prefix == entries[lo].prefix;
		     hi++)
			;
		if (hi - lo > 1)
			sort_level(s, entries + lo, hi - lo, level + 1);
	}
}

static bool reserve(struct row_sorted *sorted, size_t count)
{
	if (count <= sorted->room)
		return true;
	row_sorted_fini(sorted);
	sorted->entries = row_memory_new(count * sizeof(*sorted->entries));
	sorted->spare = row_memory_new(count * sizeof(*sorted->spare));
	sorted->room = count;
	if (sorted->entries && sorted->spare)
		return true;
	row_sorted_fini(sorted);
	return false;
}

static void fill(const struct row_sorter *s, const struct row_order *order,
		 struct row_sorted *sorted)
{
	size_t at = 0;

	for (size_t i = 0; i < sorted->count; i++) {
		struct row_entry *e = &sorted->entries[i];
		struct row_record record;

		memcpy(&record, s->chunk->bytes + at, sizeof(record));
		*e = (struct row_entry){0, (uint32_t)at, 0};
		if (order->number)
			e->prefix = e->number = order->number(order, key_of(s, e));
		at += row_record_size(&record);
	}
}

bool row_chunk_sort(const struct row_chunk *chunk, size_t count,
		    const struct row_order *order, struct row_sorted *sorted)
{
	struct row_sorter s = {chunk, NULL, NULL};

	if (!reserve(sorted, count ? count : 1))
		return false;
	s.spare = sorted->spare;
	s.end = sorted->entries + count;
	sorted->count = count;
	sorted->has_groups = order->number != NULL;
	sorted->ready = sorted->has_groups ? 0 : count;
	fill(&s, order, sorted);
	if (sorted->has_groups)
		sort_by_prefix(&s, sorted->entries, count);
	else
		sort_level(&s, sorted->entries, count, 0);
	return true;
}

size_t row_sorted_group(const struct row_sorted *sorted, size_t from)
{
	size_t to = from + 1;

	while (to < sorted->count &&
	       sorted->entries[to].number == sorted->entries[from].number)
		to++;
	return to;
}

const struct row_entry *row_sorted_at(const struct row_chunk *chunk,
				      struct row_sorted *sorted, size_t i)
{
	const struct row_sorter s = {chunk, sorted->entries + sorted->count,
				     sorted->spare};

	if (!sorted->has_groups) {
		fetch_ahead(&s, &sorted->entries[i]);
	} else if (i >= sorted->ready) {
		sorted->ready = row_sorted_group(sorted, i);
		sort_level(&s, sorted->entries + i, sorted->ready - i, 0);
	}
	return &sorted->entries[i];
}

void row_sorted_fini(struct row_sorted *sorted)
{
	row_memory_free(sorted->entries, sorted->room * sizeof(*sorted->entries));
	row_memory_free(sorted->spare, sorted->room * sizeof(*sorted->spare));
	*sorted = (struct row_sorted){.entries = NULL};
}
