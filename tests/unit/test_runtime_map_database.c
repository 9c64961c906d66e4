/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lmdb and cdb files as tables: what is written is found and walked through;
 * a damaged file answers wrongly at worst, and no walk is endless.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/status.h"
#include "runtime/config.h"
#include "runtime/database.h"
#include "runtime/map.h"
#include "dir_case.h"

static const char *const types[] = {"lmdb", "cdb"};

/* Every 50th value is larger than a page. */
static struct bdb_row *make_rows(struct arena *arena, size_t count)
{
	struct bdb_row *rows = arena_array(arena, count + 1, sizeof(*rows));

	for (size_t i = 0; i < count; i++) {
		size_t len = i % 50 == 7 ? 3000 + 100 * i % 9000 : i % 100;
		char *value = arena_alloc(arena, len + 1);

		memset(value, 'v', len);
		rows[i].key = str_of(arena_printf(arena, "key%zu", i * 7919 % count));
		rows[i].value = (struct str){value, len};
	}
	return rows;
}

static void write_rows(const struct dir_case *f, const char *type,
		       const struct bdb_row *rows, size_t count)
{
	const struct bdb_target target = {.dirfd = f->fd, .name = "t", .mode = 0644};

	assert_int_equal(database_write(&target, type, rows, count), MCC_OK);
}

static int open_file(const struct dir_case *f, const char *type, struct rt_map **out_map)
{
	const struct rt_map_ref ref = {.name = "t", .type = type, .path = "t"};
	char err[256];

	return rt_map_open_database(f->arena, f->fd, &ref, out_map, err, sizeof(err));
}

static bool count_row(struct str key, struct str value, void *arg)
{
	assert_true(key.len >= 4 && !memcmp(key.ptr, "key", 3));
	assert_true(!value.len || value.ptr[value.len - 1] == 'v');
	++*(size_t *)arg;
	return true;
}

static void check_all(const struct dir_case *f, const char *type, size_t count)
{
	const struct bdb_row *rows = make_rows(f->arena, count);
	struct rt_map *map = NULL;
	struct str value;
	size_t seen = 0;

	write_rows(f, type, rows, count);
	assert_int_equal(open_file(f, type, &map), MCC_OK);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(rt_map_lookup(map, rows[i].key, f->arena, &value, NULL),
				 RT_FOUND);
		assert_true(str_eq(value, rows[i].value));
	}
	for (const char *const *no = (const char *const[]){"", "a", "key", "z", NULL};
	     *no; no++)
		assert_int_equal(rt_map_lookup(map, str_of(*no), f->arena, &value, NULL),
				 RT_NOT_FOUND);
	assert_int_equal(rt_map_each(map, count_row, &seen), MCC_OK);
	assert_int_equal(seen, count);
	rt_map_close(map);
}

static void test_all_is_found(void **state)
{
	static const size_t counts[] = {0, 1, 30, 20000};

	for (size_t t = 0; t < array_len(types); t++)
		for (size_t i = 0; i < array_len(counts); i++)
			check_all(*state, types[t], counts[i]);
}

static bool any_row(MCC_UNUSED struct str key, MCC_UNUSED struct str value, void *arg)
{
	return ++*(size_t *)arg < 100000;
}

/* Neither crashes nor names more rows than the file has room for. */
static void try_all(const struct dir_case *f, const char *type, struct str key)
{
	struct rt_map *map = NULL;
	struct str value;
	size_t seen = 0;

	if (open_file(f, type, &map) != MCC_OK)
		return;
	(void)rt_map_lookup(map, key, f->arena, &value, NULL);
	if (rt_map_each(map, any_row, &seen) == MCC_OK)
		assert_true(seen < 100000);
	rt_map_close(map);
}

static void test_damaged(void **state)
{
	const struct dir_case *f = *state;
	const struct bdb_row *rows = make_rows(f->arena, 300);

	for (size_t t = 0; t < array_len(types); t++) {
		struct str text;
		int fd;

		write_rows(f, types[t], rows, 300);
		assert_int_equal(fs_read_file(f->arena, f->fd, "t", 1 << 20, &text),
				 MCC_OK);
		fd = openat(f->fd, "t", O_WRONLY | O_CLOEXEC);
		assert_true(fd >= 0);
		for (size_t i = 0; i < text.len; i += i % 4096 < 200 ? 1 : 37) {
			char byte = (char)(text.ptr[i] ^ (i % 3 ? 0xff : 1));

			assert_int_equal(fs_write_at(fd, &byte, 1, i), MCC_OK);
			try_all(f, types[t], rows[i % 300].key);
			assert_int_equal(fs_write_at(fd, text.ptr + i, 1, i), MCC_OK);
		}
		close(fd);
	}
}

static void test_refuses_other_files(void **state)
{
	const struct dir_case *f = *state;
	struct rt_map *map = NULL;

	for (size_t t = 0; t < array_len(types); t++) {
		unlinkat(f->fd, "t", 0);
		assert_int_equal(open_file(f, types[t], &map), MCC_ENOENT);
		write_rows(f, types[t ^ 1], make_rows(f->arena, 200), 200);
		assert_int_equal(open_file(f, types[t], &map), MCC_EFORMAT);
	}
	assert_null(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all_is_found, dir_case_setup,
						dir_case_teardown),
		cmocka_unit_test_setup_teardown(test_damaged, dir_case_setup,
						dir_case_teardown),
		cmocka_unit_test_setup_teardown(test_refuses_other_files, dir_case_setup,
						dir_case_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
