/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows on their way to a database: what comes out, sorted or in order, and the
 * files made of it, are the same whether all rows fit into memory or nearly
 * none.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/status.h"
#include "runtime/database.h"
#include "dir_case.h"

enum { ROWS = 20000, KEYS = 15000, TINY = 3000 };

/* Keys that share beginnings, some twice, some longer than what is held. */
static struct row_store *fill(struct dir_case *f, size_t held, size_t count)
{
	const char *beside = arena_printf(f->arena, "%s/x", f->dir);
	struct row_store *store = row_store_new(AT_FDCWD, beside, held);

	assert_non_null(store);
	for (size_t i = 0; i < count; i++) {
		size_t n = i * 7919 % KEYS;
		char key[5000], value[64];
		int len = snprintf(key, sizeof(key), "user%zu@%s%zu.example", n % 977,
				   n % 3 ? "a-long-domain-name" : "", n);
		struct row_place place = {(uint32_t)i, (uint32_t)i + 1};

		if (n % 997 == 5) {
			memset(key + len, 'k', 400);
			len += 400;
		}
		snprintf(value, sizeof(value), "value %zu", i);
		assert_int_equal(row_store_add(store, (struct str){key, (size_t)len},
					       str_of(value), place),
				 MCC_OK);
	}
	assert_int_equal(row_store_count(store), count);
	return store;
}

struct counting {
	struct row_duplicates duplicates;
	size_t count;
	bool is_last;
};

static void count_duplicate(struct row_duplicates *d, const struct stored_row *kept,
			    const struct stored_row *dropped)
{
	struct counting *c = (struct counting *)d;

	assert_true(str_eq(kept->key, dropped->key));
	assert_true(c->is_last ? kept->number > dropped->number
			       : kept->number < dropped->number);
	assert_int_equal(dropped->place.lo, dropped->number);
	c->count++;
}

static uint32_t by_length(const struct row_order *order, struct str key)
{
	return (uint32_t)key.len & order->mask;
}

static void check_sorted(struct dir_case *f, size_t held, bool keep_last, bool numbers)
{
	struct counting c = {{count_duplicate}, 0, keep_last};
	struct row_order order = {numbers ? by_length : NULL, 15, keep_last,
				  &c.duplicates};
	struct row_store *store = fill(f, held, ROWS);
	struct stored_row row;
	struct str last = {"", 0};
	uint32_t last_number = 0;
	size_t count = 0;

	assert_int_equal(row_store_sort(store, &order), MCC_OK);
	while (row_store_next(store, &row) == MCC_OK) {
		uint32_t number = numbers ? by_length(&order, row.key) : 0;

		assert_true(number >= last_number);
		if (count && number == last_number)
			assert_true(str_cmp(last, row.key) < 0);
		last = (struct str){arena_memdup0(f->arena, row.key.ptr, row.key.len),
				    row.key.len};
		last_number = number;
		count++;
	}
	assert_int_equal(row_store_next(store, &row), MCC_ENOENT);
	assert_int_equal(count, KEYS);
	assert_int_equal(c.count, ROWS - KEYS);
	row_store_free(store);
}

static void test_sorted(void **state)
{
	for (int i = 0; i < 8; i++)
		check_sorted(*state, i & 1 ? TINY : LIMIT_ROWS_HELD, i & 2, i & 4);
}

/* Without reading the rows: the same duplicates, and nothing else is lost. */
static void check_duplicates(struct dir_case *f, size_t held, bool keep_last,
			     bool numbers)
{
	struct counting c = {{count_duplicate}, 0, keep_last};
	const struct row_order order = {numbers ? by_length : NULL, UINT32_MAX, keep_last,
					&c.duplicates};
	struct row_store *store = fill(f, held, ROWS);

	assert_int_equal(row_store_find_duplicates(store, &order), MCC_OK);
	assert_int_equal(c.count, ROWS - KEYS);
	row_store_free(store);
}

static void test_duplicates(void **state)
{
	for (int i = 0; i < 8; i++)
		check_duplicates(*state, i & 1 ? TINY : LIMIT_ROWS_HELD, i & 2, i & 4);
}

static void test_large_rows(void **state)
{
	enum { LARGE = 12 << 20 };
	struct dir_case *f = *state;
	struct row_store *store = fill(f, LIMIT_ROWS_HELD, 10);
	const struct row_order order = {.number = NULL};
	char *value = arena_alloc(f->arena, LARGE);
	struct stored_row row;

	memset(value, 'v', LARGE);
	for (int i = 0; i < 2; i++)
		assert_int_equal(row_store_add(store, str_of(i ? "zb" : "za"),
					       (struct str){value, LARGE},
					       (struct row_place){0, 0}),
				 MCC_OK);
	assert_int_equal(row_store_sort(store, &order), MCC_OK);
	for (int i = 0; i < 12; i++) {
		assert_int_equal(row_store_next(store, &row), MCC_OK);
		if (i >= 10)
			assert_true(str_eq(row.value, (struct str){value, LARGE}));
	}
	assert_int_equal(row_store_next(store, &row), MCC_ENOENT);
	row_store_free(store);
}

static int check_order(const struct stored_row *row, void *arg)
{
	size_t *next = arg;

	assert_int_equal(row->number, *next);
	assert_int_equal(row->place.hi, *next + 1);
	++*next;
	return MCC_OK;
}

