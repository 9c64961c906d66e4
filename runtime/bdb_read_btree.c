/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the root of a B+tree to the leaf that would hold a key. Keys compare by
 * bytes, then length; the first entry of an inner page stands for everything
 * below the second.
 */
#include "base/limits.h"
#include "base/status.h"
#include "runtime/bdb_cursor.h"

/* Levels; a page has at least two children, page numbers have 32 bits. */
enum { DEPTH_MAX = 33 };

int bdb_btree_open(struct bdb_file *file, const uint8_t *meta)
{
	file->root = bdb_file_get32(file, meta + BDB_BTREE_ROOT);
	if (meta[BDB_META_TYPE] != BDB_TYPE_BTREE_META || !file->root ||
	    file->root >= file->page_count)
		return MCC_EFORMAT;
	return MCC_OK;
}

static void set_off_page(const struct bdb_file *file, const uint8_t *bytes,
			 struct bdb_item *out)
{
	out->is_off_page = true;
	out->first = bdb_file_get32(file, bytes + BDB_OFFPAGE_FIRST);
	out->length = bdb_file_get32(file, bytes + BDB_OFFPAGE_LENGTH);
}

static int leaf_item(const struct bdb_file *file, size_t i, struct bdb_item *out)
{
	struct str tail = bdb_loaded_tail(file, i);
	const uint8_t *bytes = (const uint8_t *)tail.ptr;
	size_t len;

	*out = (struct bdb_item){{"", 0}, false, 0, 0};
	if (tail.len < BDB_BTREE_ITEM_HEAD)
		return MCC_EFORMAT;
	if (bytes[2] == BDB_ITEM_KEYDATA) {
		len = bdb_file_get16(file, bytes);
		out->bytes = (struct str){tail.ptr + BDB_BTREE_ITEM_HEAD, len};
		return len <= tail.len - BDB_BTREE_ITEM_HEAD ? MCC_OK : MCC_EFORMAT;
	}
	if (bytes[2] != BDB_BTREE_ITEM_OVERFLOW || tail.len < BDB_OFFPAGE_SIZE)
		return MCC_EFORMAT;
	set_off_page(file, bytes, out);
	return MCC_OK;
}

int bdb_leaf_pair(const struct bdb_file *file, size_t i, struct bdb_item *out_key,
		  struct bdb_item *out_value)
{
	int status = leaf_item(file, i, out_key);

	return status == MCC_OK ? leaf_item(file, i + 1, out_value) : status;
}

/* Key and child of entry i of the loaded inner page. */
static int inner_entry(const struct bdb_file *file, size_t i, struct bdb_item *out_key,
		       uint32_t *out_child)
{
	struct str tail = bdb_loaded_tail(file, i);
	const uint8_t *bytes = (const uint8_t *)tail.ptr;
	size_t len;

	*out_key = (struct bdb_item){{"", 0}, false, 0, 0};
	if (tail.len < BDB_BTREE_INNER_HEAD)
		return MCC_EFORMAT;
	len = bdb_file_get16(file, bytes);
	if (len > tail.len - BDB_BTREE_INNER_HEAD)
		return MCC_EFORMAT;
	*out_child = bdb_file_get32(file, bytes + BDB_BTREE_INNER_CHILD);
	if ((bytes[2] & ~BDB_BTREE_ITEM_DELETED) == BDB_ITEM_KEYDATA) {
		out_key->bytes = (struct str){tail.ptr + BDB_BTREE_INNER_HEAD, len};
		return MCC_OK;
	}
	if ((bytes[2] & ~BDB_BTREE_ITEM_DELETED) != BDB_BTREE_ITEM_OVERFLOW ||
	    len < BDB_OFFPAGE_SIZE)
		return MCC_EFORMAT;
	set_off_page(file, bytes + BDB_BTREE_INNER_HEAD, out_key);
	return MCC_OK;
}

/* The child to go to: the last one whose separator is not above the key. */
static int choose_child(struct bdb_file *file, uint32_t number, const struct str *key,
			struct strbuf *buf, uint32_t *out_child)
{
	size_t low = 0;
	size_t high = bdb_loaded_entries(file);
	struct bdb_item item;
	struct str bytes;
	uint32_t child;
	int status;

	if (!high)
		return MCC_EFORMAT;
	while (key && high - low > 1) {
		size_t middle = low + (high - low) / 2;

		status = inner_entry(file, middle, &item, &child);
		if (status == MCC_OK)
			status = bdb_item_bytes(file, &item, buf, &bytes);
		if (status != MCC_OK)
			return status;
		if (str_cmp(bytes, *key) <= 0)
			low = middle;
		else
			high = middle;
		if (item.is_off_page && (status = bdb_load(file, number)))
			return status;
	}
	return inner_entry(file, low, &item, out_child);
}

int bdb_btree_leaf(struct bdb_file *file, const struct str *key, uint32_t *out_page)
{
	struct strbuf buf;
	uint32_t number = file->root;
	int status = MCC_EFORMAT;

	strbuf_init(&buf, LIMIT_SOURCE_FILE);
	for (unsigned depth = 0; depth < DEPTH_MAX; depth++) {
		status = bdb_load(file, number);
		if (status != MCC_OK)
			break;
		if (bdb_loaded_type(file) == BDB_TYPE_BTREE_LEAF) {
			*out_page = number;
			break;
		}
		status = MCC_EFORMAT;
		if (bdb_loaded_type(file) != BDB_TYPE_BTREE_INNER ||
		    (status = choose_child(file, number, key, &buf, &number)))
			break;
		status = MCC_EFORMAT;
	}
	strbuf_fini(&buf);
	return status;
}
