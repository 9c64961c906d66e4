/* SPDX-License-Identifier: BSD-2-Clause */
/* Words of lists, with and without groups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "grammar/list.h"
#include "grammar_case.h"

static void expect(const char *text, bool braces, const char *dump, const char *diags)
{
	struct grammar_case c;

	grammar_case_open(&c, str_of(text));
	list_dump(&c.out, list_parse(&c.ctx, grammar_case_text(&c), braces));
	assert_string_equal(grammar_case_dump(&c), dump);
	assert_string_equal(grammar_case_diags(&c), diags);
	grammar_case_close(&c);
}

static void test_words(void **state)
{
	(void)state;
	expect("", true, "list 0\n", "");
	expect(" , \t,\r\n", true, "list 0\n", "");
	expect("a", true, "list 1\nword \"a\"\n", "");
	expect(",a,, b\tc ,", true, "list 3\nword \"a\"\nword \"b\"\nword \"c\"\n", "");
	expect("\va", true, "list 1\nword \"\\x0ba\"\n", "");
}

static void test_groups(void **state)
{
	(void)state;
	expect("a { b, c = { d } } e", true,
	       "list 3\nword \"a\"\ngroup \"{ b, c = { d } }\" \"b, c = { d }\"\n"
	       "word \"e\"\n",
	       "");
	expect("{}", true, "list 1\ngroup \"{}\" \"\"\n", "");
	expect("inline:{a=b, c=d} x", true,
	       "list 2\nword \"inline:{a=b, c=d}\"\nword \"x\"\n", "");
	expect("{ a, b } c", false,
	       "list 5\nword \"{\"\nword \"a\"\nword \"b\"\nword \"}\"\nword \"c\"\n",
	       "");
}

static void test_faults(void **state)
{
	(void)state;
	expect("a {b {c} d, e", true,
	       "list 2\nword \"a\"\ngroup \"{b {c} d, e\" \"b {c} d, e\"\n",
	       "MC111 1:3-1:4\n");
	expect("{a {b}", true, "list 1\ngroup \"{a {b}\" \"a {b}\"\n", "MC111 1:1-1:2\n");
	expect("a} b", true, "list 2\nword \"a}\"\nword \"b\"\n", "MC111 1:2-1:3\n");
	expect("{a}b {c}{d}", true, "list 2\nword \"{a}b\"\nword \"{c}{d}\"\n",
	       "MC111 1:1-1:5\nMC111 1:6-1:12\n");
}

static void test_depth(void **state)
{
	static const size_t depths[] = {LIMIT_BRACE_DEPTH, LIMIT_BRACE_DEPTH + 1, 10000};
	struct arena *arena = arena_new(0);
	struct grammar_case c;

	(void)state;
	for (size_t i = 0; i < array_len(depths); i++) {
		struct str open = grammar_case_repeat(arena, "{", depths[i]);
		struct str close = grammar_case_repeat(arena, "}", depths[i]);

		grammar_case_open(&c,
				  str_of(arena_printf(arena, "%.*s%.*s", STR_ARG(open),
						      STR_ARG(close))));
		assert_int_equal(list_parse(&c.ctx, grammar_case_text(&c), true)->count,
				 1);
		assert_string_equal(grammar_case_diags(&c),
				    i ? "MC111 1:201-1:202\n" : "");
		grammar_case_close(&c);
	}
	arena_free(arena);
}

static void test_arguments(void **state)
{
	struct grammar_case c;

	(void)state;
	grammar_case_open(&c, STR_LIT("-o a=b,c { d = e, f }"));
	list_dump(&c.out, list_parse_arguments(&c.ctx, grammar_case_text(&c)));
	assert_string_equal(grammar_case_dump(&c),
			    "list 3\nword \"-o\"\nword \"a=b,c\"\n"
			    "group \"{ d = e, f }\" \"d = e, f\"\n");
	grammar_case_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),	  cmocka_unit_test(test_groups),
		cmocka_unit_test(test_faults),	  cmocka_unit_test(test_depth),
		cmocka_unit_test(test_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