static void test_in_order(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct row_store *store = fill(*state, i ? TINY : LIMIT_ROWS_HELD, ROWS);
		const struct row_order order = {.number = NULL};
		struct stored_row row;
		size_t next = 0;

		assert_int_equal(row_store_each(store, check_order, &next), MCC_OK);
		assert_int_equal(next, ROWS);
		assert_int_equal(row_store_sort(store, &order), MCC_OK);
		while (row_store_next(store, &row) == MCC_OK)
			;
		next = 0;
		assert_int_equal(row_store_each(store, check_order, &next), MCC_OK);
		assert_int_equal(next, ROWS);
		row_store_free(store);
	}
}

static struct str file_from(struct dir_case *f, const char *type, struct row_store *store)
{
	const char *path = arena_printf(f->arena, "%s/%s", f->dir, type);
	struct bdb_target target = {.dirfd = AT_FDCWD, .name = path, .mode = 0644};
	const struct row_order order = {.number = NULL};
	struct str text;

	assert_int_equal(database_write_rows(&target, type, store, order), MCC_OK);
	row_store_free(store);
	assert_int_equal(fs_read_file(f->arena, AT_FDCWD, path, LIMIT_SOURCE_FILE, &text),
			 MCC_OK);
	return text;
}

static struct str file_of(struct dir_case *f, const char *type, size_t held, size_t count)
{
	return file_from(f, type, fill(f, held, count));
}

static void test_same_files(void **state)
{
	static const char *const types[] = {"hash", "btree", "lmdb", "cdb"};
	static const size_t counts[] = {0, 1, 2, 100, ROWS};

	for (size_t t = 0; t < array_len(types); t++)
		for (size_t c = 0; c < array_len(counts); c++)
			assert_true(str_eq(
				file_of(*state, types[t], LIMIT_ROWS_HELD, counts[c]),
				file_of(*state, types[t], TINY, counts[c])));
}

/* The rows of fill() in a text of their own, every third one copied. */
struct lending {
	struct row_store *store;
	char *text;
	size_t len;
};

static int measure_row(const struct stored_row *row, void *arg)
{
	struct lending *l = arg;

	l->len += row->key.len + row->value.len;
	return MCC_OK;
}

static struct str lay_down(struct lending *l, struct str s)
{
	char *at = l->text + l->len;

	memcpy(at, s.ptr, s.len);
	l->len += s.len;
	return (struct str){at, s.len};
}

static int lend_row(const struct stored_row *row, void *arg)
{
	struct lending *l = arg;
	struct str key = lay_down(l, row->key), value = lay_down(l, row->value);
	bool is_copied = row->number % 3 == 0;

	return row_store_add(l->store, key, is_copied ? row->value : value, row->place);
}

static struct row_store *fill_lent(struct dir_case *f, size_t held)
{
	struct row_store *copied = fill(f, LIMIT_ROWS_HELD, ROWS);
	struct lending l = {
		row_store_new(AT_FDCWD, arena_printf(f->arena, "%s/y", f->dir), held),
		NULL, 0};

	assert_int_equal(row_store_each(copied, measure_row, &l), MCC_OK);
	l.text = arena_alloc(f->arena, l.len);
	row_store_lend(l.store, (struct str){l.text, l.len});
	l.len = 0;
	assert_int_equal(row_store_each(copied, lend_row, &l), MCC_OK);
	row_store_free(copied);
	return l.store;
}

static void test_lent_rows(void **state)
{
	static const char *const types[] = {"hash", "btree", "lmdb", "cdb"};
	struct dir_case *f = *state;

	for (size_t i = 0; i < 2 * array_len(types); i++) {
		const char *type = types[i / 2];
		struct row_store *store = fill_lent(f, i % 2 ? TINY : LIMIT_ROWS_HELD);
		struct str copied = file_of(f, type, LIMIT_ROWS_HELD, ROWS);

		assert_true(str_eq(file_from(f, type, store), copied));
	}
}

static void test_nothing_is_left(void **state)
{
	struct dir_case *f = *state;
	struct row_store *store = fill(f, TINY, ROWS);

	/* Not even while it is open: the files have no name. */
	assert_int_equal(rmdir(f->dir), 0);
	assert_int_equal(mkdir(f->dir, 0700), 0);
	row_store_free(store);
}

static void test_no_folder(void **state)
{
	struct row_store *store = row_store_new(AT_FDCWD, "/nonexistent/folder/x", 100);
	int status = MCC_OK;

	(void)state;
	for (int i = 0; i < 100 && status == MCC_OK; i++)
		status = row_store_add(store, STR_LIT("key"), STR_LIT("value"),
				       (struct row_place){0, 0});
	assert_int_equal(status, MCC_ENOENT);
	row_store_free(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sorted, dir_case_setup,
						dir_case_teardown),
		cmocka_unit_test_setup_teardown(test_duplicates, dir_case_setup,
						dir_case_teardown),
		cmocka_unit_test_setup_teardown(test_large_rows, dir_case_setup,
						dir_case_teardown),
		cmocka_unit_test_setup_teardown(test_in_order, dir_case_setup,
						dir_case_teardown),
		cmocka_unit_test_setup_teardown(test_same_files, dir_case_setup,
						dir_case_teardown),
		cmocka_unit_test_setup_teardown(test_lent_rows, dir_case_setup,
						dir_case_teardown),
		cmocka_unit_test_setup_teardown(test_nothing_is_left, dir_case_setup,
						dir_case_teardown),
		cmocka_unit_test(test_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
