/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access tables: every action of access(5), what it leaves behind, the keys a
 * client, an address and a HELO name are looked up by. Replies are those of
 * Postfix 3.7's smtpd with the same tables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "policy_case.h"

static void test_actions(void **state)
{
	static const struct {
		const char *value;
		const char *own;     /* reply for alice@example.com */
		const char *foreign; /* for victim@far.example */
	} rows[] = {
		{"OK", "250 2.1.5", "554 5.7.1"},
		{"relay", "250 2.1.5", "554 5.7.1"},
		{"12345", "250 2.1.5", "554 5.7.1"},
		{"550", "250 2.1.5", "554 5.7.1"},
		{"DUNNO", "250 2.1.5", "554 5.7.1"},
		{"dunno and more", "250 2.1.5", "554 5.7.1"},
		{"REJECT", "554 5.7.1", "554 5.7.1"},
		{"REJECT 5.7.9 go away", "554 5.7.9", "554 5.7.9"},
		{"REJECT 4.7.9 text", "554 5.7.9", "554 5.7.9"},
		{"REJECT 5.1.1 text", "554 5.1.7", "554 5.1.7"},
		{"DEFER", "450 4.7.1", "450 4.7.1"},
		{"DEFER 5.7.1 x", "450 4.7.1", "450 4.7.1"},
		{"553 5.1.2 text", "553 5.1.8", "553 5.1.8"},
		{"471 text", "471 4.7.1", "471 4.7.1"},
		{"599 text", "599 5.7.1", "599 5.7.1"},
		{"421 text", "421 4.7.1", "421 4.7.1"},
		{"521 text", "521 5.7.1", "521 5.7.1"},
		{"DEFER_IF_PERMIT", "450 4.7.1", "554 5.7.1"},
		{"DEFER_IF_REJECT", "250 2.1.5", "554 5.7.1"},
		{"DISCARD", "250 2.1.5", "250 2.1.5"},
		{"HOLD", "250 2.1.5", "554 5.7.1"},
		{"WARN x", "250 2.1.5", "554 5.7.1"},
		{"INFO x", "250 2.1.5", "554 5.7.1"},
		{"FILTER smtp:[127.0.0.1]", "250 2.1.5", "554 5.7.1"},
		{"REDIRECT x@y.example", "250 2.1.5", "554 5.7.1"},
		{"BCC x@y.example", "250 2.1.5", "554 5.7.1"},
		{"PREPEND X-A: b", "250 2.1.5", "554 5.7.1"},
		{"reject", "554 5.7.1", "554 5.7.1"},
		{"permit", "250 2.1.5", "554 5.7.1"},
		{"defer", "450 4.7.1", "450 4.7.1"},
		{"permit_mynetworks, reject", "554 5.7.1", "554 5.7.1"},
		{"reject_non_fqdn_sender", "250 2.1.5", "554 5.7.1"},
		{"warn_if_reject reject", "250 2.1.5", "554 5.7.1"},
		{"nonsense", "451 4.3.5", "451 4.3.5"},
		{"check_client_access hash:x", "451 4.3.5", "451 4.3.5"},
		{"check_client_access", "451 4.3.5", "451 4.3.5"},
		{"reject_rbl_client", "250 2.1.5", "554 5.7.1"},
	};
	struct rt_site *site = *state;

	for (size_t i = 0; i < array_len(rows); i++) {
		const char *table[] = {"bad.example", rows[i].value, NULL};

		site->config.map_count = 0;
		rt_site_table(site, "hash:sender", table);
		rt_site_stage(site, RT_STAGE_SENDER, "check_sender_access #0");
		policy_case_check(site, "a@bad.example", "alice@example.com",
				  rows[i].own);
		policy_case_check(site, "a@bad.example", "victim@far.example",
				  rows[i].foreign);
		policy_case_check(site, "a@good.example", "alice@example.com",
				  "250 2.1.5");
	}
}

static void test_effects(void **state)
{
	static const char *const rows[] = {"h.example", "HOLD",
					   "f.example", "FILTER smtp:[127.0.0.1]:10025",
					   "r.example", "REDIRECT x@y.example",
					   "b.example", "BCC x@y.example",
					   "p.example", "PREPEND X-A: b",
					   "d.example", "DISCARD",
					   "n.example", "FILTER nowhere",
					   NULL};
	struct rt_site *site = *state;
	struct policy_reply reply;

	rt_site_table(site, "hash:sender", rows);
	rt_site_stage(site, RT_STAGE_SENDER, "check_sender_access #0");
	policy_case_session(site, NULL, "a@h.example", "alice@example.com");
	assert_true(site->session.hold);
	policy_case_session(site, NULL, "a@f.example", "alice@example.com");
	assert_false(site->session.hold);
	assert_string_equal(site->session.filter, "smtp:[127.0.0.1]:10025");
	policy_case_session(site, NULL, "a@r.example", "alice@example.com");
	assert_string_equal(site->session.redirect, "x@y.example");
	policy_case_session(site, NULL, "a@b.example", "alice@example.com");
	assert_int_equal(site->session.bcc_count, 1);
	policy_case_session(site, NULL, "a@p.example", "alice@example.com");
	assert_string_equal(site->session.prepend[0], "X-A: b");
	policy_case_session(site, NULL, "a@n.example", "alice@example.com");
	assert_null(site->session.filter);
	reply = policy_case_session(site, NULL, "a@d.example", "victim@far.example");
	assert_int_equal(reply.verdict, POLICY_DISCARD);
	/* After DISCARD nothing of the transaction is judged any more. */
	site->session.recipient_count = 1;
	reply = policy_rcpt(&site->policy, "other@far.example");
	assert_int_equal(reply.code, 250);
}

