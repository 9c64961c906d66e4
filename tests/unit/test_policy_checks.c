/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Built-in checks that ask no DNS: listed addresses, syntax and size, names,
 * logins. Replies are those of Postfix 3.7's smtpd with the same settings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "policy_case.h"

static void test_listed(void **state)
{
	static const char *const users[] = {"alice", "x", "ali+ce", "x", NULL};
	static const char *const boxes[] = {"known@vm.example", "x", NULL};
	static const char *const virtual[] = {"v@va.example", "alice", "alias", "alice",
					      NULL};
	struct rt_site *site = *state;
	struct rt_settings *s = &site->config.settings;

	s->local_recipient_maps = rt_site_maps(site, users);
	s->virtual_alias_domains = rt_site_match(site, "va.example");
	s->virtual_alias_maps = rt_site_maps(site, virtual);
	s->virtual_mailbox_domains = rt_site_match(site, "vm.example");
	s->virtual_mailbox_maps = rt_site_maps(site, boxes);
	s->recipient_delimiter = "+";
	policy_case_check(site, "a@b.example", "alice@example.com", "250 2.1.5");
	policy_case_check(site, "a@b.example", "alice+tag@example.com", "250 2.1.5");
	policy_case_check(site, "a@b.example", "alias@example.com", "250 2.1.5");
	policy_case_check(site, "a@b.example", "nobody@example.com", "550 5.1.1");
	policy_case_check(site, "a@b.example", "postmaster@example.com", "250 2.1.5");
	policy_case_check(site, "a@b.example", "double-bounce@example.com", "250 2.1.5");
	policy_case_check(site, "a@b.example", "v@va.example", "250 2.1.5");
	policy_case_check(site, "a@b.example", "no@va.example", "550 5.1.1");
	policy_case_check(site, "a@b.example", "known@vm.example", "250 2.1.5");
	policy_case_check(site, "a@b.example", "no@vm.example", "550 5.1.1");
	assert_int_equal(rt_recipient_exists(&site->ctx, str_of("no@vm.example")),
			 RT_NOT_FOUND);
	assert_int_equal(rt_recipient_exists(&site->ctx, str_of("known@vm.example")),
			 RT_FOUND);
	assert_int_equal(rt_recipient_exists(&site->ctx, str_of("x@far.example")),
			 RT_FOUND);
	s->smtpd_reject_unlisted_sender = true;
	policy_case_check(site, "nobody@example.com", "alice@example.com", "550 5.1.0");
	policy_case_check(site, "no@va.example", "alice@example.com", "550 5.1.7");
	policy_case_check(site, "alice@example.com", "alice@example.com", "250 2.1.5");
	s->smtpd_reject_unlisted_recipient = false;
	policy_case_check(site, "", "nobody@example.com", "250 2.1.5");
	s->receive_override_options = rt_site_words(site, "no_unknown_recipient_checks");
	rt_site_stage(site, RT_STAGE_RECIPIENT, "reject_unlisted_recipient");
	policy_case_check(site, "", "nobody@example.com", "250 2.1.5");
	s->receive_override_options = rt_site_words(site, "");
	policy_case_check(site, "", "nobody@example.com", "550 5.1.1");
}

static void test_syntax_and_size(void **state)
{
	struct rt_site *site = *state;
	struct rt_settings *s = &site->config.settings;
	struct policy_reply reply;

	policy_case_check(site, "a@b..example", "alice@example.com", "501 5.1.7");
	policy_case_check(site, "a@b.example", "u@.", "501 5.1.3");
	policy_case_check(site, "a@b.example", "", "501 5.1.3");
	policy_case_check(site, "a@b.example",
			  "u@b\xc3\xbc"
			  "cher.example",
			  "501 5.1.3");
	s->message_size_limit = 1000;
	reply = policy_mail(&site->policy, "a@b.example", 1000);
	assert_int_equal(reply.code, 250);
	reply = policy_mail(&site->policy, "a@b.example", 1001);
	assert_int_equal(reply.code, 552);
	assert_string_equal(reply.dsn, "5.3.4");
	reply = policy_end_of_data(&site->policy, 1001);
	assert_int_equal(reply.code, 552);
	s->message_size_limit = 0;
	reply = policy_mail(&site->policy, "a@b.example", 1u << 30);
	assert_int_equal(reply.code, 250);
	s->smtpd_helo_required = true;
	site->session.helo = NULL;
	reply = policy_mail(&site->policy, "a@b.example", 0);
	assert_int_equal(reply.code, 503);
	site->session.helo = "x.example";
	site->session.recipient_count = 1000;
	reply = policy_rcpt(&site->policy, "alice@example.com");
	assert_int_equal(reply.code, 452);
	site->session.recipient_count = 999;
	reply = policy_rcpt(&site->policy, "alice@example.com");
	assert_int_equal(reply.code, 250);
	s->soft_bounce = true;
	policy_case_check(site, "a@b.example", "victim@far.example", "454 4.7.1");
	policy_case_check(site, "a@b.example", "u@.", "401 4.1.3");
}

