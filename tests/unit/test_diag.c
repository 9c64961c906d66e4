/* SPDX-License-Identifier: BSD-2-Clause */
/* The queue: order, duplicates, severities of the user, its limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/limits.h"
#include "base/text.h"

struct fixture {
	struct arena *arena;
	struct diag_queue *queue;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->arena = arena_new(0);
	f->queue = diag_queue_new(f->arena);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	arena_free(f->arena);
	free(f);
	return 0;
}

static struct span at(uint32_t file, uint32_t lo)
{
	return (struct span){file, lo, lo + 1};
}

static void test_catalogue(void **state)
{
	enum rule rule = RULE_COUNT;

	(void)state;
	assert_string_equal(rule_info(RULE_MC101)->id, "MC101");
	assert_string_equal(rule_info(RULE_MC101)->name, "duplicate-parameter");
	assert_true(rule_find(STR_LIT("mc101"), &rule));
	assert_int_equal(rule, RULE_MC101);
	assert_true(rule_find(STR_LIT("Bad-Boolean"), &rule));
	assert_int_equal(rule, RULE_MC301);
	assert_false(rule_find(STR_LIT("MC"), &rule));
	assert_false(rule_find(STR_LIT(""), &rule));
	assert_int_equal(rule, RULE_MC301);
	/* Each row is complete and found by both of its names. */
	for (unsigned i = 0; i < RULE_COUNT; i++) {
		const struct rule_info *info = rule_info((enum rule)i);

		assert_true(info->severity < DIAG_OFF);
		assert_non_null(info->subject);
		assert_true(rule_find(str_of(info->id), &rule));
		assert_int_equal(rule, i);
		assert_true(rule_find(str_of(info->name), &rule));
		assert_int_equal(rule, i);
	}
}

static void test_sorted_by_place(void **state)
{
	struct fixture *f = *state;
	static const char expected[] = "nowhere a b c d e ";
	struct strbuf got;

	diag_add(f->queue, RULE_MC101, at(2, 1), "e");
	diag_add(f->queue, RULE_MC301, at(1, 5), "c");
	diag_add(f->queue, RULE_MC101, at(1, 3), "a");
	diag_add(f->queue, RULE_MC101, at(1, 5), "b");
	diag_add(f->queue, RULE_MC301, at(1, 5), "d");
	diag_add(f->queue, RULE_MC901, SPAN_NONE, "nowhere");
	diag_sort(f->queue);
	strbuf_init(&got, 100);
	for (size_t i = 0; i < diag_count(f->queue); i++)
		strbuf_addf(&got, "%s ", diag_get(f->queue, i)->message);
	assert_string_equal(got.ptr, expected);
	strbuf_fini(&got);
}

static void test_duplicates_are_one(void **state)
{
	struct fixture *f = *state;
	struct diag *d = diag_add(f->queue, RULE_MC101, at(1, 3), "same %d", 1);

	diag_relate(f->queue, d, at(1, 0), "first");
	diag_edit(f->queue, d, at(1, 0), "x");
	assert_ptr_equal(diag_add(f->queue, RULE_MC101, at(1, 3), "same %d", 1), d);
	diag_relate(f->queue, d, at(1, 0), "first");
	diag_edit(f->queue, d, at(1, 0), "x");
	assert_int_equal(diag_count(f->queue), 1);
	assert_int_equal(d->related_count, 1);
	assert_int_equal(d->edit_count, 1);
	/* One thing differs each time: rule, place, message. */
	assert_ptr_not_equal(diag_add(f->queue, RULE_MC102, at(1, 3), "same 1"), d);
	assert_ptr_not_equal(diag_add(f->queue, RULE_MC101, at(1, 4), "same 1"), d);
	assert_ptr_not_equal(diag_add(f->queue, RULE_MC101, at(2, 3), "same 1"), d);
	assert_ptr_not_equal(diag_add(f->queue, RULE_MC101, at(1, 3), "same 2"), d);
	assert_int_equal(diag_count(f->queue), 5);
}

