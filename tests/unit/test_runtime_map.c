/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Look-ups in tables without a database: rows, static, fail, passwd files,
 * and tables of rules. What the rules answer was taken from postmap -q (the
 * end-to-end tests ask it again where it is installed).
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/status.h"
#include "runtime/config.h"
#include "runtime/map.h"

struct warnings {
	struct rt_map_warn base;
	unsigned count;
	unsigned last_line;
	char last[128];
};

static void on_warning(struct rt_map_warn *warn, unsigned line, const char *message)
{
	struct warnings *w = (struct warnings *)warn;

	w->count++;
	w->last_line = line;
	snprintf(w->last, sizeof(w->last), "%s", message);
}

static struct rt_map *rules(struct arena *arena, const char *type, const char *text,
			    struct warnings *w)
{
	struct rt_map *map = NULL;

	*w = (struct warnings){.base = {on_warning}};
	assert_int_equal(
		rt_map_of_text(arena,
			       &(struct rt_map_text){type, type, str_of(text), false},
			       &w->base, &map),
		MCC_OK);
	return map;
}

/* The value, "-" when there is none, "!" when the look-up fails. */
static const char *ask(struct arena *arena, struct rt_map *map, const char *key)
{
	struct str value = {NULL, 0};

	switch (rt_map_lookup(map, str_of(key), arena, &value, NULL)) {
	case RT_FOUND:
		return str_dup0(arena, value);
	case RT_NOT_FOUND:
		return "-";
	case RT_LOOKUP_ERROR:
		break;
	}
	return "!";
}

static void test_rows(void **state)
{
	static const struct rt_row rows[] = {
		{STR_LIT("Alice"), STR_LIT("1"), 4},
		{STR_LIT("alice"), STR_LIT("2"), 5},
	};
	struct arena *arena = arena_new(0);
	struct rt_map *folded =
		rt_map_of_rows(arena, "t", rows, 2, (struct rt_keys){true, false});
	struct rt_map *exact =
		rt_map_of_rows(arena, "t", rows, 2, (struct rt_keys){false, false});
	struct str value;
	unsigned line = 0;

	(void)state;
	assert_string_equal(ask(arena, folded, "ALICE"), "1");
	assert_string_equal(ask(arena, exact, "alice"), "2");
	assert_string_equal(ask(arena, exact, "ALICE"), "-");
	rt_map_lookup(exact, str_of("alice"), arena, &value, &line);
	assert_int_equal(line, 5);
	assert_true(folded->flags & RT_MAP_PARTIAL_KEYS);
	assert_string_equal(ask(arena, rt_map_static(arena, "s", str_of("v")), "x"), "v");
	assert_string_equal(ask(arena, rt_map_fail(arena, "f"), "x"), "!");
	arena_free(arena);
}

static void test_cidr(void **state)
{
	static const char text[] = "# comment\n"
				   "192.0.2.1\n"
				   "   one address\n"
				   "!192.0.2.0/24 elsewhere\n"
				   "192.0.2.129/25 host bits\n"
				   "if 192.0.2.128/25\n"
				   "192.0.2.200 in the block\n"
				   "endif\n"
				   "192.0.2.0/24\n"
				   "192.0.2.0/33 x\n"
				   "endif\n"
				   "0.0.0.0/0 rest\n"
				   "2001:db8::/32 documents\n";
	struct arena *arena = arena_new(0);
	struct warnings w;
	struct rt_map *map = rules(arena, "cidr", text, &w);

	(void)state;
	assert_int_equal(w.count, 4);
	assert_int_equal(w.last_line, 11);
	assert_string_equal(ask(arena, map, "192.0.2.1"), "one address");
	assert_string_equal(ask(arena, map, "192.0.2.200"), "in the block");
	assert_string_equal(ask(arena, map, "192.0.2.201"), "rest");
	assert_string_equal(ask(arena, map, "10.0.0.1"), "elsewhere");
	assert_string_equal(ask(arena, map, "2001:db8::1"), "documents");
	assert_string_equal(ask(arena, map, "example.com"), "-");
	assert_string_equal(ask(arena, map, ""), "-");
	assert_int_equal(map->flags & RT_MAP_PARTIAL_KEYS, 0);
	arena_free(arena);
}

