/* SPDX-License-Identifier: BSD-2-Clause */
/* The arena: alignment, zeroes, the cap and one above it, order of cleanups. */
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"

static void test_zeroed_and_aligned(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t size = 0; size < 5000; size += 7) {
		unsigned char *p = arena_alloc(a, size);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size);
	}
	arena_free(a);
}

static void test_objects_do_not_overlap(void **state)
{
	struct arena *a = arena_new(0);
	unsigned char *p[400];

	(void)state;
	for (size_t i = 0; i < 400; i++) {
		/* Small ones and ones larger than a chunk, in turn. */
		p[i] = arena_alloc(a, i % 10 == 3 ? 40000 : 100);
		memset(p[i], (int)(i & 0xff), i % 10 == 3 ? 40000 : 100);
	}
	for (size_t i = 0; i < 400; i++) {
		size_t len = i % 10 == 3 ? 40000 : 100;

		assert_int_equal(p[i][0], i & 0xff);
		assert_int_equal(p[i][len - 1], i & 0xff);
	}
	arena_free(a);
}

static void test_cap_is_exact(void **state)
{
	struct arena *a = arena_new(1000);

	(void)state;
	assert_non_null(arena_alloc(a, 600));
	assert_null(arena_alloc(a, 401));
	assert_non_null(arena_alloc(a, 400));
	assert_int_equal(arena_used(a), 1000);
	assert_null(arena_alloc(a, 1));
	assert_null(arena_strdup(a, "x"));
	assert_null(arena_printf(a, "%d", 1));
	arena_reset(a);
	assert_int_equal(arena_used(a), 0);
	assert_non_null(arena_alloc(a, 1000));
	arena_free(a);
}

static void test_overflow_under_cap_is_refused(void **state)
{
	struct arena *a = arena_new(SIZE_MAX);

	(void)state;
	assert_null(arena_array(a, SIZE_MAX / 2, 3));
	assert_null(arena_alloc(a, SIZE_MAX));
	assert_null(arena_alloc(a, SIZE_MAX - 64));
	assert_null(arena_alloc(a, PTRDIFF_MAX));
	arena_free(a);
}

static void test_no_cap_ends_with_status_3(void **state)
{
	pid_t pid = fork();
	int wstatus = 0;

	(void)state;
	if (pid == 0) {
		struct arena *a = arena_new(0);

		close(STDERR_FILENO);
		arena_array(a, SIZE_MAX, 2);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &wstatus, 0), pid);
	assert_true(WIFEXITED(wstatus));
	assert_int_equal(WEXITSTATUS(wstatus), 3);
}

static void hook(size_t size)
{
	_exit(size == SIZE_MAX ? 42 : 43);
}

static void test_hook_is_asked(void **state)
{
	pid_t pid = fork();
	int wstatus = 0;

	(void)state;
	if (pid == 0) {
		arena_set_oom_hook(hook);
		arena_alloc(arena_new(0), SIZE_MAX);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &wstatus, 0), pid);
	assert_int_equal(WEXITSTATUS(wstatus), 42);
}

static void test_reset_keeps_memory_flat(void **state)
{
	struct arena *a = arena_new(0);
	const char *first = arena_alloc(a, 100);

	(void)state;
	for (int i = 0; i < 100; i++)
		arena_alloc(a, 1 << 16);
	arena_reset(a);
	/* The first chunk again, the others are gone. */
	assert_ptr_equal(arena_alloc(a, 100), first);
	arena_free(a);
}

static void test_push_grows_and_keeps(void **state)
{
	struct arena *a = arena_new(0);
	uint32_t *items = NULL;
	size_t cap = 0;

	(void)state;
	for (uint32_t i = 0; i < 10000; i++) {
		uint32_t *slot = arena_push(a, &items, i, &cap, sizeof(*slot));

		assert_int_equal(*slot, 0);
		*slot = i * 3;
	}
	for (uint32_t i = 0; i < 10000; i++)
		assert_int_equal(items[i], i * 3);
	assert_true(cap >= 10000 && cap < 20000);
	arena_free(a);
}

