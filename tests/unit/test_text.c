/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts put together from several places: where each byte came from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/text.h"

struct fixture {
	struct arena *arena;
	struct source_set *set;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->arena = arena_new(0);
	f->set = source_set_new(f->arena);
	/*                                  0123456789012345678901 */
	source_add_text(f->set, "1", STR_LIT("a = one\n   two $b end\n"));
	source_add_text(f->set, "2", STR_LIT("b = BBB $c\n"));
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

static void expect_span(struct span span, uint32_t file, uint32_t lo, uint32_t hi)
{
	assert_int_equal(span.file, file);
	assert_int_equal(span.lo, lo);
	assert_int_equal(span.hi, hi);
}

/* "one two $b end" of file 1, its line break and indentation as one blank. */
static struct text folded(struct fixture *f)
{
	struct text_builder b;

	text_builder_init(&b, f->arena);
	text_builder_add(&b, STR_LIT("one"), (struct span){1, 4, 7}, NULL);
	text_builder_add(&b, STR_LIT(" "), (struct span){1, 7, 11}, NULL);
	text_builder_add(&b, STR_LIT("two $b end"), (struct span){1, 11, 21}, NULL);
	return text_builder_done(&b);
}

static void test_whole_span(void **state)
{
	struct fixture *f = *state;
	struct text t = text_of_span(f->arena, f->set, (struct span){1, 4, 7});

	assert_string_equal(t.str.ptr, "one");
	expect_span(text_full_span(t), 1, 4, 7);
	expect_span(text_span(t, 1, 2), 1, 5, 6);
	expect_span(text_span(t, 2, 99), 1, 6, 7);
	expect_span(text_span(t, 3, 3), 1, 7, 7); /* just behind it */
}

static void test_folded_line(void **state)
{
	struct fixture *f = *state;
	struct text t = folded(f);

	assert_string_equal(t.str.ptr, "one two $b end");
	expect_span(text_span(t, 0, 3), 1, 4, 7);
	expect_span(text_span(t, 4, 7), 1, 11, 14);
	/* Over the fold: from the one physical line into the other. */
	expect_span(text_span(t, 1, 6), 1, 5, 13);
	/* The blank is not verbatim: its whole place stands for it. */
	expect_span(text_span(t, 3, 4), 1, 7, 11);
	expect_span(text_full_span(t), 1, 4, 21);
}

static void test_neighbours_are_joined(void **state)
{
	struct fixture *f = *state;
	struct text_builder b;
	struct text t;

	text_builder_init(&b, f->arena);
	text_builder_add(&b, STR_LIT("on"), (struct span){1, 4, 6}, NULL);
	text_builder_add(&b, STR_LIT("e"), (struct span){1, 6, 7}, NULL);
	t = text_builder_done(&b);
	assert_int_equal(t.piece_count, 1);
	expect_span(text_full_span(t), 1, 4, 7);
}

static void test_slices(void **state)
{
	struct fixture *f = *state;
	struct text t = folded(f);
	struct text s = text_slice(f->arena, t, 2, 6);

	assert_string_equal(s.str.ptr, "e tw");
	assert_int_equal(s.str.len, 4);
	assert_int_equal(s.pieces[0].at, 0);
	expect_span(text_span(s, 0, 1), 1, 6, 7);
	expect_span(text_span(s, 2, 4), 1, 11, 13);
	expect_span(text_full_span(text_slice(f->arena, s, 3, 99)), 1, 12, 13);
}

/* Of every slice, the places are those of the same bytes of the whole. */
static void test_every_slice_keeps_places(void **state)
{
	struct fixture *f = *state;
	struct text t = folded(f);

	for (size_t from = 0; from <= t.str.len; from++) {
		for (size_t to = from; to <= t.str.len; to++) {
			struct text s = text_slice(f->arena, t, from, to);
			struct span want = text_span(t, from, to);

			assert_int_equal(s.str.len, to - from);
			assert_memory_equal(s.str.ptr, t.str.ptr + from, to - from);
			assert_int_equal(s.str.ptr[s.str.len], 0);
			expect_span(text_full_span(s), want.file, want.lo, want.hi);
		}
	}
}

static void test_empty_has_a_place(void **state)
{
	struct fixture *f = *state;
	struct text t = text_of_span(f->arena, f->set, (struct span){1, 3, 3});

	assert_string_equal(t.str.ptr, "");
	expect_span(text_full_span(t), 1, 3, 3);
	expect_span(text_full_span(text_slice(f->arena, folded(f), 4, 4)), 1, 11, 11);
}

static void test_builtin_has_none(void **state)
{
	struct fixture *f = *state;
	struct text t = text_of_builtin(f->arena, STR_LIT("default"));
	struct text empty = text_of_builtin(f->arena, str_of(NULL));

	expect_span(text_full_span(t), 0, 0, 0);
	expect_span(text_full_span(empty), 0, 0, 0);
	assert_string_equal(empty.str.ptr, "");
	assert_null(text_via_at(t, 3));
	expect_span(text_full_span((struct text){{"", 0}, NULL, 0}), 0, 0, 0);
}

/* "two $b end" with b = "BBB $c", c built in as "ccc". */
static struct text expanded(struct fixture *f)
{
	struct text_via *via_b = arena_alloc(f->arena, sizeof(*via_b));
	struct text_via *via_c = arena_alloc(f->arena, sizeof(*via_c));
	struct text_builder inner;
	struct text_builder outer;

