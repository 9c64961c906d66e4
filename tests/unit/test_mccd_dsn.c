/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bounces: the parts and fields, and that nothing a stranger wrote becomes a
 * header, a field, a boundary or a control character. A mail library reads
 * real bounces in tests/e2e/test_mccd_queue.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mccd/dsn.h"

static struct dsn_recipient one = {
	.final = "u@x.example",
	.original = "alias@x.example",
	.status = "5.1.1",
	.text = "550 5.1.1 no such user",
	.remote = "mx.x.example",
};

static struct dsn_request base_request(void)
{
	return (struct dsn_request){
		.kind = DSN_FAILED,
		.hostname = "mail.example",
		.mail_name = "mccd",
		.id = "Q1",
		.origin = "Q0",
		.sender = "s@z.example",
		.arrived = 1700000000,
		.now = 1700000100,
		.retry_until = 1700432000,
		.recipients = &one,
		.recipient_count = 1,
		.content = STR_LIT("Subject: hello\n\nbody\n"),
		.content_size = 21,
	};
}

static char *write_dsn(const struct dsn_request *request, bool *out_eight_bit)
{
	struct strbuf out;

	strbuf_init(&out, DSN_SIZE_MAX);
	dsn_write(&out, request, out_eight_bit);
	assert_false(out.failed);
	return out.ptr;
}

static void expect(const char *text, const char *line)
{
	if (!strstr(text, line))
		fail_msg("missing: %s in\n%s", line, text);
}

static size_t occurrences(const char *text, const char *needle)
{
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, needle)) != NULL; p++)
		n++;
	return n;
}

static void test_failed(void **state)
{
	struct dsn_request request = base_request();
	bool is_eight_bit;
	char *text = write_dsn(&request, &is_eight_bit);

	(void)state;
	assert_false(is_eight_bit);
	expect(text, "\nTo: s@z.example\n");
	expect(text, "\nAuto-Submitted: auto-replied\n");
	expect(text, "\nMIME-Version: 1.0\n");
	expect(text, "\nMessage-ID: <");
	expect(text, "\nDate: Tue, 14 Nov 2023 22:15:00 +0000\n");
	expect(text, "multipart/report; report-type=delivery-status");
	expect(text, "\nReporting-MTA: dns; mail.example\n");
	expect(text, "\nArrival-Date: Tue, 14 Nov 2023 22:13:20 +0000\n");
	expect(text, "\nOriginal-Recipient: rfc822; alias@x.example\n");
	expect(text, "\nFinal-Recipient: rfc822; u@x.example\n");
	expect(text, "\nAction: failed\n");
	expect(text, "\nStatus: 5.1.1\n");
	expect(text, "\nRemote-MTA: dns; mx.x.example\n");
	expect(text, "\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n");
	expect(text, "\nContent-Type: message/rfc822\n\nSubject: hello\n\nbody\n");
	assert_null(strstr(text, "Will-Retry-Until"));
	free(text);
}

static void test_delayed(void **state)
{
	struct dsn_request request = base_request();
	bool is_eight_bit;
	char *text;

	(void)state;
	request.kind = DSN_DELAYED;
	text = write_dsn(&request, &is_eight_bit);
	expect(text, "\nAction: delayed\n");
	expect(text, "\nWill-Retry-Until: Sun, 19 Nov 2023 22:13:20 +0000\n");
	expect(text, "\nContent-Type: text/rfc822-headers\n\nSubject: hello\n");
	assert_null(strstr(text, "body"));
	free(text);
}

static void test_large_message_comes_as_headers(void **state)
{
	struct dsn_request request = base_request();
	bool is_eight_bit;
	char *text;

	(void)state;
	request.content_size = DSN_RETURN_MAX + 1;
	text = write_dsn(&request, &is_eight_bit);
	expect(text, "text/rfc822-headers\n\nSubject: hello\n\n--");
	free(text);
}

static void test_endless_headers_are_cut(void **state)
{
	struct dsn_request request = base_request();
	size_t size = 3 * DSN_RETURN_MAX;
	char *content = malloc(size);
	bool is_eight_bit;
	char *text;

	(void)state;
	assert_non_null(content);
	for (size_t i = 0; i < size; i++)
		content[i] = i % 50 == 49 ? '\n' : 'h';
	request.content = (struct str){content, size};
	request.content_size = size;
	text = write_dsn(&request, &is_eight_bit);
	assert_true(strlen(text) < DSN_RETURN_MAX + 4000);
	assert_true(strlen(text) > DSN_RETURN_MAX);
	free(text);
	/* One line without an end: nothing of it fits. */
	memset(content, 'h', size);
	text = write_dsn(&request, &is_eight_bit);
	assert_true(strlen(text) < 4000);
	free(text);
	free(content);
}

