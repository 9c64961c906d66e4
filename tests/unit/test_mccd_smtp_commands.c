/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SMTP server machine without any socket: the order of commands, their
 * syntax, what EHLO offers, XCLIENT.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smtp_case.h"

static void test_orders(void **state)
{
	(void)state;
	smtp_case_expect("RCPT TO:<a@b.example>\r\n",
			 "503 5.5.1 Error: need MAIL command\r\n");
	smtp_case_expect("DATA\r\n", "503 5.5.1 Error: need RCPT command\r\n");
	smtp_case_expect("HELO c\r\n", "[helo c]250 mx.example.com\r\n");
	smtp_case_expect("HELO\r\n", "501 Syntax: HELO hostname\r\n");
	smtp_case_expect("EHLO \r\n", "501 Syntax: EHLO hostname\r\n");
	smtp_case_expect(HELLO "MAIL FROM:<a@b.example>\r\nMAIL FROM:<a@b.example>\r\n",
			 HELLO_REPLY "[mail a@b.example 0]250 2.1.0 Ok\r\n"
				     "503 5.5.1 Error: nested MAIL command\r\n");
	smtp_case_expect(
		HELLO "MAIL FROM:<>\r\nDATA\r\n", HELLO_REPLY
		"[mail  0]250 2.1.0 Ok\r\n554 5.5.1 Error: no valid recipients\r\n");
	smtp_case_expect(HELLO "MAIL FROM:<>\r\n" HELLO "RCPT TO:<a@b.example>\r\n",
			 HELLO_REPLY "[mail  0]250 2.1.0 Ok\r\n" HELLO_REPLY
				     "503 5.5.1 Error: need MAIL command\r\n");
	smtp_case_expect(HELLO "MAIL FROM:<>\r\nRSET\r\nRCPT TO:<a@b.example>\r\n",
			 HELLO_REPLY "[mail  0]250 2.1.0 Ok\r\n250 2.0.0 Ok\r\n[reset]"
				     "503 5.5.1 Error: need MAIL command\r\n");
}

static void test_small_commands(void **state)
{
	(void)state;
	smtp_case_expect(HELLO "NOOP x y\r\n", HELLO_REPLY "250 2.0.0 Ok\r\n");
	smtp_case_expect(HELLO "RSET x\r\n", HELLO_REPLY "501 5.5.4 Syntax: RSET\r\n");
	smtp_case_expect(HELLO "VRFY a@b.example\r\n",
			 HELLO_REPLY "252 2.0.0 a@b.example\r\n");
	smtp_case_expect(HELLO "VRFY\r\n",
			 HELLO_REPLY "501 5.5.4 Syntax: VRFY address\r\n");
	smtp_case_expect(HELLO "EXPN list\r\n",
			 HELLO_REPLY "502 5.5.1 Error: command not implemented\r\n");
	smtp_case_expect(HELLO "FOO\r\n",
			 HELLO_REPLY "500 5.5.2 Error: command not recognized\r\n");
	smtp_case_expect(HELLO "AUTH PLAIN x\r\n",
			 HELLO_REPLY "500 5.5.2 Error: command not recognized\r\n");
	smtp_case_expect(HELLO " NOOP\r\n",
			 HELLO_REPLY "500 5.5.2 Error: bad syntax\r\n");
	smtp_case_expect(HELLO "\r\n", HELLO_REPLY "500 5.5.2 Error: bad syntax\r\n");
	smtp_case_expect(HELLO "nOoP\r\n", HELLO_REPLY "250 2.0.0 Ok\r\n");
	/* What follows QUIT is never looked at. */
	smtp_case_expect(HELLO "QUIT\r\nMAIL FROM:<a@b.example>\r\n",
			 HELLO_REPLY "221 2.0.0 Bye\r\n");
}

static void test_helo_required(void **state)
{
	struct smtp_params p = smtp_case_defaults;

	(void)state;
	p.helo_required = true;
	smtp_case_expect_with(&p, "MAIL FROM:<a@b.example>\r\n",
			      "503 5.5.1 Error: send HELO/EHLO first\r\n");
}

static void test_mail_syntax(void **state)
{
	(void)state;
	smtp_case_expect(HELLO "MAIL\r\n",
			 HELLO_REPLY "501 5.5.4 Syntax: MAIL FROM:<address>\r\n");
	smtp_case_expect(HELLO "MAIL TO:<a@b.example>\r\n",
			 HELLO_REPLY "501 5.5.4 Syntax: MAIL FROM:<address>\r\n");
	smtp_case_expect(HELLO "mAiL FrOm:<a@b.example>\r\n",
			 HELLO_REPLY "[mail a@b.example 0]250 2.1.0 Ok\r\n");
	smtp_case_expect(HELLO "MAIL FROM: <a@b.example> SIZE=77 BODY=8BITMIME  \r\n",
			 HELLO_REPLY "[mail a@b.example 77 8bit]250 2.1.0 Ok\r\n");
	smtp_case_expect(HELLO "MAIL FROM:<a@b.example> BODY=7bit\r\n",
			 HELLO_REPLY "[mail a@b.example 0]250 2.1.0 Ok\r\n");
	smtp_case_expect(HELLO "MAIL FROM:<a@b.example> BODY=BINARY\r\n",
			 HELLO_REPLY "501 5.5.4 Bad BODY value\r\n");
	smtp_case_expect(HELLO "MAIL FROM:<a@b.example> SIZE=x\r\n",
			 HELLO_REPLY "501 5.5.4 Bad message size syntax\r\n");
	smtp_case_expect(HELLO
			 "MAIL FROM:<a@b.example> SIZE=99999999999999999999999999\r\n",
			 HELLO_REPLY "501 5.5.4 Bad message size syntax\r\n");
	smtp_case_expect(HELLO "MAIL FROM:<a@b.example> SIZE=1000001\r\n",
			 HELLO_REPLY "552 5.3.4 Message size exceeds fixed limit\r\n");
	smtp_case_expect(HELLO "MAIL FROM:<a@b.example> FOO=1\r\n",
			 HELLO_REPLY "555 5.5.4 Unsupported option: FOO=1\r\n");
	smtp_case_expect(HELLO "MAIL FROM:<a@\xc3\xa4.example>\r\n", HELLO_REPLY
			 "553 5.6.7 Error: SMTPUTF8 is required, not supported\r\n");
	smtp_case_expect(HELLO "MAIL FROM:<\"a b\"@b.example>\r\n",
			 HELLO_REPLY "[mail a b@b.example 0]250 2.1.0 Ok\r\n");
}

