/* SPDX-License-Identifier: BSD-2-Clause */
/* main.cf: logical lines as Postfix 3.7 reads them, and every fault of form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "grammar/cf.h"
#include "grammar_case.h"

#define CASE(text, dump, diags) \
	expect((struct str){(text), sizeof(text) - 1}, dump, diags)

static void expect(struct str text, const char *dump, const char *diags)
{
	struct grammar_case c;

	grammar_case_open(&c, text);
	cf_dump(&c.out, c.ctx.sources, cf_parse(&c.ctx, c.src));
	assert_string_equal(grammar_case_dump(&c), dump);
	assert_string_equal(grammar_case_diags(&c), diags);
	grammar_case_close(&c);
}

static void test_entries(void **state)
{
	(void)state;
	CASE("", "", "");
	CASE("a=b\n", "entry 1:1-1:4 \"a\" 1:1-1:2 \"b\" 1:3-1:4\n", "");
	CASE("a  =  b c \n", "entry 1:1-1:10 \"a\" 1:1-1:2 \"b c\" 1:7-1:10\n", "");
	CASE("a =\n", "entry 1:1-1:4 \"a\" 1:1-1:2 \"\" 1:4-1:4\n", "");
	CASE("a = b = # c\n", "entry 1:1-1:12 \"a\" 1:1-1:2 \"b = # c\" 1:5-1:12\n", "");
	CASE("a = 1\na = 1\n",
	     "entry 1:1-1:6 \"a\" 1:1-1:2 \"1\" 1:5-1:6\n"
	     "entry 2:1-2:6 \"a\" 2:1-2:2 \"1\" 2:5-2:6\n",
	     "");
}

static void test_continuation(void **state)
{
	(void)state;
	/* Comments and blank lines do not end a logical line. */
	CASE("a = b,\n# x\n\n  # y\n  c\nd = e\n",
	     "comment 2:1-2:4\ncomment 4:3-4:6\n"
	     "entry 1:1-5:4 \"a\" 1:1-1:2 \"b,  c\" 1:5-1:7 5:1-5:4\n"
	     "entry 6:1-6:6 \"d\" 6:1-6:2 \"e\" 6:5-6:6\n",
	     "");
	/* The '=' may stand on the next line, and a word is never joined. */
	CASE("a\n = b\n c\n", "entry 1:1-3:3 \"a\" 1:1-1:2 \"b c\" 2:4-2:5 3:1-3:3\n",
	     "");
	CASE("a =\n  b\n", "entry 1:1-2:4 \"a\" 1:1-1:2 \"b\" 2:3-2:4\n", "");
	/* A line of blanks only is blank. */
	CASE("a = b\n \t \n c\n", "entry 1:1-3:3 \"a\" 1:1-1:2 \"b c\" 1:5-1:6 3:1-3:3\n",
	     "");
}

static void test_faults(void **state)
{
	(void)state;
	CASE("  a = b\n c = d\ne = f\n", "entry 3:1-3:6 \"e\" 3:1-3:2 \"f\" 3:5-3:6\n",
	     "MC105 1:1-1:8\n");
	CASE("# x\n\n a = b\n", "comment 1:1-1:4\n", "MC105 3:1-3:7\n");
	CASE("a b\nc\n= d\n=\ne = f\n", "entry 5:1-5:6 \"e\" 5:1-5:2 \"f\" 5:5-5:6\n",
	     "MC106 1:1-1:2\nMC106 2:1-2:2\nMC107 3:1-3:4\nMC107 4:1-4:2\n");
	CASE("a = b", "entry 1:1-1:6 \"a\" 1:1-1:2 \"b\" 1:5-1:6\n", "MC116 1:6-1:6\n");
}

