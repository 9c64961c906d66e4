/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SMTP server machine without any socket: bounds on lines, errors, junk,
 * recipients and size, and what a message may not contain.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "smtp_case.h"

static void test_line_limit(void **state)
{
	struct smtp_case s;
	size_t len = 1 << 20;
	char *line = malloc(len + 3);

	(void)state;
	memset(line, 'x', len);
	memcpy(line + len, "\r\n", 3);
	smtp_case_begin(&s, &smtp_case_defaults);
	smtp_case_feed(&s, HELLO, 8);
	strbuf_clear(&s.log);
	for (size_t at = 0; at < len + 2; at += 1000) {
		smtp_case_feed(&s, line + at, len + 2 - at < 1000 ? len + 2 - at : 1000);
		assert_true(s.pending.len <= SMTP_COMMAND_MAX);
	}
	smtp_case_feed(&s, "NOOP\r\n", 6);
	assert_string_equal(s.log.ptr,
			    "500 5.5.2 Error: line too long\r\n250 2.0.0 Ok\r\n");
	smtp_case_end(&s);
	/* At the bound and one above. */
	for (size_t n = SMTP_COMMAND_MAX; n <= SMTP_COMMAND_MAX + 1; n++) {
		smtp_case_begin(&s, &smtp_case_defaults);
		smtp_case_feed(&s, HELLO, 8);
		strbuf_clear(&s.log);
		memset(line, 'x', n);
		memcpy(line, "NOOP ", 5);
		memcpy(line + n - 2, "\r\n", 2);
		smtp_case_feed(&s, line, n);
		assert_string_equal(s.log.ptr,
				    n == SMTP_COMMAND_MAX
					    ? "250 2.0.0 Ok\r\n"
					    : "500 5.5.2 Error: line too long\r\n");
		smtp_case_end(&s);
	}
	free(line);
}

static void test_error_limits(void **state)
{
	struct smtp_case s;
	int i;

	(void)state;
	smtp_case_begin(&s, &smtp_case_defaults);
	smtp_case_feed(&s, HELLO, 8);
	for (i = 0; i < 25; i++)
		smtp_case_feed(&s, "FOO\r\n", 5);
	assert_true(s.is_closed);
	assert_non_null(strstr(s.log.ptr, "421 4.7.0 mx.example.com Error: too many "
					  "errors\r\n"));
	/* From the soft limit on, each reply waits. */
	assert_int_equal(s.sleeps, 11);
	smtp_case_end(&s);
}

static void test_junk_limit(void **state)
{
	struct smtp_case s;
	int i;

	(void)state;
	smtp_case_begin(&s, &smtp_case_defaults);
	smtp_case_feed(&s, HELLO, 8);
	for (i = 0; i < 99; i++)
		smtp_case_feed(&s, "NOOP\r\n", 6);
	assert_int_equal(s.smtp.errors, 0);
	for (i = 0; i < 30; i++)
		smtp_case_feed(&s, "NOOP\r\n", 6);
	assert_true(s.is_closed);
	smtp_case_end(&s);
}

static void test_recipient_limit(void **state)
{
	struct smtp_params p = smtp_case_defaults;
	struct smtp_case s;
	int i;

	(void)state;
	p.recipient_limit = 3;
	smtp_case_begin(&s, &p);
	smtp_case_feed(&s, "EHLO c\r\n", 8);
	smtp_case_feed(&s, "MAIL FROM:<>\r\n", 14);
	strbuf_clear(&s.log);
	for (i = 0; i < 4; i++)
		smtp_case_feed(&s, "RCPT TO:<a>\r\n", 13);
	assert_string_equal(s.log.ptr, "[rcpt a]250 2.1.5 Ok\r\n[rcpt a]250 2.1.5 Ok\r\n"
				       "[rcpt a]250 2.1.5 Ok\r\n"
				       "452 4.5.3 Error: too many recipients\r\n");
	assert_int_equal(s.smtp.errors, 0);
	smtp_case_end(&s);
}

