/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses: the path grammar of RFC 5321 with what real mailers send besides,
 * both forms, extensions, rewriting, host names. Expected rewritings are what
 * Postfix's own trivial-rewrite gives with the same settings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/limits.h"
#include "rt_site.h"
#include "runtime/address.h"

#define LABEL63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"

struct path_row {
	const char *path;
	const char *address; /* NULL: bad syntax */
	bool strict_too;     /* the same with strict_rfc821_envelopes */
};

static const struct path_row paths[] = {
	{"<user@example.com>", "user@example.com", true},
	{"<>", "", true},
	{"<postmaster>", "postmaster", true},
	{"<Postmaster@Example.COM>", "Postmaster@Example.COM", true},
	{"<user@[192.0.2.1]>", "user@[192.0.2.1]", true},
	{"<user@[IPv6:2001:db8::1]>", "user@[IPv6:2001:db8::1]", true},
	{"<\"a b\"@example.com>", "a b@example.com", true},
	{"<\"a\\\"b\"@example.com>", "a\"b@example.com", true},
	{"<\"a\\\\b\"@example.com>", "a\\b@example.com", true},
	{"<\"\"@example.com>", "@example.com", false},
	{"<\"a@b\"@example.com>", "a@b@example.com", true},
	{"<\"a>b\"@example.com>", "a>b@example.com", true},
	{"<a.b.c@example.com>", "a.b.c@example.com", true},
	{"<user+tag@example.com>", "user+tag@example.com", true},
	{"<a%b@example.com>", "a%b@example.com", true},
	{"<a!b@example.com>", "a!b@example.com", true},
	{"<@a.example:user@b.example>", "user@b.example", true},
	{"<@a,@b:user@c.example>", "user@c.example", true},
	{"<@a.example>", "@a.example", false},
	{"<u\\@far.example>", "u@far.example", true},
	{"<u@example.com.>", "u@example.com.", true},
	{"<u@example.com@>", "u@example.com@", true},
	{"<u@@example.com>", "u@@example.com", true},
	{"<user@xn--bcher-kva.example>", "user@xn--bcher-kva.example", true},
	{"<us\xc3\xa9r@example.com>", "us\xc3\xa9r@example.com", true},
	{"<a=b#c$d&'*-/?^_`{|}~@example.com>", "a=b#c$d&'*-/?^_`{|}~@example.com", true},
	{"<1@2.example>", "1@2.example", true},
	{"<user@localhost>", "user@localhost", true},
	{"<.user@example.com>", ".user@example.com", true},
	{"<user.@example.com>", "user.@example.com", true},
	{"<a..b@example.com>", "a..b@example.com", true},
	{"<\"quoted\".local@example.com>", "quoted.local@example.com", true},
	{"<\"a\".\"b\"@example.com>", "a.b@example.com", true},
	{"<(c)u@example.com>", "u@example.com", false},
	{"<u@example.com (c)>", "u@example.com", false},
	{"<u(c)@example.com>", "u@example.com", false},
	{"<(c(d)e)u@example.com>", "u@example.com", false},
	{"user@example.com", "user@example.com", false},
	{"postmaster", "postmaster", false},
	{"\"a b\"@example.com", "a b@example.com", false},
	{"Name<user@example.com>", "user@example.com", false},
	{"<<user@example.com>>", "user@example.com", true},
	{"", NULL, false},
	{"<user@example.com", NULL, false},
	{"<\"user@example.com>", NULL, false},
	{"\"user@example.com", NULL, false},
	{"<a b@example.com>", NULL, false},
	{"<a@b.example c@d.example>", NULL, false},
	{"<a,b@example.com>", NULL, false},
	{"<a;b@example.com>", NULL, false},
	{"<a@b.example,c@d.example>", NULL, false},
	{"<user@exam ple.com>", NULL, false},
	{"<\"a\" \"b\"@example.com>", NULL, false},
	{"<a\tb@example.com>", NULL, false},
	{"<user@>", "user@", true},
	{"<@>", "@", false},
	{"<[192.0.2.1]>", "[192.0.2.1]", true},
	{"<a[b]@example.com>", NULL, false},
	{"< user@example.com >", "user@example.com", true},
	{"<user @example.com>", "user@example.com", true},
	{"<\">", NULL, false},
	{"<\\>", NULL, false},
};

