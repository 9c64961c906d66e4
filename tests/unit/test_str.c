/* SPDX-License-Identifier: BSD-2-Clause */
/* Views, numbers at their bounds, edit distance, buffers at their maximum. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"

static const struct str nothing = {NULL, 0};

static void test_equality(void **state)
{
	(void)state;
	assert_true(str_eq(str_of(NULL), nothing));
	assert_true(str_eq(STR_LIT("a\0b"), (struct str){"a\0bX", 3}));
	assert_false(str_eq(STR_LIT("a\0b"), STR_LIT("a\0c")));
	assert_true(str_eqc(STR_LIT("abc"), "abc"));
	assert_false(str_eqc(STR_LIT("abc"), "ab"));
	assert_true(str_caseeqc(STR_LIT("MyHostName"), "myhostname"));
	/* '@' and '`', '[' and '{' differ in the case bit only. */
	assert_false(str_caseeqc(STR_LIT("@["), "`{"));
	/* Letters beyond ASCII are not folded. */
	assert_false(str_caseeqc(STR_LIT("\xc9"), "\xe9"));
}

static void test_order(void **state)
{
	(void)state;
	assert_true(str_cmp(STR_LIT("a"), STR_LIT("b")) < 0);
	assert_true(str_cmp(STR_LIT("ab"), STR_LIT("a")) > 0);
	assert_true(str_cmp(STR_LIT("\x7f"), STR_LIT("\x80")) < 0);
	assert_int_equal(str_cmp(nothing, STR_LIT("")), 0);
}

static void test_affixes(void **state)
{
	(void)state;
	assert_true(str_starts(STR_LIT("hash:x"), "hash:"));
	assert_false(str_starts(STR_LIT("has"), "hash:"));
	assert_true(str_starts(nothing, ""));
	assert_true(str_ends(STR_LIT("a.db"), ".db"));
	assert_false(str_ends(STR_LIT("db"), ".db"));
	assert_true(str_caseends(STR_LIT("X.EXAMPLE"), ".example"));
}

static void test_slice_is_clamped(void **state)
{
	struct str s = STR_LIT("abcdef");

	(void)state;
	assert_true(str_eqc(str_slice(s, 2, 4), "cd"));
	assert_true(str_eqc(str_slice(s, 2, SIZE_MAX), "cdef"));
	assert_int_equal(str_slice(s, 4, 2).len, 0);
	assert_int_equal(str_slice(s, 9, 12).len, 0);
	assert_int_equal(str_slice(nothing, 1, 2).len, 0);
}

static void test_trim(void **state)
{
	(void)state;
	assert_true(str_eqc(str_trim(STR_LIT(" \t\r\n a b \v\f")), "a b"));
	assert_int_equal(str_trim(STR_LIT(" \t ")).len, 0);
	assert_int_equal(str_trim(nothing).len, 0);
}

static void test_chr(void **state)
{
	(void)state;
	assert_int_equal(str_chr(STR_LIT("a@b@c"), '@'), 1);
	assert_int_equal(str_rchr(STR_LIT("a@b@c"), '@'), 3);
	assert_int_equal(str_chr(STR_LIT("abc"), '@'), -1);
	assert_int_equal(str_rchr(nothing, '@'), -1);
	/* The NUL at the end of a literal is not part of the view. */
	assert_int_equal(str_chr(STR_LIT("abc"), '\0'), -1);
}

static void test_tokens(void **state)
{
	struct str rest = STR_LIT(",, a, b,c ,");
	struct str tok;

	(void)state;
	assert_true(str_token(&rest, ", ", &tok));
	assert_true(str_eqc(tok, "a"));
	assert_true(str_token(&rest, ", ", &tok));
	assert_true(str_eqc(tok, "b"));
	assert_true(str_token(&rest, ", ", &tok));
	assert_true(str_eqc(tok, "c"));
	assert_false(str_token(&rest, ", ", &tok));
	assert_int_equal(rest.len, 0);
	assert_false(str_token(&rest, ", ", &tok));
}

