/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages in memory until they are written. Every byte that is not set is zero,
 * so the file depends on the rows alone.
 */
#include "runtime/bdb_page.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/bdb_format.h"

void bdb_put16(uint8_t *at, size_t n)
{
	at[0] = (uint8_t)(n & 0xff);
	at[1] = (uint8_t)(n >> 8 & 0xff);
}

void bdb_put32(uint8_t *at, uint32_t n)
{
	bdb_put16(at, n & 0xffff);
	bdb_put16(at + 2, n >> 16);
}

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

uint32_t bdb_get32(const uint8_t *at)
{
	return get16(at) | (uint32_t)get16(at + 2) << 16;
}

uint32_t bdb_hash(const void *data, size_t len, uint32_t start)
{
	const uint8_t *bytes = data;
	uint32_t h = start;

	for (size_t i = 0; i < len; i++)
		h = (h * 16777619u) ^ bytes[i];
	return h;
}

uint32_t bdb_hash_check(void)
{
	static const char text[] = "%$sniglet^&";

	return bdb_hash(text, sizeof(text), 0);
}

void bdb_pages_init_after(struct bdb_pages *pages, uint32_t base)
{
	*pages = (struct bdb_pages){.base = base, .count = base};
}

void bdb_pages_drop(struct bdb_pages *pages, uint32_t before)
{
	size_t gone = (size_t)(before - pages->base) * BDB_PAGE_SIZE;
	size_t used = (size_t)(pages->count - pages->base) * BDB_PAGE_SIZE;

	if (!gone)
		return;
	MCC_ASSERT(before >= pages->base && before <= pages->count);
	memmove(pages->bytes, pages->bytes + gone, used - gone);
	memset(pages->bytes + used - gone, 0, gone);
	pages->base = before;
}

void bdb_pages_fini(struct bdb_pages *pages)
{
	free(pages->bytes);
	*pages = (struct bdb_pages){NULL, 0, 0, 0, false};
}

uint8_t *bdb_page_at(struct bdb_pages *pages, uint32_t number)
{
	MCC_ASSERT(number >= pages->base && number < pages->count);
	return pages->bytes + (size_t)(number - pages->base) * BDB_PAGE_SIZE;
}

static bool grow(struct bdb_pages *pages)
{
	uint32_t room = pages->room + pages->room / 2 + 8;
	uint8_t *bytes = NULL;

	if (room > pages->room && room <= UINT32_MAX - pages->base)
		bytes = realloc(pages->bytes, (size_t)room * BDB_PAGE_SIZE);
	if (!bytes) {
		pages->failed = true;
		return false;
	}
	memset(bytes + (size_t)pages->room * BDB_PAGE_SIZE, 0,
	       (size_t)(room - pages->room) * BDB_PAGE_SIZE);
	pages->bytes = bytes;
	pages->room = room;
	return true;
}

uint32_t bdb_page_new(struct bdb_pages *pages)
{
	if (pages->failed || (pages->count - pages->base == pages->room && !grow(pages)))
		return 0;
	return pages->count++;
}

/* Log sequence number of pages that no log knows: file 0, offset 1. */
static void put_lsn(uint8_t *page)
{
	bdb_put32(page + BDB_META_LSN + 4, 1);
}

void bdb_page_head(uint8_t *page, uint32_t number, uint8_t type, uint8_t level)
{
	put_lsn(page);
	bdb_put32(page + BDB_PAGE_NUMBER, number);
	bdb_put16(page + BDB_PAGE_LOWEST, BDB_PAGE_SIZE);
	page[BDB_PAGE_LEVEL] = level;
	page[BDB_PAGE_TYPE] = type;
}

void bdb_page_start(struct bdb_pages *pages, uint32_t number, uint8_t type, uint8_t level)
{
	bdb_page_head(bdb_page_at(pages, number), number, type, level);
}

size_t bdb_page_room(const uint8_t *page)
{
	size_t used = BDB_PAGE_HEADER + 2u * get16(page + BDB_PAGE_ENTRIES);

	return get16(page + BDB_PAGE_LOWEST) - used;
}

uint8_t *bdb_page_add(uint8_t *page, size_t size)
{
	size_t entries = get16(page + BDB_PAGE_ENTRIES);
	size_t lowest = get16(page + BDB_PAGE_LOWEST);

	MCC_ASSERT(size + 2 <= bdb_page_room(page));
	lowest -= size;
	bdb_put16(page + BDB_PAGE_HEADER + 2 * entries, lowest);
	bdb_put16(page + BDB_PAGE_ENTRIES, entries + 1);
	bdb_put16(page + BDB_PAGE_LOWEST, lowest);
	return page + lowest;
}

/* Bytes [from, from + len) of head followed by the byte `tail`. */
static void copy_part(uint8_t *to, struct str head, uint8_t tail, size_t from, size_t len)
{
	size_t of_head = from < head.len ? head.len - from : 0;

	if (of_head > len)
		of_head = len;
	if (of_head)
		memcpy(to, head.ptr + from, of_head);
	if (of_head < len)
		to[of_head] = tail;
}

uint32_t bdb_page_overflow(struct bdb_pages *pages, struct str head, uint8_t tail)
{
	const size_t part = BDB_PAGE_SIZE - BDB_PAGE_HEADER;
	const size_t total = head.len + 1;
	uint32_t first = 0;
	uint32_t previous = 0;

	for (size_t from = 0; from < total; from += part) {
		uint32_t number = bdb_page_new(pages);
		size_t len = total - from < part ? total - from : part;
		uint8_t *page;

		if (!number)
			return 0;
		bdb_page_start(pages, number, BDB_TYPE_OVERFLOW, 0);
		page = bdb_page_at(pages, number);
		bdb_put16(page + BDB_PAGE_ENTRIES, 1); /* one reference */
		bdb_put16(page + BDB_PAGE_LOWEST, len);
		copy_part(page + BDB_PAGE_HEADER, head, tail, from, len);
		bdb_put32(page + BDB_PAGE_PREV, previous);
		if (previous)
			bdb_put32(bdb_page_at(pages, previous) + BDB_PAGE_NEXT, number);
		else
			first = number;
		previous = number;
	}
	return first;
}

void bdb_page_meta(uint8_t *meta, uint32_t count, uint32_t magic, uint8_t type)
{
	/* libdb draws it at random to tell files of one environment apart;
	 * Postfix opens each table in an environment of its own. */
	static const char file_id[20] = "mcc table";

	put_lsn(meta);
	bdb_put32(meta + BDB_META_MAGIC, magic);
	bdb_put32(meta + BDB_META_VERSION, BDB_VERSION);
	bdb_put32(meta + BDB_META_PAGE_SIZE, BDB_PAGE_SIZE);
	meta[BDB_META_TYPE] = type;
	bdb_put32(meta + BDB_META_LAST_PAGE, count - 1);
	memcpy(meta + BDB_META_FILE_ID, file_id, sizeof(file_id));
}