static void test_client_keys(void **state)
{
	static const char *const rows[] = {
		"mx.deep.example", "REJECT name",   "deep.example",
		"REJECT parent",   "203.0.113.9",   "REJECT whole",
		"198.51.100",	   "REJECT net24",  "192.0",
		"REJECT net16",	   "2001:db8:1",    "REJECT group",
		"2001:db8::9",	   "REJECT whole6", NULL};
	static const struct {
		const char *name, *address, *text;
	} want[] = {
		{"mx.deep.example", "203.0.113.9", "name"},
		{"x.y.deep.example", "203.0.113.9", "parent"},
		{"unknown", "203.0.113.9", "whole"},
		{"unknown", "198.51.100.77", "net24"},
		{"unknown", "192.0.2.1", "net16"},
		{"unknown", "2001:db8:1::5", "group"},
		{"unknown", "2001:db8::9", "whole6"},
		{"unknown", "203.0.113.10", NULL},
	};
	struct rt_site *site = *state;

	rt_site_table(site, "hash:client", rows);
	rt_site_stage(site, RT_STAGE_CLIENT, "check_client_access #0");
	for (size_t i = 0; i < array_len(want); i++) {
		struct policy_reply reply;

		site->session.client_name = want[i].name;
		site->session.client_address = want[i].address;
		reply = policy_case_session(site, NULL, "a@b.example",
					    "alice@example.com");
		if (want[i].text == NULL)
			assert_int_equal(reply.code, 250);
		else if (strstr(reply.text, want[i].text) == NULL)
			fail_msg("%s[%s]: %s", want[i].name, want[i].address, reply.text);
	}
	site->config.settings.parent_domain_matches_subdomains = rt_site_words(site, "");
	site->session.client_name = "x.deep.example";
	site->session.client_address = "203.0.113.10";
	policy_case_check(site, "a@b.example", "alice@example.com", "250 2.1.5");
}

static void test_mail_keys(void **state)
{
	static const char *const rows[] = {"user+tag@x.example",
					   "REJECT full",
					   "user@x.example",
					   "REJECT bare",
					   "x.example",
					   "REJECT domain",
					   "y.example",
					   "REJECT parent",
					   "tag+z@",
					   "REJECT fullat",
					   "abuse@",
					   "REJECT at",
					   "<>",
					   "REJECT null",
					   NULL};
	static const struct {
		const char *sender, *text;
	} want[] = {
		{"user+tag@x.example", "full"}, {"User+other@X.Example", "bare"},
		{"other@x.example", "domain"},	{"a@sub.y.example", "parent"},
		{"tag+z@z.example", "fullat"},	{"abuse+x@z.example", "at"},
		{"abuse@z.example", "at"},	{"", "null"},
		{"someone@z.example", NULL},
	};
	struct rt_site *site = *state;

	site->config.settings.recipient_delimiter = "+";
	rt_site_table(site, "hash:sender", rows);
	rt_site_stage(site, RT_STAGE_SENDER, "check_sender_access #0");
	for (size_t i = 0; i < array_len(want); i++) {
		struct policy_reply reply = policy_case_session(
			site, NULL, want[i].sender, "alice@example.com");

		if (want[i].text == NULL)
			assert_int_equal(reply.code, 250);
		else if (strstr(reply.text, want[i].text) == NULL)
			fail_msg("%s: %s", want[i].sender, reply.text);
	}
}

static void test_failing_table(void **state)
{
	struct rt_site *site = *state;

	rt_site_table(site, "hash:missing", NULL);
	rt_site_stage(site, RT_STAGE_SENDER, "permit_mynetworks check_sender_access #0");
	policy_case_check(site, "a@b.example", "alice@example.com", "451 4.3.5");
	site->session.client_address = "127.0.0.1";
	policy_case_check(site, "a@b.example", "alice@example.com", "250 2.1.5");
}

static void test_helo_and_reverse(void **state)
{
	static const char *const rows[] = {
		"evil.example", "REJECT", "good.example", "OK", "[192.0.2.1]",
		"REJECT",	NULL};
	struct rt_site *site = *state;
	struct policy_reply reply;

	rt_site_table(site, "hash:helo", rows);
	rt_site_stage(site, RT_STAGE_HELO, "check_helo_access #0");
	reply = policy_case_session(site, "x.evil.example", "a@b.example",
				    "alice@example.com");
	assert_int_equal(reply.code, 554);
	reply = policy_case_session(site, "[192.0.2.1]", "a@b.example",
				    "alice@example.com");
	assert_int_equal(reply.code, 554);
	reply = policy_case_session(site, NULL, "a@b.example", "alice@example.com");
	assert_int_equal(reply.code, 250);
	rt_site_stage(site, RT_STAGE_HELO, "");
	rt_site_stage(site, RT_STAGE_CLIENT, "check_reverse_client_hostname_access #0");
	site->session.reverse_name = "mx.good.example";
	policy_case_check(site, "a@b.example", "alice@example.com", "451 4.3.5");
	site->session.reverse_name = "mx.evil.example";
	policy_case_check(site, "a@b.example", "alice@example.com", "554 5.7.1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		POLICY_CASE(test_actions),	 POLICY_CASE(test_effects),
		POLICY_CASE(test_client_keys),	 POLICY_CASE(test_mail_keys),
		POLICY_CASE(test_failing_table), POLICY_CASE(test_helo_and_reverse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
