/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who may relay: clients and recipients, sender-specified routes, lists that
 * cannot be read. Replies are those of Postfix 3.7's smtpd with the same settings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "policy_case.h"

static void test_relay(void **state)
{
	struct rt_site *site = *state;
	struct policy_reply reply;

	policy_case_check(site, "a@b.example", "alice@example.com", "250 2.1.5");
	policy_case_check(site, "a@b.example", "victim@far.example", "554 5.7.1");
	policy_case_check(site, "", "victim@far.example", "554 5.7.1");
	policy_case_check(site, "a@b.example", "u%far.example@example.com", "554 5.7.1");
	policy_case_check(site, "a@b.example", "postmaster", "250 2.1.5");
	policy_case_check(site, "a@b.example", "PostMaster", "250 2.1.5");
	reply = policy_case_session(site, "x.example", "a@b.example",
				    "victim@far.example");
	assert_int_equal(reply.verdict, POLICY_REJECT);
	assert_string_equal(reply.text, "<victim@far.example>: Relay access denied");
	assert_string_equal(reply.item, "reject_unauth_destination");
	assert_int_equal(reply.decided_by.line, 2);
	site->session.client_address = "192.168.1.7";
	policy_case_check(site, "a@b.example", "victim@far.example", "250 2.1.5");
	rt_site_stage(site, RT_STAGE_RELAY, "defer_unauth_destination");
	policy_case_check(site, "a@b.example", "victim@far.example", "454 4.7.1");
	rt_site_stage(site, RT_STAGE_RELAY, "permit_auth_destination reject");
	policy_case_check(site, "a@b.example", "victim@far.example", "554 5.7.1");
	policy_case_check(site, "a@b.example", "alice@example.com", "250 2.1.5");
}

static void test_routed_recipients(void **state)
{
	static const char *const ok[] = {"relay.example", "OK", NULL};
	struct rt_site *site = *state;
	size_t table = rt_site_table(site, "hash:ok", ok);

	assert_int_equal(table, 0);
	site->config.settings.relay_domains = rt_site_match(site, "relay.example");
	policy_case_check(site, "a@b.example", "u@relay.example", "250 2.1.5");
	policy_case_check(site, "a@b.example", "u%far.example@relay.example",
			  "554 5.7.1");
	rt_site_stage(site, RT_STAGE_RELAY, "check_recipient_access #0 reject");
	policy_case_check(site, "a@b.example", "u@relay.example", "250 2.1.5");
	policy_case_check(site, "a@b.example", "u%far.example@relay.example",
			  "554 5.7.1");
	site->config.settings.allow_untrusted_routing = true;
	policy_case_check(site, "a@b.example", "u%far.example@relay.example",
			  "250 2.1.5");
}

static void test_broken_lists(void **state)
{
	static struct rt_match_item bad = {.kind = RT_MATCH_ERROR, .text = "x"};
	struct rt_site *site = *state;

	rt_site_stage(site, RT_STAGE_RELAY, "reject_unauth_destinations");
	policy_case_check(site, "a@b.example", "alice@example.com", "451 4.3.5");
	rt_site_stage(site, RT_STAGE_RELAY, "warn_if_reject reject_unauth_destinations");
	policy_case_check(site, "a@b.example", "alice@example.com", "451 4.3.5");
	rt_site_stage(site, RT_STAGE_RELAY,
		      "permit_mynetworks reject_unauth_destination");
	site->config.settings.mynetworks = (struct rt_match){.items = &bad, .count = 1};
	policy_case_check(site, "a@b.example", "alice@example.com", "451 4.3.0");
	site->config.settings.mynetworks = rt_site_match(site, "127.0.0.0/8");
	site->config.settings.relay_domains =
		(struct rt_match){.items = &bad, .count = 1};
	policy_case_check(site, "a@b.example", "u@far.example", "451 4.3.0");
	policy_case_check(site, "a@b.example", "alice@example.com", "250 2.1.5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		POLICY_CASE(test_relay),
		POLICY_CASE(test_routed_recipients),
		POLICY_CASE(test_broken_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
