/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Berkeley DB files of versions 8 to 10 (libdb 4.x and 5.x), as far as a
 * look-up table needs them: offsets and constants, for the writer and the
 * reader alike. Numbers are little-endian as written here; the reader also
 * takes files from machines of the other order.
 */
#ifndef MCC_RUNTIME_BDB_FORMAT_H
#define MCC_RUNTIME_BDB_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum {
	BDB_PAGE_SIZE = 4096, /* written; read: powers of two, 512 to 65536 */
	BDB_PAGE_MIN = 512,
	BDB_PAGE_MAX = 65536,
	BDB_HASH_MAGIC = 0x061561,
	BDB_BTREE_MAGIC = 0x053162,
	BDB_VERSION = 9,
	BDB_VERSION_MIN = 8,
	BDB_VERSION_MAX = 10
};

/* Meta page. */
enum {
	BDB_META_LSN = 0,
	BDB_META_MAGIC = 12,
	BDB_META_VERSION = 16,
	BDB_META_PAGE_SIZE = 20,
	BDB_META_ENCRYPTED = 24,
	BDB_META_TYPE = 25,
	BDB_META_METAFLAGS = 26,
	BDB_META_LAST_PAGE = 32,
	BDB_META_FLAGS = 48,
	BDB_META_FILE_ID = 52,
	BDB_HASH_MAX_BUCKET = 72,
	BDB_HASH_HIGH_MASK = 76,
	BDB_HASH_LOW_MASK = 80,
	BDB_HASH_ELEMENTS = 88,
	BDB_HASH_CHECK = 92,
	BDB_HASH_SPARES = 96,
	BDB_HASH_SPARES_COUNT = 32,
	BDB_BTREE_MIN_KEYS = 76,
	BDB_BTREE_PAD = 84,
	BDB_BTREE_ROOT = 88,
	BDB_META_SIZE = 512
};

/* Other pages: header, then one 16-bit offset per item. */
enum {
	BDB_PAGE_NUMBER = 8,
	BDB_PAGE_PREV = 12,
	BDB_PAGE_NEXT = 16,
	BDB_PAGE_ENTRIES = 20,
	BDB_PAGE_LOWEST = 22, /* of the items; overflow pages: bytes on the page */
	BDB_PAGE_LEVEL = 24,
	BDB_PAGE_TYPE = 25,
	BDB_PAGE_HEADER = 26
};

enum {
	BDB_TYPE_NONE = 0, /* a bucket that nothing was ever put into */
	BDB_TYPE_HASH_UNSORTED = 2,
	BDB_TYPE_BTREE_INNER = 3,
	BDB_TYPE_BTREE_LEAF = 5,
	BDB_TYPE_OVERFLOW = 7,
	BDB_TYPE_HASH_META = 8,
	BDB_TYPE_BTREE_META = 9,
	BDB_TYPE_HASH = 13
};

/* First byte of an item on a hash page; third byte of one on a btree page. */
enum {
	BDB_ITEM_KEYDATA = 1,
	BDB_HASH_ITEM_OFFPAGE = 3,
	BDB_BTREE_ITEM_OVERFLOW = 3,
	BDB_BTREE_ITEM_DELETED = 0x80
};

/* Sizes of the fixed part of items. */
enum {
	BDB_OFFPAGE_SIZE = 12, /* type, first page at 4, length at 8: both kinds */
	BDB_OFFPAGE_FIRST = 4,
	BDB_OFFPAGE_LENGTH = 8,
	BDB_BTREE_ITEM_HEAD = 3,
	BDB_BTREE_INNER_HEAD = 12,
	BDB_BTREE_INNER_CHILD = 4
};

/* The hash function, and what it gives for libdb's 12 bytes of check text. */
uint32_t bdb_hash(const void *data, size_t len, uint32_t start);
uint32_t bdb_hash_check(void);

#endif
