/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening, looking up and walking through a database file. The descriptor is
 * the only resource; a look-up costs one read per level or chain page, which
 * the system's cache serves.
 */
#include "runtime/bdb_read.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/status.h"
#include "runtime/bdb_cursor.h"

/* Whichever byte order the magic number is found in is the file's. */
static bool find_magic(struct bdb_file *file, const uint8_t *meta, uint32_t magic)
{
	for (int swapped = 0; swapped < 2; swapped++) {
		file->is_swapped = swapped;
		if (bdb_file_get32(file, meta + BDB_META_MAGIC) == magic)
			return true;
	}
	return false;
}

static const char *check_meta(struct bdb_file *file, const uint8_t *meta, uint64_t size)
{
	uint32_t version;

	if (!find_magic(file, meta, file->is_hash ? BDB_HASH_MAGIC : BDB_BTREE_MAGIC))
		return file->is_hash ? "is not a Berkeley DB hash file"
				     : "is not a Berkeley DB btree file";
	version = bdb_file_get32(file, meta + BDB_META_VERSION);
	file->page_size = bdb_file_get32(file, meta + BDB_META_PAGE_SIZE);
	if (version < BDB_VERSION_MIN || version > BDB_VERSION_MAX)
		return "has a version of Berkeley DB that is not supported";
	if (meta[BDB_META_ENCRYPTED] || meta[BDB_META_METAFLAGS] ||
	    bdb_file_get32(file, meta + BDB_META_FLAGS))
		return "uses features that a look-up table has not";
	if (file->page_size < BDB_PAGE_MIN || file->page_size > BDB_PAGE_MAX ||
	    file->page_size & (file->page_size - 1) || size % file->page_size ||
	    size / file->page_size > UINT32_MAX)
		return "is damaged: it is not a whole number of pages";
	file->page_count = (uint32_t)(size / file->page_size);
	if (bdb_file_get32(file, meta + BDB_META_LAST_PAGE) >= file->page_count)
		return "is damaged: pages are missing at its end";
	if ((file->is_hash ? bdb_hash_open(file, meta) : bdb_btree_open(file, meta)))
		return "is damaged: its first page contradicts itself";
	return NULL;
}

int bdb_open(struct arena *arena, int dirfd, const char *path, bool want_hash,
	     struct bdb_file **out_file, char *err, size_t err_size)
{
	struct bdb_file *file = arena_alloc(arena, sizeof(*file));
	uint8_t meta[BDB_META_SIZE];
	const char *wrong = "is damaged: it is shorter than a page";
	uint64_t size = 0;
	int status;

	if (!file)
		return MCC_ENOMEM;
	file->is_hash = want_hash;
	file->fd = -1;
	status = fs_open_regular(dirfd, path, &size, &file->fd);
	if (status != MCC_OK) {
		snprintf(err, err_size, "%s: %s", path, mcc_status_text(status));
		goto fail;
	}
	if (pread(file->fd, meta, sizeof(meta), 0) == (ssize_t)sizeof(meta))
		wrong = check_meta(file, meta, size);
	if (wrong) {
		snprintf(err, err_size, "%s %s", path, wrong);
		status = MCC_EFORMAT;
		goto fail;
	}
	file->page = arena_alloc(arena, file->page_size);
	if (!file->page) {
		status = MCC_ENOMEM;
		goto fail;
	}
	*out_file = file;
	return MCC_OK;
fail:
	bdb_close(file);
	return status;
}

void bdb_close(struct bdb_file *file)
{
	if (file && file->fd >= 0) {
		close(file->fd);
		file->fd = -1;
	}
}

/* ---- look-up ---- */

static int pair_at(const struct bdb_file *file, size_t i, struct bdb_item *key,
		   struct bdb_item *value)
{
	return file->is_hash ? bdb_hash_pair(file, i, key, value)
			     : bdb_leaf_pair(file, i, key, value);
}

/*
 * Searches the loaded page. An off-page key replaces the page by its own, so
 * the page is loaded anew afterwards.
 */
static int search_page(struct bdb_file *file, uint32_t number, struct str key,
		       struct strbuf *buf, struct bdb_item *out_value, bool *out_is_found)
{
	size_t entries = bdb_loaded_entries(file);

	for (size_t i = 0; i + 1 < entries; i += 2) {
		struct bdb_item found;
		struct bdb_item value;
		struct str bytes;
		int status = pair_at(file, i, &found, &value);

		if (status != MCC_OK)
			return status;
		if (found.is_off_page && found.length != key.len)
			continue;
		status = bdb_item_bytes(file, &found, buf, &bytes);
		if (status != MCC_OK)
			return status;
		if (str_eq(bytes, key)) {
			/* The value may lie on the page that an off-page key
			 * has replaced. */
			if (found.is_off_page && (status = bdb_load(file, number)))
				return status;
			*out_value = value;
			*out_is_found = true;
			return MCC_OK;
		}
		if (found.is_off_page && (status = bdb_load(file, number)))
			return status;
	}
	return MCC_OK;
}