static void test_regexp(void **state)
{
	static const char text[] = "/^(.*)@example\\.com$/ ${1}@$(1).example $$5\n"
				   "!/@/ no at\n"
				   "if /^list-/\n"
				   "/-owner@/ owner\n"
				   "/^list-(a|b)?/i group [$1]\n"
				   "endif\n"
				   "/x/!/y/ x without y\n"
				   "/(/ broken\n"
				   "/z/ $1\n"
				   "!/(q)/ $1\n"
				   "/open\n"
				   "/w/q flag\n"
				   "/empty/\n"
				   "if /never closed/\n";
	struct arena *arena = arena_new(0);
	struct warnings w;
	struct rt_map *map = rules(arena, "regexp", text, &w);

	(void)state;
	assert_int_equal(w.count, 7);
	assert_string_equal(ask(arena, map, "Joe@EXAMPLE.com"), "Joe@Joe.example $5");
	assert_string_equal(ask(arena, map, "plain"), "no at");
	assert_string_equal(ask(arena, map, "list-owner@x"), "owner");
	assert_string_equal(ask(arena, map, "list-a@x"), "group [a]");
	assert_string_equal(ask(arena, map, "LIST-c@x"), "x without y");
	assert_string_equal(ask(arena, map, "x@"), "x without y");
	assert_string_equal(ask(arena, map, "xy@"), "-");
	assert_string_equal(ask(arena, map, "empty@"), "");
	arena_free(arena);
}

static void test_pcre(void **state)
{
	static const char text[] = "/^(?<user>\\w+)\\+\\d+@(.*)$/ $1@$2\n"
				   "/CASE/i with case\n"
				   "/^(a+)+$/ slow\n"
				   "/x/Z flag\n"
				   "/a|/ any\n";
	struct arena *arena = arena_new(0);
	struct warnings w;
	struct rt_map *map = rules(arena, "pcre", text, &w);
	struct rt_map *none = NULL;

	(void)state;
	assert_int_equal(w.count, 1);
	assert_string_equal(ask(arena, map, "joe+12@x.example"), "joe@x.example");
	assert_string_equal(ask(arena, map, "CASE"), "with case");
	assert_string_equal(ask(arena, map, "case"), "any");
	assert_int_equal(
		rt_map_of_text(arena, &(struct rt_map_text){.type = "ldap", .name = "l"},
			       NULL, &none),
		MCC_EUNSUPPORTED);
	arena_free(arena);
}

/* Work that grows with the text of a rule or a key stays bounded. */
static void test_hostile(void **state)
{
	struct arena *arena = arena_new(0);
	enum { COUNT = 50000 };
	char *text = arena_alloc(arena, COUNT * 8 + 1);
	char *key = arena_alloc(arena, 64);
	struct warnings w;
	struct rt_map *map;

	(void)state;
	map = rules(arena, "regexp", "if /a/\nif /b/\nendif\nendif\nendif\n", &w);
	assert_int_equal(w.count, 1);
	assert_string_equal(ask(arena, map, "a"), "-");
	for (size_t i = 0; i < COUNT; i++)
		memcpy(text + i * 6, "endif\n", 6);
	rules(arena, "cidr", text, &w);
	assert_int_equal(w.count, COUNT);
	/* Exponential backtracking ends at the library's limit: an error. */
	memset(key, 'a', 40);
	key[40] = 'b';
	map = rules(arena, "pcre", "/^(a+)+(a+)+(a+)+$/ x\n", &w);
	assert_true(strchr("-!", ask(arena, map, key)[0]) != NULL);
	arena_free(arena);
}

static void test_passwd(void **state)
{
	struct arena *arena = arena_new(0);
	char path[] = "/tmp/test_passwd.XXXXXX";
	int fd = mkstemp(path);
	struct rt_map *map = rt_map_passwd(arena, "unix:passwd.byname", path);

	(void)state;
	assert_true(dprintf(fd, "alice:x:1000:1000::/home/alice:/bin/sh\n"
				"# bob:x:1:1::/:\n+nis\n:x:0:0\n") > 0);
	close(fd);
	assert_string_equal(ask(arena, map, "Alice"),
			    "alice:x:1000:1000::/home/alice:/bin/sh");
	assert_string_equal(ask(arena, map, "bob"), "-");
	assert_string_equal(ask(arena, map, "+nis"), "-");
	assert_string_equal(ask(arena, map, ""), "-");
	/* A new user counts at once. */
	fd = open(path, O_WRONLY | O_APPEND);
	assert_true(dprintf(fd, "carol:x:1001:1001::/:/bin/sh\n") > 0);
	close(fd);
	assert_string_equal(ask(arena, map, "carol"), "carol:x:1001:1001::/:/bin/sh");
	/* "Cannot tell" is not "no such user". */
	unlink(path);
	assert_string_equal(ask(arena, map, "alice"), "!");
	rt_map_close(map);
	arena_free(arena);
}

