/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks that ask the DNS: lists of clients and domains, MX and NS, and which
 * questions are asked. Replies are those of Postfix 3.7's smtpd.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy_case.h"

struct fact {
	const char *name, *type, *value; /* value NULL: the question fails */
};

static const struct fact facts[] = {
	{"9.113.0.203.rbl.example", "A", "127.0.0.2"},
	{"9.113.0.203.rbl.example", "TXT", "listed for spam"},
	{"9.113.0.203.down.example", "A", NULL},
	{"spam.example.rhs.example", "A", "127.0.0.5"},
	{"good.example", "MX", "10 mx.good.example"},
	{"null.example", "MX", "0 ."},
	{"fails.example", "MX", NULL},
	{"fails.example", "A", NULL},
	{"fails.example", "AAAA", NULL},
	{"bad.example", "MX", "10 mx.evil.example"},
	{"mx.evil.example", "A", "198.51.100.66"},
	{"bad.example", "NS", "ns.evil.example"},
	{"mine.example", "MX", "10 primary.example"},
	{"primary.example", "A", "198.51.100.9"},
};

static const struct policy_answer *find_fact(void *state, const char *name,
					     const char *type)
{
	static const struct policy_answer none = {.status = POLICY_ANSWER_NXDOMAIN};
	static const struct policy_answer fail = {.status = POLICY_ANSWER_FAIL};
	static struct policy_answer found[array_len(facts)];
	const size_t *known = state;

	for (size_t i = 0; i < *known && i < array_len(facts); i++) {
		if (strcmp(facts[i].name, name) != 0 || strcmp(facts[i].type, type) != 0)
			continue;
		if (facts[i].value == NULL)
			return &fail;
		found[i] = (struct policy_answer){.status = POLICY_ANSWER_FOUND,
						  .values = &facts[i].value,
						  .value_count = 1};
		return &found[i];
	}
	return *known > 0 ? &none : NULL;
}

static void test_dnsbl(void **state)
{
	static size_t known = array_len(facts);
	static const struct policy_answers answers = {find_fact, &known};
	static const struct {
		const char *restriction, *want;
	} rows[] = {
		{"reject_rbl_client =rbl.example", "554 5.7.1"},
		{"reject_rbl_client =rbl.example=127.0.0.2", "554 5.7.1"},
		{"reject_rbl_client =rbl.example=127.0.0.[1..3]", "554 5.7.1"},
		{"reject_rbl_client =rbl.example=127.0.0.[3;5..9]", "250 2.1.5"},
		{"reject_rbl_client =other.example", "250 2.1.5"},
		{"reject_rbl_client =down.example", "250 2.1.5"},
		{"permit_dnswl_client =rbl.example reject", "250 2.1.5"},
		{"permit_dnswl_client =down.example reject", "450 4.7.1"},
		{"reject_rhsbl_sender =rhs.example", "554 5.7.1"},
		{"reject_rhsbl_helo =rhs.example", "250 2.1.5"},
	};
	struct rt_site *site = *state;
	struct policy_reply reply;

	site->policy.answers = &answers;
	for (size_t i = 0; i < array_len(rows); i++) {
		rt_site_stage(site, RT_STAGE_RECIPIENT, rows[i].restriction);
		reply = policy_case_session(site, "mx.stranger.example", "a@spam.example",
					    "alice@example.com");
		if (strcmp(policy_case_text(site, &reply), rows[i].want) != 0)
			fail_msg("%s: %d %s", rows[i].restriction, reply.code,
				 reply.text);
	}
	rt_site_stage(site, RT_STAGE_RECIPIENT, "reject_rbl_client =rbl.example");
	reply = policy_case_session(site, NULL, "", "alice@example.com");
	assert_string_equal(
		reply.text,
		"Service unavailable; Client host [203.0.113.9] blocked using "
		"rbl.example; listed for spam");
	assert_string_equal(reply.item, "reject_rbl_client");
}