static bool is_data_page(const struct bdb_file *file)
{
	uint8_t type = bdb_loaded_type(file);

	if (file->is_hash)
		return type == BDB_TYPE_HASH || type == BDB_TYPE_HASH_UNSORTED ||
		       (type == BDB_TYPE_NONE && !bdb_loaded_entries(file) &&
			!bdb_loaded_next(file));
	return type == BDB_TYPE_BTREE_LEAF;
}

static int find_first_page(struct bdb_file *file, struct str key, uint32_t *out_number)
{
	if (!file->is_hash)
		return bdb_btree_leaf(file, &key, out_number);
	*out_number = bdb_hash_bucket_page(file, bdb_hash_bucket(file, key));
	return *out_number ? MCC_OK : MCC_EFORMAT;
}

static int find_value(struct bdb_file *file, struct str key, struct strbuf *buf,
		      struct bdb_item *out_value, bool *out_is_found)
{
	uint32_t number = 0;
	int status = find_first_page(file, key, &number);

	for (uint32_t seen = 0; status == MCC_OK && number; seen++) {
		status = seen < file->page_count ? bdb_load(file, number) : MCC_EFORMAT;
		if (status != MCC_OK)
			break;
		if (!is_data_page(file))
			return MCC_EFORMAT;
		status = search_page(file, number, key, buf, out_value, out_is_found);
		if (status != MCC_OK || *out_is_found || !file->is_hash)
			break;
		number = bdb_loaded_next(file);
	}
	return status;
}

enum rt_found bdb_get(struct bdb_file *file, struct str key, struct arena *arena,
		      struct str *out_value)
{
	struct strbuf buf;
	struct bdb_item value;
	struct str bytes;
	bool is_found = false;
	char *copy = NULL;
	int status;

	bdb_start(file);
	strbuf_init(&buf, LIMIT_SOURCE_FILE);
	status = find_value(file, key, &buf, &value, &is_found);
	if (status == MCC_OK && is_found)
		status = bdb_item_bytes(file, &value, &buf, &bytes);
	if (status == MCC_OK && is_found)
		copy = arena_memdup0(arena, bytes.ptr, bytes.len);
	if (copy)
		*out_value = (struct str){copy, bytes.len};
	strbuf_fini(&buf);
	if (status != MCC_OK || (is_found && !copy))
		return RT_LOOKUP_ERROR;
	return is_found ? RT_FOUND : RT_NOT_FOUND;
}

/* ---- walk ---- */

struct walk {
	struct bdb_file *file;
	bool (*fn)(struct str key, struct str value, void *arg);
	void *arg;
	struct strbuf key;
	struct strbuf value;
	bool is_stopped;
};

static int walk_pair(struct walk *w, uint32_t number, size_t i)
{
	struct bdb_item key;
	struct bdb_item value;
	struct str bytes;
	struct str key_bytes;
	int status = pair_at(w->file, i, &key, &value);

	if (status == MCC_OK)
		status = bdb_item_bytes(w->file, &key, &w->key, &key_bytes);
	if (status != MCC_OK)
		return status;
	if (!key.is_off_page) {
		strbuf_clear(&w->key);
		strbuf_addstr(&w->key, key_bytes);
	} else if ((status = bdb_load(w->file, number))) {
		return status;
	}
	status = bdb_item_bytes(w->file, &value, &w->value, &bytes);
	if (status != MCC_OK)
		return status;
	w->is_stopped = !w->fn(strbuf_view(&w->key), bytes, w->arg);
	return value.is_off_page ? bdb_load(w->file, number) : MCC_OK;
}

/* A chain of pages: a bucket, or all leaves. */
static int walk_chain(struct walk *w, uint32_t number)
{
	for (uint32_t seen = 0; number && !w->is_stopped; seen++) {
		int status = seen < w->file->page_count ? bdb_load(w->file, number)
							: MCC_EFORMAT;

		if (status != MCC_OK)
			return status;
		if (!is_data_page(w->file))
			return MCC_EFORMAT;
		for (size_t i = 0; i + 1 < bdb_loaded_entries(w->file) && !w->is_stopped;
		     i += 2) {
			status = walk_pair(w, number, i);
			if (status != MCC_OK)
				return status;
		}
		number = bdb_loaded_next(w->file);
	}
	return MCC_OK;
}

static int walk_buckets(struct walk *w)
{
	for (uint32_t bucket = 0; bucket <= w->file->max_bucket && !w->is_stopped;
	     bucket++) {
		uint32_t number = bdb_hash_bucket_page(w->file, bucket);
		int status = number ? walk_chain(w, number) : MCC_EFORMAT;

		if (status != MCC_OK)
			return status;
	}
	return MCC_OK;
}

int bdb_each(struct bdb_file *file,
	     bool (*fn)(struct str key, struct str value, void *arg), void *arg)
{
	struct walk w = {.file = file, .fn = fn, .arg = arg};
	uint32_t first = 0;
	int status;

	bdb_start(file);
	strbuf_init(&w.key, LIMIT_SOURCE_FILE);
	strbuf_init(&w.value, LIMIT_SOURCE_FILE);
	if (file->is_hash)
		status = walk_buckets(&w);
	else if ((status = bdb_btree_leaf(file, NULL, &first)) == MCC_OK)
		status = walk_chain(&w, first);
	strbuf_fini(&w.key);
	strbuf_fini(&w.value);
	return status;
}
