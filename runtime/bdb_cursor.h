/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two access methods of bdb_read share: checked pages and items. */
#ifndef MCC_RUNTIME_BDB_CURSOR_H
#define MCC_RUNTIME_BDB_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "runtime/bdb_format.h"
#include "runtime/bdb_read.h"

struct bdb_file {
	int fd;
	bool is_hash;
	bool is_swapped; /* written by a machine of the other byte order */
	uint32_t page_size;
	uint32_t page_count;
	uint8_t *page; /* page_size bytes, one page at a time */
	/* Pages that may still be loaded: pages that name each other again and
	 * again must not keep a look-up or a walk busy. */
	uint64_t budget;
	/* hash */
	uint32_t max_bucket;
	uint32_t high_mask;
	uint32_t low_mask;
	uint32_t spares[BDB_HASH_SPARES_COUNT];
	/* btree */
	uint32_t root;
};

/* An item: its bytes on the page, or a chain of overflow pages. */
struct bdb_item {
	struct str bytes;
	bool is_off_page;
	uint32_t first;
	uint32_t length;
};

uint16_t bdb_file_get16(const struct bdb_file *file, const uint8_t *at);
uint32_t bdb_file_get32(const struct bdb_file *file, const uint8_t *at);

/* At the start of a look-up or walk. */
void bdb_start(struct bdb_file *file);
/* Reads a page into file->page and checks header and offsets. */
int bdb_load(struct bdb_file *file, uint32_t number) MCC_MUST_CHECK;
uint8_t bdb_loaded_type(const struct bdb_file *file);
uint32_t bdb_loaded_next(const struct bdb_file *file);
size_t bdb_loaded_entries(const struct bdb_file *file);
/* Where item i begins, and the bytes from there to the page's end. */
struct str bdb_loaded_tail(const struct bdb_file *file, size_t i);

/* Bytes of an item; off-page ones are collected into `buf`. */
int bdb_item_bytes(struct bdb_file *file, const struct bdb_item *item, struct strbuf *buf,
		   struct str *out_bytes) MCC_MUST_CHECK;

int bdb_hash_open(struct bdb_file *file, const uint8_t *meta) MCC_MUST_CHECK;
int bdb_btree_open(struct bdb_file *file, const uint8_t *meta) MCC_MUST_CHECK;

/* Item pair i, i + 1 of the loaded page (hash or btree leaf). */
int bdb_hash_pair(const struct bdb_file *file, size_t i, struct bdb_item *out_key,
		  struct bdb_item *out_value) MCC_MUST_CHECK;
int bdb_leaf_pair(const struct bdb_file *file, size_t i, struct bdb_item *out_key,
		  struct bdb_item *out_value) MCC_MUST_CHECK;
/* First page of a bucket, 0: damaged. */
uint32_t bdb_hash_bucket_page(const struct bdb_file *file, uint32_t bucket);
uint32_t bdb_hash_bucket(const struct bdb_file *file, struct str key);
/* Leaf that would hold the key; NULL key: the first leaf. */
int bdb_btree_leaf(struct bdb_file *file, const struct str *key,
		   uint32_t *out_page) MCC_MUST_CHECK;

#endif
