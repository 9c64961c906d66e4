/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Routing: classes, sender-specified routes, odd addresses, transport tables,
 * relay hosts. Rows are answers of Postfix 3.7's trivial-rewrite with the same
 * settings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "rt_site.h"

static int setup(void **state)
{
	static struct rt_site site;

	rt_site_init(&site);
	site.config.settings.virtual_alias_domains = rt_site_match(&site, "va.example");
	site.config.settings.virtual_mailbox_domains = rt_site_match(&site, "vm.example");
	site.config.settings.relay_domains = rt_site_match(&site, "relay.example");
	*state = &site;
	return 0;
}

static int teardown(void **state)
{
	rt_site_fini(*state);
	return 0;
}

struct route_row {
	const char *address;
	const char *result; /* "class transport nexthop recipient", or "bad" */
	bool routed;
};

static void check_route(struct rt_site *site, const char *address, const char *sender,
			const char *want)
{
	struct rt_route route;
	const char *got = "bad";

	rt_resolve(&site->ctx, str_of(address), str_of(sender), &route);
	if (route.status == RT_ROUTE_LOOKUP_FAILED)
		got = "failed";
	else if (route.status == RT_ROUTE_OK)
		got = arena_printf(site->arena, "%s %s %s %s", rt_class_name(route.class),
				   route.transport, route.nexthop, route.recipient);
	if (strcmp(got, want) != 0)
		fail_msg("%s: got %s, want %s", address, got, want);
}

static void check_routes(struct rt_site *site, const struct route_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct rt_route route;

		check_route(site, rows[i].address, "", rows[i].result);
		rt_resolve(&site->ctx, str_of(rows[i].address), str_of(""), &route);
		if (route.routed != rows[i].routed)
			fail_msg("%s: routed %d", rows[i].address, route.routed);
	}
}

static void test_classes(void **state)
{
	static const struct route_row rows[] = {
		{"alice@example.com", "local local mail.example.com alice@example.com",
		 false},
		{"ALICE@EXAMPLE.COM", "local local mail.example.com ALICE@EXAMPLE.COM",
		 false},
		{"a@va.example",
		 "alias error 5.1.1 User unknown in virtual alias table a@va.example",
		 false},
		{"a@vm.example", "virtual virtual vm.example a@vm.example", false},
		{"a@relay.example", "relay relay relay.example a@relay.example", false},
		{"a@far.example", "default smtp far.example a@far.example", false},
		{"a@sub.example.com", "default smtp sub.example.com a@sub.example.com",
		 false},
		{"a@[127.0.0.1]", "local local mail.example.com a@[127.0.0.1]", false},
		{"a@[IPv6:::1]", "local local mail.example.com a@[IPv6:::1]", false},
		{"a@[127.0.0.2]", "default smtp [127.0.0.2] a@[127.0.0.2]", false},
		{"a@[192.0.2.1]", "default smtp [192.0.2.1] a@[192.0.2.1]", false},
		{"", "local local mail.example.com MAILER-DAEMON@mail.example.com",
		 false},
	};

	check_routes(*state, rows, array_len(rows));
}

static void test_sender_specified_routes(void **state)
{
	static const struct route_row rows[] = {
		{"u%far.example@example.com", "default smtp far.example u@far.example",
		 false},
		{"far.example!u@example.com", "default smtp far.example u@far.example",
		 false},
		{"u@far.example@example.com", "default smtp far.example u@far.example",
		 false},
		{"u%far.example@relay.example",
		 "relay relay relay.example u%far.example@relay.example", true},
		{"far.example!u@relay.example",
		 "relay relay relay.example far.example!u@relay.example", true},
		{"u@far.example@relay.example",
		 "relay relay relay.example u@far.example@relay.example", true},
		{"v!w@u", "default smtp u v!w@u", true},
		{"@example.com", "local local mail.example.com MAILER-DAEMON@example.com",
		 false},
	};
	static const struct route_row off[] = {
		{"u%far.example@example.com",
		 "local local mail.example.com u%far.example@example.com", true},
		{"far.example!u@example.com",
		 "local local mail.example.com far.example!u@example.com", true},
		{"u@far.example@example.com",
		 "local local mail.example.com u@far.example@example.com", true},
	};
	struct rt_site *site = *state;

	check_routes(site, rows, array_len(rows));
	site->config.settings.allow_percent_hack = false;
	site->config.settings.swap_bangpath = false;
	site->config.settings.resolve_dequoted_address = false;
	check_routes(site, off, array_len(off));
}