static void test_push_at_cap_changes_nothing(void **state)
{
	struct arena *a = arena_new(8 * 4 + 20);
	uint32_t *items = NULL;
	const uint32_t *before;
	size_t cap = 0;
	size_t len = 0;

	(void)state;
	for (; len < 8; len++)
		*(uint32_t *)arena_push(a, &items, len, &cap, 4) = (uint32_t)len;
	before = items;
	assert_null(arena_push(a, &items, len, &cap, 4));
	assert_ptr_equal(items, before);
	assert_int_equal(cap, 8);
	assert_int_equal(items[7], 7);
	arena_free(a);
}

struct order {
	char text[8];
	size_t len;
};

static struct order order;

static void note(void *arg)
{
	order.text[order.len++] = *(const char *)arg;
}

static void test_cleanups_latest_first(void **state)
{
	struct arena *a = arena_new(0);
	char names[] = "abc";

	(void)state;
	order = (struct order){{0}, 0};
	for (size_t i = 0; i < 3; i++)
		arena_on_free(a, note, names + i);
	arena_reset(a);
	assert_string_equal(order.text, "cba");
	arena_on_free(a, note, names);
	arena_free(a);
	assert_string_equal(order.text, "cbaa");
	arena_free(NULL);
}

static void test_cleanup_is_not_bound_by_cap(void **state)
{
	struct arena *a = arena_new(1);
	char name[] = "x";

	(void)state;
	order = (struct order){{0}, 0};
	arena_on_free(a, note, name);
	arena_free(a);
	assert_string_equal(order.text, "x");
}

static void test_reset_hands_out_zeroes(void **state)
{
	struct arena *a = arena_new(0);

	(void)state;
	for (int round = 0; round < 3; round++) {
		char *p = arena_alloc(a, 9000);

		for (size_t i = 0; i < 9000; i++)
			assert_int_equal(p[i], 0);
		memset(p, 'x', 9000);
		arena_reset(a);
	}
	arena_free(a);
}

static void test_copies(void **state)
{
	struct arena *a = arena_new(0);
	char *p = arena_memdup0(a, "a\0b", 3);

	(void)state;
	assert_memory_equal(p, "a\0b", 4);
	assert_string_equal(arena_memdup0(a, NULL, 0), "");
	assert_string_equal(arena_printf(a, "%s-%d", "x", 42), "x-42");
	assert_string_equal(arena_strdup(a, "dup"), "dup");
	arena_free(a);
}

static void test_scratch_is_used_again(void **state)
{
	struct arena *a = arena_new(0);
	struct arena *first = arena_scratch(a);
	struct arena *second = arena_scratch(a);
	unsigned char *p = arena_alloc(first, 100);

	(void)state;
	assert_ptr_not_equal(first, second);
	memset(p, 0xff, 100);
	arena_scratch_done(a, first);
	assert_ptr_equal(arena_scratch(a), first);
	assert_int_equal(arena_used(first), 0);
	p = arena_alloc(first, 100);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(p[i], 0);
	arena_scratch_done(a, first);
	arena_scratch_done(a, second);
	arena_free(a);
}

static void test_push_starts_small(void **state)
{
	static const struct {
		size_t size;
		size_t room;
	} rows[] = {{1, 8}, {8, 8}, {16, 4}, {31, 2}, {32, 2}, {33, 1}, {1000, 1}};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		void *items = NULL;
		size_t cap = 0;

		assert_non_null(arena_push(a, &items, 0, &cap, rows[i].size));
		assert_int_equal(cap, rows[i].room);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scratch_is_used_again),
		cmocka_unit_test(test_push_starts_small),
		cmocka_unit_test(test_zeroed_and_aligned),
		cmocka_unit_test(test_objects_do_not_overlap),
		cmocka_unit_test(test_cap_is_exact),
		cmocka_unit_test(test_overflow_under_cap_is_refused),
		cmocka_unit_test(test_no_cap_ends_with_status_3),
		cmocka_unit_test(test_hook_is_asked),
		cmocka_unit_test(test_reset_keeps_memory_flat),
		cmocka_unit_test(test_push_grows_and_keeps),
		cmocka_unit_test(test_push_at_cap_changes_nothing),
		cmocka_unit_test(test_cleanups_latest_first),
		cmocka_unit_test(test_cleanup_is_not_bound_by_cap),
		cmocka_unit_test(test_reset_hands_out_zeroes),
		cmocka_unit_test(test_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