static void test_paths(void **state)
{
	struct arena *arena = arena_new(0);

	(void)state;
	for (size_t i = 0; i < array_len(paths); i++) {
		const struct path_row *row = &paths[i];
		struct str address = {"", 0}, rest = {"", 0};
		enum address_status status = address_parse_path(arena, str_of(row->path),
								false, &address, &rest);

		if ((status == ADDRESS_OK) != (row->address != NULL))
			fail_msg("%s: status %d", row->path, (int)status);
		if (row->address != NULL && !str_eqc(address, row->address))
			fail_msg("%s: got <%.*s>", row->path, STR_ARG(address));
		status = address_parse_path(arena, str_of(row->path), true, &address,
					    &rest);
		if ((status == ADDRESS_OK) != (row->address != NULL && row->strict_too))
			fail_msg("strict %s: status %d", row->path, (int)status);
	}
	arena_free(arena);
}

static void test_path_rest(void **state)
{
	struct arena *arena = arena_new(0);
	struct str address, rest;
	char *longest = arena_alloc(arena, LIMIT_SMTP_COMMAND + 2);

	(void)state;
	assert_int_equal(address_parse_path(arena, str_of("<a@b.c> SIZE=100 BODY=7BIT"),
					    true, &address, &rest),
			 ADDRESS_OK);
	assert_true(str_eqc(rest, " SIZE=100 BODY=7BIT"));
	assert_int_equal(address_parse_path(arena, str_of("<\"a b\"@c.d> X"), true,
					    &address, &rest),
			 ADDRESS_OK);
	assert_true(str_eqc(rest, " X"));
	memset(longest, 'a', LIMIT_SMTP_COMMAND + 1);
	longest[0] = '<';
	longest[LIMIT_SMTP_COMMAND - 1] = '>';
	assert_int_equal(address_parse_path(arena,
					    (struct str){longest, LIMIT_SMTP_COMMAND},
					    true, &address, &rest),
			 ADDRESS_OK);
	longest[LIMIT_SMTP_COMMAND - 1] = 'a';
	longest[LIMIT_SMTP_COMMAND] = '>';
	assert_int_equal(address_parse_path(arena,
					    (struct str){longest, LIMIT_SMTP_COMMAND + 1},
					    true, &address, &rest),
			 ADDRESS_TOO_LONG);
	arena_free(arena);
}

static void test_parts(void **state)
{
	(void)state;
	assert_true(str_eqc(address_local(str_of("a@b@c")), "a@b"));
	assert_true(str_eqc(address_domain(str_of("a@b@c")), "c"));
	assert_true(str_eqc(address_local(str_of("a")), "a"));
	assert_int_equal(address_domain(str_of("a")).len, 0);
	assert_int_equal(address_at(str_of("a")), -1);
}

static void test_forms(void **state)
{
	static const char *const rows[][2] = {
		{"a b@example.com", "\"a b\"@example.com"},
		{"a.b@example.com", "a.b@example.com"},
		{".a@example.com", "\".a\"@example.com"},
		{"a.@example.com", "\"a.\"@example.com"},
		{"a..b@example.com", "\"a..b\"@example.com"},
		{"a\"b@example.com", "\"a\\\"b\"@example.com"},
		{"a\\b@example.com", "\"a\\\\b\"@example.com"},
		{"a@b@example.com", "\"a@b\"@example.com"},
		{"@example.com", "\"\"@example.com"},
		{"us\xc3\xa9r@example.com", "us\xc3\xa9r@example.com"},
		{"user", "user"},
		{"us er", "\"us er\""},
		{"", ""},
	};
	struct arena *arena = arena_new(0);

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct str quoted = address_quote(arena, str_of(rows[i][0]));

		if (!str_eqc(quoted, rows[i][1]))
			fail_msg("%s: got %.*s", rows[i][0], STR_ARG(quoted));
		assert_true(str_eqc(address_unquote(arena, quoted), rows[i][0]));
	}
	arena_free(arena);
}

