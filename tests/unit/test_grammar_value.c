/* SPDX-License-Identifier: BSD-2-Clause */
/* The `$` forms, with the shapes that postconf 3.7 and 3.11 accept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "grammar/list.h"
#include "grammar/value.h"
#include "grammar_case.h"

static void expect(const char *text, const char *dump, const char *diags)
{
	struct grammar_case c;

	grammar_case_open(&c, str_of(text));
	value_dump(&c.out, value_parse(&c.ctx, grammar_case_text(&c)));
	assert_string_equal(grammar_case_dump(&c), dump);
	assert_string_equal(grammar_case_diags(&c), diags);
	grammar_case_close(&c);
}

static void test_text(void **state)
{
	(void)state;
	expect("", "value\n", "");
	expect("plain {a} }{ (b)", "value\n text 0-16 \"plain {a} }{ (b)\"\n", "");
	expect("a$$b", "value\n text 0-1 \"a\"\n text 1-3 \"$\"\n text 3-4 \"b\"\n", "");
}

static void test_references(void **state)
{
	(void)state;
	expect("$a_1-${b}$(c)",
	       "value\n ref 0-4 \"a_1\"\n text 4-5 \"-\"\n ref 5-9 \"b\"\n ref 9-13 \"c\"\n",
	       "");
	expect("${ a }", "value\n ref 0-6 \"a\"\n", "");
}

static void test_conditions(void **state)
{
	(void)state;
	expect("${a?b {c} $d}",
	       "value\n if-set 0-13 \"a\"\n  then\n   text 4-10 \"b {c} \"\n"
	       "   ref 10-12 \"d\"\n",
	       "");
	expect("${a:b}", "value\n if-set 0-6 \"a\"\n  else\n   text 4-5 \"b\"\n", "");
	expect("${a?}", "value\n if-set 0-5 \"a\"\n  then\n", "");
	/* Without braces the text behind '?' goes to the end. */
	expect("${a?b:c}", "value\n if-set 0-8 \"a\"\n  then\n   text 4-7 \"b:c\"\n", "");
	expect("${a ? {b} : {c} }",
	       "value\n if-set 0-17 \"a\"\n  then\n   text 7-8 \"b\"\n  else\n"
	       "   text 13-14 \"c\"\n",
	       "");
	expect("${a?{b}:c}",
	       "value\n if-set 0-10 \"a\"\n  then\n   text 5-6 \"b\"\n  else\n"
	       "   text 8-9 \"c\"\n",
	       "");
	expect("$(a?b(c)d)", "value\n if-set 0-10 \"a\"\n  then\n   text 4-9 \"b(c)d\"\n",
	       "");
}

static void test_comparisons(void **state)
{
	(void)state;
	expect("${{$a} == {b}}",
	       "value\n compare 0-14 ==\n  left\n   ref 3-5 \"a\"\n  right\n"
	       "   text 11-12 \"b\"\n",
	       "");
	expect("${{a}<=level{b}?{c}:{d}}",
	       "value\n compare 0-24 <=level\n  left\n   text 3-4 \"a\"\n  right\n"
	       "   text 13-14 \"b\"\n  then\n   text 17-18 \"c\"\n  else\n"
	       "   text 21-22 \"d\"\n",
	       "");
	expect("${{a} != {${b?{c}}} : d}",
	       "value\n compare 0-24 !=\n  left\n   text 3-4 \"a\"\n  right\n"
	       "   if-set 10-18 \"b\"\n    then\n     text 15-16 \"c\"\n"
	       "  else\n   text 21-23 \" d\"\n",
	       "");
	expect("${domain_to_ascii{$a}}",
	       "value\n call 0-22 \"domain_to_ascii\"\n  right\n   ref 18-20 \"a\"\n",
	       "");
}

static void test_faults(void **state)
{
	(void)state;
	expect("a $ b", "value broken\n text 0-2 \"a \"\n broken 2-3\n text 3-5 \" b\"\n",
	       "MC112 1:3-1:4\n");
	expect("x ${a", "value broken\n text 0-2 \"x \"\n broken 2-5\n",
	       "MC112 1:3-1:5\n");
	expect("${}", "value broken\n broken 0-3\n", "MC112 1:3-1:4\n");
	expect("${a b} $c",
	       "value broken\n broken 0-6\n text 6-7 \" \"\n ref 7-9 \"c\"\n",
	       "MC112 1:5-1:6\n");
	expect("${a-b}", "value broken\n broken 0-6\n", "MC112 1:4-1:5\n");
	expect("${{a} ~ {b} ? {${c}} }d",
	       "value broken\n broken 0-22\n text 22-23 \"d\"\n", "MC112 1:7-1:8\n");
	/* What stands before the fault is looked at first. */
	expect("${a?{b} c}",
	       "value broken\n if-set 0-2 \"a\"\n  then\n   text 5-6 \"b\"\n"
	       " broken 2-10\n",
	       "MC112 1:9-1:10\n");
	expect("${a?{b}{c}} ${d}",
	       "value broken\n if-set 0-2 \"a\"\n  then\n   text 5-6 \"b\"\n"
	       " broken 2-11\n text 11-12 \" \"\n ref 12-16 \"d\"\n",
	       "MC112 1:8-1:9\n");
	/* Each broken form has its own message. */
	expect("${a b} ${} $",
	       "value broken\n broken 0-6\n text 6-7 \" \"\n broken 7-10\n"
	       " text 10-11 \" \"\n broken 11-12\n",
	       "MC112 1:5-1:6\nMC112 1:10-1:11\nMC112 1:12-1:13\n");
}

