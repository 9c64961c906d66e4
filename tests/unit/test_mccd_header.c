/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Header sections: where they end, which addresses in them change, what is
 * dropped and what is added. That Postfix writes the same addresses is the
 * business of tests/e2e/test_mccd_cleanup.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "mccd/header.h"
#include "mccd/header_address.h"
#include "rt_site.h"

static int setup(void **state)
{
	static struct rt_site site;
	struct rt_settings *s = &site.config.settings;

	rt_site_init(&site);
	s->remote_header_rewrite_domain = "";
	s->undisclosed_recipients_header = "";
	s->message_drop_headers = rt_site_words(&site, "bcc return-path");
	s->masquerade_domains = rt_site_words(&site, "example.com");
	s->masquerade_classes = rt_site_words(&site, "header_sender");
	*state = &site;
	return 0;
}

static int teardown(void **state)
{
	rt_site_fini(*state);
	return 0;
}

static struct str upper(void *arg, struct str address)
{
	struct arena *arena = arg;
	char *copy = arena_memdup0(arena, address.ptr, address.len);

	for (char *p = copy; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return str_of(copy);
}

static void check_addresses(struct rt_site *site, const char *in, const char *want)
{
	struct strbuf out;

	strbuf_init(&out, 100000);
	header_address_rewrite(site->arena, str_of(in), upper, site->arena, &out);
	strbuf_addc(&out, '\0');
	assert_string_equal(out.ptr, want);
	strbuf_fini(&out);
}

static void test_addresses(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{"", ""},
		{"\n", "\n"},
		{" a@b\n", " A@B\n"},
		{" a\n", " A\n"},
		{" a@b, c@d ,e@f\n", " A@B, C@D ,E@F\n"},
		{" a@b,\n\tc@d\n", " A@B,\n\tC@D\n"},
		{" Some Body <a@b>\n", " Some Body <A@B>\n"},
		{" \"x, y\" <a@b>, z\n", " \"x, y\" <A@B>, Z\n"},
		{" (note (x@y), z) a@b (w)\n", " (note (x@y), z) A@B (w)\n"},
		{" list: a@b, c@d;\n", " list: A@B, C@D;\n"},
		{" undisclosed-recipients:;\n", " undisclosed-recipients:;\n"},
		{" <>\n", " <>\n"},
		{" < a@b >\n", " < A@B >\n"},
		{" <@x,@y:a@b>\n", " <@x,@y:a@b>\n"},
		{" some body\n", " some body\n"},
		{" \"a b\"@c\n", " \"A B\"@C\n"},
		{" <\"a>b\"@c>, d\n", " <\"A>B\"@C>, D\n"},
		{" a@[1.2.3.4]\n", " A@[1.2.3.4]\n"},
		{" a@b (unclosed\n", " A@B (unclosed\n"},
		{" \"unclosed <a@b>\n", " \"unclosed <a@b>\n"},
		{" a\\,b@c\n", " \"A,B\"@C\n"},
		{" <a@b\n", " <A@B\n"},
		{" ;,:\\", " ;,:\\"},
	};

	for (size_t i = 0; i < array_len(cases); i++)
		check_addresses(*state, cases[i].in, cases[i].out);
}

static void check_end(const char *text, bool found, size_t end)
{
	size_t whole = 0;
	size_t at = 0;
	bool ended = false;

	assert_int_equal(header_find_end(str_of(text), &whole), found);
	assert_int_equal(whole, end);
	/* However it is cut. */
	for (size_t len = 0; !ended && len <= strlen(text); len++)
		ended = header_find_end((struct str){text, len}, &at);
	assert_int_equal(ended, found);
	assert_int_equal(at, end);
}

static void test_end(void **state)
{
	(void)state;
	check_end("", false, 0);
	check_end("A: b\n\nbody\n", true, 5);
	check_end("A: b\n c\n\n", true, 8);
	check_end("A: b\nbody\n", true, 5);
	check_end("A: b\nbody", false, 5);
	check_end("A : b\n\n", true, 6);
	check_end(" a: b\n", true, 0);
	check_end("\n", true, 0);
	check_end("body\n", true, 0);
	check_end("From x y\nA: b\n\n", true, 14);
	check_end(">From x y\n\n", true, 10);
	check_end("A: b\nFrom x\n", true, 5);
	check_end("A: b\n", false, 5);
}

static void check(struct rt_site *site, bool is_local, const char *in, const char *want)
{
	struct header_job job = {.ctx = &site->ctx,
				 .is_local = is_local,
				 .sender = "s@example.com",
				 .id = "ID",
				 .date = "DATE"};
	struct strbuf out;

	strbuf_init(&out, 100000);
	header_rewrite(&job, str_of(in), true, &out);
	strbuf_addc(&out, '\0');
	assert_string_equal(out.ptr, want);
	strbuf_fini(&out);
}

#define WHOLE "Date: x\nMessage-Id: y\n"

static void test_rewrite(void **state)
{
	struct rt_site *site = *state;

	check(site, true, "From: a@h.example.com\nTo: b\n" WHOLE,
	      "From: a@example.com\nTo: b@mail.example.com\n" WHOLE);
	check(site, false, "From: a@h.example.com\nTo: b\n" WHOLE,
	      "From: a@h.example.com\nTo: b\n" WHOLE);
	/* Recipients are not of the masquerade classes; names of headers have
	 * no case, and may have blanks before the colon. */
	check(site, true, "FROM : A <a@h.example.com>\ncc:b@h.example.com\n" WHOLE,
	      "FROM : A <a@example.com>\ncc:b@h.example.com\n" WHOLE);
	check(site, true, "From: a@h.example.com,\n b@h.example.com\n" WHOLE,
	      "From: a@example.com,\n b@example.com\n" WHOLE);
	check(site, true, "Subject: a@h.example.com\nFrom: a@x\n" WHOLE,
	      "Subject: a@h.example.com\nFrom: a@x\n" WHOLE);
	check(site, false, "Bcc: x\n y\nReturn-Path: <z>\nSubject: s\n", "Subject: s\n");
	check(site, false, "From me Mon\nSubject: s\n",
	      "X-Mailbox-Line: From me Mon\nSubject: s\n");
}

static void test_remote_domain(void **state)
{
	struct rt_site *site = *state;

	site->config.settings.remote_header_rewrite_domain = "invalid.example";
	check(site, false, "From: a\nTo: b@c.example\n" WHOLE,
	      "From: a@invalid.example\nTo: b@c.example\n" WHOLE);
}

static void test_missing(void **state)
{
	struct rt_site *site = *state;

	check(site, true, "To: b@c.example\n",
	      "To: b@c.example\nMessage-Id: <ID@mail.example.com>\nDate: DATE\n"
	      "From: s@example.com\n");
	check(site, true, "Resent-From: b@c.example\n",
	      "Resent-From: b@c.example\nResent-Message-Id: <ID@mail.example.com>\n"
	      "Resent-Date: DATE\n");
	check(site, false, "", "");
	site->config.settings.undisclosed_recipients_header = "To: nobody:;";
	check(site, true, "From: a@c.example\n" WHOLE,
	      "From: a@c.example\n" WHOLE "To: nobody:;\n");
	site->config.settings.always_add_missing_headers = true;
	check(site, false, "From: a@c.example\nTo: x\n",
	      "From: a@c.example\nTo: x\nMessage-Id: <ID@mail.example.com>\nDate: DATE\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_addresses, setup, teardown),
		cmocka_unit_test(test_end),
		cmocka_unit_test_setup_teardown(test_rewrite, setup, teardown),
		cmocka_unit_test_setup_teardown(test_remote_domain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
