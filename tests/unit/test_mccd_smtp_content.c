/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text of a message: where it ends (and where it does not), dots, line
 * ends, headers; every vector whole and cut at every place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mccd/smtp_content.h"

struct decoded {
	char text[8192];
	size_t len;
	bool has_ended;
	size_t left;
	struct smtp_content c;
};

/* In two pieces, cut at `cut`. */
static struct decoded decode(const char *data, size_t len, size_t cut)
{
	struct decoded d = {0};
	struct str pieces[2] = {{data, cut}, {data + cut, len - cut}};

	smtp_content_begin(&d.c, 102400);
	for (int i = 0; i < 2 && !d.has_ended; i++) {
		d.len +=
			smtp_content_feed(&d.c, &pieces[i], d.text + d.len, &d.has_ended);
		d.left = pieces[i].len + (i == 0 ? len - cut : 0);
	}
	d.text[d.len] = '\0';
	return d;
}

static void expect_len(const char *in, size_t len, const char *want, size_t want_left)
{
	for (size_t cut = 0; cut <= len; cut++) {
		struct decoded d = decode(in, len, cut);

		assert_true(d.has_ended);
		assert_string_equal(d.text, want);
		assert_int_equal(d.left, want_left);
	}
}

static void expect(const char *in, const char *want)
{
	expect_len(in, strlen(in), want, 0);
}

#define H "a: b\r\n\r\n" /* so that what follows is body */
#define HD "a: b\n\n"

static void test_end(void **state)
{
	(void)state;
	expect(".\r\n", "");
	expect(H ".\r\n", HD);
	expect(H "x\r\n.\r\n", HD "x\n");
	expect_len(H ".\r\nQUIT\r\n", sizeof(H ".\r\nQUIT\r\n") - 1, HD, 6);
}

static void test_dots(void **state)
{
	(void)state;
	expect(H "..\r\n.\r\n", HD ".\n");
	expect(H "...\r\n.\r\n", HD "..\n");
	expect(H ".x\r\n.\r\n", HD "x\n");
	expect(H "x.\r\n.\r\n", HD "x.\n");
	expect("..a: b\r\n\r\n.\r\n", ".a: b\n\n");
}

/* CVE-2023-51764 and its kin: nothing else ends a message. */
static void test_smuggling(void **state)
{
	static const char *const fakes[] = {
		"\n.\n",       "\n.\r\n",     "\r\n.\n",   "\r.\r",
		"\r.\r\n",     "\r\n.\r",     "\n.\r",	   "\r\r\n.\r\r\n",
		"\r\n.\r\r\n", "\r\n\r.\r\n", "\n\n.\r\n", "\r\n.\x0b\r\n",
		"\r\n. \r\n",  "\r.\n"};
	char in[256];

	(void)state;
	for (size_t i = 0; i < sizeof(fakes) / sizeof(fakes[0]); i++) {
		size_t len;

		(void)strcpy(in, H "x");
		(void)strcat(in, fakes[i]);
		(void)strcat(in, "MAIL FROM:<evil@example.com>\r\n.\r\n");
		len = strlen(in);
		for (size_t cut = 0; cut <= len; cut++) {
			struct decoded d = decode(in, len, cut);

			assert_true(d.has_ended);
			assert_int_equal(d.left, 0);
			assert_non_null(strstr(d.text, "MAIL FROM:<evil"));
			assert_null(strchr(d.text, '\r'));
		}
	}
}

static void test_nul_variants(void **state)
{
	static const char in[] = H "x\r\n.\0\r\nMAIL\r\n\0.\r\ny\r\n.\r\n";
	struct decoded d;

	(void)state;
	for (size_t cut = 0; cut < sizeof(in) - 1; cut++) {
		d = decode(in, sizeof(in) - 1, cut);
		assert_true(d.has_ended);
		assert_true(d.c.has_nul);
		assert_int_equal(d.left, 0);
	}
}

static void test_line_ends(void **state)
{
	struct decoded d;

	(void)state;
	expect(H "x\ny\r\n.\r\n", HD "x\ny\n");
	expect(H "x\ry\r\n.\r\n", HD "x y\n");
	expect(H "x\r\ry\r\n.\r\n", HD "x  y\n");
	expect(H "x\r\r\ny\r\n.\r\n", HD "x \ny\n");
	expect(H "x\n.\ny\r\n.\r\n", HD "x\n.\ny\n");
	expect(H "x\n.\r\ny\r\n.\r\n", HD "x\n.\ny\n");
	expect(H "x\n..y\r\n.\r\n", HD "x\n.y\n");
	d = decode(H "x\ny\r\n.\r\n", sizeof(H "x\ny\r\n.\r\n") - 1, 0);
	assert_true(d.c.has_bare_lf);
	d = decode(H "x\r\ny\r\n.\r\n", sizeof(H "x\r\ny\r\n.\r\n") - 1, 0);
	assert_false(d.c.has_bare_lf);
}

