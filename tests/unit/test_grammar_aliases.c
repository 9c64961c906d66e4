/* SPDX-License-Identifier: BSD-2-Clause */
/* aliases(5): names and stored values as postalias 3.7 makes them, members as
 * local(8) takes them apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "grammar/aliases.h"
#include "grammar_case.h"

#define CASE(text, dump, diags) \
	expect((struct str){(text), sizeof(text) - 1}, dump, diags)

static void expect(struct str text, const char *dump, const char *diags)
{
	struct grammar_case c;

	grammar_case_open(&c, text);
	aliases_dump(&c.out, c.ctx.sources, aliases_parse(&c.ctx, c.src));
	assert_string_equal(grammar_case_dump(&c), dump);
	assert_string_equal(grammar_case_diags(&c), diags);
	grammar_case_close(&c);
}

static void test_names(void **state)
{
	(void)state;
	CASE("a: b\n", "alias 1:1-1:5 \"a\" 1:1-1:2 \"b\"\n address 1:4-1:5 \"b\"\n", "");
	CASE("a  :b\n", "alias 1:1-1:6 \"a\" 1:1-1:2 \"b\"\n address 1:5-1:6 \"b\"\n",
	     "");
	CASE("\"x, y:@\": b\n",
	     "alias 1:1-1:12 \"x, y:@\" 1:1-1:9 \"b\"\n address 1:11-1:12 \"b\"\n", "");
	CASE("x.y: b\n", "alias 1:1-1:7 \"x.y\" 1:1-1:4 \"b\"\n address 1:6-1:7 \"b\"\n",
	     "");
	CASE("x y: b\n", "alias 1:1-1:7 \"x y\" 1:1-1:4 \"b\"\n address 1:6-1:7 \"b\"\n",
	     "");
	CASE("a\\:: b\n", "alias 1:1-1:7 \"a:\" 1:1-1:4 \"b\"\n address 1:6-1:7 \"b\"\n",
	     "");
}

static void test_members(void **state)
{
	(void)state;
	CASE("a: b@c.d,\n  e , \"f g\"@h\n",
	     "alias 1:1-2:14 \"a\" 1:1-1:2 \"b@c.d, e, \\\"f g\\\"@h\"\n"
	     " address 1:4-1:9 \"b@c.d\"\n address 2:3-2:4 \"e\"\n"
	     " address 2:7-2:14 \"f g@h\"\n",
	     "");
	/* A missing comma. */
	CASE("a: b c@d\n",
	     "alias 1:1-1:9 \"a\" 1:1-1:2 \"b c@d\"\n address 1:4-1:5 \"b\"\n"
	     " address 1:6-1:9 \"c@d\"\n",
	     "");
	CASE("a: John Doe <b@c>, <d>\n",
	     "alias 1:1-1:23 \"a\" 1:1-1:2 \"John Doe <b@c>, <d>\"\n"
	     " address 1:14-1:17 \"b@c\"\n address 1:21-1:22 \"d\"\n",
	     "");
	CASE("a: b (x (y) z) , c(\\))\n",
	     "alias 1:1-1:23 \"a\" 1:1-1:2 \"b (x (y) z), c (\\\\))\"\n"
	     " address 1:4-1:5 \"b\"\n address 1:18-1:19 \"c\"\n",
	     "");
}

static void test_destinations(void **state)
{
	(void)state;
	CASE("a: |/bin/x, |\"/bin/y -z\", \"|/bin/w  v\"\n",
	     "alias 1:1-1:39 \"a\" 1:1-1:2 "
	     "\"|/bin/x, |\\\"/bin/y -z\\\", \\\"|/bin/w  v\\\"\"\n"
	     " command 1:4-1:11 \"/bin/x\"\n command 1:13-1:25 \"/bin/y -z\"\n"
	     " command 1:27-1:39 \"/bin/w  v\"\n",
	     "");
	/* Without quotes the argument is an address of its own. */
	CASE("a: |/bin/x y\n",
	     "alias 1:1-1:13 \"a\" 1:1-1:2 \"|/bin/x y\"\n command 1:4-1:11 \"/bin/x\"\n"
	     " address 1:12-1:13 \"y\"\n",
	     "");
	CASE("a: /var/x, :Include:/etc/y, :include:\"/etc/z 1\"\n",
	     "alias 1:1-1:48 \"a\" 1:1-1:2 "
	     "\"/var/x, :Include:/etc/y, :include:\\\"/etc/z 1\\\"\"\n"
	     " file 1:4-1:10 \"/var/x\"\n include 1:12-1:27 \"/etc/y\"\n"
	     " include 1:29-1:48 \"/etc/z 1\"\n",
	     "");
}

