/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows on their way to a database: added in the order of the source, read back
 * in that order or sorted. At most LIMIT_ROWS_HELD bytes of them are in memory
 * (or one row, when that is larger); more go to files without a name in the
 * folder of the database. What comes out does not depend on where they were.
 */
#ifndef MCC_RUNTIME_ROW_STORE_H
#define MCC_RUNTIME_ROW_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

struct row_store;

/* Where the key stands in the source, for whoever added the row. */
struct row_place {
	uint32_t lo;
	uint32_t hi;
};

struct stored_row {
	struct str key; /* folded already; no NUL */
	struct str value;
	struct row_place place;
	uint32_t number; /* in the order of adding, from 0 */
};

/* Told about each row that is left out because of its key, in any order. */
struct row_duplicates {
	void (*found)(struct row_duplicates *d, const struct stored_row *kept,
		      const struct stored_row *dropped);
};

/*
 * Rows come by number(key), then by the bytes of the key. Of rows with equal
 * keys one is kept: the first added, or with keep_last the last.
 */
struct row_order {
	uint32_t (*number)(const struct row_order *order, struct str key); /* or NULL */
	uint32_t mask; /* for number() */
	bool keep_last;
	struct row_duplicates *duplicates; /* or NULL */
};

/* `beside`, below dirfd or absolute, is the database to be; borrowed. `held`:
 * bytes in memory. NULL: no memory. */
struct row_store *row_store_new(int dirfd, const char *beside, size_t held);
void row_store_free(struct row_store *store);
/* Rows added from now on whose key and value lie in `text` are not copied. Once;
 * the text stays as it is as long as the store. */
void row_store_lend(struct row_store *store, struct str text);
/* Status: MCC_ENOMEM, MCC_ETOOBIG (4 billion rows, one of 2 GiB), those of files. */
int row_store_add(struct row_store *store, struct str key, struct str value,
		  struct row_place place) MCC_MUST_CHECK;
size_t row_store_count(const struct row_store *store);
/* All rows in the order of adding, until fn() says something else than MCC_OK,
 * which is returned. Not while sorted rows are read. */
int row_store_each(struct row_store *store,
		   int (*fn)(const struct stored_row *row, void *arg),
		   void *arg) MCC_MUST_CHECK;
/* After this nothing may be added. `order` is borrowed until the last row. */
int row_store_sort(struct row_store *store, const struct row_order *order) MCC_MUST_CHECK;
/* The next sorted row, borrowed until the next call: MCC_OK, or MCC_ENOENT when
 * there is none left; else what went wrong. */
int row_store_next(struct row_store *store, struct stored_row *out_row) MCC_MUST_CHECK;
/* In place of both of these: only tells order->duplicates, without a look at
 * rows whose number no other row has. row_store_each() may follow. */
int row_store_find_duplicates(struct row_store *store,
			      const struct row_order *order) MCC_MUST_CHECK;

#endif