/* Each kind of bracket is counted on its own, whatever the others do. */
static void test_mixed_brackets(void **state)
{
	(void)state;
	expect("${a?$(b}c)",
	       "value broken\n if-set 0-8 \"a\"\n  then\n   broken 4-7\n"
	       " text 8-10 \"c)\"\n",
	       "MC112 1:5-1:7\n");
	expect("$(a?${b)c}",
	       "value broken\n if-set 0-8 \"a\"\n  then\n   broken 4-7\n"
	       " text 8-10 \"c}\"\n",
	       "MC112 1:5-1:7\n");
	/* A fault inside what is never closed is nobody's. */
	expect("${a?{{}},", "value broken\n broken 0-2\n broken 2-9\n",
	       "MC112 1:1-1:3\nMC112 1:9-1:10\n");
	expect("${a?x(b}", "value\n if-set 0-8 \"a\"\n  then\n   text 4-7 \"x(b\"\n", "");
	expect("${{a} == {b} ? {c} d}",
	       "value broken\n compare 0-2 ==\n  left\n   text 3-4 \"a\"\n"
	       "  right\n   text 10-11 \"b\"\n  then\n   text 16-17 \"c\"\n"
	       " broken 2-21\n",
	       "MC112 1:20-1:21\n");
}

static const char *nested(struct arena *arena, size_t depth)
{
	struct str open = grammar_case_repeat(arena, "${a?", depth);
	struct str close = grammar_case_repeat(arena, "}", depth);

	return arena_printf(arena, "%.*s%.*s", STR_ARG(open), STR_ARG(close));
}

static void test_depth(void **state)
{
	static const size_t depths[] = {LIMIT_BRACE_DEPTH, LIMIT_BRACE_DEPTH + 1, 10000};
	struct arena *arena = arena_new(0);
	struct grammar_case c;

	(void)state;
	for (size_t i = 0; i < array_len(depths); i++) {
		struct value *value;

		grammar_case_open(&c, str_of(nested(arena, depths[i])));
		value = value_parse(&c.ctx, grammar_case_text(&c));
		assert_int_equal(value->broken, i > 0);
		assert_string_equal(grammar_case_diags(&c),
				    i ? "MC111 1:801-1:803\n" : "");
		grammar_case_close(&c);
	}
	/* Braces of literal text take no room on any stack. */
	grammar_case_open(&c, grammar_case_repeat(arena, "{", 10000));
	assert_false(value_parse(&c.ctx, grammar_case_text(&c))->broken);
	grammar_case_close(&c);
	arena_free(arena);
}

static void test_places(void **state)
{
	struct grammar_case c;
	struct text_builder b;
	struct value *value;

	(void)state;
	/* Two lines of a logical line: "x $a" and " ${b}". */
	grammar_case_open(&c, STR_LIT("x $a\n# y\n ${b}\n"));
	text_builder_init(&b, c.arena);
	text_builder_add(&b, STR_LIT("x $a"), (struct span){c.src->id, 0, 4}, NULL);
	text_builder_add(&b, STR_LIT(" ${b}"), (struct span){c.src->id, 9, 14}, NULL);
	value = value_parse(&c.ctx, text_builder_done(&b));
	assert_int_equal(value->part_count, 4);
	assert_int_equal(value->parts[1].name_span.lo, 3);
	assert_int_equal(value->parts[3].name_span.lo, 12);
	assert_int_equal(value->parts[3].name_span.hi, 13);
	grammar_case_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),	   cmocka_unit_test(test_references),
		cmocka_unit_test(test_conditions), cmocka_unit_test(test_comparisons),
		cmocka_unit_test(test_faults),	   cmocka_unit_test(test_depth),
		cmocka_unit_test(test_places),	   cmocka_unit_test(test_mixed_brackets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