	via_b->ref = (struct span){1, 15, 17};
	via_c->ref = (struct span){2, 8, 10};
	text_builder_init(&inner, f->arena);
	text_builder_add(&inner, STR_LIT("BBB "), (struct span){2, 4, 8}, NULL);
	text_builder_add_text(&inner, text_of_builtin(f->arena, STR_LIT("ccc")), via_c);
	text_builder_init(&outer, f->arena);
	text_builder_add(&outer, STR_LIT("two "), (struct span){1, 11, 15}, NULL);
	text_builder_add_text(&outer, text_builder_done(&inner), via_b);
	text_builder_add(&outer, STR_LIT(" end"), (struct span){1, 17, 21}, NULL);
	return text_builder_done(&outer);
}

static void test_expansion_chain(void **state)
{
	struct fixture *f = *state;
	struct text t = expanded(f);
	const struct text_via *via;

	assert_string_equal(t.str.ptr, "two BBB ccc end");
	assert_null(text_via_at(t, 0));
	via = text_via_at(t, 4);
	expect_span(via->ref, 1, 15, 17);
	assert_null(via->up);
	via = text_via_at(t, 8);
	expect_span(via->ref, 2, 8, 10);
	expect_span(via->up->ref, 1, 15, 17);
	assert_null(via->up->up);
	assert_null(text_via_at(t, 11));
}

static void test_expansion_spans(void **state)
{
	struct fixture *f = *state;
	struct text t = expanded(f);

	expect_span(text_span(t, 4, 7), 2, 4, 7);  /* BBB: in the other file */
	expect_span(text_span(t, 8, 11), 0, 0, 0); /* ccc: nowhere */
	expect_span(text_full_span(t), 1, 11, 21); /* as it was written */
	expect_span(text_span(t, 5, 15), 2, 5, 8); /* the first with a place */
	expect_span(text_span(t, 9, 14), 1, 17, 20);
}

/* Three names deep: the innermost first, the outermost last. */
static void test_long_chain(void **state)
{
	struct fixture *f = *state;
	struct text t = text_of_span(f->arena, f->set, (struct span){2, 4, 7});
	struct text_via vias[3];
	const struct text_via *via;

	for (uint32_t i = 0; i < 3; i++) {
		struct text_builder b;

		vias[i] = (struct text_via){{1, i, i + 1}, NULL};
		text_builder_init(&b, f->arena);
		text_builder_add_text(&b, t, &vias[i]);
		t = text_builder_done(&b);
	}
	via = text_via_at(t, 1);
	for (uint32_t i = 0; i < 3; i++, via = via->up)
		expect_span(via->ref, 1, i, i + 1);
	assert_null(via);
	assert_null(vias[0].up); /* the chains it was made from are untouched */
	expect_span(text_full_span(t), 2, 4, 7);
}

static void test_empty_pieces(void **state)
{
	struct fixture *f = *state;
	struct text_builder b;
	struct text t;

	text_builder_init(&b, f->arena);
	text_builder_add(&b, str_of(NULL), (struct span){1, 3, 3}, NULL);
	text_builder_add(&b, STR_LIT("one"), (struct span){1, 4, 7}, NULL);
	text_builder_add(&b, str_of(NULL), (struct span){1, 9, 9}, NULL);
	t = text_builder_done(&b);
	assert_int_equal(t.piece_count, 1);
	expect_span(text_full_span(t), 1, 4, 7);
	/* Bounds in the wrong order give the empty slice at the upper one. */
	expect_span(text_span(t, 2, 1), 1, 5, 5);
	expect_span(text_full_span(text_slice(f->arena, t, 2, 1)), 1, 5, 5);
}

static void test_large_text(void **state)
{
	struct fixture *f = *state;
	struct text_builder b;
	struct text t;

	text_builder_init(&b, f->arena);
	for (uint32_t i = 0; i < 20000; i++)
		text_builder_add(&b, STR_LIT("x"), (struct span){1, i % 20, i % 20 + 1},
				 NULL);
	t = text_builder_done(&b);
	assert_int_equal(t.str.len, 20000);
	for (uint32_t i = 0; i < 20000; i += 37)
		expect_span(text_span(t, i, i + 1), 1, i % 20, i % 20 + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_whole_span),
		TEST(test_folded_line),
		TEST(test_neighbours_are_joined),
		TEST(test_slices),
		TEST(test_every_slice_keeps_places),
		TEST(test_empty_has_a_place),
		TEST(test_builtin_has_none),
		TEST(test_expansion_chain),
		TEST(test_expansion_spans),
		TEST(test_long_chain),
		TEST(test_empty_pieces),
		TEST(test_large_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
