/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Restrictions: stages and what they carry over, every action of access(5),
 * look-up orders, built-in checks, the DNS through answers. Replies are those
 * of Postfix 3.7's smtpd with the same settings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "rt_site.h"

static int setup(void **state)
{
	static struct rt_site site;

	rt_site_init(&site);
	rt_site_stage(&site, RT_STAGE_RELAY,
		      "permit_mynetworks reject_unauth_destination");
	*state = &site;
	return 0;
}

static int teardown(void **state)
{
	rt_site_fini(*state);
	return 0;
}

static const char *reply_text(struct rt_site *site, const struct policy_reply *reply)
{
	return arena_printf(site->arena, "%d %s", reply->code,
			    reply->dsn != NULL ? reply->dsn : "-");
}

/* A whole session; the first refusal, or the answer to RCPT. */
static struct policy_reply session(struct rt_site *site, const char *helo,
				   const char *sender, const char *recipient)
{
	struct policy_reply reply;

	policy_reset_transaction(&site->session);
	site->session.helo = NULL;
	reply = policy_connect(&site->policy);
	if (reply.code >= 400)
		return reply;
	if (helo != NULL)
		reply = policy_helo(&site->policy, helo);
	if (reply.code >= 400)
		return reply;
	reply = policy_mail(&site->policy, sender, 0);
	if (reply.code >= 400)
		return reply;
	return policy_rcpt(&site->policy, recipient);
}

static void check(struct rt_site *site, const char *sender, const char *recipient,
		  const char *want)
{
	struct policy_reply reply =
		session(site, "mx.stranger.example", sender, recipient);
	const char *got = reply_text(site, &reply);

	if (strcmp(got, want) != 0)
		fail_msg("<%s> to <%s>: got %s (%s), want %s", sender, recipient, got,
			 reply.text != NULL ? reply.text : "", want);
}

/* ---- relaying ---- */

static void test_relay(void **state)
{
	struct rt_site *site = *state;
	struct policy_reply reply;

	check(site, "a@b.example", "alice@example.com", "250 2.1.5");
	check(site, "a@b.example", "victim@far.example", "554 5.7.1");
	check(site, "", "victim@far.example", "554 5.7.1");
	check(site, "a@b.example", "u%far.example@example.com", "554 5.7.1");
	check(site, "a@b.example", "postmaster", "250 2.1.5");
	check(site, "a@b.example", "PostMaster", "250 2.1.5");
	reply = session(site, "x.example", "a@b.example", "victim@far.example");
	assert_int_equal(reply.verdict, POLICY_REJECT);
	assert_string_equal(reply.text, "<victim@far.example>: Relay access denied");
	assert_string_equal(reply.item, "reject_unauth_destination");
	assert_int_equal(reply.decided_by.line, 2);
	site->session.client_address = "192.168.1.7";
	check(site, "a@b.example", "victim@far.example", "250 2.1.5");
	rt_site_stage(site, RT_STAGE_RELAY, "defer_unauth_destination");
	check(site, "a@b.example", "victim@far.example", "454 4.7.1");
	rt_site_stage(site, RT_STAGE_RELAY, "permit_auth_destination reject");
	check(site, "a@b.example", "victim@far.example", "554 5.7.1");
	check(site, "a@b.example", "alice@example.com", "250 2.1.5");
}

static void test_routed_recipients(void **state)
{
	static const char *const ok[] = {"relay.example", "OK", NULL};
	struct rt_site *site = *state;
	size_t table = rt_site_table(site, "hash:ok", ok);

	assert_int_equal(table, 0);
	site->config.settings.relay_domains = rt_site_match(site, "relay.example");
	check(site, "a@b.example", "u@relay.example", "250 2.1.5");
	check(site, "a@b.example", "u%far.example@relay.example", "554 5.7.1");
	rt_site_stage(site, RT_STAGE_RELAY, "check_recipient_access #0 reject");
	check(site, "a@b.example", "u@relay.example", "250 2.1.5");
	check(site, "a@b.example", "u%far.example@relay.example", "554 5.7.1");
	site->config.settings.allow_untrusted_routing = true;
	check(site, "a@b.example", "u%far.example@relay.example", "250 2.1.5");
}