static void test_extensions(void **state)
{
	static const struct {
		const char *local, *delimiters, *user, *extension;
	} rows[] = {
		{"user+ext", "+", "user", "ext"},
		{"user+a+b", "+", "user", "a+b"},
		{"user-a+b", "+-", "user", "a+b"},
		{"user+a-b", "+-", "user", "a-b"},
		{"user+", "+", "user", ""},
		{"+ext", "+", NULL, NULL},
		{"user", "+", NULL, NULL},
		{"user+ext", "-", NULL, NULL},
		{"user+ext", "", NULL, NULL},
		{"owner-list", "-", NULL, NULL},
		{"Owner-List", "-", NULL, NULL},
		{"list-request", "-", NULL, NULL},
		{"-request", "-", NULL, NULL},
		{"owner+list", "+", "owner", "list"},
		{"double-bounce", "-", NULL, NULL},
		{"mailer-daemon", "-", NULL, NULL},
		{"mailer-daemon-x", "-", "mailer", "daemon-x"},
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct str user, ext;
		bool split = address_split_extension(str_of(rows[i].local),
						     rows[i].delimiters, &user, &ext);

		if (split != (rows[i].user != NULL))
			fail_msg("%s by %s: %d", rows[i].local, rows[i].delimiters,
				 split);
		if (split)
			assert_true(str_eqc(user, rows[i].user) &&
				    str_eqc(ext, rows[i].extension));
	}
}

static void test_strip(void **state)
{
	struct rt_site site;
	struct str bare, ext;

	(void)state;
	rt_site_init(&site);
	site.config.settings.recipient_delimiter = "+";
	assert_true(address_strip_extension(site.arena, site.ctx.settings,
					    str_of("u+x@example.com"), &bare, &ext));
	assert_true(str_eqc(bare, "u@example.com"));
	assert_true(str_eqc(ext, "+x"));
	assert_false(address_strip_extension(site.arena, site.ctx.settings,
					     str_of("u@ex+ample.com"), &bare, &ext));
	site.config.settings.recipient_delimiter = "-";
	assert_false(address_strip_extension(site.arena, site.ctx.settings,
					     str_of("owner-x@example.com"), &bare, &ext));
	site.config.settings.owner_request_special = false;
	assert_true(address_strip_extension(site.arena, site.ctx.settings,
					    str_of("owner-x@example.com"), &bare, &ext));
	rt_site_fini(&site);
}

struct rewrite_row {
	const char *from;
	const char *to;
};

static void check_rewrites(struct rt_site *site, const struct rewrite_row *rows,
			   size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct str to = address_rewrite(site->arena, site->ctx.settings,
						str_of(rows[i].from));

		if (!str_eqc(to, rows[i].to))
			fail_msg("%s: got %.*s, want %s", rows[i].from, STR_ARG(to),
				 rows[i].to);
	}
}

static void test_rewrite(void **state)
{
	static const struct rewrite_row defaults[] = {
		{"user@example.com", "user@example.com"},
		{"user", "user@mail.example.com"},
		{"", ""},
		{"user@host", "user@host"},
		{"user@far.example.", "user@far.example"},
		{"user@.", "user@."},
		{"user@far..", "user@far.."},
		{"site!user", "user@site"},
		{"a!b!user", "b!user@a"},
		{"a!user@far.example", "a!user@far.example"},
		{"user%far.example", "user@far.example"},
		{"u%v%w", "u%v@w"},
		{"user%a@b.example", "user%a@b.example"},
		{"a b", "a b@mail.example.com"},
		{"user@[192.0.2.1]", "user@[192.0.2.1]"},
	};
	static const struct rewrite_row plain[] = {
		{"user", "user"},
		{"site!user", "site!user"},
		{"user%site", "user%site"},
		{"user@host", "user@host.example.com"},
		{"user@[192.0.2.1]", "user@[192.0.2.1]"},
		{"user@", "user@"},
	};
	struct rt_site site;

	(void)state;
	rt_site_init(&site);
	check_rewrites(&site, defaults, array_len(defaults));
	site.config.settings.append_at_myorigin = false;
	site.config.settings.swap_bangpath = false;
	site.config.settings.allow_percent_hack = false;
	site.config.settings.append_dot_mydomain = true;
	check_rewrites(&site, plain, array_len(plain));
	rt_site_fini(&site);
}