static void test_numbers_at_their_bounds(void **state)
{
	uint64_t n = 7;

	(void)state;
	assert_true(str_to_u64(STR_LIT("18446744073709551615"), &n));
	assert_true(n == UINT64_MAX);
	assert_false(str_to_u64(STR_LIT("18446744073709551616"), &n));
	assert_false(str_to_u64(STR_LIT("99999999999999999999"), &n));
	assert_true(n == UINT64_MAX); /* untouched */
	assert_true(str_is_digits(STR_LIT("99999999999999999999")));
	assert_false(str_is_digits(STR_LIT("")));
	assert_false(str_is_digits(STR_LIT("1/0")));
	assert_false(str_is_digits(STR_LIT("1:")));
	assert_true(str_to_u64(STR_LIT("000"), &n));
	assert_true(n == 0);
	assert_false(str_to_u64(STR_LIT(""), &n));
	assert_false(str_to_u64(STR_LIT("+1"), &n));
	assert_false(str_to_u64(STR_LIT("-1"), &n));
	assert_false(str_to_u64(STR_LIT(" 1"), &n));
	assert_false(str_to_u64(STR_LIT("1x"), &n));
	assert_false(str_to_u64((struct str){"1\0", 2}, &n));
}

static void test_distance(void **state)
{
	(void)state;
	assert_int_equal(str_distance(STR_LIT(""), STR_LIT(""), 3), 0);
	assert_int_equal(str_distance(STR_LIT("kitten"), STR_LIT("sitting"), 9), 3);
	/* Neighbours swapped count once. */
	assert_int_equal(str_distance(STR_LIT("hostname"), STR_LIT("hsotname"), 3), 1);
	assert_int_equal(str_distance(STR_LIT("ab"), STR_LIT("ba"), 3), 1);
	assert_int_equal(str_distance(STR_LIT("abc"), STR_LIT(""), 9), 3);
	assert_int_equal(str_distance(STR_LIT("abcd"), STR_LIT("wxyz"), 2), 3);
}

static void test_distance_at_its_limit(void **state)
{
	char a[LIMIT_SUGGEST_LENGTH + 1];
	struct str at = {a, LIMIT_SUGGEST_LENGTH};
	struct str above = {a, LIMIT_SUGGEST_LENGTH + 1};

	(void)state;
	memset(a, 'a', sizeof(a));
	assert_int_equal(str_distance(at, at, 2), 0);
	assert_int_equal(str_distance(above, above, 2), 3);
}

static void test_copies(void **state)
{
	struct arena *arena = arena_new(0);
	struct str low = str_lower(arena, STR_LIT("A[Z\xc9z0"));

	(void)state;
	assert_true(str_eqc(low, "a[z\xc9z0"));
	assert_string_equal(str_dup0(arena, STR_LIT("ab")), "ab");
	assert_string_equal(str_dup0(arena, nothing), "");
	arena_free(arena);
}

static void test_buffer_at_its_maximum(void **state)
{
	struct strbuf buf;

	(void)state;
	strbuf_init(&buf, 10);
	assert_int_equal(strbuf_view(&buf).len, 0);
	strbuf_adds(&buf, "12345");
	strbuf_addf(&buf, "%d", 67890);
	assert_false(buf.failed);
	assert_string_equal(buf.ptr, "1234567890");
	strbuf_addc(&buf, 'x');
	assert_true(buf.failed);
	assert_string_equal(buf.ptr, "1234567890");
	/* What fits again after a failure is dropped as well. */
	buf.max = 100;
	strbuf_addc(&buf, 'y');
	assert_string_equal(buf.ptr, "1234567890");
	strbuf_clear(&buf);
	strbuf_addc(&buf, 'z');
	assert_false(buf.failed);
	assert_true(str_eqc(strbuf_view(&buf), "z"));
	strbuf_fini(&buf);
	assert_null(buf.ptr);
}

