/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lmdb: files as databases of look-up tables. The library would map the file
 * and follow whatever numbers of pages stand in it; here they are checked.
 * Two meta pages, of which the later transaction's counts, name the root of a
 * tree: branch pages down to leaf pages, all of them equally deep. Values too
 * large for a page are on neighbouring pages of their own. Numbers are those
 * of the machine that wrote them, of 64 bits where they count pages.
 */
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/status.h"
#include "runtime/map_database.h"

enum {
	PAGE_NUMBER = 0,
	PAGE_FLAGS = 10,
	PAGE_LOWER = 12, /* end of the offsets of nodes */
	PAGE_HEADER = 16,
	PAGE_SIZE_MIN = 256,
	PAGE_SIZE_MAX = 32 << 10
};

/* Kinds of page; more bits tell kinds that no look-up table has. */
enum { PAGE_BRANCH = 1, PAGE_LEAF = 2, PAGE_OVERFLOW = 4, PAGE_META = 8 };

/* From the beginning of a meta page. */
enum {
	META_MAGIC = 16,
	META_VERSION = 20,
	META_PAGE_SIZE = 40,
	META_MAIN_FLAGS = 92,
	META_MAIN_DEPTH = 94,
	META_MAIN_ROOT = 128,
	META_TRANSACTION = 144,
	META_SIZE = 152
};

/* A node: of a leaf the length of the value, of a branch a page; key, value. */
enum { NODE_HIGH = 4, NODE_FLAGS = 4, NODE_KEY_LEN = 6, NODE_HEADER = 8 };
enum { NODE_IS_ELSEWHERE = 1 };
enum { DEPTH_MAX = 32, VERSION = 1 };

static const uint32_t magic_number = 0xbeefc0de;

struct lmdb_database {
	struct rt_database base; /* first member */
	struct arena *arena;
	int fd;
	size_t page_size;
	uint64_t page_count;
	uint64_t root;
	unsigned depth;		   /* 0: no rows */
	uint64_t budget;	   /* pages that a walk may still visit */
	uint8_t *pages[DEPTH_MAX]; /* in hand, by level from the root */
};

struct page {
	const uint8_t *bytes;
	size_t size;
	size_t count; /* of nodes */
};

struct node {
	struct str key;
	const uint8_t *at;
	const uint8_t *value; /* or whatever follows the key */
	size_t left;	      /* bytes of the page from there on */
};

static uint16_t get16(const uint8_t *at)
{
	uint16_t n;

	memcpy(&n, at, sizeof(n));
	return n;
}

static uint32_t get32(const uint8_t *at)
{
	uint32_t n;

	memcpy(&n, at, sizeof(n));
	return n;
}

static uint64_t get64(const uint8_t *at)
{
	uint64_t n;

	memcpy(&n, at, sizeof(n));
	return n;
}

/* ---- pages ---- */

static bool is_page(const uint8_t *header, uint64_t number, unsigned kind)
{
	return get64(header + PAGE_NUMBER) == number &&
	       get16(header + PAGE_FLAGS) == kind;
}

static int load(struct lmdb_database *db, uint64_t number, unsigned level,
		struct page *out)
{
	unsigned kind = level + 1 == db->depth ? PAGE_LEAF : PAGE_BRANCH;
	uint8_t **bytes = &db->pages[level];
	size_t lower;
	int status;

	if (number >= db->page_count)
		return MCC_EFORMAT;
	if (!*bytes)
		*bytes = arena_alloc(db->arena, db->page_size);
	if (!*bytes)
		return MCC_ENOMEM;
	status = fs_read_at(db->fd, *bytes, db->page_size, number * db->page_size);
	if (status != MCC_OK)
		return status;
	lower = get16(*bytes + PAGE_LOWER);
	if (!is_page(*bytes, number, kind) || lower <= PAGE_HEADER ||
	    lower > db->page_size)
		return MCC_EFORMAT;
	*out = (struct page){*bytes, db->page_size, (lower - PAGE_HEADER) / 2};
	return MCC_OK;
}

