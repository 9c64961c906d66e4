/* SPDX-License-Identifier: BSD-2-Clause */
/* Zones: what a lookup says, and where a mistake in the file is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "dnscheck/zone.h"

static const char zone_text[] = "$ORIGIN example.org.\n"
				"$TTL 1h\n"
				"@ IN SOA ns hostmaster ( 1 2 3 ; a ( comment\n"
				"   4 600 )\n"
				"  NS ns\n"
				"  MX 10 mail\n"
				"  TXT \"a;b\" \"(c\"\n"
				"mail 300 A 192.0.2.2\n"
				"www CNAME mail\n"
				"out CNAME www.example.net.\n"
				"sub NS ns.sub\n"
				"ns.sub A 192.0.2.3\n"
				"*.wild A 192.0.2.4\n"
				"x.wild TXT here\n"
				"a.b.ent A 192.0.2.5\n"
				"ren DNAME example.net.\n"
				"$ORIGIN 2.0.192.in-addr.arpa.\n"
				"@ SOA ns.example.org. h.example.org. 1 2 3 4 60\n"
				"2 PTR mail.example.org.\n"
				"$ORIGIN turn.test.\n"
				"@ IN 1h SOA ns h 1 2 3 4 5\n"
				"a IN 60 A 192.0.2.6\n"
				"a 61 IN TXT x\n";

struct fixture {
	struct arena *arena;
	struct zone_set *set;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct zone_file file = {.path = "test.zone", .text = STR_LIT(zone_text)};
	char err[256];

	f->arena = arena_new(0);
	f->set = zone_set_new(f->arena);
	*state = f;
	return zone_read(f->arena, f->set, &file, err, sizeof(err));
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	arena_free(f->arena);
	free(f);
	return 0;
}

static struct dns_answer look(void **state, const char *text, enum dns_type type,
			      bool *out_is_open)
{
	const struct fixture *f = *state;
	struct dns_answer answer;
	struct dns_name name;

	assert_true(dns_name_parse(text, &name));
	zone_lookup(f->set, f->arena, &name, type, &answer, out_is_open);
	return answer;
}

static void test_lookups(void **state)
{
	static const struct {
		const char *name;
		enum dns_type type;
		enum dns_status status;
	} rows[] = {
		{"example.org", DNS_MX, DNS_ANSWER},
		{"EXAMPLE.org.", DNS_TXT, DNS_ANSWER},
		{"example.org", DNS_A, DNS_NODATA},
		{"nope.example.org", DNS_A, DNS_NXDOMAIN},
		{"b.ent.example.org", DNS_A, DNS_NODATA},
		{"c.ent.example.org", DNS_A, DNS_NXDOMAIN},
		{"q.wild.example.org", DNS_A, DNS_ANSWER},
		{"q.q.wild.example.org", DNS_A, DNS_ANSWER},
		{"q.wild.example.org", DNS_MX, DNS_NODATA},
		{"wild.example.org", DNS_A, DNS_NODATA},
		/* The asterisk covers neither an existing name nor what is below it. */
		{"x.wild.example.org", DNS_A, DNS_NODATA},
		{"y.x.wild.example.org", DNS_A, DNS_NXDOMAIN},
		{"sub.example.org", DNS_A, DNS_UNVERIFIED},
		{"ns.sub.example.org", DNS_A, DNS_UNVERIFIED},
		{"sub.example.org", DNS_DS, DNS_NODATA},
		{"example.net", DNS_A, DNS_UNVERIFIED},
		{"org", DNS_A, DNS_UNVERIFIED},
		{"2.2.0.192.in-addr.arpa", DNS_PTR, DNS_ANSWER},
		{"3.2.0.192.in-addr.arpa", DNS_PTR, DNS_NXDOMAIN},
	};
	bool is_open;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (look(state, rows[i].name, rows[i].type, &is_open).status !=
		    rows[i].status)
			fail_msg("%s %s", rows[i].name, dns_type_name(rows[i].type));
		assert_false(is_open);
	}
}

static void test_aliases(void **state)
{
	bool is_open;
	struct dns_answer a = look(state, "www.example.org", DNS_A, &is_open);

	assert_true(is_open);
	assert_string_equal(a.cname, "mail.example.org");
	a = look(state, "www.example.org", DNS_CNAME, &is_open);
	assert_false(is_open);
	assert_int_equal(a.rr_count, 1);
	a = look(state, "x.y.ren.example.org", DNS_A, &is_open);
	assert_true(is_open);
	assert_string_equal(a.cname, "x.y.example.net");
}

static void test_data(void **state)
{
	bool is_open;
	struct dns_answer a = look(state, "mail.example.org", DNS_A, &is_open);

	assert_int_equal(a.rrs[0].ttl, 300);
	a = look(state, "example.org", DNS_TXT, &is_open);
	assert_int_equal(a.rrs[0].ttl, 3600);
	assert_string_equal(a.rrs[0].text.ptr, "a;b(c");
	a = look(state, "a.turn.test", DNS_A, &is_open);
	assert_int_equal(a.rrs[0].ttl, 60);
	a = look(state, "a.turn.test", DNS_TXT, &is_open);
	assert_int_equal(a.rrs[0].ttl, 61);
	a = look(state, "turn.test", DNS_SOA, &is_open);
	assert_int_equal(a.rrs[0].ttl, 3600);
	a = look(state, "nope.example.org", DNS_A, &is_open);
	assert_int_equal(a.negative_ttl, 600);
	a = look(state, "example.org", DNS_SOA, &is_open);
	assert_string_equal(a.rrs[0].text.ptr,
			    "ns.example.org. hostmaster.example.org. 1 2 3 4 600");
}