static void test_open_of_a_generation(void **state)
{
	struct arena *arena = arena_new(0);
	char dir[] = "/tmp/test_maps.XXXXXX";
	struct rt_map_ref refs[] = {
		{.name = "static:v", .type = "static", .argument = "v"},
		{.name = "cidr:/c", .type = "cidr", .path = "c.cidr"},
		{.name = "ldap:/l", .type = "ldap", .argument = "/l"},
		{.name = "hash:/h", .type = "hash", .path = "missing.db"},
	};
	struct rt_config config = {.maps = refs, .map_count = 3};
	char err[256] = "";
	int fd = -1;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(fs_open_dir(AT_FDCWD, dir, false, &fd), MCC_OK);
	assert_int_equal(fs_write_file(fd, "c.cidr", STR_LIT("192.0.2.0/24 x\n"), 0644),
			 MCC_OK);
	assert_int_equal(rt_maps_open(arena, &config, fd, "/etc/passwd", err, 256),
			 MCC_OK);
	assert_string_equal(ask(arena, refs[0].map, "k"), "v");
	assert_string_equal(ask(arena, refs[1].map, "192.0.2.9"), "x");
	assert_string_equal(ask(arena, refs[2].map, "k"), "!");
	rt_maps_close(&config);
	assert_null(refs[0].map);
	config.map_count = 4;
	assert_int_equal(rt_maps_open(arena, &config, fd, "/etc/passwd", err, 256),
			 MCC_ENOENT);
	assert_string_equal(err, "missing.db: no such file or directory");
	assert_null(refs[1].map);
	close(fd);
	assert_int_equal(fs_remove_tree(AT_FDCWD, dir), MCC_OK);
	arena_free(arena);
}

static void test_no_substitution(void **state)
{
	struct arena *arena = arena_new(0);
	struct warnings w = {.base = {on_warning}};
	struct rt_map_text text = {
		"regexp", "r", STR_LIT("/^(.*)@a$/ $1@b\n/^x@/ $$y\n/a/ plain\n"), true};
	struct rt_map *map = NULL;

	(void)state;
	assert_int_equal(rt_map_of_text(arena, &text, &w.base, &map), MCC_OK);
	assert_int_equal(w.count, 1);
	assert_int_equal(w.last_line, 1);
	assert_string_equal(ask(arena, map, "u@a"), "plain");
	assert_string_equal(ask(arena, map, "x@c"), "$y");
	arena_free(arena);
}

static void test_composed(void **state)
{
	struct arena *arena = arena_new(0);
	const struct rt_row first[] = {{STR_LIT("k"), STR_LIT("Vv"), 1}};
	const struct rt_row second[] = {{STR_LIT("vv"), STR_LIT("two"), 1},
					{STR_LIT("k"), STR_LIT("three"), 2}};
	struct rt_map *parts[] = {
		rt_map_of_rows(arena, "a", first, 1, (struct rt_keys){true, false}),
		rt_map_of_rows(arena, "b", second, 2, (struct rt_keys){true, false}),
		rt_map_fail(arena, "c")};
	struct rt_map *map = rt_map_of_parts(arena, false, "p", parts, 2);

	(void)state;
	assert_string_equal(ask(arena, map, "K"), "two");
	assert_string_equal(ask(arena, map, "vv"), "-");
	map = rt_map_of_parts(arena, true, "u", parts, 2);
	assert_string_equal(ask(arena, map, "k"), "Vv,three");
	assert_string_equal(ask(arena, map, "z"), "-");
	map = rt_map_of_parts(arena, true, "u", parts, 3);
	assert_string_equal(ask(arena, map, "k"), "!");
	arena_free(arena);
}

static void test_random(void **state)
{
	struct arena *arena = arena_new(0);
	struct rt_map *map = rt_map_random(arena, "r", STR_LIT("{a, {b c},d}"));

	(void)state;
	assert_int_equal(rt_map_outcomes(map), 3);
	rt_map_pick(map, 1);
	assert_string_equal(ask(arena, map, "k"), "{b c}");
	rt_map_pick(map, 2);
	assert_string_equal(ask(arena, map, "k"), "d");
	assert_string_equal(ask(arena, rt_map_random(arena, "r", STR_LIT("{}")), "k"),
			    "!");
	assert_string_equal(ask(arena, rt_map_random(arena, "r", STR_LIT("a")), "k"),
			    "!");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_cidr),
		cmocka_unit_test(test_regexp),
		cmocka_unit_test(test_pcre),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_passwd),
		cmocka_unit_test(test_open_of_a_generation),
		cmocka_unit_test(test_no_substitution),
		cmocka_unit_test(test_composed),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
