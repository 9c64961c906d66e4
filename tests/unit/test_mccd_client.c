/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SMTP client against scripts: "S: " is what the server says, "C: " what
 * the client must say next. Each script is played whole and byte by byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "mccd/client.h"
#include "mccd/client_content.h"
#include "mccd/client_reply.h"

static const char *const two[] = {"a@x.example", "b@x.example"};

static struct client_options base_options(void)
{
	return (struct client_options){
		.helo = "me.example",
		.sender = "s@z.example",
		.recipients = two,
		.recipient_count = 2,
		.size = 19,
		.timeouts = {1, 2, 3, 4, 5, 6},
	};
}

static void server_says(struct client *client, const char *line, size_t step)
{
	char bytes[20000];
	size_t len = (size_t)snprintf(bytes, sizeof(bytes), "%s\r\n", line);

	for (size_t at = 0; at < len; at += step)
		client_input(client,
			     (struct str){bytes + at, len - at < step ? len - at : step});
}

static void feed_content(struct client *client)
{
	if (!client_wants_content(client))
		return;
	client_content(client, STR_LIT("Subject: x\n\n.body\n"));
	client_content_end(client);
}

static void client_says(struct client *client, const char *line)
{
	char want[2000];
	size_t len = (size_t)snprintf(want, sizeof(want), "%s\r\n", line);
	struct str out;

	feed_content(client);
	out = client_output(client);
	if (out.len < len || memcmp(out.ptr, want, len) != 0)
		fail_msg("wanted \"%s\", got \"%.*s\"", line, STR_ARG(out));
	client_written(client, len);
}

/* Plays the script; the client's to free. */
static struct client *play(const struct client_options *options,
			   const char *const *script, size_t step)
{
	struct client *client = client_new(options);

	for (size_t i = 0; script[i]; i++) {
		const char *line = script[i] + 3;

		if (script[i][0] == 'S')
			server_says(client, line, step);
		else if (script[i][0] == 'C')
			client_says(client, line);
		else
			client_lost(client, "gone");
	}
	if (client_output(client).len > 0)
		fail_msg("also said: %.*s", STR_ARG(client_output(client)));
	assert_true(client_has_results(client));
	return client;
}

struct want {
	enum client_outcome outcome;
	bool may_try_next;
	const char *dsn;
	const char *text; /* NULL: any */
};

static void check(const struct client_options *options, const char *const *script,
		  const struct want *want)
{
	static const size_t steps[] = {1, 7, 20000};

	for (size_t s = 0; s < array_len(steps); s++) {
		struct client *client = play(options, script, steps[s]);

		for (size_t i = 0; i < options->recipient_count; i++) {
			const struct client_recipient *r = client_result(client, i);

			assert_int_equal(r->outcome, want[i].outcome);
			assert_int_equal(r->may_try_next, want[i].may_try_next);
			assert_string_equal(r->dsn, want[i].dsn);
			if (want[i].text && !strstr(r->text, want[i].text))
				fail_msg("text is: %s", r->text);
		}
		client_free(client);
	}
}

#define HELLO "S: 220 hi", "C: EHLO me.example"
#define PIPE HELLO, "S: 250-x", "S: 250-PIPELINING", "S: 250-SIZE 1000", "S: 250 8BITMIME"
#define GROUP                                                             \
	"C: MAIL FROM:<s@z.example> SIZE=19", "C: RCPT TO:<a@x.example>", \
		"C: RCPT TO:<b@x.example>", "C: DATA"
#define BODY "C: Subject: x", "C: ", "C: ..body", "C: ."

static const struct want sent = {CLIENT_SENT, false, "2.0.0", NULL};

static void test_pipelined(void **state)
{
	struct client_options options = base_options();
	const char *const script[] = {
		PIPE,	     GROUP,	  "S: 250 ok", "S: 250 ok",
		"S: 250 ok", "S: 354 go", BODY,	       "S: 250 2.6.0 queued as 1",
		"C: QUIT",   NULL};

	(void)state;
	check(&options, script,
	      (struct want[]){{CLIENT_SENT, false, "2.6.0", "queued as 1"},
			      {CLIENT_SENT, false, "2.6.0", NULL}});
}