static void test_broken_lists(void **state)
{
	static struct rt_match_item bad = {.kind = RT_MATCH_ERROR, .text = "x"};
	struct rt_site *site = *state;

	rt_site_stage(site, RT_STAGE_RELAY, "reject_unauth_destinations");
	check(site, "a@b.example", "alice@example.com", "451 4.3.5");
	rt_site_stage(site, RT_STAGE_RELAY, "warn_if_reject reject_unauth_destinations");
	check(site, "a@b.example", "alice@example.com", "451 4.3.5");
	rt_site_stage(site, RT_STAGE_RELAY,
		      "permit_mynetworks reject_unauth_destination");
	site->config.settings.mynetworks = (struct rt_match){.items = &bad, .count = 1};
	check(site, "a@b.example", "alice@example.com", "451 4.3.0");
	site->config.settings.mynetworks = rt_site_match(site, "127.0.0.0/8");
	site->config.settings.relay_domains =
		(struct rt_match){.items = &bad, .count = 1};
	check(site, "a@b.example", "u@far.example", "451 4.3.0");
	check(site, "a@b.example", "alice@example.com", "250 2.1.5");
}

/* ---- access tables ---- */

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
		check(site, "a@bad.example", "alice@example.com", rows[i].own);
		check(site, "a@bad.example", "victim@far.example", rows[i].foreign);
		check(site, "a@good.example", "alice@example.com", "250 2.1.5");
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
	session(site, NULL, "a@h.example", "alice@example.com");
	assert_true(site->session.hold);
	session(site, NULL, "a@f.example", "alice@example.com");
	assert_false(site->session.hold);
	assert_string_equal(site->session.filter, "smtp:[127.0.0.1]:10025");
	session(site, NULL, "a@r.example", "alice@example.com");
	assert_string_equal(site->session.redirect, "x@y.example");
	session(site, NULL, "a@b.example", "alice@example.com");
	assert_int_equal(site->session.bcc_count, 1);
	session(site, NULL, "a@p.example", "alice@example.com");
	assert_string_equal(site->session.prepend[0], "X-A: b");
	session(site, NULL, "a@n.example", "alice@example.com");
	assert_null(site->session.filter);
	reply = session(site, NULL, "a@d.example", "victim@far.example");
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
		reply = session(site, NULL, "a@b.example", "alice@example.com");
		if (want[i].text == NULL)
			assert_int_equal(reply.code, 250);
		else if (strstr(reply.text, want[i].text) == NULL)
			fail_msg("%s[%s]: %s", want[i].name, want[i].address, reply.text);
	}
	site->config.settings.parent_domain_matches_subdomains = rt_site_words(site, "");
	site->session.client_name = "x.deep.example";
	site->session.client_address = "203.0.113.10";
	check(site, "a@b.example", "alice@example.com", "250 2.1.5");
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
		struct policy_reply reply =
			session(site, NULL, want[i].sender, "alice@example.com");

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
	check(site, "a@b.example", "alice@example.com", "451 4.3.5");
	site->session.client_address = "127.0.0.1";
	check(site, "a@b.example", "alice@example.com", "250 2.1.5");
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
	reply = session(site, "x.evil.example", "a@b.example", "alice@example.com");
	assert_int_equal(reply.code, 554);
	reply = session(site, "[192.0.2.1]", "a@b.example", "alice@example.com");
	assert_int_equal(reply.code, 554);
	reply = session(site, NULL, "a@b.example", "alice@example.com");
	assert_int_equal(reply.code, 250);
	rt_site_stage(site, RT_STAGE_HELO, "");
	rt_site_stage(site, RT_STAGE_CLIENT, "check_reverse_client_hostname_access #0");
	site->session.reverse_name = "mx.good.example";
	check(site, "a@b.example", "alice@example.com", "451 4.3.5");
	site->session.reverse_name = "mx.evil.example";
	check(site, "a@b.example", "alice@example.com", "554 5.7.1");
}

/* ---- lists and stages ---- */