static void test_names(void **state)
{
	static const struct {
		const char *restriction, *helo, *want;
	} rows[] = {
		{"reject_invalid_helo_hostname", "a..b", "501 5.5.2"},
		{"reject_invalid_helo_hostname", "[192.0.2.300]", "501 5.5.2"},
		{"reject_invalid_helo_hostname", "[IPv6:2001:db8::1]", "250 2.1.5"},
		{"reject_invalid_helo_hostname", "friend", "250 2.1.5"},
		{"reject_invalid_hostname", "-x.example", "501 5.5.2"},
		{"reject_non_fqdn_helo_hostname", "friend", "504 5.5.2"},
		{"reject_non_fqdn_helo_hostname", "friend.", "504 5.5.2"},
		{"reject_non_fqdn_helo_hostname", "192.0.2.1", "504 5.5.2"},
		{"reject_non_fqdn_helo_hostname", "a.b.", "250 2.1.5"},
		{"reject_plaintext_session", "x.example", "450 4.7.1"},
		{"reject_unauth_pipelining", "x.example", "250 2.1.5"},
	};
	struct rt_site *site = *state;

	for (size_t i = 0; i < array_len(rows); i++) {
		struct policy_reply reply;

		rt_site_stage(site, RT_STAGE_HELO, rows[i].restriction);
		reply = policy_case_session(site, rows[i].helo, "a@b.example",
					    "alice@example.com");
		if (strcmp(policy_case_text(site, &reply), rows[i].want) != 0)
			fail_msg("%s with HELO %s: %d", rows[i].restriction, rows[i].helo,
				 reply.code);
	}
	rt_site_stage(site, RT_STAGE_HELO, "");
	rt_site_stage(site, RT_STAGE_SENDER, "reject_non_fqdn_sender");
	policy_case_check(site, "user", "alice@example.com", "504 5.5.2");
	policy_case_check(site, "user@host", "alice@example.com", "504 5.5.2");
	policy_case_check(site, "user@[192.0.2.1]", "alice@example.com", "250 2.1.5");
	policy_case_check(site, "", "alice@example.com", "250 2.1.5");
	rt_site_stage(site, RT_STAGE_SENDER, "reject_unknown_client_hostname");
	site->session.client_name_status = POLICY_NAME_TEMPFAIL;
	site->config.settings.unknown_client_reject_code = 550;
	policy_case_check(site, "", "alice@example.com", "450 4.7.25");
	site->session.client_name_status = POLICY_NAME_NONE;
	policy_case_check(site, "", "alice@example.com", "550 5.7.25");
}

static void test_sasl(void **state)
{
	static const char *const rows[] = {"alice@example.com", "alice, bob", NULL};
	struct rt_site *site = *state;
	struct rt_settings *s = &site->config.settings;

	s->smtpd_sender_login_maps = rt_site_maps(site, rows);
	rt_site_stage(site, RT_STAGE_RELAY,
		      "permit_sasl_authenticated reject_unauth_destination");
	site->session.sasl_user = "alice";
	policy_case_check(site, "a@b.example", "victim@far.example", "554 5.7.1");
	s->smtpd_sasl_auth_enable = true;
	policy_case_check(site, "a@b.example", "victim@far.example", "250 2.1.5");
	rt_site_stage(site, RT_STAGE_SENDER, "reject_sender_login_mismatch");
	policy_case_check(site, "alice@example.com", "victim@far.example", "250 2.1.5");
	policy_case_check(site, "a@b.example", "victim@far.example", "553 5.7.1");
	rt_site_stage(site, RT_STAGE_SENDER, "reject_known_sender_login_mismatch");
	policy_case_check(site, "a@b.example", "victim@far.example", "250 2.1.5");
	site->session.sasl_user = "carol";
	policy_case_check(site, "alice@example.com", "victim@far.example", "553 5.7.1");
	site->session.sasl_user = NULL;
	policy_case_check(site, "alice@example.com", "alice@example.com", "553 5.7.1");
	rt_site_stage(site, RT_STAGE_SENDER,
		      "reject_authenticated_sender_login_mismatch");
	policy_case_check(site, "alice@example.com", "alice@example.com", "250 2.1.5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		POLICY_CASE(test_listed),
		POLICY_CASE(test_syntax_and_size),
		POLICY_CASE(test_names),
		POLICY_CASE(test_sasl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