static bool node_at(const struct page *page, size_t i, struct node *out)
{
	size_t at = get16(page->bytes + PAGE_HEADER + 2 * i);
	size_t key_len;

	if (at > page->size - NODE_HEADER)
		return false;
	out->at = page->bytes + at;
	key_len = get16(out->at + NODE_KEY_LEN);
	at += NODE_HEADER;
	if (key_len > page->size - at)
		return false;
	out->key = (struct str){(const char *)page->bytes + at, key_len};
	out->value = page->bytes + at + key_len;
	out->left = page->size - at - key_len;
	return true;
}

static uint64_t child_of(const struct node *node)
{
	return get32(node->at) | (uint64_t)get16(node->at + NODE_HIGH) << 32;
}

/* A value on pages of its own: where it begins in the file. */
static int find_elsewhere(const struct lmdb_database *db, const struct node *node,
			  uint64_t *out_at)
{
	uint8_t header[PAGE_HEADER];
	uint64_t number;
	int status;

	if (node->left < sizeof(number))
		return MCC_EFORMAT;
	number = get64(node->value);
	if (number >= db->page_count)
		return MCC_EFORMAT;
	*out_at = number * db->page_size + PAGE_HEADER;
	if (get32(node->at) > db->page_count * db->page_size - *out_at)
		return MCC_EFORMAT;
	status = fs_read_at(db->fd, header, sizeof(header), *out_at - PAGE_HEADER);
	if (status != MCC_OK)
		return status;
	return is_page(header, number, PAGE_OVERFLOW) ? MCC_OK : MCC_EFORMAT;
}

static int value_of(const struct lmdb_database *db, const struct node *node,
		    struct arena *arena, struct str *out)
{
	unsigned flags = get16(node->at + NODE_FLAGS);
	size_t len = get32(node->at);
	uint64_t at = 0;
	char *bytes;
	int status;

	if (flags & ~(unsigned)NODE_IS_ELSEWHERE || (!flags && len > node->left))
		return MCC_EFORMAT;
	status = flags ? find_elsewhere(db, node, &at) : MCC_OK;
	if (status != MCC_OK)
		return status;
	bytes = arena_alloc(arena, len + 1);
	if (!bytes)
		return MCC_ENOMEM;
	*out = (struct str){bytes, len};
	if (flags)
		return fs_read_at(db->fd, bytes, len, at);
	memcpy(bytes, node->value, len);
	return MCC_OK;
}

/* ---- look-up ---- */

/* The last node whose key is not after `key`; the first of a branch has none. */
static int find_node(const struct page *page, bool is_leaf, struct str key,
		     struct node *out)
{
	size_t lo = is_leaf ? 0 : 1, hi = page->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (!node_at(page, mid, out))
			return MCC_EFORMAT;
		if (str_cmp(out->key, key) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return MCC_ENOENT;
	return node_at(page, lo - 1, out) ? MCC_OK : MCC_EFORMAT;
}

static int find(struct lmdb_database *db, struct str key, struct node *out)
{
	uint64_t number = db->root;

	for (unsigned level = 0; level < db->depth; level++) {
		struct page page;
		int status = load(db, number, level, &page);

		if (status == MCC_OK)
			status = find_node(&page, level + 1 == db->depth, key, out);
		if (status != MCC_OK)
			return status;
		number = child_of(out);
	}
	return db->depth && str_eq(out->key, key) ? MCC_OK : MCC_ENOENT;
}

static enum rt_found get(struct rt_database *base, struct str key, struct arena *arena,
			 struct str *out_value)
{
	struct lmdb_database *db = (struct lmdb_database *)base;
	struct node node;
	int status = find(db, key, &node);

