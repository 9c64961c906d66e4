/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages and items of a database file, checked as they are read: numbers of
 * pages and offsets lie within the file and the page, and chains are no longer
 * than the file has pages. One page is held at a time; whoever needs an item
 * beyond the next load copies it.
 */
#include "runtime/bdb_cursor.h"

#include "base/fsio.h"
#include "base/limits.h"
#include "base/status.h"

uint16_t bdb_file_get16(const struct bdb_file *file, const uint8_t *at)
{
	if (file->is_swapped)
		return (uint16_t)(at[0] << 8 | at[1]);
	return (uint16_t)(at[1] << 8 | at[0]);
}

uint32_t bdb_file_get32(const struct bdb_file *file, const uint8_t *at)
{
	uint32_t a = bdb_file_get16(file, at);
	uint32_t b = bdb_file_get16(file, at + 2);

	return file->is_swapped ? a << 16 | b : b << 16 | a;
}

static int read_page(struct bdb_file *file, uint32_t number)
{
	if (number >= file->page_count)
		return MCC_EFORMAT;
	return fs_read_at(file->fd, file->page, file->page_size,
			  (uint64_t)number * file->page_size);
}

/*
 * In a sound file a walk loads each page once, and a page again after each of
 * its off-page items, which have pages of their own.
 */
void bdb_start(struct bdb_file *file)
{
	file->budget = 4 * (uint64_t)file->page_count + 64;
}

int bdb_load(struct bdb_file *file, uint32_t number)
{
	int status;
	size_t entries;

	if (!file->budget)
		return MCC_EFORMAT;
	file->budget--;
	status = read_page(file, number);
	if (status != MCC_OK)
		return status;
	/* libdb leaves the page of a bucket zero until something goes there. */
	if (bdb_file_get32(file, file->page + BDB_PAGE_NUMBER) !=
	    (bdb_loaded_type(file) == BDB_TYPE_NONE ? 0 : number))
		return MCC_EFORMAT;
	if (bdb_loaded_type(file) == BDB_TYPE_OVERFLOW)
		return MCC_OK;
	entries = bdb_loaded_entries(file);
	if (BDB_PAGE_HEADER + 2 * entries > file->page_size)
		return MCC_EFORMAT;
	for (size_t i = 0; i < entries; i++) {
		size_t at = bdb_file_get16(file, file->page + BDB_PAGE_HEADER + 2 * i);

		if (at < BDB_PAGE_HEADER + 2 * entries || at >= file->page_size)
			return MCC_EFORMAT;
	}
	return MCC_OK;
}

uint8_t bdb_loaded_type(const struct bdb_file *file)
{
	return file->page[BDB_PAGE_TYPE];
}

uint32_t bdb_loaded_next(const struct bdb_file *file)
{
	return bdb_file_get32(file, file->page + BDB_PAGE_NEXT);
}

size_t bdb_loaded_entries(const struct bdb_file *file)
{
	return bdb_file_get16(file, file->page + BDB_PAGE_ENTRIES);
}

struct str bdb_loaded_tail(const struct bdb_file *file, size_t i)
{
	size_t at = bdb_file_get16(file, file->page + BDB_PAGE_HEADER + 2 * i);

	return (struct str){(const char *)file->page + at, file->page_size - at};
}

int bdb_item_bytes(struct bdb_file *file, const struct bdb_item *item, struct strbuf *buf,
		   struct str *out_bytes)
{
	uint32_t number = item->first;

	if (!item->is_off_page) {
		*out_bytes = item->bytes;
		return MCC_OK;
	}
	strbuf_clear(buf);
	for (uint32_t seen = 0; number && seen < file->page_count; seen++) {
		int status = bdb_load(file, number);
		size_t len;

		if (status != MCC_OK)
			return status;
		len = bdb_file_get16(file, file->page + BDB_PAGE_LOWEST);
		if (bdb_loaded_type(file) != BDB_TYPE_OVERFLOW ||
		    len > file->page_size - BDB_PAGE_HEADER)
			return MCC_EFORMAT;
		strbuf_add(buf, file->page + BDB_PAGE_HEADER, len);
		if (buf->failed || buf->len > item->length)
			return MCC_EFORMAT;
		number = bdb_loaded_next(file);
	}
	if (number || buf->len != item->length)
		return MCC_EFORMAT;
	*out_bytes = strbuf_view(buf);
	return MCC_OK;
}