static void test_lockstep_with_helo(void **state)
{
	struct client_options options = base_options();
	const char *const script[] = {HELLO,
				      "S: 502 what?",
				      "C: HELO me.example",
				      "S: 250 x",
				      "C: MAIL FROM:<s@z.example>",
				      "S: 250 ok",
				      "C: RCPT TO:<a@x.example>",
				      "S: 550 5.1.1 no",
				      "C: RCPT TO:<b@x.example>",
				      "S: 251 ok",
				      "C: DATA",
				      "S: 354 go",
				      BODY,
				      "S: 250 done",
				      "C: QUIT",
				      "S: 221 bye",
				      NULL};

	(void)state;
	check(&options, script,
	      (struct want[]){{CLIENT_FAILED, false, "5.1.1",
			       "550 5.1.1 no (in reply to RCPT TO)"},
			      sent});
}

static void test_eight_bit_and_null_sender(void **state)
{
	struct client_options options = base_options();
	const char *const script[] = {PIPE,
				      "C: MAIL FROM:<> SIZE=19 BODY=8BITMIME",
				      "C: RCPT TO:<a@x.example>",
				      "C: DATA",
				      "S: 250 ok",
				      "S: 250 ok",
				      "S: 354 go",
				      BODY,
				      "S: 250 done",
				      "C: QUIT",
				      NULL};

	(void)state;
	options.sender = "";
	options.eight_bit = true;
	options.recipient_count = 1;
	check(&options, script, &sent);
}

static void test_all_rejected_pipelined(void **state)
{
	struct client_options options = base_options();
	/* RFC 2920: the server may say 354 although nobody was accepted. */
	const char *const polite[] = {
		PIPE,		GROUP,	     "S: 250 ok", "S: 550 no",
		"S: 450 later", "S: 354 go", "C: .",	  "S: 554 no valid recipients",
		"C: QUIT",	NULL};
	const char *const strict[] = {
		PIPE,		GROUP,	       "S: 250 ok", "S: 550 no",
		"S: 450 later", "S: 503 none", "C: QUIT",   NULL};
	const struct want want[] = {{CLIENT_FAILED, false, "5.0.0", NULL},
				    {CLIENT_DEFERRED, true, "4.0.0", NULL}};

	(void)state;
	check(&options, polite, want);
	check(&options, strict, want);
}

static void test_mail_rejected(void **state)
{
	struct client_options options = base_options();
	const char *const pipelined[] = {PIPE,	      GROUP,	   "S: 552 5.2.3 no",
					 "S: 503 no", "S: 503 no", "S: 503 no",
					 "C: QUIT",   NULL};
	const char *const lost[] = {PIPE,	 GROUP, "S: 552 5.2.3 no",
				    "S: 503 no", "L",	NULL};
	const char *const odd[] = {PIPE,	GROUP,	     "S: 552 5.2.3 no",
				   "S: 250 ok", "S: 250 ok", "S: 354 go",
				   NULL};
	const char *const lockstep[] = {
		HELLO,	   "S: 250 x", "C: MAIL FROM:<s@z.example>", "S: 552 5.2.3 no",
		"C: QUIT", NULL};
	const struct want want[] = {{CLIENT_FAILED, false, "5.2.3", "MAIL FROM"},
				    {CLIENT_FAILED, false, "5.2.3", "MAIL FROM"}};

	(void)state;
	check(&options, pipelined, want);
	check(&options, lost, want);
	check(&options, odd, want); /* no dot */
	check(&options, lockstep, want);
}