static void send_text(struct smtp_case *s, const struct smtp_params *p, const char *text,
		      size_t len)
{
	smtp_case_begin(s, p);
	smtp_case_feed(s, HELLO, 8);
	smtp_case_feed(s, "MAIL FROM:<>\r\nRCPT TO:<a>\r\nDATA\r\n", 33);
	strbuf_clear(&s->log);
	smtp_case_feed(s, text, len);
}

static void test_size_limit(void **state)
{
	static const char small[] = "a: b\r\n\r\n123456\r\n.\r\nNOOP\r\n";
	static const char large[] = "a: b\r\n\r\n1234567\r\n.\r\nNOOP\r\n";
	struct smtp_params p = smtp_case_defaults;
	struct smtp_case s;

	(void)state;
	p.message_limit = 16;
	send_text(&s, &p, small, sizeof(small) - 1);
	assert_string_equal(s.log.ptr,
			    "[end 16]250 2.0.0 Ok: queued as X\r\n250 2.0.0 Ok\r\n");
	smtp_case_end(&s);
	send_text(&s, &p, large, sizeof(large) - 1);
	assert_string_equal(s.log.ptr, "552 5.3.4 Error: message file too big\r\n[reset]"
				       "250 2.0.0 Ok\r\n");
	smtp_case_end(&s);
}

static void test_bad_content(void **state)
{
	static const char nul[] = "a: b\r\n\r\nx\0y\r\n.\r\nNOOP\r\n";
	struct smtp_params p = smtp_case_defaults;
	struct strbuf text;
	struct smtp_case s;
	int i;

	(void)state;
	send_text(&s, &p, nul, sizeof(nul) - 1);
	assert_string_equal(s.log.ptr, "550 5.6.0 Error: NUL byte in message\r\n[reset]"
				       "250 2.0.0 Ok\r\n");
	smtp_case_end(&s);
	strbuf_init(&text, 1 << 20);
	for (i = 0; i < 51; i++)
		strbuf_adds(&text, "rECEIVED: by x\r\n");
	strbuf_adds(&text, "\r\nx\r\n.\r\n");
	send_text(&s, &p, text.ptr, text.len);
	assert_string_equal(s.log.ptr, "554 5.4.0 Error: too many hops\r\n[reset]");
	smtp_case_end(&s);
	strbuf_clear(&text);
	strbuf_adds(&text, "a: ");
	for (i = 0; i < 102400; i++)
		strbuf_addc(&text, 'x');
	strbuf_adds(&text, "\r\n\r\nx\r\n.\r\n");
	send_text(&s, &p, text.ptr, text.len);
	assert_string_equal(s.log.ptr,
			    "552 5.3.4 Error: message header too big\r\n[reset]");
	smtp_case_end(&s);
	strbuf_fini(&text);
}

static void test_bare_lf_modes(void **state)
{
	static const char text[] = "a: b\n\nx\r\n.\r\nNOOP\r\n";
	struct smtp_params p = smtp_case_defaults;
	struct smtp_case s;

	(void)state;
	send_text(&s, &p, text, sizeof(text) - 1);
	assert_string_equal(s.log.ptr,
			    "[end 11]250 2.0.0 Ok: queued as X\r\n250 2.0.0 Ok\r\n");
	assert_string_equal(s.content.ptr, "a: b\n\nx\n");
	smtp_case_end(&s);
	p.reject_bare_lf = true;
	send_text(&s, &p, text, sizeof(text) - 1);
	assert_string_equal(s.log.ptr, "550 5.5.2 Error: bare <LF> received\r\n[reset]");
	assert_true(s.is_closed);
	smtp_case_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line_limit),
		cmocka_unit_test(test_error_limits),
		cmocka_unit_test(test_junk_limit),
		cmocka_unit_test(test_recipient_limit),
		cmocka_unit_test(test_size_limit),
		cmocka_unit_test(test_bad_content),
		cmocka_unit_test(test_bare_lf_modes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