static void test_strict_paths(void **state)
{
	struct smtp_params p = smtp_case_defaults;

	(void)state;
	p.strict_envelopes = true;
	smtp_case_expect_with(&p, HELLO "MAIL FROM:a@b.example\r\n",
			      HELLO_REPLY "501 5.1.7 Bad sender address syntax\r\n");
}

static void test_rcpt_syntax(void **state)
{
	(void)state;
	smtp_case_expect(HELLO "MAIL FROM:<>\r\nRCPT FROM:<a>\r\n",
			 HELLO_REPLY "[mail  0]250 2.1.0 Ok\r\n"
				     "501 5.5.4 Syntax: RCPT TO:<address>\r\n");
	smtp_case_expect(HELLO "MAIL FROM:<>\r\nRCPT TO:<a@b.example> NOTIFY=NEVER\r\n",
			 HELLO_REPLY "[mail  0]250 2.1.0 Ok\r\n"
				     "555 5.5.4 Unsupported option: NOTIFY=NEVER\r\n");
	smtp_case_expect(HELLO "MAIL FROM:<>\r\nRCPT TO:<@x.example:a@b.example>\r\n",
			 HELLO_REPLY
			 "[mail  0]250 2.1.0 Ok\r\n[rcpt a@b.example]250 2.1.5 Ok\r\n");
}

static void test_reply_cannot_be_injected(void **state)
{
	struct smtp_case s;

	(void)state;
	smtp_case_begin(&s, &smtp_case_defaults);
	s.refuse_rcpt = 550;
	smtp_case_feed(&s, "MAIL FROM:<>\r\n", 14);
	smtp_case_feed(&s, "RCPT TO:<a>\r\n", 13);
	assert_non_null(strstr(s.log.ptr, "550-5.1.1 No?\r\n550 5.1.1 250 injected\r\n"));
	smtp_case_end(&s);
}

static void test_xclient(void **state)
{
	struct smtp_params p = smtp_case_defaults;

	(void)state;
	smtp_case_expect("XCLIENT ADDR=192.0.2.9\r\n",
			 "550 5.7.0 Error: insufficient authorization\r\n");
	p.xclient_allowed = true;
	smtp_case_expect_with(&p, "XCLIENT ADDR=192.0.2.9 NAME=a+2Eb\r\n",
			      "[xclient 192.0.2.9 a.b]220 hello\r\n");
	smtp_case_expect_with(&p, "XCLIENT\r\n",
			      "501 5.5.4 Syntax: XCLIENT attribute=value...\r\n");
	smtp_case_expect_with(&p, "XCLIENT FOO=1\r\n",
			      "501 5.5.4 Bad XCLIENT attribute name: FOO\r\n");
	smtp_case_expect_with(&p, "XCLIENT NAME=+zz\r\n",
			      "501 5.5.4 Bad XCLIENT attribute value: NAME=+zz\r\n");
	smtp_case_expect_with(&p, "XCLIENT NAME=+4\r\n",
			      "501 5.5.4 Bad XCLIENT attribute value: NAME=+4\r\n");
	smtp_case_expect_with(&p, "MAIL FROM:<>\r\nXCLIENT NAME=a\r\n",
			      "[mail  0]250 2.1.0 Ok\r\n"
			      "503 5.5.1 Error: MAIL transaction in progress\r\n");
}

static void test_hidden_keywords(void **state)
{
	struct smtp_params p = smtp_case_defaults;

	(void)state;
	p.hidden_keywords = SMTP_8BITMIME | SMTP_PIPELINING;
	smtp_case_expect_with(&p, HELLO,
			      "[ehlo c]250-mx.example.com\r\n250-SIZE 1000000\r\n"
			      "250 ENHANCEDSTATUSCODES\r\n");
	p.hidden_keywords = ~0u;
	smtp_case_expect_with(&p, HELLO, "[ehlo c]250 mx.example.com\r\n");
}

static void test_helo_is_cleaned(void **state)
{
	struct smtp_case s;

	(void)state;
	smtp_case_begin(&s, &smtp_case_defaults);
	smtp_case_feed(&s, "HELO a(b)<c>;\"d\" e\r\n", 20);
	assert_string_equal(s.smtp.helo, "a?b??c???d??e");
	smtp_case_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_small_commands),
		cmocka_unit_test(test_helo_required),
		cmocka_unit_test(test_mail_syntax),
		cmocka_unit_test(test_strict_paths),
		cmocka_unit_test(test_rcpt_syntax),
		cmocka_unit_test(test_reply_cannot_be_injected),
		cmocka_unit_test(test_xclient),
		cmocka_unit_test(test_hidden_keywords),
		cmocka_unit_test(test_helo_is_cleaned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