/* 4xx, 5xx, 421 and a lost connection at each step. */
static void test_trouble_at_each_step(void **state)
{
	static const char *const steps[] = {
		"S: 220 hi", "S: 250 x",  "S: 250 ok",	 "S: 250 ok",
		"S: 250 ok", "S: 354 go", "S: 250 done",
	};
	static const char *const faults[] = {"S: 450 4.7.0 later",   "S: 550 5.7.0 never",
					     "S: 421 4.3.2 closing", "L",
					     "S: 999 what",	     "S: garbage"};
	struct client_options options = base_options();

	(void)state;
	for (size_t at = 0; at < array_len(steps); at++) {
		for (size_t f = 0; f < array_len(faults); f++) {
			struct client *client = client_new(&options);
			const struct client_recipient *r;

			for (size_t i = 0; i < at; i++) {
				server_says(client, steps[i] + 3, 100);
				feed_content(client);
				client_written(client, client_output(client).len);
			}
			if (faults[f][0] == 'L')
				client_lost(client, "gone");
			else
				server_says(client, faults[f] + 3, 100);
			client_written(client, client_output(client).len);
			/* At RCPT the session goes on, at EHLO with HELO. */
			if (!client_has_results(client)) {
				assert_true(at == 1 || at == 3 || at == 4);
				client_lost(client, "gone");
			}
			r = client_result(client, at == 4 ? 1 : 0);
			if (f == 1 && at >= 2)
				assert_int_equal(r->outcome, CLIENT_FAILED);
			else
				assert_int_equal(r->outcome, CLIENT_DEFERRED);
			/* After the dot the server may have it. */
			if (f >= 3 && at == 6)
				assert_false(r->may_try_next);
			else if (r->outcome == CLIENT_DEFERRED)
				assert_true(r->may_try_next);
			assert_true(r->dsn[0] ==
				    (r->outcome == CLIENT_FAILED ? '5' : '4'));
			client_free(client);
		}
	}
}

static void test_lost_after_dot_says_so(void **state)
{
	struct client_options options = base_options();
	const char *const script[] = {PIPE,	   GROUP,	"S: 250 ok",
				      "S: 250 ok", "S: 550 no", "S: 354 go",
				      BODY,	   "L",		NULL};

	(void)state;
	check(&options, script,
	      (struct want[]){{CLIENT_DEFERRED, false, "4.4.2", "may have arrived"},
			      {CLIENT_FAILED, false, "5.0.0", NULL}});
}

static void test_odd_reply_to_data(void **state)
{
	struct client_options options = base_options();
	const char *const odd[] = {PIPE,	GROUP,	       "S: 250 ok", "S: 250 ok",
				   "S: 250 ok", "S: 353 what", NULL};
	const char *const good[] = {PIPE,	 GROUP,		"S: 250 ok", "S: 250 ok",
				    "S: 250 ok", "S: 250 fine", NULL};
	const struct want want[] = {{CLIENT_DEFERRED, true, "4.5.0", NULL},
				    {CLIENT_DEFERRED, true, "4.5.0", NULL}};

	(void)state;
	check(&options, odd, want);
	check(&options, good, want);
}

static void test_reply_in_the_content(void **state)
{
	struct client_options options = base_options();
	struct client *client = client_new(&options);

	(void)state;
	server_says(client, "220 x", 99);
	server_says(client, "250 x\r\n250 x\r\n250 x\r\n250 x\r\n354 x", 99);
	assert_true(client_wants_content(client));
	client_content(client, STR_LIT("half a line"));
	server_says(client, "552 5.3.4 too much", 99);
	assert_true(client_is_over(client));
	assert_int_equal(client_output(client).len, 0); /* no dot, nothing */
	assert_int_equal(client_result(client, 0)->outcome, CLIENT_FAILED);
	client_free(client);
}

static void test_size_limit(void **state)
{
	struct client_options options = base_options();
	const char *const script[] = {HELLO, "S: 250-x", "S: 250 SIZE 18", "C: QUIT",
				      NULL};
	const char *const none[] = {HELLO,
				    "S: 250-x",
				    "S: 250 SIZE 0",
				    "C: MAIL FROM:<s@z.example> SIZE=19",
				    "S: 550 no",
				    "C: QUIT",
				    NULL};
	const struct want large[] = {{CLIENT_FAILED, false, "5.3.4", "limit of 18"},
				     {CLIENT_FAILED, false, "5.3.4", NULL}};
	const struct want other[] = {{CLIENT_FAILED, false, "5.0.0", NULL},
				     {CLIENT_FAILED, false, "5.0.0", NULL}};

	(void)state;
	check(&options, script, large);
	check(&options, none, other);
}

static void test_unsendable_addresses(void **state)
{
	static const char *const odd[] = {"u\xc3\xa9@x.example", "b\r\nDATA@x.example"};
	struct client_options options = base_options();
	const char *const script[] = {PIPE, "C: QUIT", NULL};
	const struct want want[] = {{CLIENT_FAILED, false, "5.6.7", NULL},
				    {CLIENT_FAILED, false, "5.6.7", NULL}};

	(void)state;
	options.recipients = odd;
	check(&options, script, want);
	options = base_options();
	options.sender = "s\n@z.example";
	check(&options, script, want);
}

