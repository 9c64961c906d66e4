/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages of a Berkeley DB file that is being put together in memory. */
#ifndef MCC_RUNTIME_BDB_PAGE_H
#define MCC_RUNTIME_BDB_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

struct bdb_pages {
	uint8_t *bytes; /* heap; of pages `base` and after */
	uint32_t base;	/* pages before it are held elsewhere */
	uint32_t count; /* of the whole file: the next number */
	uint32_t room;	/* pages that `bytes` has room for */
	bool failed;	/* no memory, or more pages than numbers; checked once */
};

/* No pages yet; the first will have the number `base`. */
void bdb_pages_init_after(struct bdb_pages *pages, uint32_t base);
/* Forgets the pages before `before`, which have been written. */
void bdb_pages_drop(struct bdb_pages *pages, uint32_t before);
void bdb_pages_fini(struct bdb_pages *pages);
/* Borrowed until the next page is added. */
uint8_t *bdb_page_at(struct bdb_pages *pages, uint32_t number);
/* Number of a new, empty page; 0 when there is none (failed is set). */
uint32_t bdb_page_new(struct bdb_pages *pages);
/* Makes page `number` an empty one of that type. */
void bdb_page_start(struct bdb_pages *pages, uint32_t number, uint8_t type,
		    uint8_t level);
/* Room for one more item of `size` bytes? */
size_t bdb_page_room(const uint8_t *page);
/* Adds an item of `size` bytes at the end; returns where its bytes go. */
uint8_t *bdb_page_add(uint8_t *page, size_t size);
/* Pages of data that does not fit: a chain of overflow pages; the first. */
uint32_t bdb_page_overflow(struct bdb_pages *pages, struct str head, uint8_t tail);
/* Makes a zeroed page an empty one of that number and type. */
void bdb_page_head(uint8_t *page, uint32_t number, uint8_t type, uint8_t level);
/* Fields that every meta page has; `count` pages are in the file. */
void bdb_page_meta(uint8_t *meta, uint32_t count, uint32_t magic, uint8_t type);

void bdb_put16(uint8_t *at, size_t n);
void bdb_put32(uint8_t *at, uint32_t n);
uint32_t bdb_get32(const uint8_t *at);

#endif