static void test_domains(void **state)
{
	static size_t known = array_len(facts);
	static const struct policy_answers answers = {find_fact, &known};
	static const char *const rows[] = {"mx.evil.example", "REJECT", "ns.evil.example",
					   "OK", NULL};
	struct rt_site *site = *state;
	struct rt_settings *s = &site->config.settings;

	site->policy.answers = &answers;
	rt_site_stage(site, RT_STAGE_SENDER, "reject_unknown_sender_domain");
	policy_case_check(site, "a@good.example", "alice@example.com", "250 2.1.5");
	policy_case_check(site, "a@none.example", "alice@example.com", "450 4.1.8");
	policy_case_check(site, "a@null.example", "alice@example.com", "550 5.7.27");
	policy_case_check(site, "a@fails.example", "alice@example.com", "450 4.1.8");
	policy_case_check(site, "a@fails.example", "victim@far.example", "554 5.7.1");
	policy_case_check(site, "a@example.com", "alice@example.com", "250 2.1.5");
	s->unknown_address_reject_code = 550;
	s->unknown_address_tempfail_action = "defer";
	policy_case_check(site, "a@none.example", "alice@example.com", "550 5.1.8");
	policy_case_check(site, "a@fails.example", "victim@far.example", "450 4.1.8");
	rt_site_table(site, "hash:mx", rows);
	rt_site_stage(site, RT_STAGE_SENDER, "check_sender_mx_access #0");
	policy_case_check(site, "a@bad.example", "alice@example.com", "554 5.7.1");
	policy_case_check(site, "a@good.example", "alice@example.com", "250 2.1.5");
	rt_site_stage(site, RT_STAGE_SENDER, "check_sender_ns_access #0");
	policy_case_check(site, "a@bad.example", "alice@example.com", "451 4.3.5");
}

/* Without answers: the questions, and a session that has not changed. */
static void test_questions(void **state)
{
	static size_t known = 0;
	static const struct policy_answers answers = {find_fact, &known};
	struct rt_site *site = *state;
	struct policy_reply reply;

	site->policy.answers = &answers;
	known = 0;
	rt_site_stage(site, RT_STAGE_CLIENT,
		      "reject_rbl_client =rbl.example reject_rbl_client =down.example");
	rt_site_stage(site, RT_STAGE_SENDER, "reject_unknown_sender_domain");
	reply = policy_case_session(site, NULL, "a@good.example", "alice@example.com");
	assert_int_equal(reply.verdict, POLICY_NEED);
	assert_int_equal(reply.question_count, 3);
	assert_string_equal(reply.questions[0].name, "9.113.0.203.rbl.example");
	assert_string_equal(reply.questions[0].type, "A");
	assert_string_equal(reply.questions[2].name, "good.example");
	assert_null(site->session.recipient);
	known = array_len(facts);
	reply = policy_rcpt(&site->policy, "alice@example.com");
	assert_int_equal(reply.code, 554);
}

static void test_no_answers_at_all(void **state)
{
	struct rt_site *site = *state;
	struct policy_reply reply;
	char list[1024] = "";

	for (unsigned i = 0; i < 16; i++) {
		char one[64];

		snprintf(one, sizeof(one), "reject_rbl_client =l%u.example ", i);
		strcat(list, one);
	}
	rt_site_stage(site, RT_STAGE_CLIENT, list);
	rt_site_stage(site, RT_STAGE_HELO, "reject_unknown_helo_hostname");
	reply = policy_case_session(site, "x.example", "a@good.example",
				    "alice@example.com");
	assert_int_equal(reply.verdict, POLICY_NEED);
	assert_int_equal(reply.question_count, POLICY_QUESTION_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		POLICY_CASE(test_dnsbl),
		POLICY_CASE(test_domains),
		POLICY_CASE(test_questions),
		POLICY_CASE(test_no_answers_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
