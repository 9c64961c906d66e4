/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A linear hash file in its final size: as many buckets as fill their pages
 * to about three quarters, rows in the order of the buckets and within them of
 * the keys. A bucket that needs more than its page chains to pages behind the
 * last bucket. Both kinds of page are written as they are finished, a window
 * at a time; the meta page, which counts them all, comes last.
 */
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "runtime/bdb_build.h"
#include "runtime/bdb_format.h"
#include "runtime/bdb_out.h"

/* Larger items go to overflow pages, as libdb has it (a quarter page). */
enum { HASH_ITEM_MAX = BDB_PAGE_SIZE / 4 };
/* Buckets: 2^1, as libdb begins, to 2^28 (a terabyte of pages). */
enum { BUCKET_BITS_MIN = 1, BUCKET_BITS_MAX = 28 };
enum { WINDOW_PAGES = 64, MORE_PAGES = 256 };

struct hash_build {
	struct row_order order; /* first: number() gets it */
	struct bdb_out out;
	uint8_t *window; /* pages of buckets that are not written yet */
	uint32_t window_first;
	struct bdb_pages more; /* behind the buckets; written when there are some */
	size_t bytes;	       /* of all items */
	uint32_t buckets;
	uint32_t elements;
};

static size_t item_size(struct str s)
{
	size_t len = s.len + 1; /* final NUL */

	return len > HASH_ITEM_MAX ? BDB_OFFPAGE_SIZE : 1 + len;
}

static size_t row_size(const struct stored_row *row)
{
	return item_size(row->key) + item_size(row->value) + 4;
}

/* The bucket: the hash is that of the key with its final NUL. */
static uint32_t bucket_of(const struct row_order *order, struct str key)
{
	return bdb_hash("", 1, bdb_hash(key.ptr, key.len, 0)) & order->mask;
}

static int add_bytes(const struct stored_row *row, void *arg)
{
	struct hash_build *build = arg;

	build->bytes += row_size(row);
	return MCC_OK;
}

static uint32_t bucket_count(const struct hash_build *build)
{
	const size_t room = BDB_PAGE_SIZE - BDB_PAGE_HEADER;
	size_t bytes = build->bytes + build->bytes / 10;
	unsigned bits = BUCKET_BITS_MIN;

	while (bits < BUCKET_BITS_MAX && bytes / room >= (size_t)1 << bits)
		bits++;
	return (uint32_t)1 << bits;
}

/* ---- pages ---- */

/* Empty pages for the buckets of the window. */
static void begin_window(struct hash_build *build)
{
	memset(build->window, 0, (size_t)WINDOW_PAGES * BDB_PAGE_SIZE);
	for (uint32_t i = 0; i < WINDOW_PAGES; i++)
		bdb_page_head(build->window + (size_t)i * BDB_PAGE_SIZE,
			      build->window_first + i, BDB_TYPE_HASH, 0);
}

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

/* Pages behind the buckets that nothing changes any more. */
static void write_more(struct hash_build *build, uint32_t before)
{
	uint32_t count = before - build->more.base;

	if (!count)
		return;
	bdb_out_pages(&build->out, build->more.base, build->more.bytes, count);
	bdb_pages_drop(&build->more, before);
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
	if (next - build->more.base > MORE_PAGES)
		write_more(build, next);
	return next;
}

/* ---- the file ---- */

/* Ends the pages of buckets before `bucket`, begins its own. */
static void go_to_bucket(struct hash_build *build, uint32_t bucket)
{
	while (build->window_first + WINDOW_PAGES <= bucket + 1) {
		bdb_out_pages(&build->out, build->window_first, build->window,
			      WINDOW_PAGES);
		build->window_first += WINDOW_PAGES;
		begin_window(build);
	}
	if (build->more.count - build->more.base > MORE_PAGES)
		write_more(build, build->more.count);
}

static int add_row(struct hash_build *build, const struct stored_row *row,
		   uint32_t *number)
{
	if (bdb_page_room(page_at(build, *number)) < row_size(row))
		*number = chain_page(build, *number);
	if (!*number || build->more.failed)
		return MCC_ENOMEM;
	add_item(build, *number, row->key);
	add_item(build, *number, row->value);
	build->elements++;
	return build->more.failed ? MCC_ENOMEM : build->out.status;
}

static int fill_buckets(struct hash_build *build, struct row_store *rows)
{
	uint32_t bucket = UINT32_MAX, number = 0;
	struct stored_row row;
	int status;

	while ((status = row_store_next(rows, &row)) == MCC_OK) {
		uint32_t next = bucket_of(&build->order, row.key);

		if (next != bucket) {
			bucket = next;
			go_to_bucket(build, bucket);
			number = bucket + 1;
		}
		status = add_row(build, &row, &number);
		if (status != MCC_OK)
			return status;
	}
	if (status != MCC_ENOENT)
		return status;
	go_to_bucket(build, build->buckets - 1);
	bdb_out_pages(&build->out, build->window_first, build->window,
		      build->buckets + 1 - build->window_first);
	write_more(build, build->more.count);
	return MCC_OK;
}

static void write_meta(struct hash_build *build)
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
	bdb_out_pages(&build->out, 0, meta, 1);
}

static int write_file(struct hash_build *build, struct row_store *rows)
{
	int status = row_store_each(rows, add_bytes, build);

	if (status != MCC_OK)
		return status;
	build->buckets = bucket_count(build);
	build->order.number = bucket_of;
	build->order.mask = build->buckets - 1;
	bdb_pages_init_after(&build->more, build->buckets + 1);
	begin_window(build);
	status = row_store_sort(rows, &build->order);
	if (status == MCC_OK)
		status = fill_buckets(build, rows);
	if (status == MCC_OK)
		write_meta(build);
	return status;
}

int bdb_write_hash(int fd, struct row_store *rows, struct row_order order)
{
	struct hash_build build = {.order = order, .window_first = 1};
	int status = MCC_ENOMEM, written;

	bdb_out_init(&build.out, fd);
	build.window = malloc((size_t)WINDOW_PAGES * BDB_PAGE_SIZE);
	if (build.window)
		status = write_file(&build, rows);
	written = bdb_out_fini(&build.out);
	free(build.window);
	bdb_pages_fini(&build.more);
	return status == MCC_OK ? written : status;
}
