/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A linear hash file in its final size: as many buckets as fill their pages
 * to about three quarters, rows put into their bucket by a counting sort and
 * sorted within it. A bucket that needs more than its page chains to pages
 * behind the last bucket.
 */
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "runtime/bdb_build.h"
#include "runtime/bdb_format.h"

/* Larger items go to overflow pages, as libdb has it (a quarter page). */
enum { HASH_ITEM_MAX = BDB_PAGE_SIZE / 4 };
/* Buckets: 2^1, as libdb begins, to 2^28 (a terabyte of pages). */
enum { BUCKET_BITS_MIN = 1, BUCKET_BITS_MAX = 28 };

struct hash_build {
	struct bdb_pages *pages;
	const struct bdb_row **sorted; /* rows by bucket */
	size_t *ends;		       /* per bucket: end of its rows in `sorted` */
	uint32_t buckets;
	uint32_t elements;
};

static size_t item_size(struct str s)
{
	size_t len = s.len + 1; /* final NUL */

	return len > HASH_ITEM_MAX ? BDB_OFFPAGE_SIZE : 1 + len;
}

/* The hash of a key with its final NUL. */
static uint32_t row_hash(const struct bdb_row *row)
{
	return bdb_hash("", 1, bdb_hash(row->key.ptr, row->key.len, 0));
}

static uint32_t bucket_count(const struct bdb_row *rows, size_t count)
{
	const size_t room = BDB_PAGE_SIZE - BDB_PAGE_HEADER;
	unsigned bits = BUCKET_BITS_MIN;
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		bytes += item_size(rows[i].key) + item_size(rows[i].value) + 4;
	bytes += bytes / 10;
	while (bits < BUCKET_BITS_MAX && bytes / room >= (size_t)1 << bits)
		bits++;
	return (uint32_t)1 << bits;
}

/* Counting sort: afterwards bucket b has sorted[ends[b - 1]] to before ends[b]. */
static void sort_rows(struct hash_build *build, const struct bdb_row *rows, size_t count)
{
	size_t *ends = build->ends;
	uint32_t mask = build->buckets - 1;
	size_t start = 0;

	for (size_t i = 0; i < count; i++)
		ends[row_hash(&rows[i]) & mask]++;
	for (uint32_t b = 0; b < build->buckets; b++) {
		size_t here = ends[b];

		ends[b] = start;
		start += here;
	}
	for (size_t i = 0; i < count; i++)
		build->sorted[ends[row_hash(&rows[i]) & mask]++] = &rows[i];
}

static void add_item(struct hash_build *build, uint32_t number, struct str s)
{
	size_t size = item_size(s);
	uint32_t first = 0;
	uint8_t *item;

	if (s.len + 1 > HASH_ITEM_MAX)
		first = bdb_page_overflow(build->pages, s, 0);
	item = bdb_page_add(bdb_page_at(build->pages, number), size);
	if (s.len + 1 > HASH_ITEM_MAX) {
		item[0] = BDB_HASH_ITEM_OFFPAGE;
		bdb_put32(item + BDB_OFFPAGE_FIRST, first);
		bdb_put32(item + BDB_OFFPAGE_LENGTH, (uint32_t)(s.len + 1));
		return;
	}
	item[0] = BDB_ITEM_KEYDATA;
	if (s.len)
		memcpy(item + 1, s.ptr, s.len);
}

/* The next page of a bucket's chain. */
static uint32_t chain_page(struct hash_build *build, uint32_t number)
{
	uint32_t next = bdb_page_new(build->pages);

	if (!next)
		return 0;
	bdb_page_start(build->pages, next, BDB_TYPE_HASH, 0);
	bdb_put32(bdb_page_at(build->pages, number) + BDB_PAGE_NEXT, next);
	bdb_put32(bdb_page_at(build->pages, next) + BDB_PAGE_PREV, number);
	return next;
}

static void fill_bucket(struct hash_build *build, uint32_t bucket)
{
	size_t from = bucket ? build->ends[bucket - 1] : 0;
	const struct bdb_row **rows = build->sorted + from;
	size_t count = build->ends[bucket] - from;
	uint32_t number = bucket + 1;

	bdb_page_start(build->pages, number, BDB_TYPE_HASH, 0);
	if (count)
		qsort(rows, count, sizeof(*rows), bdb_row_order);
	for (size_t i = 0; i < count; i++) {
		size_t size = item_size(rows[i]->key) + item_size(rows[i]->value) + 4;

		if (i && str_eq(rows[i]->key, rows[i - 1]->key))
			continue;
		if (bdb_page_room(bdb_page_at(build->pages, number)) < size)
			number = chain_page(build, number);
		if (!number || build->pages->failed)
			return;
		add_item(build, number, rows[i]->key);
		add_item(build, number, rows[i]->value);
		build->elements++;
	}
}

static void write_meta(struct hash_build *build)
{
	uint8_t *meta = bdb_page_at(build->pages, 0);
	uint32_t high = build->buckets - 1;
	unsigned i = 0;

	bdb_page_meta(build->pages, BDB_HASH_MAGIC, BDB_TYPE_HASH_META);
	bdb_put32(meta + BDB_HASH_MAX_BUCKET, high);
	bdb_put32(meta + BDB_HASH_HIGH_MASK, high);
	bdb_put32(meta + BDB_HASH_LOW_MASK, high >> 1);
	bdb_put32(meta + BDB_HASH_ELEMENTS, build->elements);
	bdb_put32(meta + BDB_HASH_CHECK, bdb_hash_check());
	for (uint32_t n = 1; n <= build->buckets; n <<= 1)
		bdb_put32(meta + BDB_HASH_SPARES + 4 * i++, 1);
}

int bdb_build_hash(struct bdb_pages *pages, const struct bdb_row *rows, size_t count)
{
	struct hash_build build = {pages, NULL, NULL, bucket_count(rows, count), 0};
	int status = MCC_ENOMEM;

	bdb_pages_init(pages, build.buckets + 1);
	build.sorted = calloc(count ? count : 1, sizeof(const struct bdb_row *));
	build.ends = calloc(build.buckets, sizeof(*build.ends));
	if (pages->failed || !build.sorted || !build.ends)
		goto out;
	sort_rows(&build, rows, count);
	for (uint32_t b = 0; b < build.buckets && !pages->failed; b++)
		fill_bucket(&build, b);
	if (pages->failed)
		goto out;
	write_meta(&build);
	status = MCC_OK;
out:
	free(build.sorted);
	free(build.ends);
	return status;
}
