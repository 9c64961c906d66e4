/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `sendmail` makes of a message: addresses in headers (RFC 5322 3.4),
 * recipients of -t, missing headers, the end of the text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "mccd/submit_message.h"

struct vector {
	const char *text;
	const char *want; /* joined by '|'; NULL: refused */
};

static const struct vector vectors[] = {
	{"a@b.example", "a@b.example"},
	{" a@b.example , c@d.example ", "a@b.example|c@d.example"},
	{"Name <a@b.example>", "a@b.example"},
	{"\"Last, First\" <a@b.example>", "a@b.example"},
	{"\"q \\\" , <x>\" <a@b.example>, c", "a@b.example|c"},
	{"a@b.example (comment, with <x@y>)", "a@b.example"},
	{"a@b.example (nested (deep) one)", "a@b.example"},
	{"(\\) still) a@b.example", "a@b.example"},
	{"\"a b\"@c.example", "\"a b\"@c.example"},
	{"<\"a b\"@c.example>", "\"a b\"@c.example"},
	{"<\"a>b\"@c.example>", "\"a>b\"@c.example"},
	{"group: a@b.example, c@d.example;", "a@b.example|c@d.example"},
	{"undisclosed-recipients:;", ""},
	{"g: a@b.example;, e@f.example", "a@b.example|e@f.example"},
	{"a@b.example,\n\tc@d.example", "a@b.example|c@d.example"},
	{",,a@b.example,", "a@b.example"},
	{"", ""},
	{"user", "user"},
	{"a b", NULL},
	{"Name a@b.example", NULL},
	{"<a@b.example", NULL},
	{"a@b.example>", NULL},
	{"<>", NULL},
	{"<a@b.example> <c@d.example>", NULL},
	{"<a<b>", NULL},
	{"(open", NULL},
	{"\"open", NULL},
	{"g: h: a;", NULL},
	{"a;", NULL},
	{"<a\x01@b.example>", NULL},
};

static void test_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct arena *arena = arena_new(0);
		struct submit_list list = {0};
		char got[1024] = "";
		bool good = submit_parse_addresses(arena, str_of(vectors[i].text), &list);

		for (size_t k = 0; k < list.count; k++) {
			if (k > 0)
				(void)strcat(got, "|");
			(void)strcat(got, list.items[k]);
		}
		if (good != (vectors[i].want != NULL) ||
		    (good && strcmp(got, vectors[i].want) != 0))
			fail_msg("%s: %s", vectors[i].text, good ? got : "refused");
		arena_free(arena);
	}
}

static void test_deep_comment(void **state)
{
	struct arena *arena = arena_new(0);
	struct submit_list list = {0};
	char text[300];

	(void)state;
	memset(text, '(', 33);
	memset(text + 33, ')', 33);
	(void)strcpy(text + 66, "a@b.example");
	assert_false(submit_parse_addresses(arena, str_of(text), &list));
	assert_true(submit_parse_addresses(arena, (struct str){text + 1, 64}, &list));
	arena_free(arena);
}

static struct submit_message split(struct arena *arena, const char *text)
{
	struct submit_message m;

	submit_split(arena, str_of(text), &m);
	return m;
}

static void test_split(void **state)
{
	struct arena *arena = arena_new(0);
	struct submit_message m;

	(void)state;
	m = split(arena, "A: b\n c\nD: e\n\nbody: x\n");
	assert_true(str_eqc(m.headers, "A: b\n c\nD: e\n"));
	assert_true(str_eqc(m.body, "body: x\n"));
	m = split(arena, "no header here\nA: b\n");
	assert_int_equal(m.headers.len, 0);
	assert_true(str_eqc(m.body, "no header here\nA: b\n"));
	m = split(arena, "A: b\nbody\n");
	assert_true(str_eqc(m.headers, "A: b\n"));
	assert_true(str_eqc(m.body, "body\n"));
	m = split(arena, "\nbody\n");
	assert_int_equal(m.headers.len, 0);
	assert_true(str_eqc(m.body, "body\n"));
	m = split(arena, "");
	assert_int_equal(m.headers.len + m.body.len, 0);
	arena_free(arena);
}

static void test_header_recipients(void **state)
{
	struct arena *arena = arena_new(0);
	struct submit_message m =
		split(arena, "To: a@b.example,\n c@d.example\nCC : e@f.example\nbcc:g\n"
			     "X-To: no@example.com\nFrom: f@example.com\n\nTo: body@x\n");
	struct submit_list list = {0};

	(void)state;
	assert_true(submit_header_recipients(arena, &m, &list));
	assert_int_equal(list.count, 4);
	assert_string_equal(list.items[1], "c@d.example");
	assert_string_equal(list.items[2], "e@f.example");
	assert_string_equal(list.items[3], "g");
	arena_free(arena);
}

static void test_missing_headers(void **state)
{
	struct arena *arena = arena_new(0);
	struct submit_message m = split(arena, "Subject: x\n\n");

	(void)state;
	submit_complete(arena, &m, "me@example.com");
	assert_true(str_starts(m.added, "Date: "));
	assert_non_null(strstr(m.added.ptr, "\nFrom: <me@example.com>\n"));
	assert_non_null(strstr(m.added.ptr, "\nMessage-ID: <"));
	m = split(arena, "date: x\nFROM: y\nMessage-Id: <z>\n\n");
	submit_complete(arena, &m, "me@example.com");
	assert_int_equal(m.added.len, 0);
	arena_free(arena);
}

static void expect_read(const char *in, bool dot_ends, const char *want)
{
	struct arena *arena = arena_new(0);
	struct str got;
	int pipes[2];

	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(write(pipes[1], in, strlen(in)), (ssize_t)strlen(in));
	close(pipes[1]);
	assert_int_equal(submit_read_all(arena, pipes[0], dot_ends, &got), 0);
	assert_string_equal(got.ptr, want);
	assert_int_equal(got.len, strlen(want));
	close(pipes[0]);
	arena_free(arena);
}

static void test_read(void **state)
{
	(void)state;
	expect_read("", true, "");
	expect_read("a\nb", true, "a\nb\n");
	expect_read("a\r\nb\r\n", true, "a\nb\n");
	expect_read("a\n.\nb\n", true, "a\n");
	expect_read("a\n.\nb\n", false, "a\n.\nb\n");
	expect_read(".\nb\n", true, "");
	expect_read("a\n..\n.b\n", true, "a\n..\n.b\n");
	expect_read("a\r\n.\r\nb\r\n", true, "a\n");
	expect_read("a\rb\n", true, "a\rb\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_deep_comment),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_header_recipients),
		cmocka_unit_test(test_missing_headers),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
