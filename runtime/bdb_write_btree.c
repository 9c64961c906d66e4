/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A B+tree from sorted rows, all levels at once: each has one page in hand,
 * which is written when the next item does not fit, and then becomes an item
 * of the level above. An inner page holds, per child, the shortest text that
 * separates it from the child before; its first child needs none. libdb wants
 * the root on page 1, so the first page of a level gets its number when the
 * level turns out to have a second one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "runtime/bdb_build.h"
#include "runtime/bdb_format.h"
#include "runtime/bdb_out.h"

/* Largest item on a page with two keys a page at least, as libdb counts. */
enum { BTREE_ITEM_MAX = (BDB_PAGE_SIZE - BDB_PAGE_HEADER) / 4 - 6 };
/* Inner levels; each holds at least two children a page, so 32 suffice. */
enum { LEVEL_LEAF = 1, LEVEL_MAX = 1 + 32 };
enum { ROOT_PAGE = 1 };

/* The page in hand of one level. */
struct level {
	uint8_t page[BDB_PAGE_SIZE];
	uint32_t number;	 /* 0: not known yet, the level has no other page */
	struct strbuf separator; /* from the page before */
	bool is_begun;
};

struct btree_build {
	struct bdb_out out;
	struct bdb_pages over; /* for overflow pages; its count is the next number */
	struct level *levels;  /* LEVEL_MAX + 1 of them, from LEVEL_LEAF on */
	struct strbuf last_key;
};

static size_t align4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static size_t leaf_item_size(struct str s)
{
	size_t len = s.len + 1;

	return len > BTREE_ITEM_MAX ? BDB_OFFPAGE_SIZE
				    : align4(BDB_BTREE_ITEM_HEAD + len);
}

/* Key and value with their index entries. */
static size_t row_size(const struct stored_row *row)
{
	return leaf_item_size(row->key) + leaf_item_size(row->value) + 4;
}

static size_t inner_size(struct str key)
{
	size_t len = key.len > BTREE_ITEM_MAX ? BDB_OFFPAGE_SIZE : key.len;

	return align4(BDB_BTREE_INNER_HEAD + len) + 2;
}

static void write_over(struct btree_build *build)
{
	struct bdb_pages *over = &build->over;

	if (over->count == over->base)
		return;
	bdb_out_pages(&build->out, over->base, over->bytes, over->count - over->base);
	bdb_pages_drop(over, over->count);
}

/* A number for a page that is written later. */
static uint32_t take_number(struct btree_build *build)
{
	build->over.failed |= build->over.count == UINT32_MAX;
	build->over.base++;
	return build->over.count++;
}

/* `head` and a last byte on pages of their own; the first of them. */
static uint32_t overflow(struct btree_build *build, struct str head, uint8_t tail)
{
	uint32_t first = bdb_page_overflow(&build->over, head, tail);

	write_over(build);
	return first;
}

static void put_overflow(uint8_t *item, uint32_t first, size_t len)
{
	item[2] = BDB_BTREE_ITEM_OVERFLOW;
	bdb_put32(item + BDB_OFFPAGE_FIRST, first);
	bdb_put32(item + BDB_OFFPAGE_LENGTH, (uint32_t)len);
}

static void add_leaf_item(struct btree_build *build, uint8_t *page, struct str s)
{
	size_t len = s.len + 1;
	uint8_t *item = bdb_page_add(page, leaf_item_size(s));

	if (len > BTREE_ITEM_MAX) {
		put_overflow(item, overflow(build, s, 0), len);
		return;
	}
	bdb_put16(item, len);
	item[2] = BDB_ITEM_KEYDATA;
	if (s.len)
		memcpy(item + BDB_BTREE_ITEM_HEAD, s.ptr, s.len);
}

/* The shortest prefix of `b` that is greater than `a`; a < b. */
static struct str separator(struct str a, struct str b)
{
	size_t n = 0;

	while (n < a.len && n < b.len && a.ptr[n] == b.ptr[n])
		n++;
	return str_slice(b, 0, n + 1);
}

static void add_inner_item(struct btree_build *build, uint8_t *page, uint32_t child,
			   struct str key)
{
	bool is_large = key.len > BTREE_ITEM_MAX;
	size_t len = is_large ? BDB_OFFPAGE_SIZE : key.len;
	uint8_t *item = bdb_page_add(page, align4(BDB_BTREE_INNER_HEAD + len));

	bdb_put16(item, len);
	item[2] = is_large ? BDB_BTREE_ITEM_OVERFLOW : BDB_ITEM_KEYDATA;
	bdb_put32(item + BDB_BTREE_INNER_CHILD, child);
	/* overflow() adds a byte of its own: the last one. */
	if (is_large)
		put_overflow(item + BDB_BTREE_INNER_HEAD,
			     overflow(build, str_slice(key, 0, key.len - 1),
				      (uint8_t)key.ptr[key.len - 1]),
			     key.len);
	else if (key.len)
		memcpy(item + BDB_BTREE_INNER_HEAD, key.ptr, key.len);
}

static void begin_page(struct level *level, uint8_t height, uint32_t number,
		       struct str before)
{
	uint8_t type = height == LEVEL_LEAF ? BDB_TYPE_BTREE_LEAF : BDB_TYPE_BTREE_INNER;