static void test_injection(void **state)
{
	struct dsn_request request = base_request();
	struct dsn_recipient evil = one;
	bool is_eight_bit;
	char *text;

	(void)state;
	evil.final = "a\nAction: delivered\n@x.example";
	evil.original = "b\r\nBcc: all@x.example";
	evil.text = "550 no\n\nStatus: 2.0.0\r\nX-Evil: 1\x01\x7f\xc3\xa9";
	evil.remote = "mx\nRemote-MTA: dns; other";
	request.recipients = &evil;
	request.sender = "s@z\nBcc: everybody@x.example";
	text = write_dsn(&request, &is_eight_bit);
	assert_false(is_eight_bit);
	assert_null(strstr(text, "\nBcc:"));
	assert_null(strstr(text, "\nX-Evil"));
	assert_null(strstr(text, "\nAction: delivered"));
	assert_null(strstr(text, "\nStatus: 2.0.0"));
	assert_int_equal(occurrences(text, "\nStatus: "), 1);
	assert_int_equal(occurrences(text, "\nRemote-MTA: "), 1);
	assert_null(strchr(text, '\r'));
	assert_null(strchr(text, '\x01'));
	free(text);
}

static void test_boundary_is_not_in_content(void **state)
{
	struct dsn_request request = base_request();
	char content[1000] = "Subject: x\n\n";
	const char *boundary;
	bool is_eight_bit;
	char *text;
	char line[128];

	(void)state;
	for (unsigned n = 0; n < 3; n++)
		snprintf(content + strlen(content), 100, "--Q1.1700000100.%u=_mccd\n", n);
	request.content = str_of(content);
	request.content_size = strlen(content);
	text = write_dsn(&request, &is_eight_bit);
	boundary = strstr(text, "boundary=\"");
	assert_non_null(boundary);
	snprintf(line, sizeof(line), "--%.*s", (int)strcspn(boundary + 10, "\""),
		 boundary + 10);
	assert_int_equal(occurrences(text, line), 4);
	free(text);
}

static void test_eight_bit_content_is_declared(void **state)
{
	struct dsn_request request = base_request();
	bool is_eight_bit;
	char *text;

	(void)state;
	request.content = STR_LIT("Subject: \xc3\xa9\n\nx\n");
	request.content_size = request.content.len;
	text = write_dsn(&request, &is_eight_bit);
	assert_true(is_eight_bit);
	assert_int_equal(occurrences(text, "\nContent-Transfer-Encoding: 8bit\n"), 2);
	free(text);
}

static void test_lines_stay_short(void **state)
{
	struct dsn_request request = base_request();
	struct dsn_recipient longish = one;
	static char words[4001];
	bool is_eight_bit;
	char *text;

	(void)state;
	memset(words, 'w', 4000);
	longish.text = words;
	request.recipients = &longish;
	text = write_dsn(&request, &is_eight_bit);
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, "\n");

		assert_true(len <= 998);
		p += len + (p[len] == '\n');
	}
	free(text);
}

static void test_many_recipients(void **state)
{
	enum { COUNT = 1000 };
	struct dsn_request request = base_request();
	static struct dsn_recipient many[COUNT];
	bool is_eight_bit;
	char *text;

	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		many[i] = one;
	request.recipients = many;
	request.recipient_count = COUNT;
	text = write_dsn(&request, &is_eight_bit);
	assert_int_equal(occurrences(text, "\nFinal-Recipient: "), COUNT);
	expect(text, "and 800 more");
	free(text);
}

static void test_dates(void **state)
{
	char date[DSN_DATE_SIZE];

	(void)state;
	dsn_date(0, date);
	assert_string_equal(date, "Thu, 1 Jan 1970 00:00:00 +0000");
	dsn_date(951782400, date);
	assert_string_equal(date, "Tue, 29 Feb 2000 00:00:00 +0000");
	dsn_date(INT64_MAX, date); /* no such year: still a date */
	assert_string_equal(date, "Thu, 1 Jan 1970 00:00:00 +0000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_delayed),
		cmocka_unit_test(test_large_message_comes_as_headers),
		cmocka_unit_test(test_endless_headers_are_cut),
		cmocka_unit_test(test_injection),
		cmocka_unit_test(test_boundary_is_not_in_content),
		cmocka_unit_test(test_eight_bit_content_is_declared),
		cmocka_unit_test(test_lines_stay_short),
		cmocka_unit_test(test_many_recipients),
		cmocka_unit_test(test_dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
