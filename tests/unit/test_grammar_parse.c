/* SPDX-License-Identifier: BSD-2-Clause */
/* Kinds of files by name and by word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "grammar/parse.h"

static void test_names(void **state)
{
	(void)state;
	assert_int_equal(file_kind_of_name("main.cf"), FILE_KIND_MAIN);
	assert_int_equal(file_kind_of_name("/etc/postfix/master.cf"), FILE_KIND_MASTER);
	assert_int_equal(file_kind_of_name("x/aliases"), FILE_KIND_ALIASES);
	assert_int_equal(file_kind_of_name("virtual"), FILE_KIND_TABLE);
	assert_int_equal(file_kind_of_name("example.com.spf"), FILE_KIND_SPF);
	/* Patterns are no key-and-value tables. */
	assert_int_equal(file_kind_of_name("header_checks"), FILE_KIND_UNKNOWN);
	assert_int_equal(file_kind_of_name("main.cf/"), FILE_KIND_UNKNOWN);
	assert_int_equal(file_kind_of_name(""), FILE_KIND_UNKNOWN);
}

static void test_words(void **state)
{
	enum file_kind kind = FILE_KIND_UNKNOWN;

	(void)state;
	assert_true(file_kind_parse("main", &kind));
	assert_int_equal(kind, FILE_KIND_MAIN);
	assert_true(file_kind_parse("spf", &kind));
	assert_int_equal(kind, FILE_KIND_SPF);
	assert_false(file_kind_parse("Main", &kind));
	assert_false(file_kind_parse("", &kind));
	assert_int_equal(kind, FILE_KIND_SPF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
