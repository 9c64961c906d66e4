/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stages and what they carry over: a list's end, deferrals, classes, DATA and
 * the end of data. Replies are those of Postfix 3.7's smtpd with the same lists.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "policy_case.h"

static void test_stages(void **state)
{
	struct rt_site *site = *state;
	struct rt_settings *s = &site->config.settings;
	struct policy_reply reply;

	/* An OK ends its own list only. */
	rt_site_stage(site, RT_STAGE_CLIENT, "permit reject");
	rt_site_stage(site, RT_STAGE_RECIPIENT, "permit");
	policy_case_check(site, "a@b.example", "victim@far.example", "554 5.7.1");
	policy_case_check(site, "a@b.example", "alice@example.com", "250 2.1.5");
	rt_site_stage(site, RT_STAGE_CLIENT, "reject");
	reply = policy_connect(&site->policy);
	assert_int_equal(reply.code, 220);
	policy_case_check(site, "a@b.example", "alice@example.com", "554 5.7.1");
	policy_case_check(site, "a@b.example", "postmaster", "250 2.1.5");
	s->smtpd_delay_reject = false;
	reply = policy_connect(&site->policy);
	assert_int_equal(reply.code, 554);
	rt_site_stage(site, RT_STAGE_CLIENT, "");
	rt_site_stage(site, RT_STAGE_HELO, "reject");
	reply = policy_helo(&site->policy, "x.example");
	assert_int_equal(reply.code, 554);
	assert_null(site->session.helo);
	rt_site_stage(site, RT_STAGE_HELO, "");
	rt_site_stage(site, RT_STAGE_SENDER, "defer");
	reply = policy_mail(&site->policy, "a@b.example", 0);
	assert_int_equal(reply.code, 450);
	assert_string_equal(reply.dsn, "4.3.2");
	assert_null(site->session.sender);
}

static void test_deferrals(void **state)
{
	struct rt_site *site = *state;

	rt_site_stage(site, RT_STAGE_HELO, "defer_if_permit");
	policy_case_check(site, "a@b.example", "alice@example.com", "450 4.7.0");
	policy_case_check(site, "a@b.example", "victim@far.example", "554 5.7.1");
	/* defer_if_reject turns a later reject of the same list. */
	rt_site_stage(site, RT_STAGE_HELO, "defer_if_reject");
	policy_case_check(site, "a@b.example", "victim@far.example", "554 5.7.1");
	rt_site_stage(site, RT_STAGE_HELO, "defer_if_reject reject");
	policy_case_check(site, "a@b.example", "alice@example.com", "450 4.7.0");
	/* Both: the list ends, the deferral stays. */
	rt_site_stage(site, RT_STAGE_HELO, "defer_if_permit defer_if_reject reject");
	policy_case_check(site, "a@b.example", "alice@example.com", "450 4.7.0");
	rt_site_stage(site, RT_STAGE_HELO, "warn_if_reject reject");
	policy_case_check(site, "a@b.example", "alice@example.com", "250 2.1.5");
	rt_site_stage(site, RT_STAGE_HELO, "warn_if_reject defer_if_permit");
	policy_case_check(site, "a@b.example", "alice@example.com", "250 2.1.5");
	/* Before the check for unlisted recipients. */
	site->config.settings.local_recipient_maps =
		rt_site_maps(site, (const char *const[]){"alice", "x", NULL});
	rt_site_stage(site, RT_STAGE_HELO, "defer_if_permit");
	policy_case_check(site, "a@b.example", "nobody@example.com", "450 4.7.0");
}

static void test_classes(void **state)
{
	static struct rt_insn deep_insns[] = {
		{.op = RT_OP_CLASS, .program = 0, .text = "deep"}};
	static const struct rt_insn strict_insns[] = {
		{.op = RT_OP_REJECT, .text = "reject"}};
	static struct rt_program classes[] = {
		{.name = "deep", .insns = deep_insns, .count = 1},
		{.name = "strict", .insns = strict_insns, .count = 1},
	};
	static const char *const rows[] = {"bad.example", "strict", "loop.example",
					   "deep", NULL};
	struct rt_site *site = *state;

	site->config.classes = classes;
	site->config.class_count = array_len(classes);
	rt_site_table(site, "hash:sender", rows);
	rt_site_stage(site, RT_STAGE_SENDER, "check_sender_access #0");
	policy_case_check(site, "a@bad.example", "alice@example.com", "554 5.7.1");
	policy_case_check(site, "a@loop.example", "alice@example.com", "451 4.3.5");
	policy_case_check(site, "a@good.example", "alice@example.com", "250 2.1.5");
}

static void test_data(void **state)
{
	static const char *const rows[] = {"alice@example.com", "REJECT", NULL};
	struct rt_site *site = *state;
	struct policy_reply reply;

	rt_site_table(site, "hash:rcpt", rows);
	rt_site_stage(site, RT_STAGE_DATA, "check_recipient_access #0");
	policy_case_session(site, NULL, "", "alice@example.com");
	site->session.recipient_count = 1;
	reply = policy_data(&site->policy);
	assert_int_equal(reply.code, 554);
	site->session.recipient_count = 2;
	reply = policy_data(&site->policy);
	assert_int_equal(reply.code, 354);
	rt_site_stage(site, RT_STAGE_DATA, "reject_multi_recipient_bounce");
	reply = policy_data(&site->policy);
	assert_int_equal(reply.code, 550);
	site->session.recipient_count = 1;
	reply = policy_data(&site->policy);
	assert_int_equal(reply.code, 354);
	rt_site_stage(site, RT_STAGE_END_OF_DATA, "defer");
	reply = policy_end_of_data(&site->policy, 1);
	assert_int_equal(reply.code, 450);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		POLICY_CASE(test_stages),
		POLICY_CASE(test_deferrals),
		POLICY_CASE(test_classes),
		POLICY_CASE(test_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
