/* SPDX-License-Identifier: BSD-2-Clause */
/* SPF records: the grammar of RFC 7208 section 12, and places of faults. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "grammar/spf.h"
#include "grammar_case.h"

enum { ERRORS_MAX = 16 };

/* Parses, and gives the places of the errors as "LO-HI ". */
static const char *places(struct arena *arena, const char *text,
			  struct spf_record **out_record)
{
	struct spf_error errors[ERRORS_MAX];
	size_t n = spf_parse(arena, str_of(text), out_record, errors, ERRORS_MAX);
	const char *s = "";

	for (size_t i = 0; i < n; i++)
		s = arena_printf(arena, "%s%zu-%zu ", s, errors[i].lo, errors[i].hi);
	return s;
}

static void good(const char *text, const char *dump)
{
	struct arena *arena = arena_new(0);
	struct spf_record *record;
	struct strbuf out;

	assert_string_equal(places(arena, text, &record), "");
	strbuf_init(&out, 1 << 20);
	spf_dump(&out, record);
	assert_string_equal(out.len ? out.ptr : "", dump);
	strbuf_fini(&out);
	arena_free(arena);
}

static void bad(const char *text, const char *want, size_t terms)
{
	struct arena *arena = arena_new(0);
	struct spf_record *record;

	assert_string_equal(places(arena, text, &record), want);
	assert_int_equal(record->term_count, terms);
	arena_free(arena);
}

static void test_terms(void **state)
{
	(void)state;
	good("v=spf1", "");
	good("V=SPF1  -ALL ", "term 8-12 -all /-1 //-1\n");
	good("v=spf1 a mx ~ptr ?a:x.y/24//64 mx//0 a/0",
	     "term 7-8 +a /-1 //-1\nterm 9-11 +mx /-1 //-1\nterm 12-16 ~ptr /-1 //-1\n"
	     "term 17-30 ?a /24 //64\n text \"x.y\"\nterm 31-36 +mx /-1 //0\n"
	     "term 37-40 +a /0 //-1\n");
	good("v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 ip6:::1",
	     "term 7-23 +ip4 /24 //-1 c0000200\n"
	     "term 24-41 +ip6 /-1 //32 20010db8000000000000000000000000\n"
	     "term 42-49 +ip6 /-1 //-1 00000000000000000000000000000001\n");
	good("v=spf1 redirect=_spf.x.y. foo.b-r_=%{s}!",
	     "term 7-25 +redirect /-1 //-1\n text \"_spf.x.y.\"\n"
	     "term 26-40 +modifier /-1 //-1 \"foo.b-r_\"\n");
}

static void test_macros(void **state)
{
	(void)state;
	good("v=spf1 exists:%{ir}.%{L1R-+}%%.%_%-%{d128}",
	     "term 7-42 +exists /-1 //-1\n macro i digits 0 reverse \"\"\n text \".\"\n"
	     " macro l escape digits 1 reverse \"-+\"\n text \"%\"\n text \".\"\n"
	     " text \" \"\n text \"%20\"\n macro d digits 128 \"\"\n");
	/* A slash is part of the name unless a length ends the term. */
	good("v=spf1 a:foo/24.x.y/24", "term 7-22 +a /24 //-1\n text \"foo/24.x.y\"\n");
	good("v=spf1 a:%{d}/24", "term 7-16 +a /24 //-1\n macro d digits 0 \"\"\n");
}

static void test_faults(void **state)
{
	(void)state;
	bad("v=spf10 all", "0-6 ", 0);
	bad("", "0-0 ", 0);
	bad("v=spf1 ip4:1.2.3 foo a:b include: all", "11-16 17-20 23-24 33-33 ", 1);
	bad("v=spf1 ip4:1.2.3.4/33 ip4:1.2.3.04 a/33 a//129 mx/024",
	    "19-21 26-34 37-39 43-46 50-53 ", 0);
	bad("v=spf1 ip6:::1/129 ip6:::1//8 ip6:1:2", "15-18 26-28 34-37 ", 0);
	bad("v=spf1 redirect=a.b redirect=c.d exp=a.b exp=a.b", "20-32 41-48 ", 2);
	bad("v=spf1 -redirect=a.b all:x all/8 ptr/8 include:x.y/8",
	    "8-17 24-25 30-31 36-37 50-51 ", 0);
	bad("v=spf1 a:x a:x.1 a:x.-y a:x.y- a:x..", "9-10 13-16 19-23 26-30 33-36 ", 0);
	bad("v=spf1 a:%{c}.x a:%{R}.x a:%{t}.x", "11-12 20-21 29-30 ", 0);
	bad("v=spf1 a:%{} a:%{x}.y a:%{d0}.y a:%{ds}.y a:%{d a:%x a:%",
	    "11-12 17-18 27-28 37-38 47-48 50-51 55-56 ", 0);
	bad("v=spf1 \tall all", "7-8 ", 1);
	bad("v=spf1 a:\xc3\xa9.x =x 1=x ++all", "9-10 14-15 17-18 22-23 ", 0);
	bad("v=spf1 ip4 redirect:a.b", "7-10 11-19 ", 0);
}