static void test_bad_addresses(void **state)
{
	static const struct route_row rows[] = {
		{"alice@", "bad", false},
		{"u@1.2.3.4", "bad", false},
		{"-u@example.com", "bad", false},
		{"u@[1.2.3]", "bad", false},
		{"u@.", "bad", false},
		{"u@.far.example", "bad", false},
		{"u@far..example", "bad", false},
		{"u@[]", "bad", false},
		{"u@[::1]", "bad", false},
		{"u@@example.com", "bad", false},
		{"u%v@w!x", "bad", false},
		{"u@example.com@", "local local mail.example.com u@example.com", false},
		{"u@[IPv6:2001:db8::1]",
		 "default smtp [IPv6:2001:db8::1] u@[IPv6:2001:db8::1]", false},
	};
	struct rt_site *site = *state;
	struct rt_route route;

	for (size_t i = 0; i < array_len(rows); i++)
		check_route(site, rows[i].address, "", rows[i].result);
	site->config.settings.resolve_numeric_domain = true;
	check_route(site, "u@1.2.3.4", "", "default smtp [1.2.3.4] u@[1.2.3.4]");
	check_route(site, "u@127.0.0.1", "",
		    "local local mail.example.com u@[127.0.0.1]");
	site->config.settings.allow_min_user = true;
	rt_resolve(&site->ctx, str_of("-u@example.com"), str_of(""), &route);
	assert_int_equal(route.status, RT_ROUTE_OK);
}

static void test_transport_table(void **state)
{
	static const char *const rows[] = {"user@far.example",
					   "smtp:[u.example]",
					   "far.example",
					   "smtp:[d.example]",
					   ".far.example",
					   "smtp:[s.example]",
					   "relay.example",
					   "smtp:",
					   "hop.example",
					   ":[h.example]",
					   "bad.example",
					   "error:",
					   "gone.example",
					   "error:5.1.2 gone",
					   "noop.example",
					   ":",
					   "va.example",
					   "smtp:[v.example]",
					   "example.com",
					   "lmtp:unix:/s",
					   "later.example",
					   "retry:",
					   "tag@x.example",
					   "smtp:[t.example]",
					   "a b@q.example",
					   "smtp:[q.example]",
					   NULL};
	static const struct route_row want[] = {
		{"user@far.example", "default smtp [u.example] user@far.example", false},
		{"x@far.example", "default smtp [d.example] x@far.example", false},
		{"x@a.b.far.example", "default smtp [s.example] x@a.b.far.example",
		 false},
		{"x@relay.example", "relay smtp relay.example x@relay.example", false},
		{"x@hop.example", "default smtp [h.example] x@hop.example", false},
		{"x@bad.example", "default error Address is undeliverable x@bad.example",
		 false},
		{"x@gone.example", "default error 5.1.2 gone x@gone.example", false},
		{"x@later.example",
		 "default retry Address is undeliverable x@later.example", false},
		{"x@noop.example", "default smtp noop.example x@noop.example", false},
		{"x@va.example",
		 "alias error 5.1.1 User unknown in virtual alias table x@va.example",
		 false},
		{"x@example.com", "local lmtp unix:/s x@example.com", false},
		{"tag+x@x.example", "default smtp [t.example] tag+x@x.example", false},
		{"a b@q.example", "default smtp [q.example] a b@q.example", false},
		{"x@other.example", "default smtp other.example x@other.example", false},
	};
	static const char *const star[] = {"*", "smtp:[star.example]", NULL};
	struct rt_site *site = *state;

	site->config.settings.recipient_delimiter = "+";
	site->config.settings.transport_maps = rt_site_maps(site, rows);
	for (size_t i = 0; i < array_len(want); i++)
		check_route(site, want[i].address, "", want[i].result);
	site->config.settings.transport_maps = rt_site_maps(site, star);
	check_route(site, "x@y.example", "", "default smtp [star.example] x@y.example");
	check_route(site, "x@vm.example", "", "virtual smtp [star.example] x@vm.example");
	site->config.settings.transport_maps = rt_site_maps(site, NULL);
	check_route(site, "x@y.example", "", "failed");
}

