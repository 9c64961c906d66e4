/* SPDX-License-Identifier: BSD-2-Clause */
/* Kinds of files by name and by word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
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

static void test_texts(void **state)
{
	static const struct {
		const char *text;
		enum file_kind kind;
	} cases[] = {
		{"", FILE_KIND_UNKNOWN},
		{"# /a/ b\n", FILE_KIND_UNKNOWN},
		{"a@example.com b\n", FILE_KIND_UNKNOWN},
		{"/var/mail/x y\n", FILE_KIND_REGEXP},
		{"# c\n\n/^a/ REJECT\n", FILE_KIND_REGEXP},
		{"if !/a/\n", FILE_KIND_REGEXP},
		{"192.0.2.0/24 OK\n", FILE_KIND_CIDR},
		{"if 2001:db8::/32\n", FILE_KIND_CIDR},
		{"192.0.2 OK\n", FILE_KIND_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(file_kind_of_text(str_of(cases[i].text)), cases[i].kind);
	assert_int_equal(file_kind_of_name("a.pcre"), FILE_KIND_PCRE);
	assert_int_equal(file_kind_of_name("helo_regexp"), FILE_KIND_REGEXP);
	assert_int_equal(file_kind_of_name("postscreen_access.cidr"), FILE_KIND_CIDR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
