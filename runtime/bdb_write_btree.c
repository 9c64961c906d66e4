/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A B+tree from sorted rows, bottom up: leaves filled one after the other,
 * then a level of inner pages over them, until one page is left: the root. An
 * inner page holds, per child, the shortest text that separates it from the
 * child before; the first child of a level needs none. libdb wants the root
 * on page 1, so each level is measured before it is filled.
 */
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "runtime/bdb_build.h"
#include "runtime/bdb_format.h"

/* Largest item on a page with two keys a page at least, as libdb counts. */
enum { BTREE_ITEM_MAX = (BDB_PAGE_SIZE - BDB_PAGE_HEADER) / 4 - 6 };
/* Inner levels; each holds at least two children a page, so 32 suffice. */
enum { LEVEL_LEAF = 1, LEVEL_MAX = 1 + 32 };
enum { ROOT_PAGE = 1, PAGE_ROOM = BDB_PAGE_SIZE - BDB_PAGE_HEADER };

struct child {
	uint32_t page;
	struct str separator; /* a prefix of a row's key, no NUL */
};

struct level {
	struct child *children; /* heap */
	size_t count;
};

struct btree_build {
	struct bdb_pages *pages;
	const struct bdb_row **sorted;
	size_t count;
	bool is_root; /* the level that is being filled fits on one page */
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
static size_t row_size(const struct bdb_row *row)
{
	return leaf_item_size(row->key) + leaf_item_size(row->value) + 4;
}

static size_t inner_size(struct str key)
{
	size_t len = key.len > BTREE_ITEM_MAX ? BDB_OFFPAGE_SIZE : key.len;

	return align4(BDB_BTREE_INNER_HEAD + len) + 2;
}

static void put_overflow(uint8_t *item, uint32_t first, size_t len)
{
	item[2] = BDB_BTREE_ITEM_OVERFLOW;
	bdb_put32(item + BDB_OFFPAGE_FIRST, first);
	bdb_put32(item + BDB_OFFPAGE_LENGTH, (uint32_t)len);
}

static void add_leaf_item(struct btree_build *build, uint32_t number, struct str s)
{
	size_t len = s.len + 1;
	uint32_t first = 0;
	uint8_t *item;

	if (len > BTREE_ITEM_MAX)
		first = bdb_page_overflow(build->pages, s, 0);
	item = bdb_page_add(bdb_page_at(build->pages, number), leaf_item_size(s));
	if (len > BTREE_ITEM_MAX) {
		put_overflow(item, first, len);
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

static uint32_t next_page(struct btree_build *build, struct level *level, uint8_t height,
			  struct str before)
{
	uint8_t type = height == LEVEL_LEAF ? BDB_TYPE_BTREE_LEAF : BDB_TYPE_BTREE_INNER;
	uint32_t previous = level->count ? level->children[level->count - 1].page : 0;
	uint32_t number = build->is_root ? ROOT_PAGE : bdb_page_new(build->pages);

	if (!number)
		return 0;
	bdb_page_start(build->pages, number, type, height);
	/* Only leaves are chained. */
	if (previous && height == LEVEL_LEAF) {
		bdb_put32(bdb_page_at(build->pages, previous) + BDB_PAGE_NEXT, number);
		bdb_put32(bdb_page_at(build->pages, number) + BDB_PAGE_PREV, previous);
	}
	level->children[level->count++] = (struct child){number, before};
	return number;
}

static void fill_leaves(struct btree_build *build, struct level *leaves)
{
	struct str none = {"", 0};
	size_t total = 0;
	uint32_t number;

	for (size_t i = 0; i < build->count && total <= PAGE_ROOM; i++)
		total += row_size(build->sorted[i]);
	build->is_root = total <= PAGE_ROOM;
	number = next_page(build, leaves, LEVEL_LEAF, none);
	for (size_t i = 0; i < build->count && number; i++) {
		const struct bdb_row *row = build->sorted[i];
		size_t size = row_size(row);

		if (i && bdb_page_room(bdb_page_at(build->pages, number)) < size)
			number =
				next_page(build, leaves, LEVEL_LEAF,
					  separator(build->sorted[i - 1]->key, row->key));
		if (!number || build->pages->failed)
			return;
		add_leaf_item(build, number, row->key);
		add_leaf_item(build, number, row->value);
	}
}

static void add_inner_item(struct btree_build *build, uint32_t number,
			   const struct child *child, struct str key)
{
	bool is_large = key.len > BTREE_ITEM_MAX;
	size_t len = is_large ? BDB_OFFPAGE_SIZE : key.len;
	uint32_t first = 0;
	uint8_t *item;

	/* bdb_page_overflow adds a byte of its own: the last one. */
	if (is_large)
		first = bdb_page_overflow(build->pages, str_slice(key, 0, key.len - 1),
					  (uint8_t)key.ptr[key.len - 1]);
	item = bdb_page_add(bdb_page_at(build->pages, number),
			    align4(BDB_BTREE_INNER_HEAD + len));
	bdb_put16(item, len);
	item[2] = is_large ? BDB_BTREE_ITEM_OVERFLOW : BDB_ITEM_KEYDATA;
	bdb_put32(item + BDB_BTREE_INNER_CHILD, child->page);
	if (is_large)
		put_overflow(item + BDB_BTREE_INNER_HEAD, first, key.len);
	else if (key.len)
		memcpy(item + BDB_BTREE_INNER_HEAD, key.ptr, key.len);
}

static void fill_inner(struct btree_build *build, const struct level *below,
		       struct level *level, uint8_t height)
{
	struct str none = {"", 0};
	size_t total = inner_size(none);
	uint32_t number = 0;

	for (size_t i = 1; i < below->count && total <= PAGE_ROOM; i++)
		total += inner_size(below->children[i].separator);
	build->is_root = total <= PAGE_ROOM;
	for (size_t i = 0; i < below->count; i++) {
		const struct child *child = &below->children[i];
		size_t size = inner_size(child->separator);

		if (!number || bdb_page_room(bdb_page_at(build->pages, number)) < size) {
			number = next_page(build, level, height, child->separator);
			if (!number || build->pages->failed)
				return;
			add_inner_item(build, number, child, none);
		} else {
			add_inner_item(build, number, child, child->separator);
		}
	}
}

/* Levels over the leaves; returns the root page, 0 without memory. */
static uint32_t build_tree(struct btree_build *build)
{
	struct level below = {calloc(build->count + 1, sizeof(struct child)), 0};
	struct level level = {calloc(build->count + 1, sizeof(struct child)), 0};
	uint32_t root = 0;

	if (!below.children || !level.children)
		goto out;
	fill_leaves(build, &below);
	for (uint8_t height = LEVEL_LEAF + 1; below.count > 1 && height <= LEVEL_MAX;
	     height++) {
		struct level swap = below;

		level.count = 0;
		fill_inner(build, &below, &level, height);
		if (build->pages->failed)
			goto out;
		below = level;
		level = swap;
	}
	if (!build->pages->failed)
		root = below.children[0].page;
out:
	free(below.children);
	free(level.children);
	return root;
}

/* Sorted, of equal keys the first row only. */
static void sort_rows(struct btree_build *build, const struct bdb_row *rows, size_t count,
		      struct bdb_duplicates *duplicates)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		build->sorted[i] = &rows[i];
	if (count)
		qsort(build->sorted, count, sizeof(const struct bdb_row *),
		      bdb_row_order);
	for (size_t i = 0; i < count; i++) {
		const struct bdb_row *row = build->sorted[i];
		const struct bdb_row *last = kept ? build->sorted[kept - 1] : NULL;

		if (!last || !str_eq(row->key, last->key))
			build->sorted[kept++] = row;
		else if (duplicates)
			duplicates->found(duplicates, (size_t)(last - rows),
					  (size_t)(row - rows));
	}
	build->count = kept;
}

int bdb_build_btree(struct bdb_pages *pages, const struct bdb_row *rows, size_t count,
		    struct bdb_duplicates *duplicates)
{
	struct btree_build build = {pages, NULL, 0, false};
	uint32_t root = 0;

	bdb_pages_init(pages, ROOT_PAGE + 1);
	build.sorted = calloc(count ? count : 1, sizeof(const struct bdb_row *));
	if (!pages->failed && build.sorted) {
		sort_rows(&build, rows, count, duplicates);
		root = build_tree(&build);
	}
	free(build.sorted);
	if (!root)
		return MCC_ENOMEM;
	MCC_ASSERT(root == ROOT_PAGE);
	bdb_page_meta(bdb_page_at(pages, 0), pages->count, BDB_BTREE_MAGIC,
		      BDB_TYPE_BTREE_META);
	bdb_put32(bdb_page_at(pages, 0) + BDB_BTREE_MIN_KEYS, 2);
	bdb_put32(bdb_page_at(pages, 0) + BDB_BTREE_PAD, ' ');
	bdb_put32(bdb_page_at(pages, 0) + BDB_BTREE_ROOT, root);
	return MCC_OK;
}