	memset(level->page, 0, BDB_PAGE_SIZE);
	bdb_page_head(level->page, number, type, height);
	level->number = number;
	level->is_begun = true;
	strbuf_clear(&level->separator);
	strbuf_addstr(&level->separator, before);
}

static void add_child(struct btree_build *build, uint8_t height, uint32_t child,
		      struct str before);

/* Writes the page in hand and hangs it below the level above. */
static void end_page(struct btree_build *build, uint8_t height)
{
	struct level *level = &build->levels[height];

	if (!level->number) {
		level->number = take_number(build);
		bdb_put32(level->page + BDB_PAGE_NUMBER, level->number);
	}
	bdb_out_pages(&build->out, level->number, level->page, 1);
	add_child(build, height + 1, level->number, strbuf_view(&level->separator));
}

/* Each level has at most half the pages of the one below: the depth is bounded. */
static void add_child(struct btree_build *build, uint8_t height, uint32_t child,
		      struct str before)
{
	struct level *level = &build->levels[height];
	const struct str none = {"", 0};

	MCC_ASSERT(height <= LEVEL_MAX);
	if (level->is_begun && bdb_page_room(level->page) >= inner_size(before)) {
		add_inner_item(build, level->page, child, before);
		return;
	}
	if (level->is_begun) {
		end_page(build, height);
		begin_page(level, height, take_number(build), before);
	} else {
		begin_page(level, height, 0, none);
	}
	add_inner_item(build, level->page, child, none);
}

/* Ends the leaf in hand; the next one begins with `key`. Leaves are chained. */
static void next_leaf(struct btree_build *build, struct str key)
{
	struct level *leaf = &build->levels[LEVEL_LEAF];
	uint32_t previous, next;

	if (!leaf->number)
		leaf->number = take_number(build);
	previous = leaf->number;
	next = take_number(build);
	bdb_put32(leaf->page + BDB_PAGE_NUMBER, previous);
	bdb_put32(leaf->page + BDB_PAGE_NEXT, next);
	end_page(build, LEVEL_LEAF);
	begin_page(leaf, LEVEL_LEAF, next, separator(strbuf_view(&build->last_key), key));
	bdb_put32(leaf->page + BDB_PAGE_PREV, previous);
}

static int add_row(struct btree_build *build, const struct stored_row *row)
{
	struct level *leaf = &build->levels[LEVEL_LEAF];

	if (bdb_page_room(leaf->page) < row_size(row))
		next_leaf(build, row->key);
	add_leaf_item(build, leaf->page, row->key);
	add_leaf_item(build, leaf->page, row->value);
	strbuf_clear(&build->last_key);
	strbuf_addstr(&build->last_key, row->key);
	if (build->over.failed || build->last_key.failed)
		return MCC_ENOMEM;
	return build->out.status;
}

/* The last page of each level; the one without neighbours is the root. */
static void end_levels(struct btree_build *build)
{
	uint8_t height = LEVEL_LEAF;
	struct level *level;

	for (; build->levels[height].number; height++)
		end_page(build, height);
	level = &build->levels[height];
	bdb_put32(level->page + BDB_PAGE_NUMBER, ROOT_PAGE);
	bdb_out_pages(&build->out, ROOT_PAGE, level->page, 1);
}

static void write_meta(struct btree_build *build)
{
	uint8_t meta[BDB_PAGE_SIZE] = {0};

	bdb_page_meta(meta, build->over.count, BDB_BTREE_MAGIC, BDB_TYPE_BTREE_META);
	bdb_put32(meta + BDB_BTREE_MIN_KEYS, 2);
	bdb_put32(meta + BDB_BTREE_PAD, ' ');
	bdb_put32(meta + BDB_BTREE_ROOT, ROOT_PAGE);
	bdb_out_pages(&build->out, 0, meta, 1);
}

static int write_tree(struct btree_build *build, struct row_store *rows,
		      const struct row_order *order)
{
	const struct str none = {"", 0};
	struct stored_row row;
	int status = row_store_sort(rows, order);

	if (status != MCC_OK)
		return status;
	begin_page(&build->levels[LEVEL_LEAF], LEVEL_LEAF, 0, none);
	while ((status = row_store_next(rows, &row)) == MCC_OK) {
		status = add_row(build, &row);
		if (status != MCC_OK)
			return status;
	}
	if (status != MCC_ENOENT)
		return status;
	end_levels(build);
	write_meta(build);
	return build->over.failed ? MCC_ENOMEM : MCC_OK;
}

int bdb_write_btree(int fd, struct row_store *rows, struct row_order order)
{
	struct btree_build build = {.levels = NULL};
	int status = MCC_ENOMEM, written;

	bdb_out_init(&build.out, fd);
	bdb_pages_init_after(&build.over, ROOT_PAGE + 1);
	strbuf_init(&build.last_key, UINT32_MAX);
	build.levels = calloc(LEVEL_MAX + 1, sizeof(*build.levels));
	for (size_t i = 0; build.levels && i <= LEVEL_MAX; i++)
		strbuf_init(&build.levels[i].separator, UINT32_MAX);
	if (build.levels)
		status = write_tree(&build, rows, &order);
	for (size_t i = 0; build.levels && i <= LEVEL_MAX; i++)
		strbuf_fini(&build.levels[i].separator);
	free(build.levels);
	strbuf_fini(&build.last_key);
	bdb_pages_fini(&build.over);
	written = bdb_out_fini(&build.out);
	return status == MCC_OK ? written : status;
}
