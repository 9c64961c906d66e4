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
enum { PREFIX = sizeof(uint64_t), DIGITS = 256, ENTRIES_AHEAD = 16 };

struct row_sorter {
	const struct row_chunk *chunk;
	bool has_numbers;
	struct row_entry *spare;
};

static struct str key_of(const struct row_sorter *s, const struct row_entry *e)
{
	const char *at = s->chunk->bytes + e->at;
	uint32_t len;

	memcpy(&len, at, sizeof(len));
	return (struct str){at + sizeof(struct row_record), len};
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

static void sort_by_digit(struct row_entry *to, const struct row_entry *from,
			  size_t count, unsigned shift)
{
	size_t starts[DIGITS] = {0};
	size_t start = 0;

	for (size_t i = 0; i < count; i++)
		starts[from[i].prefix >> shift & 0xff]++;
	for (size_t d = 0; d < DIGITS; d++) {
		size_t here = starts[d];

		starts[d] = start;
		start += here;
	}
	for (size_t i = 0; i < count; i++)
		to[starts[from[i].prefix >> shift & 0xff]++] = from[i];
}

static void sort_by_prefix(const struct row_sorter *s, struct row_entry *entries,
			   size_t count)
{
	struct row_entry *from = entries, *to = s->spare;
	uint64_t differs = 0;

	for (size_t i = 1; i < count; i++)
		differs |= entries[i].prefix ^ entries[0].prefix;
	for (unsigned shift = 0; shift < 64; shift += 8) {
		struct row_entry *swap = from;

		if (!(differs >> shift & 0xff))
			continue;
		sort_by_digit(to, from, count, shift);
		from = to;
		to = swap;
	}
	if (from != entries)
		memcpy(entries, from, count * sizeof(*entries));
}

static void load_prefixes(const struct row_sorter *s, struct row_entry *entries,
			  size_t count, size_t from)
{
	for (size_t i = 0; i < count; i++) {
		if (i + ENTRIES_AHEAD < count)
			__builtin_prefetch(s->chunk->bytes +
					   entries[i + ENTRIES_AHEAD].at);
		entries[i].prefix = prefix_of(key_of(s, &entries[i]), from);
	}
}

/* Level 0 is the number where the order has one, else the key's first bytes. */
static void sort_level(const struct row_sorter *s, struct row_entry *entries,
		       size_t count, size_t level)
{
	size_t at = level - (s->has_numbers && level ? 1 : 0);

	if (count < 2)
		return;
	if (s->has_numbers && !level)
		for (size_t i = 0; i < count; i++)
			entries[i].prefix = entries[i].number;
	else
		load_prefixes(s, entries, count, at * PREFIX);
	if (count < RADIX_MIN || level == LEVEL_MAX) {
		sort_by_merging(s, entries, count);
		return;
	}
	sort_by_prefix(s, entries, count);
	for (size_t lo = 0, hi; lo < count; lo = hi) {
		for (hi = lo + 1; hi < count && entries[hi].prefix == entries[lo].prefix;
		     hi++)
			;
		sort_level(s, entries + lo, hi - lo, level + 1);
	}
}

static bool reserve(struct row_sorted *sorted, size_t count)
{
	if (count <= sorted->room)
		return true;
	free(sorted->entries);
	free(sorted->spare);
	sorted->entries = malloc(count * sizeof(*sorted->entries));
	sorted->spare = malloc(count * sizeof(*sorted->spare));
	sorted->room = sorted->entries && sorted->spare ? count : 0;
	return sorted->room != 0;
}

bool row_chunk_sort(const struct row_chunk *chunk, size_t count,
		    const struct row_order *order, struct row_sorted *sorted)
{
	struct row_sorter s = {chunk, order->number != NULL, NULL};
	size_t at = 0;

	if (!reserve(sorted, count ? count : 1))
		return false;
	s.spare = sorted->spare;
	sorted->count = count;
	for (size_t i = 0; i < count; i++) {
		struct row_entry *e = &sorted->entries[i];
		struct row_record record;

		memcpy(&record, chunk->bytes + at, sizeof(record));
		*e = (struct row_entry){0, (uint32_t)at, 0};
		if (order->number)
			e->number = order->number(order, key_of(&s, e));
		at += row_record_size(&record);
	}
	sort_level(&s, sorted->entries, count, 0);
	return true;
}

void row_sorted_fini(struct row_sorted *sorted)
{
	free(sorted->entries);
	free(sorted->spare);
	*sorted = (struct row_sorted){NULL, NULL, 0, 0};
}
