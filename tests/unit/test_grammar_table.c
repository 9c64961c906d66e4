/* SPDX-License-Identifier: BSD-2-Clause */
/* Table sources: keys and values as postmap 3.7 cuts them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "grammar/table.h"
#include "grammar_case.h"

#define CASE(text, dump, diags) \
	expect((struct str){(text), sizeof(text) - 1}, dump, diags)

static void expect(struct str text, const char *dump, const char *diags)
{
	struct grammar_case c;

	grammar_case_open(&c, text);
	table_dump(&c.out, c.ctx.sources, table_parse(&c.ctx, c.src));
	assert_string_equal(grammar_case_dump(&c), dump);
	assert_string_equal(grammar_case_diags(&c), diags);
	grammar_case_close(&c);
}

static void test_rows(void **state)
{
	(void)state;
	CASE("", "", "");
	CASE("k v\n", "row 1:1-1:2 \"k\" 1:3-1:4 \"v\"\n", "");
	CASE("k\t v w \t\r\n", "row 1:1-1:2 \"k\" 1:4-1:7 \"v w\"\n", "MC115 1:9-2:1\n");
	CASE("k v # x\n", "row 1:1-1:2 \"k\" 1:3-1:8 \"v # x\"\n", "");
	CASE("k\n v\n\n w\n", "row 1:1-1:2 \"k\" 2:2-4:3 \"v w\"\n", "");
	CASE("#c\nk v\n # d\nl w\n",
	     "comment 1:1-1:3\ncomment 3:2-3:5\n"
	     "row 2:1-2:2 \"k\" 2:3-2:4 \"v\"\nrow 4:1-4:2 \"l\" 4:3-4:4 \"w\"\n",
	     "");
}

static void test_quotes(void **state)
{
	(void)state;
	CASE("\"a b\"@c v\n", "row 1:1-1:8 \"\\\"a b\\\"@c\" 1:9-1:10 \"v\"\n", "");
	CASE("a\\ b v\n", "row 1:1-1:5 \"a\\\\ b\" 1:6-1:7 \"v\"\n", "");
	CASE("\"a\\\" b\" v\n", "row 1:1-1:8 \"\\\"a\\\\\\\" b\\\"\" 1:9-1:10 \"v\"\n",
	     "");
	/* Quotes of the value are ordinary. */
	CASE("k \"v\n", "row 1:1-1:2 \"k\" 1:3-1:5 \"\\\"v\"\n", "");
	CASE("\"a b v\nk v\n", "row 2:1-2:2 \"k\" 2:3-2:4 \"v\"\n", "MC903 1:1-1:7\n");
	CASE("\"a\"b\"c d v\n", "", "MC903 1:1-1:11\n");
}

static void test_faults(void **state)
{
	(void)state;
	CASE("k\nl \t\n\\\n\"a b\"\nm: v\n", "row 5:1-5:3 \"m:\" 5:4-5:5 \"v\"\n",
	     "MC902 1:1-1:2\nMC902 2:1-2:2\nMC902 3:1-3:2\nMC902 4:1-4:6\nMC904 5:1-5:3\n");
	CASE(" k v\nl w\n", "row 2:1-2:2 \"l\" 2:3-2:4 \"w\"\n", "MC105 1:1-1:5\n");
	CASE("\0k v\nl w\n", "row 2:1-2:2 \"l\" 2:3-2:4 \"w\"\n", "MC114 1:1-1:2\n");
	CASE("k v\0w\n", "row 1:1-1:2 \"k\" 1:3-1:4 \"v\"\n", "MC114 1:4-1:5\n");
}

static void test_row_value(void **state)
{
	struct grammar_case c;
	struct table_file *file;
	struct text t;

	(void)state;
	grammar_case_open(&c, STR_LIT("k v\nl w\n x\n"));
	file = table_parse(&c.ctx, c.src);
	t = table_row_value(&c.ctx, &file->rows[0]);
	assert_null(file->rows[0].value_text);
	assert_string_equal(t.str.ptr, "v");
	assert_int_equal(text_full_span(t).lo, 2);
	t = table_row_value(&c.ctx, &file->rows[1]);
	assert_string_equal(t.str.ptr, "w x");
	assert_int_equal(text_span(t, 2, 3).lo, 9);
	grammar_case_close(&c);
}

/* Rows of one line own nothing: memory is the array of rows. */
static void test_many_rows(void **state)
{
	enum { ROWS = 200000 };
	struct arena *arena = arena_new(0);
	struct str text =
		grammar_case_repeat(arena, "user@example.com other@example.net\n", ROWS);
	struct grammar_case c;
	struct table_file *file;
	size_t before;

	(void)state;
	grammar_case_open(&c, text);
	before = arena_used(c.arena);
	file = table_parse(&c.ctx, c.src);
	assert_int_equal(file->row_count, ROWS);
	assert_true(arena_used(c.arena) - before < 4 * ROWS * sizeof(*file->rows));
	assert_ptr_equal(file->rows[ROWS - 1].key.ptr, text.ptr + text.len - 35);
	grammar_case_close(&c);
	arena_free(arena);
}

static void test_error_limit(void **state)
{
	struct arena *arena = arena_new(0);
	struct grammar_case c;

	(void)state;
	grammar_case_open(&c,
			  grammar_case_repeat(arena, "k\n", 10 * LIMIT_SYNTAX_ERRORS));
	table_parse(&c.ctx, c.src);
	assert_int_equal(diag_count(c.ctx.diags), LIMIT_SYNTAX_ERRORS + 1);
	grammar_case_close(&c);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),	  cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_faults),	  cmocka_unit_test(test_row_value),
		cmocka_unit_test(test_many_rows), cmocka_unit_test(test_error_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