static void test_lists(void **state)
{
	static const struct {
		const char *text;
		const char *items; /* joined by '|' */
	} rows[] = {
		{"alice, bob", "alice|bob"},
		{"alice bob", "alice|bob"},
		{"alice", "alice"},
		{"", ""},
		{" , ,", ""},
		{"\"|/bin/cmd a b\", alice", "|/bin/cmd a b|alice"},
		{"/var/spool/x", "/var/spool/x"},
		{":include:/etc/list.txt", ":include:/etc/list.txt"},
		{"alice (the boss), bob", "alice|bob"},
		{"Alice Boss <alice@example.com>, bob", "alice@example.com|bob"},
		{"group: alice, bob;", "alice|bob"},
		{"group: alice, bob; carol", "alice|bob|carol"},
		{"\"Some One\"@far.example", "Some One@far.example"},
		{"\\alice", "alice"},
		{"a@b.example c@d.example", "a@b.example|c@d.example"},
		{"<a@b.example> <c@d.example>", "a@b.example|c@d.example"},
		{"@far.example", "@far.example"},
	};
	struct arena *arena = arena_new(0);

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct str *items;
		size_t count = address_list_parse(arena, str_of(rows[i].text), &items);
		const char *joined = "";

		for (size_t n = 0; n < count; n++)
			joined = arena_printf(arena, "%s%s%.*s", joined, n ? "|" : "",
					      STR_ARG(items[n]));
		if (strcmp(joined, rows[i].items) != 0)
			fail_msg("%s: got %s", rows[i].text, joined);
	}
	arena_free(arena);
}

static void test_hosts(void **state)
{
	static const char *const good[] = {
		"example.com", "a",	  "a_b.example",   "a-b.example",
		"1.example",   "foo.123", "xn--a.example", LABEL63 ".example"};
	static const char *const bad[] = {"",
					  ".",
					  "a..b",
					  ".a",
					  "a.",
					  "-a.example",
					  "a-.example",
					  "a.b-",
					  "1.2.3.4",
					  "a b",
					  "a*b",
					  "[192.0.2.1]",
					  "a" LABEL63 ".example"};
	static const char *const literals[] = {"[192.0.2.1]", "[IPv6:2001:db8::1]",
					       "[ipv6:::1]"};
	static const char *const no_literals[] = {"[]",
						  "[1.2.3]",
						  "[::1]",
						  "192.0.2.1",
						  "[192.0.2.1",
						  "[192.0.2.300]",
						  "[IPv6:192.0.2.1]",
						  "[0.1.2.3]"};

	(void)state;
	for (size_t i = 0; i < array_len(good); i++)
		if (!hostname_is_valid(str_of(good[i])))
			fail_msg("%s should be a host name", good[i]);
	for (size_t i = 0; i < array_len(bad); i++)
		if (hostname_is_valid(str_of(bad[i])))
			fail_msg("%s should be no host name", bad[i]);
	for (size_t i = 0; i < array_len(literals); i++)
		assert_true(hostaddr_is_literal(str_of(literals[i])));
	for (size_t i = 0; i < array_len(no_literals); i++)
		if (hostaddr_is_literal(str_of(no_literals[i])))
			fail_msg("%s should be no literal", no_literals[i]);
	assert_true(hostaddr_is_valid(str_of("2001:db8::1")));
	assert_true(hostaddr_is_valid(str_of("0.0.0.0")));
	assert_false(hostaddr_is_valid(str_of("0.0.0.1")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),	   cmocka_unit_test(test_path_rest),
		cmocka_unit_test(test_parts),	   cmocka_unit_test(test_forms),
		cmocka_unit_test(test_extensions), cmocka_unit_test(test_strip),
		cmocka_unit_test(test_rewrite),	   cmocka_unit_test(test_lists),
		cmocka_unit_test(test_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