/* Every term after a fault is read, and errors beyond the room are dropped. */
static void test_many_faults(void **state)
{
	struct arena *arena = arena_new(0);
	struct str body = grammar_case_repeat(arena, " foo", 40);
	const char *text = arena_printf(arena, "v=spf1%.*s all", STR_ARG(body));
	struct spf_error errors[3];
	struct spf_record *record;

	(void)state;
	assert_int_equal(spf_parse(arena, str_of(text), &record, errors, 3), 3);
	assert_int_equal(errors[2].lo, 15);
	assert_int_equal(record->term_count, 1);
	assert_int_equal(spf_parse(arena, str_of(text), &record, NULL, 0), 1);
	arena_free(arena);
}

static void test_line_end(void **state)
{
	struct arena *arena = arena_new(0);
	struct spf_error errors[ERRORS_MAX];
	struct spf_record *record;
	static const char nul[] = "v=spf1 a\0 all";

	(void)state;
	assert_string_equal(places(arena, "v=spf1 a\n all", &record), "8-9 ");
	assert_int_equal(spf_parse(arena, (struct str){nul, sizeof(nul) - 1}, &record,
				   errors, ERRORS_MAX),
			 1);
	assert_int_equal(errors[0].lo, 8);
	arena_free(arena);
}

static void test_explain(void **state)
{
	struct arena *arena = arena_new(0);
	struct spf_macro macro;

	(void)state;
	assert_true(spf_parse_explain(arena, str_of("%{c} of %{R} said %%no at %{t}."),
				      &macro));
	assert_int_equal(macro.part_count, 8);
	assert_int_equal(macro.parts[0].letter, 'c');
	assert_true(macro.parts[2].escape);
	assert_true(spf_parse_explain(arena, str_of(""), &macro));
	assert_int_equal(macro.part_count, 0);
	assert_false(spf_parse_explain(arena, str_of("100% sure"), &macro));
	assert_false(spf_parse_explain(arena, str_of("%{q}"), &macro));
	assert_false(spf_parse_explain(arena, str_of("a\x80"), &macro));
	assert_false(spf_parse_explain(arena, str_of("a\nb"), &macro));
	arena_free(arena);
}

static void test_is_record(void **state)
{
	(void)state;
	assert_true(spf_is_record(str_of("v=spf1")));
	assert_true(spf_is_record(str_of("V=spf1 all")));
	assert_false(spf_is_record(str_of("v=spf10")));
	assert_false(spf_is_record(str_of("v=spf")));
	assert_false(spf_is_record(str_of(" v=spf1")));
}

/* An arena that is full gives no record; it never ends the program. */
static void test_capped_arena(void **state)
{
	static const char text[] = "v=spf1 a:%{d}.x.y ip4:1.2.3.4 foo -all";
	struct spf_error errors[ERRORS_MAX];
	size_t complete = 0;

	(void)state;
	for (size_t cap = 1; cap < 24000; cap += 61) {
		struct arena *arena = arena_new(cap);
		struct spf_record *record;
		size_t n = spf_parse(arena, str_of(text), &record, errors, ERRORS_MAX);

		assert_int_equal(n, 1);
		if (record)
			complete++;
		arena_free(arena);
	}
	assert_true(complete > 0);
}

/* As long as a TXT record can be. */
static void test_long_record(void **state)
{
	struct arena *arena = arena_new(0);
	struct str body = grammar_case_repeat(arena, "x.", 32000);
	struct spf_record *record;

	(void)state;
	assert_string_equal(places(arena,
				   arena_printf(arena, "v=spf1 a:%.*sy", STR_ARG(body)),
				   &record),
			    "");
	assert_int_equal(record->terms[0].domain.parts[0].text.len, 64001);
	body = grammar_case_repeat(arena, " a", 32000);
	assert_string_equal(
		places(arena, arena_printf(arena, "v=spf1%.*s", STR_ARG(body)), &record),
		"");
	assert_int_equal(record->term_count, 32000);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terms),	    cmocka_unit_test(test_macros),
		cmocka_unit_test(test_faults),	    cmocka_unit_test(test_many_faults),
		cmocka_unit_test(test_line_end),    cmocka_unit_test(test_explain),
		cmocka_unit_test(test_is_record),   cmocka_unit_test(test_capped_arena),
		cmocka_unit_test(test_long_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