static void test_relayhost_and_senders(void **state)
{
	static const char *const hosts[] = {"a@s.example", "[a.relay]",	   "@s.example",
					    "[s.relay]",   "d@s.example",  "DUNNO",
					    "<>",	   "[null.relay]", NULL};
	static const char *const transports[] = {"@s.example", "slow:", "t@s.example",
						 "slow:[t.hop]", NULL};
	struct rt_site *site = *state;
	struct rt_settings *s = &site->config.settings;

	s->relayhost = "[relay.example.net]";
	check_route(site, "x@far.example", "",
		    "default smtp [relay.example.net] x@far.example");
	check_route(site, "x@relay.example", "",
		    "relay relay [relay.example.net] x@relay.example");
	check_route(site, "x@example.com", "",
		    "local local mail.example.com x@example.com");
	s->sender_dependent_relayhost_maps = rt_site_maps(site, hosts);
	check_route(site, "x@far.example", "a@s.example",
		    "default smtp [a.relay] x@far.example");
	check_route(site, "x@far.example", "b@s.example",
		    "default smtp [s.relay] x@far.example");
	check_route(site, "x@far.example", "d@s.example",
		    "default smtp [relay.example.net] x@far.example");
	check_route(site, "x@far.example", "", "default smtp [null.relay] x@far.example");
	s->sender_dependent_default_transport_maps = rt_site_maps(site, transports);
	s->relayhost = "";
	check_route(site, "x@far.example", "c@s.example",
		    "default slow [s.relay] x@far.example");
	check_route(site, "x@far.example", "t@s.example",
		    "default slow [t.hop] x@far.example");
}

static void test_relocated(void **state)
{
	static const char *const rows[] = {"old@example.com", "new@far.example", "old2",
					   "x", NULL};
	struct rt_site *site = *state;

	site->config.settings.relocated_maps = rt_site_maps(site, rows);
	check_route(
		site, "old@example.com", "",
		"local error 5.1.6 User has moved to new@far.example old@example.com");
	check_route(site, "old2@example.com", "",
		    "local error 5.1.6 User has moved to x old2@example.com");
}

static void test_failing_list(void **state)
{
	static struct rt_match_item item = {.kind = RT_MATCH_ERROR, .text = "x"};
	struct rt_site *site = *state;
	enum rt_class class;

	site->config.settings.virtual_mailbox_domains =
		(struct rt_match){.items = &item, .count = 1};
	check_route(site, "x@va.example", "",
		    "alias error 5.1.1 User unknown in virtual alias table x@va.example");
	check_route(site, "x@relay.example", "", "failed");
	assert_int_equal(rt_domain_class(&site->ctx, str_of("va.example"), &class),
			 RT_FOUND);
	assert_int_equal(class, RT_CLASS_ALIAS);
	assert_int_equal(rt_domain_class(&site->ctx, str_of("far.example"), &class),
			 RT_LOOKUP_ERROR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_classes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sender_specified_routes, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_bad_addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_transport_table, setup, teardown),
		cmocka_unit_test_setup_teardown(test_relayhost_and_senders, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_relocated, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failing_list, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
