/* SPDX-License-Identifier: BSD-2-Clause */
/* The map against a plain list of the same entries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/strmap.h"

enum { ENTRIES = 5000 };

static void test_many(void **state)
{
	struct arena *arena = arena_new(0);
	struct strmap *map = strmap_new(arena);
	int *values = arena_array(arena, ENTRIES, sizeof(*values));

	(void)state;
	assert_null(strmap_find(map, STR_LIT("0")));
	for (int i = 0; i < ENTRIES; i++) {
		struct str key = str_of(arena_printf(arena, "%d", i));

		assert_null(strmap_put(map, key, &values[i]));
	}
	assert_int_equal(strmap_count(map), ENTRIES);
	for (int i = 0; i < ENTRIES; i++) {
		struct str key = str_of(arena_printf(arena, "%d", i));

		assert_ptr_equal(strmap_find(map, key), &values[i]);
	}
	assert_null(strmap_find(map, STR_LIT("5000")));
	assert_null(strmap_find(map, STR_LIT("-1")));
	arena_free(arena);
}

static void test_replace_returns_previous(void **state)
{
	struct arena *arena = arena_new(0);
	struct strmap *map = strmap_new(arena);
	int a;
	int b;

	(void)state;
	assert_null(strmap_put(map, STR_LIT("k"), &a));
	assert_ptr_equal(strmap_put(map, STR_LIT("k"), &b), &a);
	assert_ptr_equal(strmap_find(map, STR_LIT("k")), &b);
	assert_int_equal(strmap_count(map), 1);
	arena_free(arena);
}

static void test_keys_are_bytes(void **state)
{
	struct arena *arena = arena_new(0);
	struct strmap *map = strmap_new(arena);
	int a;
	int b;
	int c;

	(void)state;
	strmap_put(map, STR_LIT("x\0a"), &a);
	strmap_put(map, STR_LIT("x\0b"), &b);
	strmap_put(map, str_of(NULL), &c);
	assert_ptr_equal(strmap_find(map, STR_LIT("x\0a")), &a);
	assert_ptr_equal(strmap_find(map, STR_LIT("x\0b")), &b);
	assert_ptr_equal(strmap_find(map, STR_LIT("")), &c);
	assert_null(strmap_find(map, STR_LIT("x")));
	assert_null(strmap_find(map, STR_LIT("X\0a")));
	arena_free(arena);
}

static void append(struct str key, void *value, void *arg)
{
	struct strbuf *buf = arg;

	strbuf_addf(buf, "%.*s=%s ", STR_ARG(key), (const char *)value);
}

static void test_order_of_insertion(void **state)
{
	struct arena *arena = arena_new(0);
	struct strmap *map = strmap_new(arena);
	struct strbuf buf;
	char one[] = "1";
	char two[] = "2";

	(void)state;
	strbuf_init(&buf, 100);
	strmap_put(map, STR_LIT("z"), one);
	strmap_put(map, STR_LIT("a"), one);
	strmap_put(map, STR_LIT("z"), two);
	strmap_put(map, STR_LIT("m"), one);
	strmap_each(map, append, &buf);
	assert_string_equal(buf.ptr, "z=2 a=1 m=1 ");
	strbuf_fini(&buf);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_replace_returns_previous),
		cmocka_unit_test(test_keys_are_bytes),
		cmocka_unit_test(test_order_of_insertion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