static void test_stages(void **state)
{
	struct rt_site *site = *state;
	struct rt_settings *s = &site->config.settings;
	struct policy_reply reply;

	/* An OK ends its own list only. */
	rt_site_stage(site, RT_STAGE_CLIENT, "permit reject");
	rt_site_stage(site, RT_STAGE_RECIPIENT, "permit");
	check(site, "a@b.example", "victim@far.example", "554 5.7.1");
	check(site, "a@b.example", "alice@example.com", "250 2.1.5");
	rt_site_stage(site, RT_STAGE_CLIENT, "reject");
	reply = policy_connect(&site->policy);
	assert_int_equal(reply.code, 220);
	check(site, "a@b.example", "alice@example.com", "554 5.7.1");
	check(site, "a@b.example", "postmaster", "250 2.1.5");
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
	check(site, "a@b.example", "alice@example.com", "450 4.7.0");
	check(site, "a@b.example", "victim@far.example", "554 5.7.1");
	/* defer_if_reject turns a later reject of the same list. */
	rt_site_stage(site, RT_STAGE_HELO, "defer_if_reject");
	check(site, "a@b.example", "victim@far.example", "554 5.7.1");
	rt_site_stage(site, RT_STAGE_HELO, "defer_if_reject reject");
	check(site, "a@b.example", "alice@example.com", "450 4.7.0");
	/* Both: the list ends, the deferral stays. */
	rt_site_stage(site, RT_STAGE_HELO, "defer_if_permit defer_if_reject reject");
	check(site, "a@b.example", "alice@example.com", "450 4.7.0");
	rt_site_stage(site, RT_STAGE_HELO, "warn_if_reject reject");
	check(site, "a@b.example", "alice@example.com", "250 2.1.5");
	rt_site_stage(site, RT_STAGE_HELO, "warn_if_reject defer_if_permit");
	check(site, "a@b.example", "alice@example.com", "250 2.1.5");
	/* Before the check for unlisted recipients. */
	site->config.settings.local_recipient_maps =
		rt_site_maps(site, (const char *const[]){"alice", "x", NULL});
	rt_site_stage(site, RT_STAGE_HELO, "defer_if_permit");
	check(site, "a@b.example", "nobody@example.com", "450 4.7.0");
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
	check(site, "a@bad.example", "alice@example.com", "554 5.7.1");
	check(site, "a@loop.example", "alice@example.com", "451 4.3.5");
	check(site, "a@good.example", "alice@example.com", "250 2.1.5");
}

/* ---- built-in checks ---- */

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
	check(site, "a@b.example", "alice@example.com", "250 2.1.5");
	check(site, "a@b.example", "alice+tag@example.com", "250 2.1.5");
	check(site, "a@b.example", "alias@example.com", "250 2.1.5");
	check(site, "a@b.example", "nobody@example.com", "550 5.1.1");
	check(site, "a@b.example", "postmaster@example.com", "250 2.1.5");
	check(site, "a@b.example", "double-bounce@example.com", "250 2.1.5");
	check(site, "a@b.example", "v@va.example", "250 2.1.5");
	check(site, "a@b.example", "no@va.example", "550 5.1.1");
	check(site, "a@b.example", "known@vm.example", "250 2.1.5");
	check(site, "a@b.example", "no@vm.example", "550 5.1.1");
	assert_int_equal(rt_recipient_exists(&site->ctx, str_of("no@vm.example")),
			 RT_NOT_FOUND);
	assert_int_equal(rt_recipient_exists(&site->ctx, str_of("known@vm.example")),
			 RT_FOUND);
	assert_int_equal(rt_recipient_exists(&site->ctx, str_of("x@far.example")),
			 RT_FOUND);
	s->smtpd_reject_unlisted_sender = true;
	check(site, "nobody@example.com", "alice@example.com", "550 5.1.0");
	check(site, "no@va.example", "alice@example.com", "550 5.1.7");
	check(site, "alice@example.com", "alice@example.com", "250 2.1.5");
	s->smtpd_reject_unlisted_recipient = false;
	check(site, "", "nobody@example.com", "250 2.1.5");
	s->receive_override_options = rt_site_words(site, "no_unknown_recipient_checks");
	rt_site_stage(site, RT_STAGE_RECIPIENT, "reject_unlisted_recipient");
	check(site, "", "nobody@example.com", "250 2.1.5");
	s->receive_override_options = rt_site_words(site, "");
	check(site, "", "nobody@example.com", "550 5.1.1");
}