	if (status == MCC_OK)
		status = value_of(db, &node, arena, out_value);
	if (status == MCC_ENOENT)
		return RT_NOT_FOUND;
	return status == MCC_OK ? RT_FOUND : RT_LOOKUP_ERROR;
}

/* ---- all rows ---- */

struct walk {
	rt_row_fn *fn;
	void *arg;
	struct arena *scratch; /* of one row */
	bool is_over;
};

static int visit_row(const struct lmdb_database *db, struct walk *w,
		     const struct node *node)
{
	struct str value;
	int status = value_of(db, node, w->scratch, &value);

	if (status != MCC_OK)
		return status;
	w->is_over = !w->fn(node->key, value, w->arg);
	arena_reset(w->scratch);
	return MCC_OK;
}

static int visit_page(struct lmdb_database *db, struct walk *w, uint64_t number,
		      unsigned level)
{
	bool is_leaf = level + 1 == db->depth;
	struct page page;
	int status;

	/* In a sound tree each page has its place. */
	if (!db->budget)
		return MCC_EFORMAT;
	db->budget--;
	status = load(db, number, level, &page);
	for (size_t i = 0; status == MCC_OK && i < page.count && !w->is_over; i++) {
		struct node node;

		if (!node_at(&page, i, &node))
			return MCC_EFORMAT;
		status = is_leaf ? visit_row(db, w, &node)
				 : visit_page(db, w, child_of(&node), level + 1);
	}
	return status;
}

static int each(struct rt_database *base, rt_row_fn *fn, void *arg)
{
	struct lmdb_database *db = (struct lmdb_database *)base;
	struct walk w = {fn, arg, arena_new(0), false};
	int status = MCC_OK;

	db->budget = db->page_count;
	if (db->depth)
		status = visit_page(db, &w, db->root, 0);
	arena_free(w.scratch);
	return status;
}

/* ---- the file ---- */

static void close_file(struct rt_database *base)
{
	close(((struct lmdb_database *)base)->fd);
}

static bool read_meta(const struct lmdb_database *db, uint64_t at,
		      uint8_t meta[META_SIZE])
{
	return fs_read_at(db->fd, meta, META_SIZE, at) == MCC_OK &&
	       get16(meta + PAGE_FLAGS) == PAGE_META &&
	       get32(meta + META_MAGIC) == magic_number;
}

static const char *use_meta(struct lmdb_database *db, const uint8_t *meta)
{
	unsigned depth = get16(meta + META_MAIN_DEPTH);

	if (get32(meta + META_VERSION) != VERSION)
		return "has a version of lmdb that is not supported";
	if (get16(meta + META_MAIN_FLAGS))
		return "uses features that a look-up table has not";
	db->root = get64(meta + META_MAIN_ROOT);
	if (depth > DEPTH_MAX || (depth && db->root >= db->page_count) ||
	    (!depth && db->root != UINT64_MAX))
		return "is damaged: its first pages contradict themselves";
	db->depth = depth;
	return NULL;
}

static const char *read_metas(struct lmdb_database *db, uint64_t size)
{
	uint8_t first[META_SIZE], second[META_SIZE];

	if (!read_meta(db, 0, first))
		return "is no lmdb file";
	db->page_size = get32(first + META_PAGE_SIZE);
	if (db->page_size < PAGE_SIZE_MIN || db->page_size > PAGE_SIZE_MAX ||
	    db->page_size & (db->page_size - 1))
		return "is damaged: it has no size of pages";
	db->page_count = size / db->page_size;
	if (!read_meta(db, db->page_size, second))
		return "is damaged: its second page is no meta page";
	return use_meta(db,
			get64(first + META_TRANSACTION) < get64(second + META_TRANSACTION)
				? second
				: first);
}

int lmdb_database_open(const struct rt_database_file *file, struct rt_database **out_db)
{
	struct lmdb_database *self = arena_alloc(file->arena, sizeof(*self));
	const char *wrong;
	uint64_t size = 0;
	int status;

	if (!self)
		return rt_database_refuse(file, MCC_ENOMEM, NULL);
	self->arena = file->arena;
	status = fs_open_regular(file->dirfd, file->path, &size, &self->fd);
	if (status != MCC_OK)
		return rt_database_refuse(file, status, NULL);
	wrong = read_metas(self, size);
	if (wrong) {
		close(self->fd);
		return rt_database_refuse(file, MCC_EFORMAT, wrong);
	}
	self->base = (struct rt_database){.get = get, .each = each, .close = close_file};
	*out_db = &self->base;
	return MCC_OK;
}
