/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions that regcomp(3) would make too much of. */
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/str.h"
#include "runtime/regex_size.h"

struct size_case {
	const char *pattern;
	bool fits_extended;
	bool fits_basic;
};

/* 2^16 parts is the bound. */
static const struct size_case cases[] = {
	{"", true, true},
	{"^(From|To): .*[a-z0-9]{1,64}@", true, true},
	{"s++++++++++++++++", true, true},
	{"s+++++++++++++++++", false, true},
	{"s+t++++++++++++++++", false, true},
	{"s++++++*+++++++?+++++", false, true},
	{"s\\+\\+\\+\\+\\+\\+*\\+\\+\\+\\+\\+\\+\\?\\+\\+\\+\\+\\+\\+", true, false},
	{"s\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+", true, false},
	{"((((a+)+)+)+)+", true, true},
	{"(((((((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)", false, true},
	{"(a{255}){255}", true, true},
	{"(a{256}){256}b", false, true},
	{"\\(a\\{256\\}\\)\\{256\\}b", true, false},
	{"a{1,2000}", true, true},
	{"a{1,2100}", false, true},
	{"a{99999999999999999999}", false, true},
	{"a{0}{,3}{,}", true, true},
	/* Nothing in brackets or behind a backslash repeats. */
	{"[]+++++++++++++++++++]", true, true},
	{"[[:alpha:]+++++++++++++++++++]", true, true},
	{"[^]++++++++++++++++++]", true, true},
	{"a\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+", true, true},
	/* Left for regcomp to refuse. */
	{"[", true, true},
	{"[[:", true, true},
	{"\\", true, true},
	{"))", true, true},
	{"((", true, true},
};

static void test_sizes(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_len(cases); i++) {
		const struct size_case *c = &cases[i];

		if ((regex_size_fault(c->pattern, true) == NULL) != c->fits_extended ||
		    (regex_size_fault(c->pattern, false) == NULL) != c->fits_basic)
			fail_msg("%s", c->pattern);
	}
}

static void nest(char *out, size_t depth)
{
	memset(out, '(', depth);
	out[depth] = 'a';
	memset(out + depth + 1, ')', depth);
	out[2 * depth + 1] = '\0';
}

static void test_depth(void **state)
{
	char pattern[2 * LIMIT_REGEX_DEPTH + 4];
	regex_t compiled;

	(void)state;
	nest(pattern, LIMIT_REGEX_DEPTH);
	assert_null(regex_size_fault(pattern, true));
	assert_int_equal(regcomp(&compiled, pattern, REG_EXTENDED), 0);
	regfree(&compiled);
	nest(pattern, LIMIT_REGEX_DEPTH + 1);
	assert_string_equal(regex_size_fault(pattern, true),
			    "has too many parentheses in each other");
	assert_null(regex_size_fault(pattern, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