static void test_turned_away(void **state)
{
	struct client_options options = base_options();
	const char *const greeting[] = {"S: 554 5.7.1 go away", "C: QUIT", NULL};
	const char *const hello[] = {HELLO,
				     "S: 550 5.7.1 no",
				     "C: HELO me.example",
				     "S: 550 5.7.1 still no",
				     "C: QUIT",
				     NULL};

	(void)state;
	check(&options, greeting,
	      (struct want[]){{CLIENT_DEFERRED, true, "4.3.0", "554 5.7.1 go away"},
			      {CLIENT_DEFERRED, true, "4.3.0", NULL}});
	check(&options, hello,
	      (struct want[]){{CLIENT_FAILED, true, "5.7.1", NULL},
			      {CLIENT_FAILED, true, "5.7.1", NULL}});
}

static void test_timeouts(void **state)
{
	struct client_options options = base_options();
	struct client *client = client_new(&options);

	(void)state;
	assert_int_equal(client_timeout(client), 1);
	server_says(client, "220 x", 99);
	assert_int_equal(client_timeout(client), 1);
	server_says(client, "250 x", 99);
	assert_int_equal(client_timeout(client), 2);
	server_says(client, "250 x", 99);
	assert_int_equal(client_timeout(client), 3);
	server_says(client, "250 x\r\n250 x", 99);
	assert_int_equal(client_timeout(client), 4);
	server_says(client, "354 x", 99);
	assert_int_equal(client_timeout(client), 5);
	feed_content(client);
	assert_int_equal(client_timeout(client), 6);
	client_timed_out(client);
	assert_true(client_is_over(client));
	assert_string_equal(client_result(client, 0)->dsn, "4.4.2");
	client_free(client);
}

/* ---- replies ---- */

static enum client_reply_status parse(const char *text, struct client_reply *out)
{
	static struct client_reply_parser parser;
	struct str input = str_of(text);
	enum client_reply_status status;

	memset(&parser, 0, sizeof(parser));
	status = client_reply_take(&parser, &input);
	*out = parser.reply;
	return status;
}