static void test_relations_are_bounded(void **state)
{
	struct fixture *f = *state;
	struct diag *d = diag_add(f->queue, RULE_MC101, at(1, 3), "x");

	for (uint32_t i = 0; i < DIAG_RELATED_MAX + 3; i++)
		diag_relate(f->queue, d, at(1, i), "r");
	assert_int_equal(d->related_count, DIAG_RELATED_MAX);
	assert_int_equal(d->related[DIAG_RELATED_MAX - 1].span.lo, DIAG_RELATED_MAX - 1);
}

static void test_via(void **state)
{
	struct fixture *f = *state;
	struct diag *d = diag_add(f->queue, RULE_MC101, at(1, 3), "x");
	struct text_via outer = {{1, 7, 9}, NULL};
	struct text_via inner = {{2, 4, 6}, &outer};

	diag_relate_via(f->queue, d, &inner);
	assert_int_equal(d->related_count, 2);
	assert_int_equal(d->related[0].span.file, 2);
	assert_int_equal(d->related[1].span.lo, 7);
	diag_relate_via(f->queue, d, NULL);
	assert_int_equal(d->related_count, 2);
}

static void test_severity_of_the_user(void **state)
{
	struct fixture *f = *state;
	struct diag *d;

	diag_add(f->queue, RULE_MC101, at(1, 1), "before");
	diag_set_severity(f->queue, RULE_MC101, DIAG_ERROR);
	diag_add(f->queue, RULE_MC101, at(1, 2), "after");
	d = diag_add_as(f->queue, RULE_MC101, DIAG_NOTE, at(1, 3), "own");
	assert_int_equal(d->severity, DIAG_ERROR);
	assert_int_equal(diag_count_severity(f->queue, DIAG_ERROR), 3);
	d = diag_add_as(f->queue, RULE_MC102, DIAG_UNVERIFIED, at(1, 3), "own");
	assert_int_equal(d->severity, DIAG_UNVERIFIED);
}

static void test_off(void **state)
{
	struct fixture *f = *state;
	struct diag *d;

	diag_add(f->queue, RULE_MC101, at(1, 1), "before");
	diag_add(f->queue, RULE_MC102, at(1, 1), "other");
	diag_set_severity(f->queue, RULE_MC101, DIAG_OFF);
	d = diag_add(f->queue, RULE_MC101, at(1, 2), "after");
	diag_fix(f->queue, d, "nobody sees it");
	diag_edit(f->queue, d, at(1, 2), "");
	assert_int_equal(diag_count(f->queue), 1);
	assert_int_equal(diag_get(f->queue, 0)->rule, RULE_MC102);
	assert_int_equal(diag_count_severity(f->queue, DIAG_WARNING), 0);
}

static bool is_even(const struct diag *d, void *arg)
{
	(void)arg;
	return d->span.lo % 2 == 0;
}

static void test_filter(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 0; i < 9; i++)
		diag_add(f->queue, RULE_MC101, at(1, i), "x");
	diag_filter(f->queue, is_even, NULL);
	assert_int_equal(diag_count(f->queue), 5);
	assert_int_equal(diag_get(f->queue, 4)->span.lo, 8);
}

static void test_limit(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 0; i < LIMIT_DIAG_KEPT; i++)
		diag_add(f->queue, RULE_MC101, at(1, i), "x");
	assert_int_equal(diag_count(f->queue), LIMIT_DIAG_KEPT);
	/* One above: not kept, but the run still has an error. */
	assert_non_null(diag_add(f->queue, RULE_MC301, at(1, 0), "y"));
	assert_int_equal(diag_count(f->queue), LIMIT_DIAG_KEPT);
	assert_int_equal(diag_count_severity(f->queue, DIAG_ERROR), 1);
	assert_int_equal(diag_count_severity(f->queue, DIAG_WARNING), LIMIT_DIAG_KEPT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_catalogue),
		TEST(test_sorted_by_place),
		TEST(test_duplicates_are_one),
		TEST(test_relations_are_bounded),
		TEST(test_via),
		TEST(test_severity_of_the_user),
		TEST(test_off),
		TEST(test_filter),
		TEST(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