static void test_syntax_and_size(void **state)
{
	struct rt_site *site = *state;
	struct rt_settings *s = &site->config.settings;
	struct policy_reply reply;

	check(site, "a@b..example", "alice@example.com", "501 5.1.7");
	check(site, "a@b.example", "u@.", "501 5.1.3");
	check(site, "a@b.example", "", "501 5.1.3");
	check(site, "a@b.example",
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
	check(site, "a@b.example", "victim@far.example", "454 4.7.1");
	check(site, "a@b.example", "u@.", "401 4.1.3");
}

static void test_data(void **state)
{
	static const char *const rows[] = {"alice@example.com", "REJECT", NULL};
	struct rt_site *site = *state;
	struct policy_reply reply;

	rt_site_table(site, "hash:rcpt", rows);
	rt_site_stage(site, RT_STAGE_DATA, "check_recipient_access #0");
	session(site, NULL, "", "alice@example.com");
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
		reply = session(site, rows[i].helo, "a@b.example", "alice@example.com");
		if (strcmp(reply_text(site, &reply), rows[i].want) != 0)
			fail_msg("%s with HELO %s: %d", rows[i].restriction, rows[i].helo,
				 reply.code);
	}
	rt_site_stage(site, RT_STAGE_HELO, "");
	rt_site_stage(site, RT_STAGE_SENDER, "reject_non_fqdn_sender");
	check(site, "user", "alice@example.com", "504 5.5.2");
	check(site, "user@host", "alice@example.com", "504 5.5.2");
	check(site, "user@[192.0.2.1]", "alice@example.com", "250 2.1.5");
	check(site, "", "alice@example.com", "250 2.1.5");
	rt_site_stage(site, RT_STAGE_SENDER, "reject_unknown_client_hostname");
	site->session.client_name_status = POLICY_NAME_TEMPFAIL;
	site->config.settings.unknown_client_reject_code = 550;
	check(site, "", "alice@example.com", "450 4.7.25");
	site->session.client_name_status = POLICY_NAME_NONE;
	check(site, "", "alice@example.com", "550 5.7.25");
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
	check(site, "a@b.example", "victim@far.example", "554 5.7.1");
	s->smtpd_sasl_auth_enable = true;
	check(site, "a@b.example", "victim@far.example", "250 2.1.5");
	rt_site_stage(site, RT_STAGE_SENDER, "reject_sender_login_mismatch");
	check(site, "alice@example.com", "victim@far.example", "250 2.1.5");
	check(site, "a@b.example", "victim@far.example", "553 5.7.1");
	rt_site_stage(site, RT_STAGE_SENDER, "reject_known_sender_login_mismatch");
	check(site, "a@b.example", "victim@far.example", "250 2.1.5");
	site->session.sasl_user = "carol";
	check(site, "alice@example.com", "victim@far.example", "553 5.7.1");
	site->session.sasl_user = NULL;
	check(site, "alice@example.com", "alice@example.com", "553 5.7.1");
	rt_site_stage(site, RT_STAGE_SENDER,
		      "reject_authenticated_sender_login_mismatch");
	check(site, "alice@example.com", "alice@example.com", "250 2.1.5");
}

/* ---- DNS ---- */

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
		reply = session(site, "mx.stranger.example", "a@spam.example",
				"alice@example.com");
		if (strcmp(reply_text(site, &reply), rows[i].want) != 0)
			fail_msg("%s: %d %s", rows[i].restriction, reply.code,
				 reply.text);
	}
	rt_site_stage(site, RT_STAGE_RECIPIENT, "reject_rbl_client =rbl.example");
	reply = session(site, NULL, "", "alice@example.com");
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
	check(site, "a@good.example", "alice@example.com", "250 2.1.5");
	check(site, "a@none.example", "alice@example.com", "450 4.1.8");
	check(site, "a@null.example", "alice@example.com", "550 5.7.27");
	check(site, "a@fails.example", "alice@example.com", "450 4.1.8");
	check(site, "a@fails.example", "victim@far.example", "554 5.7.1");
	check(site, "a@example.com", "alice@example.com", "250 2.1.5");
	s->unknown_address_reject_code = 550;
	s->unknown_address_tempfail_action = "defer";
	check(site, "a@none.example", "alice@example.com", "550 5.1.8");
	check(site, "a@fails.example", "victim@far.example", "450 4.1.8");
	rt_site_table(site, "hash:mx", rows);
	rt_site_stage(site, RT_STAGE_SENDER, "check_sender_mx_access #0");
	check(site, "a@bad.example", "alice@example.com", "554 5.7.1");
	check(site, "a@good.example", "alice@example.com", "250 2.1.5");
	rt_site_stage(site, RT_STAGE_SENDER, "check_sender_ns_access #0");
	check(site, "a@bad.example", "alice@example.com", "451 4.3.5");
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
	reply = session(site, NULL, "a@good.example", "alice@example.com");
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
	reply = session(site, "x.example", "a@good.example", "alice@example.com");
	assert_int_equal(reply.verdict, POLICY_NEED);
	assert_int_equal(reply.question_count, POLICY_QUESTION_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(test_relay),
		T(test_routed_recipients),
		T(test_broken_lists),
		T(test_actions),
		T(test_effects),
		T(test_client_keys),
		T(test_mail_keys),
		T(test_failing_table),
		T(test_helo_and_reverse),
		T(test_stages),
		T(test_deferrals),
		T(test_classes),
		T(test_listed),
		T(test_syntax_and_size),
		T(test_data),
		T(test_names),
		T(test_sasl),
		T(test_dnsbl),
		T(test_domains),
		T(test_questions),
		T(test_no_answers_at_all),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