static void test_missing_empty_line(void **state)
{
	(void)state;
	expect("hello world\r\n.\r\n", "\nhello world\n");
	expect("hello\r\nx: y\r\n.\r\n", "\nhello\nx: y\n");
	expect(" folded first\r\n.\r\n", "\n folded first\n");
	expect("a: b\r\nbody\r\n.\r\n", "a: b\n\nbody\n");
	expect("a: b\r\n c\r\n\td\r\n\r\n e\r\n.\r\n", "a: b\n c\n\td\n\n e\n");
	expect("a : b\r\n\r\nx\r\n.\r\n", "a : b\n\nx\n");
	expect(": b\r\n.\r\n", "\n: b\n");
	expect("\r\nbody: x\r\n.\r\n", "\nbody: x\n");
	expect("From me Tue\r\na: b\r\n\r\nx\r\n.\r\n",
	       "X-Mailbox-Line: From me Tue\na: b\n\nx\n");
}

static void test_long_first_line(void **state)
{
	char in[1024];

	(void)state;
	for (size_t n = SMTP_HEAD_MAX - 3; n < SMTP_HEAD_MAX + 3; n++) {
		char want[1024];

		memset(in, 'x', n);
		(void)strcpy(in + n, ": y\r\n\r\n.\r\n");
		memset(want, 0, sizeof(want));
		/* A name of SMTP_HEAD_MAX bytes and more is none. */
		if (n >= SMTP_HEAD_MAX)
			want[0] = '\n';
		memset(want + strlen(want), 'x', n);
		(void)strcat(want, ": y\n\n");
		expect(in, want);
	}
}

static void test_hops_and_headers(void **state)
{
	static const char in[] =
		"Received: a\r\nreceived : b\r\n\tReceived: c\r\n"
		"X-Received: d\r\nRECEIVED:e\r\n\r\nReceived: f\r\n.\r\n";
	struct decoded d;

	(void)state;
	for (size_t cut = 0; cut < sizeof(in) - 1; cut++) {
		d = decode(in, sizeof(in) - 1, cut);
		assert_int_equal(d.c.hops, 3);
	}
}

static void test_size_counts_line_ends_as_two(void **state)
{
	struct decoded d;

	(void)state;
	d = decode("a: b\n\n..c\r\n.\r\n", 14, 3);
	assert_true(d.has_ended);
	assert_int_equal(d.c.size, 6 + 2 + 4);
}

/* Random text out and in again, as every client stuffs it. */
static void test_round_trip(void **state)
{
	static const char alphabet[] = ".\n.\nab:\t ";
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		char text[200] = HD;
		char wire[600];
		size_t len = strlen(text);
		size_t at = 0;
		size_t n;

		seed = seed * 1103515245u + 12345u;
		n = len + (seed >> 16) % 150;
		for (; len < n; len++) {
			seed = seed * 1103515245u + 12345u;
			text[len] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
		}
		text[len++] = '\n';
		text[len] = '\0';
		for (size_t i = 0; i < len; i++) {
			if (text[i] == '.' && (i == 0 || text[i - 1] == '\n'))
				wire[at++] = '.';
			if (text[i] == '\n')
				wire[at++] = '\r';
			wire[at++] = text[i];
		}
		memcpy(wire + at, ".\r\n", 3);
		at += 3;
		seed = seed * 1103515245u + 12345u;
		{
			struct decoded d = decode(wire, at, (seed >> 16) % at);

			assert_true(d.has_ended);
			assert_string_equal(d.text, text);
			assert_int_equal(d.left, 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_dots),
		cmocka_unit_test(test_smuggling),
		cmocka_unit_test(test_nul_variants),
		cmocka_unit_test(test_line_ends),
		cmocka_unit_test(test_missing_empty_line),
		cmocka_unit_test(test_long_first_line),
		cmocka_unit_test(test_hops_and_headers),
		cmocka_unit_test(test_size_counts_line_ends_as_two),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
