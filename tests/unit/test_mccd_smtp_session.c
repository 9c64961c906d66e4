/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SMTP server machine without any socket: whole messages, pipelining and
 * what is none, clients of other protocols, refused clients, the end of a session.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smtp_case.h"

static void test_message(void **state)
{
	static const char dialogue[] =
		HELLO "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n";
	static const char text[] = "Subject: x\r\n\r\n..two\r\n.one\r\nend\r\n.\r\n";
	struct smtp_case s;

	(void)state;
	smtp_case_begin(&s, &smtp_case_defaults);
	smtp_case_feed_lines(&s, dialogue);
	smtp_case_feed(&s, text, sizeof(text) - 1);
	assert_string_equal(s.log.ptr,
			    HELLO_REPLY "[mail a@b.example 0]250 2.1.0 Ok\r\n"
					"[rcpt c@d.example]250 2.1.5 Ok\r\n"
					"354 End data with <CR><LF>.<CR><LF>\r\n"
					"[end 30]250 2.0.0 Ok: queued as X\r\n");
	assert_string_equal(s.content.ptr, "Subject: x\n\n.two\none\nend\n");
	smtp_case_end(&s);
}

/* RFC 2920: a whole group in one piece; the next message behind the dot. */
static void test_pipelining(void **state)
{
	static const char text[] =
		"x: y\r\n\r\nz\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<q>\r\nQUIT\r\n";
	struct smtp_case s;

	(void)state;
	smtp_case_begin(&s, &smtp_case_defaults);
	smtp_case_feed(&s, HELLO, 8);
	smtp_case_feed(
		&s,
		"MAIL FROM:<>\r\nRCPT TO:<a>\r\nRCPT TO:<b>\r\nRCPT TO:<c>\r\nDATA\r\n",
		59);
	strbuf_clear(&s.log);
	smtp_case_feed(&s, text, sizeof(text) - 1);
	assert_string_equal(s.log.ptr, "[end 11]250 2.0.0 Ok: queued as X\r\n"
				       "[mail  0]250 2.1.0 Ok\r\n[rcpt q]250 2.1.5 Ok\r\n"
				       "221 2.0.0 Bye\r\n");
	assert_true(s.is_closed);
	smtp_case_end(&s);
}

static void expect_sync_error(const char *first, const char *second)
{
	struct smtp_case s;

	smtp_case_begin(&s, &smtp_case_defaults);
	if (first != NULL)
		smtp_case_feed_lines(&s, first);
	strbuf_clear(&s.log);
	smtp_case_feed(&s, second, strlen(second));
	assert_string_equal(s.log.ptr,
			    "554 5.5.0 Error: SMTP protocol synchronization\r\n");
	assert_true(s.is_closed);
	smtp_case_end(&s);
}

static void test_unauthorised_pipelining(void **state)
{
	(void)state;
	expect_sync_error(NULL, "EHLO c\r\nMAIL FROM:<>\r\n");
	expect_sync_error("HELO c\r\n", "MAIL FROM:<>\r\nRCPT TO:<a>\r\n");
	expect_sync_error("EHLO c\r\n", "NOOP\r\nNOOP\r\n");
	expect_sync_error("EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a>\r\n",
			  "DATA\r\nSubject: x\r\n");
}

static void test_other_protocols(void **state)
{
	static const char *const lines[] = {
		"GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\n", "CONNECT x:25 HTTP/1.1\r\n",
		"Subject: hi\r\n",    "\x16\x03\x01\r\n",    "{\"a\":1}\r\n"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct smtp_case s;

		smtp_case_begin(&s, &smtp_case_defaults);
		smtp_case_feed(&s, lines[i], strlen(lines[i]));
		if (lines[i][0] == '\x16')
			assert_string_equal(s.log.ptr, "500 5.5.2 Error: bad syntax\r\n");
		else
			assert_string_equal(
				s.log.ptr,
				"221 2.7.0 Error: I can break rules, too. Goodbye.\r\n");
		assert_int_equal(s.is_closed, lines[i][0] != '\x16');
		smtp_case_end(&s);
	}
}

static void test_denied_client(void **state)
{
	struct smtp_case s;

	(void)state;
	smtp_case_begin(&s, &smtp_case_defaults);
	smtp_fini(&s.smtp);
	smtp_init(&s.smtp, &smtp_case_defaults);
	smtp_case_answer(&s, 554, "5.7.1", "No");
	smtp_case_feed(&s, "EHLO c\r\n", 8);
	smtp_case_feed(&s, "QUIT\r\n", 6);
	assert_string_equal(s.log.ptr, "554 5.7.1 No\r\n"
				       "503 5.7.0 Error: access denied for "
				       "unknown[192.0.2.1]\r\n221 2.0.0 Bye\r\n");
	smtp_case_end(&s);
}

static void test_timeout_and_shutdown(void **state)
{
	struct smtp_case s;

	(void)state;
	smtp_case_begin(&s, &smtp_case_defaults);
	smtp_timeout(&s.smtp);
	smtp_case_work(&s);
	assert_string_equal(s.log.ptr,
			    "421 4.4.2 mx.example.com Error: timeout exceeded\r\n");
	assert_true(s.is_closed);
	smtp_case_end(&s);
	smtp_case_begin(&s, &smtp_case_defaults);
	smtp_shutdown(&s.smtp);
	smtp_case_work(&s);
	assert_string_equal(s.log.ptr,
			    "421 4.3.2 mx.example.com Service shutting down\r\n");
	smtp_case_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_pipelining),
		cmocka_unit_test(test_unauthorised_pipelining),
		cmocka_unit_test(test_other_protocols),
		cmocka_unit_test(test_denied_client),
		cmocka_unit_test(test_timeout_and_shutdown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
