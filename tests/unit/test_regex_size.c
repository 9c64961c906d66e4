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

/* 65536 parts and 1000 loops are the bounds. */
static const struct size_case cases[] = {
	{"", true, true},
	{"^(From|To): .*[a-z0-9]{1,64}@", true, true},
	{"(a{256}){256}", true, true},
	{"(a{256}){256}b", false, true},
	{"\\(a\\{256\\}\\)\\{256\\}b", true, false},
	{"a{99999999999999999999}", false, true},
	{"a{256}{256}", true, true},
	{"a{256}{257}", false, true},
	{"a\\{256\\}\\{257\\}", true, false},
	{"(a*){1000}", true, true},
	{"(a*){1000}b?", false, true},
	{"(a?){1001}", false, true},
	{"\\(a*\\)\\{1001\\}", true, false},
	{"((a*)*){250}", true, true},
	{"((a*)*){251}", false, true},
	{"a{1,4000}", true, true},
	{"a{1,4008}", false, true},
	{"a{0}{,3}{,}{2,}", true, true},
	{"s+++++", true, true},
	{"s++++++", false, true},
	{"s++*?+", true, true},
	{"s++*?++", false, true},
	{"s\\+\\+\\+\\+\\+\\+", true, false},
	{"((((a+)+)+)+)", true, true},
	{"((((((a+)+)+)+)+)+)", false, true},
	/* Nothing in brackets or behind a backslash repeats. */
	{"[]+++++++++++++++++++]", true, true},
	{"[[:alpha:]+++++++++++++++++++]", true, true},
	{"[^]++++++++++++++++++]", true, true},
	{"a\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+", true, false},
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
			fail_msg("%s: %s; basic: %s", c->pattern,
				 regex_size_fault(c->pattern, true) ? "too large"
								    : "fits",
				 regex_size_fault(c->pattern, false) ? "too large"
								     : "fits");
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