static void test_faults(void **state)
{
	(void)state;
	CASE("a b\n: c\nd:\ne, f: g\nh@i: j\nk%l: m\nn: o\n",
	     "alias 7:1-7:5 \"n\" 7:1-7:2 \"o\"\n address 7:4-7:5 \"o\"\n",
	     "MC1005 1:1-1:4\nMC1005 2:1-2:2\nMC1005 3:1-3:2\nMC1005 4:1-4:5\n"
	     "MC1004 5:1-5:4\nMC1004 6:1-6:4\n");
	CASE("\"a: b\nc: d\n",
	     "alias 2:1-2:5 \"c\" 2:1-2:2 \"d\"\n address 2:4-2:5 \"d\"\n",
	     "MC1005 1:1-1:2\n");
	CASE("a: \"b\n",
	     "alias 1:1-1:6 \"a\" 1:1-1:2 \"\\\"b\\\"\"\n address 1:4-1:6 \"b\"\n",
	     "MC1005 1:4-1:5\n");
	/* A quote of its own at the end is no closing one. */
	CASE("a: \"\n",
	     "alias 1:1-1:5 \"a\" 1:1-1:2 \"\\\"\\\"\"\n address 1:4-1:5 \"\"\n",
	     "MC1005 1:4-1:5\n");
	CASE("a: b > c, d\n",
	     "alias 1:1-1:12 \"a\" 1:1-1:2 \"b>c, d\"\n address 1:11-1:12 \"d\"\n",
	     "MC1005 1:6-1:7\n");
	CASE("a: <b, c\nd: > , > , e\n",
	     "alias 1:1-1:9 \"a\" 1:1-1:2 \"<b, c\"\n"
	     "alias 2:1-2:13 \"d\" 2:1-2:2 \">, >, e\"\n address 2:12-2:13 \"e\"\n",
	     "MC1005 1:9-1:9\nMC1005 2:4-2:5\nMC1005 2:8-2:9\n");
}

static void test_right_hand_side(void **state)
{
	struct grammar_case c;
	struct alias_member *members;

	(void)state;
	grammar_case_open(&c, STR_LIT("b, |\"c d\" (e)"));
	assert_int_equal(aliases_parse_members(&c.ctx, grammar_case_text(&c), &members),
			 2);
	assert_int_equal(members[0].kind, ALIAS_ADDRESS);
	assert_int_equal(members[1].kind, ALIAS_COMMAND);
	assert_true(str_eqc(members[1].text, "c d"));
	assert_int_equal(members[1].span.lo, 3);
	assert_int_equal(members[1].span.hi, 9);
	assert_string_equal(grammar_case_diags(&c), "");
	grammar_case_close(&c);
}

/* Many members in one line: the work must not grow with their square. */
static void test_long_line(void **state)
{
	enum { MEMBERS = 100000 };
	struct arena *arena = arena_new(0);
	struct str body = grammar_case_repeat(arena, " m,", MEMBERS);
	struct grammar_case c;
	struct alias_file *file;

	(void)state;
	grammar_case_open(&c, str_of(arena_printf(arena, "a:%.*s\n", STR_ARG(body))));
	file = aliases_parse(&c.ctx, c.src);
	assert_int_equal(file->entry_count, 1);
	assert_int_equal(file->entries[0].member_count, MEMBERS);
	grammar_case_close(&c);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),		cmocka_unit_test(test_members),
		cmocka_unit_test(test_destinations),	cmocka_unit_test(test_faults),
		cmocka_unit_test(test_right_hand_side), cmocka_unit_test(test_long_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