#define HEAD "$ORIGIN a.test.\n@ SOA ns h 1 2 3 4 5\n"

static void test_mistakes(void **state)
{
	static const struct {
		const char *text;
		const char *line;
	} rows[] = {
		{HEAD "www A 192.0.2\n", "z:3: "},
		{HEAD "www A\n", "z:3: "},
		{HEAD "www MX mail\n", "z:3: "},
		{HEAD "www BLA x\n", "z:3: "},
		{HEAD "\n; c\nw TXT \"x\n", "z:5: "},
		{HEAD "w A ( 192.0.2.1\n\n", "z:3: "},
		{HEAD "w A 192.0.2.1 )\n", "z:3: "},
		{HEAD "$GENERATE 1-2 a A 1.2.3.4\n", "z:3: "},
		{HEAD "$TTL x\n", "z:3: "},
		{HEAD "$INCLUDE\n", "z:3: "},
		{HEAD "$INCLUDE /nowhere/at/all\n", "z:3: /nowhere/at/all: no such file"},
		{HEAD "$INCLUDE\n", "z:3: $INCLUDE without"},
		{HEAD "www CNAME x\nwww A 192.0.2.1\n", "z:4: "},
		{HEAD "www CNAME x\nwww CNAME y\n", "z:4: "},
		{HEAD "www CH A 192.0.2.1\n", "z:3: "},
		{HEAD "a..b A 192.0.2.1\n", "z:3: "},
		{HEAD "w A 192.0.2.1\nother.test. A 192.0.2.1\n", "z:4: "},
		{" A 192.0.2.1\n", "z:1: "},
		{"www A 192.0.2.1\n", "z:1: "},
		{"www.a.test. A 192.0.2.1\n", "z:1: "},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_new(0);
		struct zone_file file = {
			.path = "z", .text = str_of(rows[i].text), .may_include = true};
		char err[512] = "";

		if (zone_read(arena, zone_set_new(arena), &file, err, sizeof(err)) == 0 ||
		    strncmp(err, rows[i].line, strlen(rows[i].line)) != 0)
			fail_msg("%s gave: %s", rows[i].text, err);
		arena_free(arena);
	}
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* The origin of an included file is its own; a loop ends at the limit. */
static void test_include(void **state)
{
	char dir[] = "/tmp/mcc-zone-XXXXXX", path[64], inner[64], err[256] = "";
	struct arena *arena = arena_new(0);
	struct zone_set *set = zone_set_new(arena);
	struct zone_file file = {.path = path, .may_include = true};
	struct dns_answer answer;
	struct dns_name name;
	bool is_open;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/z", dir);
	snprintf(inner, sizeof(inner), "%s/inner", dir);
	write_file(inner, "$ORIGIN deep.sub.a.test.\nw A 192.0.2.7\n");
	file.text = str_of(HEAD "$INCLUDE inner sub\nx A 192.0.2.8\n");
	assert_int_equal(zone_read(arena, set, &file, err, sizeof(err)), 0);
	assert_true(dns_name_parse("w.deep.sub.a.test", &name));
	zone_lookup(set, arena, &name, DNS_A, &answer, &is_open);
	assert_int_equal(answer.status, DNS_ANSWER);
	assert_true(dns_name_parse("x.a.test", &name));
	zone_lookup(set, arena, &name, DNS_A, &answer, &is_open);
	assert_int_equal(answer.status, DNS_ANSWER);
	write_file(inner, "$INCLUDE inner\n");
	assert_int_not_equal(
		zone_read(arena, zone_set_new(arena), &file, err, sizeof(err)), 0);
	assert_non_null(strstr(err, "inner:1: $INCLUDE nested too deeply"));
	unlink(inner);
	rmdir(dir);
	arena_free(arena);
}

static enum dns_status status_in(struct str text, const char *asked)
{
	struct arena *arena = arena_new(0);
	struct zone_set *set = zone_set_new(arena);
	struct zone_file file = {.path = "z", .text = text};
	struct dns_answer answer;
	struct dns_name name;
	bool is_open;
	char err[256];

	assert_int_equal(zone_read(arena, set, &file, err, sizeof(err)), 0);
	assert_true(dns_name_parse(asked, &name));
	zone_lookup(set, arena, &name, DNS_A, &answer, &is_open);
	arena_free(arena);
	return answer.status;
}

/* Without an SOA record each $ORIGIN is a zone. */
static void test_without_soa(void **state)
{
	(void)state;
	assert_int_equal(
		status_in(STR_LIT("$ORIGIN a.test.\nw A 192.0.2.1\n"), "x.a.test"),
		DNS_NXDOMAIN);
}

/* An origin may be relative to the one before it. */
static void test_relative_origin(void **state)
{
	(void)state;
	assert_int_equal(status_in(STR_LIT("$ORIGIN much-longer-than-the-other.test.\n"
					   "$ORIGIN sub\nw A 192.0.2.1\n"),
				   "w.sub.much-longer-than-the-other.test"),
			 DNS_ANSWER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lookups, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_aliases, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_data, set_up, tear_down),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_include),
		cmocka_unit_test(test_without_soa),
		cmocka_unit_test(test_relative_origin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