static void test_bytes(void **state)
{
	(void)state;
	/* CR stays inside a joined value and is dropped at its end. */
	CASE("a = b\r\n c\r\nd = e\r\n",
	     "entry 1:1-2:3 \"a\" 1:1-1:2 \"b\\x0d c\" 1:5-1:7 2:1-2:3\n"
	     "entry 3:1-3:6 \"d\" 3:1-3:2 \"e\" 3:5-3:6\n",
	     "MC115 1:6-2:1\n");
	/* A C string ends at NUL, and so does the logical line. */
	CASE("a = b\0c\n d\ne = f\n",
	     "entry 1:1-1:6 \"a\" 1:1-1:2 \"b\" 1:5-1:6\n"
	     "entry 3:1-3:6 \"e\" 3:1-3:2 \"f\" 3:5-3:6\n",
	     "MC114 1:6-1:7\n");
	CASE("a = b\xc2\xa0"
	     "c\xc2\xa0\n# \xc2\xa0\nd = \xe2\x80\x9cq\xe2\x80\x9d\n",
	     "comment 2:1-2:5\n"
	     "entry 1:1-1:11 \"a\" 1:1-1:2 \"b\\xc2\\xa0c\\xc2\\xa0\" 1:5-1:11\n"
	     "entry 3:1-3:12 \"d\" 3:1-3:2 \"\\xe2\\x80\\x9cq\\xe2\\x80\\x9d\" 3:5-3:12\n",
	     "MC114 1:6-1:8\nMC114 3:5-3:8\n");
	/* Other UTF-8 and Latin-1 are no business of this rule. */
	CASE("a = \xc3\xa9 \xe9 \xe2\x82\xac\n",
	     "entry 1:1-1:13 \"a\" 1:1-1:2 \"\\xc3\\xa9 \\xe9 \\xe2\\x82\\xac\" 1:5-1:13\n",
	     "");
}

static void test_fixes(void **state)
{
	struct grammar_case c;
	const struct diag *d;

	(void)state;
	grammar_case_open(&c, STR_LIT(" x\na b\nc = \xc2\xa0y\n"));
	cf_parse(&c.ctx, c.src);
	assert_string_equal(grammar_case_diags(&c),
			    "MC105 1:1-1:3\nMC106 2:1-2:2\nMC114 3:5-3:7\n");
	d = diag_get(c.ctx.diags, 0);
	assert_int_equal(d->edit_count, 1);
	assert_int_equal(d->edits[0].span.hi, 1);
	assert_string_equal(d->edits[0].text, "");
	d = diag_get(c.ctx.diags, 1);
	assert_int_equal(d->edits[0].span.lo, 5);
	assert_int_equal(d->edits[0].span.hi, 5);
	assert_string_equal(d->edits[0].text, "= ");
	d = diag_get(c.ctx.diags, 2);
	assert_string_equal(d->edits[0].text, " ");
	grammar_case_close(&c);
}

/* At the bound every fault is told, above it one message ends them. */
static void test_error_limit(void **state)
{
	struct arena *arena = arena_new(0);
	struct grammar_case c;

	(void)state;
	for (size_t extra = 0; extra < 3; extra++) {
		size_t n = LIMIT_SYNTAX_ERRORS + extra;
		size_t want = extra ? LIMIT_SYNTAX_ERRORS + 1u : n;

		grammar_case_open(&c, grammar_case_repeat(arena, "x\n", n));
		cf_parse(&c.ctx, c.src);
		assert_int_equal(diag_count(c.ctx.diags), want);
		diag_sort(c.ctx.diags);
		assert_int_equal(diag_get(c.ctx.diags, want - 1)->rule,
				 extra ? RULE_MC002 : RULE_MC106);
		grammar_case_close(&c);
	}
	arena_free(arena);
}

/* A value far larger than any of the scanner's buffers. */
static void test_large_value(void **state)
{
	struct arena *arena = arena_new(0);
	struct str text = grammar_case_repeat(arena, "a =\n b\n", 1);
	struct str body = grammar_case_repeat(arena, " word,\n", 200000);
	char *all = arena_alloc(arena, text.len + body.len);
	struct grammar_case c;
	struct cf_file *file;

	(void)state;
	for (size_t i = 0; i < text.len; i++)
		all[i] = text.ptr[i];
	for (size_t i = 0; i < body.len; i++)
		all[text.len + i] = body.ptr[i];
	grammar_case_open(&c, (struct str){all, text.len + body.len});
	file = cf_parse(&c.ctx, c.src);
	assert_int_equal(file->entry_count, 1);
	assert_int_equal(file->entries[0].value.str.len, 1 + 200000 * 6);
	assert_string_equal(grammar_case_diags(&c), "");
	grammar_case_close(&c);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),	    cmocka_unit_test(test_continuation),
		cmocka_unit_test(test_faults),	    cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_fixes),	    cmocka_unit_test(test_error_limit),
		cmocka_unit_test(test_large_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
