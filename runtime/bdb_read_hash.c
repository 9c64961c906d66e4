/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linear hashing: which bucket a key falls into and on which page a bucket
 * begins, in a table that may have grown since it was made (libdb doubles it
 * bucket by bucket; the pages of each doubling lie together).
 */
#include "base/status.h"
#include "runtime/bdb_cursor.h"

static bool is_mask(uint32_t mask)
{
	return (mask & (mask + 1)) == 0;
}

int bdb_hash_open(struct bdb_file *file, const uint8_t *meta)
{
	file->max_bucket = bdb_file_get32(file, meta + BDB_HASH_MAX_BUCKET);
	file->high_mask = bdb_file_get32(file, meta + BDB_HASH_HIGH_MASK);
	file->low_mask = bdb_file_get32(file, meta + BDB_HASH_LOW_MASK);
	for (size_t i = 0; i < BDB_HASH_SPARES_COUNT; i++)
		file->spares[i] = bdb_file_get32(file, meta + BDB_HASH_SPARES + 4 * i);
	if (meta[BDB_META_TYPE] != BDB_TYPE_HASH_META ||
	    bdb_file_get32(file, meta + BDB_HASH_CHECK) != bdb_hash_check())
		return MCC_EFORMAT;
	if (!is_mask(file->high_mask) || file->low_mask != file->high_mask >> 1 ||
	    file->max_bucket > file->high_mask || file->max_bucket < file->low_mask ||
	    file->max_bucket >= file->page_count)
		return MCC_EFORMAT;
	return MCC_OK;
}

uint32_t bdb_hash_bucket(const struct bdb_file *file, struct str key)
{
	uint32_t bucket = bdb_hash(key.ptr, key.len, 0) & file->high_mask;

	return bucket > file->max_bucket ? bucket & file->low_mask : bucket;
}

uint32_t bdb_hash_bucket_page(const struct bdb_file *file, uint32_t bucket)
{
	unsigned doubling = 0;
	uint64_t page;

	/* 32 doublings address every bucket that a 32-bit number can name. */
	while (doubling < BDB_HASH_SPARES_COUNT - 1 && (uint64_t)1 << doubling <= bucket)
		doubling++;
	page = (uint64_t)bucket + file->spares[doubling];
	return page && page < file->page_count ? (uint32_t)page : 0;
}

/* Items lie one below the other: the end of item i is the start of i - 1. */
static int hash_item(const struct bdb_file *file, size_t i, struct bdb_item *out)
{
	struct str tail = bdb_loaded_tail(file, i);
	size_t len = tail.len;
	const uint8_t *bytes = (const uint8_t *)tail.ptr;

	if (i) {
		size_t above = bdb_loaded_tail(file, i - 1).len;

		if (above >= tail.len)
			return MCC_EFORMAT;
		len -= above;
	}
	*out = (struct bdb_item){{tail.ptr + 1, len - 1}, false, 0, 0};
	if (bytes[0] == BDB_ITEM_KEYDATA)
		return MCC_OK;
	if (bytes[0] != BDB_HASH_ITEM_OFFPAGE || len < BDB_OFFPAGE_SIZE)
		return MCC_EFORMAT;
	out->is_off_page = true;
	out->first = bdb_file_get32(file, bytes + BDB_OFFPAGE_FIRST);
	out->length = bdb_file_get32(file, bytes + BDB_OFFPAGE_LENGTH);
	return MCC_OK;
}

int bdb_hash_pair(const struct bdb_file *file, size_t i, struct bdb_item *out_key,
		  struct bdb_item *out_value)
{
	int status = hash_item(file, i, out_key);

	return status == MCC_OK ? hash_item(file, i + 1, out_value) : status;
}
