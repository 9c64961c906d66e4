/* SPDX-License-Identifier: BSD-2-Clause */
/* What needs no escape: eight bytes at a time against one byte at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/escape.h"

enum { LENGTHS = 26 };

static bool is_plain_byte(int c)
{
	return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\';
}

static void test_each_byte_at_each_place(void **state)
{
	char text[LENGTHS];

	(void)state;
	for (size_t len = 1; len <= LENGTHS; len++) {
		for (size_t at = 0; at < len; at++) {
			for (int c = 0; c < 256; c++) {
				memset(text, '~', sizeof(text));
				text[at] = (char)c;
				assert_int_equal(escape_is_plain((struct str){text, len}),
						 is_plain_byte(c));
			}
		}
	}
}

static void test_bytes_behind_the_end(void **state)
{
	(void)state;
	assert_true(escape_is_plain((struct str){"\"", 0}));
	assert_true(escape_is_plain((struct str){NULL, 0}));
	assert_true(escape_is_plain((struct str){"plain text\n", 10}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_byte_at_each_place),
		cmocka_unit_test(test_bytes_behind_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
