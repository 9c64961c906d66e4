/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables of rules: expressions, networks and blocks as Postfix cuts them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "grammar/pattern.h"
#include "grammar_case.h"

#define REGEXP(text, dump, diags) expect(PATTERN_REGEXP, text, dump, diags)
#define PCRE(text, dump, diags) expect(PATTERN_PCRE, text, dump, diags)
#define CIDR(text, dump, diags) expect(PATTERN_CIDR, text, dump, diags)

static void expect(enum pattern_dialect dialect, const char *text, const char *dump,
		   const char *diags)
{
	struct grammar_case c;

	grammar_case_open(&c, str_of(text));
	pattern_dump(&c.out, c.ctx.sources, pattern_parse(&c.ctx, c.src, dialect));
	assert_string_equal(grammar_case_dump(&c), dump);
	assert_string_equal(grammar_case_diags(&c), diags);
	grammar_case_close(&c);
}

static void test_rules(void **state)
{
	(void)state;
	REGEXP("", "", "");
	REGEXP("/a b/ix  X y\n",
	       "rule 1:1-1:13 0 match \"a b\" 1:2-1:5 \"ix\" \"X y\" 1:10-1:13\n", "");
	REGEXP("|a\\|b| X\n",
	       "rule 1:1-1:9 0 match \"a\\\\|b\" 1:2-1:6 \"\" \"X\" 1:8-1:9\n", "");
	REGEXP("!! ! /a/\n  X\n", "rule 1:1-2:4 0 not \"a\" 1:7-1:8 \"\" \"X\" 2:3-2:4\n",
	       "");
	REGEXP("/a/i!/b/m X\n",
	       "rule 1:1-1:12 0 match \"a\" 1:2-1:3 \"i\" not \"b\" 1:7-1:8 \"m\" \"X\" "
	       "1:11-1:12\n",
	       "");
	/* PCRE tables know no second expression: `!` is a bad flag. */
	PCRE("/a/!/b/ X\n",
	     "rule 1:1-1:10 0 match \"a\" 1:2-1:3 \"!/b/\" \"X\" 1:9-1:10\n", "");
}

static void test_blocks(void **state)
{
	(void)state;
	REGEXP("IF /a/\nif!/b/\nendif\nENDIF\n",
	       "if 1:1-1:7 0 match \"a\" 1:5-1:6 \"\"\n"
	       "if 2:1-2:7 1 not \"b\" 2:5-2:6 \"\"\n"
	       "endif 3:1-3:6 1\nendif 4:1-4:6 0\n",
	       "");
	REGEXP("endif\n", "endif 1:1-1:6 0\n", "MC921 1:1-1:6\n");
	REGEXP("if /a/\n", "if 1:1-1:7 0 match \"a\" 1:5-1:6 \"\"\n", "MC921 1:1-1:3\n");
	/* An indented row is part of the line above. */
	REGEXP("if /a/\n /b/ X\nendif\n",
	       "if 1:1-2:7 0 match \"a\" 1:5-1:6 \"\" \"/b/ X\" 2:2-2:7\n"
	       "endif 3:1-3:6 0\n",
	       "MC921 2:2-2:7\n");
}

static void test_faults(void **state)
{
	(void)state;
	REGEXP("/a X\n/b/ Y\n", "rule 2:1-2:6 0 match \"b\" 2:2-2:3 \"\" \"Y\" 2:5-2:6\n",
	       "MC917 1:1-1:5\n");
	REGEXP("abc\nifx\nendifx\n", "", "MC917 1:1-1:4\nMC917 2:1-2:4\nMC917 3:1-3:7\n");
	REGEXP("!\nif\n/a/!\n", "", "MC917 1:1-1:2\nMC917 2:1-2:3\nMC917 3:1-3:5\n");
	CIDR("10.0.0.0/8\nif\n!\n", "", "MC925 1:1-1:11\nMC925 2:1-2:3\nMC925 3:1-3:2\n");
}

static void test_networks(void **state)
{
	(void)state;
	CIDR("10.0.0.0/8 X\nif !10.1.0.0/16\n! ::1 Y z\nendif\n",
	     "rule 1:1-1:13 0 match \"10.0.0.0/8\" 1:1-1:11 \"\" \"X\" 1:12-1:13\n"
	     "if 2:1-2:16 0 not \"10.1.0.0/16\" 2:5-2:16 \"\"\n"
	     "rule 3:1-3:10 1 not \"::1\" 3:3-3:6 \"\" \"Y z\" 3:7-3:10\n"
	     "endif 4:1-4:6 0\n",
	     "");
	/* Only a blank or a `!` ends the word. */
	CIDR("ifx X\n", "rule 1:1-1:6 0 match \"ifx\" 1:1-1:4 \"\" \"X\" 1:5-1:6\n", "");
}

static void test_many_faults(void **state)
{
	struct arena *arena = arena_new(0);
	struct grammar_case c;

	(void)state;
	grammar_case_open(&c,
			  grammar_case_repeat(arena, "abc\n", LIMIT_SYNTAX_ERRORS + 1));
	pattern_parse(&c.ctx, c.src, PATTERN_REGEXP);
	/* The last one says that there are more. */
	assert_int_equal(diag_count(c.ctx.diags), LIMIT_SYNTAX_ERRORS + 1);
	grammar_case_close(&c);
	arena_free(arena);
}

static void test_dialects(void **state)
{
	enum pattern_dialect dialect = PATTERN_REGEXP;

	(void)state;
	assert_true(pattern_dialect_parse(STR_LIT("cidr"), &dialect));
	assert_int_equal(dialect, PATTERN_CIDR);
	assert_false(pattern_dialect_parse(STR_LIT("hash"), &dialect));
	assert_true(pattern_dialect_of_kind(FILE_KIND_PCRE, &dialect));
	assert_int_equal(dialect, PATTERN_PCRE);
	assert_false(pattern_dialect_of_kind(FILE_KIND_TABLE, &dialect));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),	    cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_faults),	    cmocka_unit_test(test_networks),
		cmocka_unit_test(test_many_faults), cmocka_unit_test(test_dialects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