static void test_reply_vectors(void **state)
{
	static const struct {
		const char *text;
		enum client_reply_status status;
		const char *dsn;
		const char *kept;
	} rows[] = {
		{"250 ok\r\n", CLIENT_REPLY_WHOLE, "2.0.0", "250 ok"},
		{"250\r\n", CLIENT_REPLY_WHOLE, "2.0.0", "250 "},
		{"250 ok\n", CLIENT_REPLY_WHOLE, "2.0.0", "250 ok"},
		{"550-5.1.1 a\r\n550 5.1.1 b\r\n", CLIENT_REPLY_WHOLE, "5.1.1",
		 "550 5.1.1 a 5.1.1 b"},
		{"550 4.1.1 other class\r\n", CLIENT_REPLY_WHOLE, "5.0.0", NULL},
		{"550 5.1 short\r\n", CLIENT_REPLY_WHOLE, "5.0.0", NULL},
		{"550 5.1.123456789\r\n", CLIENT_REPLY_WHOLE, "5.0.0", NULL},
		{"550 5..1 x\r\n", CLIENT_REPLY_WHOLE, "5.0.0", NULL},
		{"550 bad\x01\x1b[2J\xff\r\n", CLIENT_REPLY_WHOLE, "5.0.0",
		 "550 bad??[2J?"},
		{"250", CLIENT_REPLY_MORE, NULL, NULL},
		{"250-x\r\n", CLIENT_REPLY_MORE, NULL, NULL},
		{"250-x\r\n251 y\r\n", CLIENT_REPLY_BAD, NULL, NULL},
		{"25 x\r\n", CLIENT_REPLY_BAD, NULL, NULL},
		{"2500 x\r\n", CLIENT_REPLY_BAD, NULL, NULL},
		{"150 x\r\n", CLIENT_REPLY_BAD, NULL, NULL},
		{"650 x\r\n", CLIENT_REPLY_BAD, NULL, NULL},
		{"\r\n", CLIENT_REPLY_BAD, NULL, NULL},
		{"HTTP/1.1 400\r\n", CLIENT_REPLY_BAD, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < array_len(rows); i++) {
		struct client_reply reply;

		assert_int_equal(parse(rows[i].text, &reply), rows[i].status);
		if (rows[i].dsn)
			assert_string_equal(reply.dsn, rows[i].dsn);
		if (rows[i].kept)
			assert_string_equal(reply.text, rows[i].kept);
	}
}

static void test_reply_bounds(void **state)
{
	static char text[CLIENT_REPLY_LINES * 6 + 6000];
	struct client_reply reply;
	size_t len = 0;

	(void)state;
	for (unsigned i = 1; i < CLIENT_REPLY_LINES; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "250-\r\n");
	snprintf(text + len, sizeof(text) - len, "250 \r\n");
	assert_int_equal(parse(text, &reply), CLIENT_REPLY_WHOLE);
	snprintf(text + len, sizeof(text) - len, "250-\r\n250 \r\n");
	assert_int_equal(parse(text, &reply), CLIENT_REPLY_BAD);
	memset(text, 'x', CLIENT_REPLY_LINE);
	memcpy(text, "250 ", 4);
	snprintf(text + CLIENT_REPLY_LINE - 1, 3, "\r\n");
	assert_int_equal(parse(text, &reply), CLIENT_REPLY_WHOLE);
	assert_int_equal(strlen(reply.text), CLIENT_REPLY_TEXT - 1);
	memset(text, 'x', CLIENT_REPLY_LINE + 1);
	memcpy(text, "250 ", 4);
	snprintf(text + CLIENT_REPLY_LINE, 3, "\r\n");
	assert_int_equal(parse(text, &reply), CLIENT_REPLY_BAD);
}

/* ---- content ---- */

static void check_dots(const char *in, size_t len, const char *want)
{
	for (size_t step = 1; step <= len + 1; step++) {
		struct client_dots dots;
		struct strbuf out;

		strbuf_init(&out, 10000);
		client_dots_init(&dots);
		for (size_t at = 0; at < len; at += step)
			client_dots_put(
				&dots, &out,
				(struct str){in + at, len - at < step ? len - at : step});
		client_dots_end(&dots, &out);
		if (strcmp(out.ptr, want) != 0)
			fail_msg("\"%s\" step %zu gave \"%s\"", in, step, out.ptr);
		strbuf_fini(&out);
	}
}

static void test_dots(void **state)
{
	(void)state;
	check_dots("", 0, ".\r\n");
	check_dots("a\n", 2, "a\r\n.\r\n");
	check_dots("a", 1, "a\r\n.\r\n");
	check_dots(".\n", 2, "..\r\n.\r\n");
	check_dots("..a\n.b\nc.\n", 10, "...a\r\n..b\r\nc.\r\n.\r\n");
	check_dots("a\r\nb\n", 5, "a\r\nb\r\n.\r\n");
	check_dots("a\r.\rb\n", 6, "a . b\r\n.\r\n");
	check_dots("\r.\n", 3, " .\r\n.\r\n");
	check_dots("a\r\r\n.\n", 6, "a \r\n..\r\n.\r\n");
	check_dots("a\n.\r\n.\n", 7, "a\r\n..\r\n..\r\n.\r\n");
	check_dots("a\r", 2, "a \r\n.\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pipelined),
		cmocka_unit_test(test_lockstep_with_helo),
		cmocka_unit_test(test_eight_bit_and_null_sender),
		cmocka_unit_test(test_all_rejected_pipelined),
		cmocka_unit_test(test_mail_rejected),
		cmocka_unit_test(test_trouble_at_each_step),
		cmocka_unit_test(test_lost_after_dot_says_so),
		cmocka_unit_test(test_odd_reply_to_data),
		cmocka_unit_test(test_reply_in_the_content),
		cmocka_unit_test(test_size_limit),
		cmocka_unit_test(test_unsendable_addresses),
		cmocka_unit_test(test_turned_away),
		cmocka_unit_test(test_timeouts),
		cmocka_unit_test(test_reply_vectors),
		cmocka_unit_test(test_reply_bounds),
		cmocka_unit_test(test_dots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
