/* SPDX-License-Identifier: BSD-2-Clause */
/* Match lists: order, negation, parent domains, networks, tables, failures. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "rt_site.h"

static int setup(void **state)
{
	static struct rt_site site;

	rt_site_init(&site);
	*state = &site;
	return 0;
}

static int teardown(void **state)
{
	rt_site_fini(*state);
	return 0;
}

static enum rt_found string(struct rt_site *site, const char *words, const char *s)
{
	struct rt_match match = rt_site_match(site, words);

	return rt_match_string(&site->ctx, &match, str_of(s));
}

static enum rt_found domain(struct rt_site *site, const char *words, const char *s)
{
	struct rt_match match = rt_site_match(site, words);

	return rt_match_domain(&site->ctx, &match, str_of(s));
}

static enum rt_found host(struct rt_site *site, const char *words, const char *name,
			  const char *address)
{
	struct rt_match match = rt_site_match(site, words);

	return rt_match_host(&site->ctx, &match, str_of(name), str_of(address));
}

static void test_strings(void **state)
{
	struct rt_site *site = *state;

	assert_int_equal(string(site, "", "a"), RT_NOT_FOUND);
	assert_int_equal(string(site, "a.example b.example", "B.Example"), RT_FOUND);
	assert_int_equal(string(site, "a.example", "x.a.example"), RT_NOT_FOUND);
	assert_int_equal(string(site, ".a.example", "x.a.example"), RT_NOT_FOUND);
	assert_int_equal(string(site, "!a.example a.example", "a.example"), RT_NOT_FOUND);
	assert_int_equal(string(site, "a.example !a.example", "a.example"), RT_FOUND);
}

static void test_domains(void **state)
{
	struct rt_site *site = *state;

	assert_int_equal(domain(site, "a.example", "x.a.example"), RT_NOT_FOUND);
	assert_int_equal(domain(site, ".a.example", "x.a.example"), RT_FOUND);
	assert_int_equal(domain(site, ".a.example", "a.example"), RT_NOT_FOUND);
	assert_int_equal(domain(site, "^a.example", "x.y.a.example"), RT_FOUND);
	assert_int_equal(domain(site, "^a.example", "a.example"), RT_FOUND);
	assert_int_equal(domain(site, "^a.example", "xa.example"), RT_NOT_FOUND);
	assert_int_equal(domain(site, "^a.example", ".a.example"), RT_NOT_FOUND);
	assert_int_equal(domain(site, "!x.a.example ^a.example", "x.a.example"),
			 RT_NOT_FOUND);
	assert_int_equal(domain(site, "!x.a.example ^a.example", "y.a.example"),
			 RT_FOUND);
}

static void test_networks(void **state)
{
	struct rt_site *site = *state;

	assert_int_equal(host(site, "192.168.0.0/16", "unknown", "192.168.255.1"),
			 RT_FOUND);
	assert_int_equal(host(site, "192.168.0.0/16", "unknown", "192.169.0.1"),
			 RT_NOT_FOUND);
	assert_int_equal(host(site, "10.0.0.128/25", "unknown", "10.0.0.127"),
			 RT_NOT_FOUND);
	assert_int_equal(host(site, "10.0.0.128/25", "unknown", "10.0.0.129"), RT_FOUND);
	assert_int_equal(host(site, "10.0.0.1/32", "unknown", "10.0.0.1"), RT_FOUND);
	assert_int_equal(host(site, "0.0.0.0/0", "unknown", "203.0.113.9"), RT_FOUND);
	assert_int_equal(host(site, "0.0.0.0/0", "unknown", "2001:db8::1"), RT_NOT_FOUND);
	assert_int_equal(host(site, "2001:db8::/32", "unknown", "2001:db8:1::1"),
			 RT_FOUND);
	assert_int_equal(host(site, "2001:db8::/33", "unknown", "2001:db8:8000::1"),
			 RT_NOT_FOUND);
	assert_int_equal(host(site, "::1/128", "unknown", "0:0:0:0:0:0:0:1"), RT_FOUND);
	assert_int_equal(host(site, "!10.0.0.0/24 10.0.0.0/8", "unknown", "10.0.0.1"),
			 RT_NOT_FOUND);
	assert_int_equal(host(site, "mx.example", "mx.example", "10.0.0.1"), RT_FOUND);
	assert_int_equal(host(site, "10.0.0.1", "unknown", "10.0.0.1"), RT_FOUND);
}

static void add_map(struct rt_site *site, struct rt_match *match, const char *const *rows)
{
	struct rt_match_item *items = arena_array(site->arena, 2, sizeof(*items));

	items[0] = (struct rt_match_item){.kind = RT_MATCH_MAP,
					  .text = "hash:x",
					  .map = rt_site_table(site, "hash:x", rows)};
	items[1] = (struct rt_match_item){.kind = RT_MATCH_WORD, .text = "later.example"};
	*match = (struct rt_match){.items = items, .count = 2};
}

static void test_tables(void **state)
{
	static const char *const rows[] = {"a.example", "x", ".b.example", "x",
					   "10.0.0.1",	"x", NULL};
	struct rt_site *site = *state;
	struct rt_match match;

	add_map(site, &match, rows);
	assert_int_equal(rt_match_string(&site->ctx, &match, str_of("A.Example")),
			 RT_FOUND);
	assert_int_equal(rt_match_string(&site->ctx, &match, str_of("x.a.example")),
			 RT_NOT_FOUND);
	assert_int_equal(rt_match_domain(&site->ctx, &match, str_of("x.b.example")),
			 RT_FOUND);
	assert_int_equal(rt_match_domain(&site->ctx, &match, str_of("x.a.example")),
			 RT_NOT_FOUND);
	match.parent_matches = true;
	assert_int_equal(rt_match_domain(&site->ctx, &match, str_of("x.a.example")),
			 RT_FOUND);
	assert_int_equal(
		rt_match_host(&site->ctx, &match, str_of("unknown"), str_of("10.0.0.1")),
		RT_FOUND);
	assert_int_equal(rt_match_string(&site->ctx, &match, str_of("later.example")),
			 RT_FOUND);
}

/* A table that fails ends the search where it stands, not before. */
static void test_failures(void **state)
{
	static struct rt_match_item items[] = {
		{.kind = RT_MATCH_WORD, .text = "first.example"},
		{.kind = RT_MATCH_ERROR, .text = "host bits", .family = AF_INET},
		{.kind = RT_MATCH_WORD, .text = "last.example"},
	};
	const struct rt_match match = {.items = items, .count = array_len(items)};
	struct rt_site *site = *state;
	struct rt_match failing;

	assert_int_equal(rt_match_host(&site->ctx, &match, str_of("first.example"),
				       str_of("10.0.0.1")),
			 RT_FOUND);
	assert_int_equal(rt_match_host(&site->ctx, &match, str_of("last.example"),
				       str_of("10.0.0.1")),
			 RT_LOOKUP_ERROR);
	assert_int_equal(rt_match_host(&site->ctx, &match, str_of("last.example"),
				       str_of("2001:db8::1")),
			 RT_FOUND);
	add_map(site, &failing, NULL);
	assert_int_equal(rt_match_string(&site->ctx, &failing, str_of("later.example")),
			 RT_LOOKUP_ERROR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_strings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_domains, setup, teardown),
		cmocka_unit_test_setup_teardown(test_networks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tables, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failures, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