static void test_buffer_drops_an_append_whole(void **state)
{
	struct strbuf buf;

	(void)state;
	strbuf_init(&buf, 4);
	strbuf_adds(&buf, "ab");
	strbuf_addf(&buf, "%s", "cde");
	assert_true(buf.failed);
	assert_true(str_eqc(strbuf_view(&buf), "ab"));
	strbuf_fini(&buf);
}

static void test_buffer_refuses_absurd_sizes(void **state)
{
	struct strbuf buf;

	(void)state;
	strbuf_init(&buf, SIZE_MAX);
	strbuf_adds(&buf, "ab");
	strbuf_add(&buf, "x", SIZE_MAX - 1);
	assert_true(buf.failed);
	strbuf_fini(&buf);
}

static void test_buffer_grows(void **state)
{
	struct strbuf buf;

	(void)state;
	strbuf_init(&buf, 1 << 20);
	for (unsigned i = 0; i < 100000; i++)
		strbuf_addc(&buf, (char)('a' + i % 26));
	strbuf_addstr(&buf, (struct str){"\0!", 2});
	assert_int_equal(buf.len, 100002);
	assert_int_equal(buf.ptr[99999], 'a' + 99999 % 26);
	assert_memory_equal(buf.ptr + 100000, "\0!", 3);
	strbuf_fini(&buf);
}

/* Eight bytes at a time, against one byte at a time. */
static void test_case_of_each_byte(void **state)
{
	char a[20], b[20];

	(void)state;
	memset(a, 'x', sizeof(a));
	for (size_t at = 0; at < sizeof(a); at++) {
		for (int c = 0; c < 256; c++) {
			memset(b, 'X', sizeof(b));
			a[at] = (char)c;
			for (int d = 0; d < 256; d++) {
				bool same = tolower(c) == tolower(d);

				b[at] = (char)d;
				assert_int_equal(str_caseeq((struct str){a, sizeof(a)},
							    (struct str){b, sizeof(b)}),
						 same);
			}
		}
		a[at] = 'x';
	}
}

/* Printing at the edge of the room, and past the maximum. */
static void test_print_at_the_edges(void **state)
{
	(void)state;
	for (int width = 1; width < 200; width++) {
		struct strbuf buf;

		strbuf_init(&buf, 150);
		strbuf_adds(&buf, "ab");
		strbuf_addf(&buf, "%*d", width, 7);
		assert_int_equal(buf.failed, width > 148);
		assert_int_equal(buf.len, width > 148 ? 2 : 2 + width);
		assert_int_equal(strlen(buf.ptr), buf.len);
		assert_int_equal(buf.ptr[buf.len - 1], width > 148 ? 'b' : '7');
		strbuf_fini(&buf);
	}
}

static void test_has_token(void **state)
{
	const struct str list = STR_LIT(", smtp,,lmtp ,Pipe");

	(void)state;
	assert_true(str_has_token(list, ", ", STR_LIT("smtp")));
	assert_true(str_has_token(list, ", ", STR_LIT("Pipe")));
	assert_false(str_has_token(list, ", ", STR_LIT("pipe")));
	assert_false(str_has_token(list, ", ", STR_LIT("smt")));
	assert_false(str_has_token(list, ", ", STR_LIT("")));
	assert_false(str_has_token(list, ",", STR_LIT("lmtp")));
	assert_true(str_has_casetoken(list, ", ", STR_LIT("pIPE")));
	assert_false(str_has_casetoken(list, ", ", STR_LIT("pipes")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print_at_the_edges),
		cmocka_unit_test(test_case_of_each_byte),
		cmocka_unit_test(test_equality),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_affixes),
		cmocka_unit_test(test_slice_is_clamped),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_chr),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_numbers_at_their_bounds),
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_distance_at_its_limit),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_buffer_at_its_maximum),
		cmocka_unit_test(test_buffer_drops_an_append_whole),
		cmocka_unit_test(test_buffer_refuses_absurd_sizes),
		cmocka_unit_test(test_buffer_grows),
		cmocka_unit_test(test_has_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
