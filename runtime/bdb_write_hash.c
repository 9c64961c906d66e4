/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A linear hash file in its final size: as many buckets as fill their pages
 * to about three quarters, rows put into their bucket by a counting sort and
 * sorted within it. A bucket that needs more than its page chains to pages
 * behind the last bucket.
 *
 * The pages of the buckets are written in order, a window at a time; only
 * those behind them are kept until the end, and the meta page, which counts
 * them all, comes last. Rows lie in the order of the source and are visited
 * in the order of the buckets: each is fetched some rows ahead of its use,
 * since waiting for the memory would be most of the work.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/status.h"
#include "runtime/bdb_build.h"
#include "runtime/bdb_format.h"

/* Larger items go to overflow pages, as libdb has it (a quarter page). */
enum { HASH_ITEM_MAX = BDB_PAGE_SIZE / 4 };
/* Buckets: 2^1, as libdb begins, to 2^28 (a terabyte of pages). */
enum { BUCKET_BITS_MIN = 1, BUCKET_BITS_MAX = 28 };
enum { WINDOW_PAGES = 128, ROWS_AHEAD = 16 };

struct slot {
	uint64_t prefix; /* first bytes of the key, as a number in their order */
	const struct bdb_row *row;
};

struct hash_build {
	int fd;
	const struct bdb_row *rows;
	size_t count;
	struct bdb_duplicates *duplicates;
	uint32_t *hashes;   /* per row */
	uint32_t *order;    /* rows by bucket */
	uint32_t *ends;	    /* per bucket: end of its rows in `order` */
	struct slot *slots; /* of one bucket */
	size_t slot_room;
	uint8_t *window; /* pages of buckets that are not written yet */
	uint32_t window_first;
	struct bdb_pages more; /* behind the buckets */
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

/* Takes the hashes along: both want one look at each row. */
static uint32_t bucket_count(struct hash_build *build)
{
	const size_t room = BDB_PAGE_SIZE - BDB_PAGE_HEADER;
	unsigned bits = BUCKET_BITS_MIN;
	size_t bytes = 0;

	for (size_t i = 0; i < build->count; i++) {
		const struct bdb_row *row = &build->rows[i];

		bytes += item_size(row->key) + item_size(row->value) + 4;
		build->hashes[i] = row_hash(row);
	}
	bytes += bytes / 10;
	while (bits < BUCKET_BITS_MAX && bytes / room >= (size_t)1 << bits)
		bits++;
	return (uint32_t)1 << bits;
}

/* Counting sort: afterwards bucket b has order[ends[b - 1]] to before ends[b]. */
static void sort_rows(struct hash_build *build)
{
	uint32_t *ends = build->ends;
	uint32_t mask = build->buckets - 1;
	uint32_t start = 0;

	for (size_t i = 0; i < build->count; i++)
		ends[build->hashes[i] & mask]++;
	for (uint32_t b = 0; b < build->buckets; b++) {
		uint32_t here = ends[b];

		if (here > build->slot_room)
			build->slot_room = here;
		ends[b] = start;
		start += here;
	}
	for (size_t i = 0; i < build->count; i++)
		build->order[ends[build->hashes[i] & mask]++] = (uint32_t)i;
}

/* ---- rows of a bucket, in order ---- */

static void fetch_ahead(const struct hash_build *build, size_t i)
{
	if (i + 2 * ROWS_AHEAD < build->count)
		__builtin_prefetch(&build->rows[build->order[i + 2 * ROWS_AHEAD]]);
	if (i + ROWS_AHEAD < build->count) {
		const struct bdb_row *row = &build->rows[build->order[i + ROWS_AHEAD]];

		__builtin_prefetch(row->key.ptr);
		__builtin_prefetch(row->value.ptr);
	}
}

static uint64_t prefix_of(struct str key)
{
	unsigned char bytes[sizeof(uint64_t)] = {0};
	uint64_t n = 0;

	memcpy(bytes, key.ptr, key.len < sizeof(bytes) ? key.len : sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		n = n << 8 | bytes[i];
	return n;
}

static int slot_order(const void *a, const void *b)
{
	const struct slot *x = a;
	const struct slot *y = b;

	if (x->prefix != y->prefix)
		return x->prefix < y->prefix ? -1 : 1;
	return bdb_row_order(&x->row, &y->row);
}

static size_t take_rows(struct hash_build *build, uint32_t bucket)
{
	size_t from = bucket ? build->ends[bucket - 1] : 0;
	size_t count = build->ends[bucket] - from;

	for (size_t i = 0; i < count; i++) {
		const struct bdb_row *row = &build->rows[build->order[from + i]];

		fetch_ahead(build, from + i);
		build->slots[i] =
			(struct slot){row->key.len ? prefix_of(row->key) : 0, row};
	}
	if (count > 1)
		qsort(build->slots, count, sizeof(*build->slots), slot_order);
	return count;
}

/* ---- pages ---- */

static uint8_t *page_at(struct hash_build *build, uint32_t number)
{
	if (number > build->buckets)
		return bdb_page_at(&build->more, number);
	return build->window + (size_t)(number - build->window_first) * BDB_PAGE_SIZE;
}

static void add_item(struct hash_build *build, uint32_t number, struct str s)
{
	size_t size = item_size(s);
	uint32_t first = 0;
	uint8_t *item;

	if (s.len + 1 > HASH_ITEM_MAX)
		first = bdb_page_overflow(&build->more, s, 0);
	item = bdb_page_add(page_at(build, number), size);
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
	uint32_t next = bdb_page_new(&build->more);

	if (!next)
		return 0;
	bdb_page_start(&build->more, next, BDB_TYPE_HASH, 0);
	bdb_put32(page_at(build, number) + BDB_PAGE_NEXT, next);
	bdb_put32(page_at(build, next) + BDB_PAGE_PREV, number);
	return next;
}

static void report(const struct hash_build *build, const struct bdb_row *kept,
		   const struct bdb_row *dropped)
{
	if (build->duplicates)
		build->duplicates->found(build->duplicates, (size_t)(kept - build->rows),
					 (size_t)(dropped - build->rows));
}

static void fill_bucket(struct hash_build *build, uint32_t bucket)
{
	size_t count = take_rows(build, bucket);
	const struct bdb_row *last = NULL;
	uint32_t number = bucket + 1;

	bdb_page_head(page_at(build, number), number, BDB_TYPE_HASH, 0);
	for (size_t i = 0; i < count; i++) {
		const struct bdb_row *row = build->slots[i].row;
		size_t size = item_size(row->key) + item_size(row->value) + 4;

		if (last && str_eq(row->key, last->key)) {
			report(build, last, row);
			continue;
		}
		if (bdb_page_room(page_at(build, number)) < size)
			number = chain_page(build, number);
		if (!number || build->more.failed)
			return;
		add_item(build, number, row->key);
		add_item(build, number, row->value);
		build->elements++;
		last = row;
	}
}

/* ---- the file ---- */

static int write_buckets(struct hash_build *build)
{
	uint32_t left;
	int status = MCC_OK;

	for (uint32_t b = 0; b < build->buckets && status == MCC_OK; b += left) {
		left = build->buckets - b;
		if (left > WINDOW_PAGES)
			left = WINDOW_PAGES;
		build->window_first = b + 1;
		memset(build->window, 0, (size_t)left * BDB_PAGE_SIZE);
		for (uint32_t i = 0; i < left && !build->more.failed; i++)
			fill_bucket(build, b + i);
		if (build->more.failed)
			return MCC_ENOMEM;
		status = fs_write_all(build->fd, build->window,
				      (size_t)left * BDB_PAGE_SIZE);
	}
	return status;
}

static int write_meta(struct hash_build *build)
{
	uint8_t meta[BDB_PAGE_SIZE] = {0};
	uint32_t high = build->buckets - 1;
	unsigned i = 0;

	bdb_page_meta(meta, build->more.count, BDB_HASH_MAGIC, BDB_TYPE_HASH_META);
	bdb_put32(meta + BDB_HASH_MAX_BUCKET, high);
	bdb_put32(meta + BDB_HASH_HIGH_MASK, high);
	bdb_put32(meta + BDB_HASH_LOW_MASK, high >> 1);
	bdb_put32(meta + BDB_HASH_ELEMENTS, build->elements);
	bdb_put32(meta + BDB_HASH_CHECK, bdb_hash_check());
	for (uint32_t n = 1; n <= build->buckets; n <<= 1)
		bdb_put32(meta + BDB_HASH_SPARES + 4 * i++, 1);
	if (lseek(build->fd, 0, SEEK_SET) != 0)
		return mcc_status_from_errno(errno);
	return fs_write_all(build->fd, meta, sizeof(meta));
}

static int write_file(struct hash_build *build)
{
	int status;

	if (lseek(build->fd, BDB_PAGE_SIZE, SEEK_SET) != BDB_PAGE_SIZE)
		return mcc_status_from_errno(errno);
	status = write_buckets(build);
	if (status == MCC_OK && build->more.count > build->more.base)
		status = fs_write_all(build->fd, build->more.bytes,
				      (size_t)(build->more.count - build->more.base) *
					      BDB_PAGE_SIZE);
	return status == MCC_OK ? write_meta(build) : status;
}

static bool prepare(struct hash_build *build)
{
	size_t count = build->count ? build->count : 1;

	build->hashes = malloc(count * sizeof(*build->hashes));
	build->order = malloc(count * sizeof(*build->order));
	build->window = malloc((size_t)WINDOW_PAGES * BDB_PAGE_SIZE);
	if (!build->hashes || !build->order || !build->window)
		return false;
	build->buckets = bucket_count(build);
	bdb_pages_init_after(&build->more, build->buckets + 1);
	build->ends = calloc(build->buckets, sizeof(*build->ends));
	if (!build->ends)
		return false;
	sort_rows(build);
	build->slots = malloc((build->slot_room + 1) * sizeof(*build->slots));
	return build->slots != NULL;
}

int bdb_write_hash(int fd, const struct bdb_row *rows, size_t count,
		   struct bdb_duplicates *duplicates)
{
	struct hash_build build = {
		.fd = fd, .rows = rows, .count = count, .duplicates = duplicates};
	int status = prepare(&build) ? write_file(&build) : MCC_ENOMEM;

	free(build.hashes);
	free(build.order);
	free(build.ends);
	free(build.slots);
	free(build.window);
	bdb_pages_fini(&build.more);
	return status;
}
