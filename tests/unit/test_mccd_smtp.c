/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SMTP server machine without any socket: orders of commands, syntax,
 * limits, pipelining, XCLIENT; every dialogue in one piece and byte by byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "mccd/smtp.h"

struct server {
	struct smtp smtp;
	struct arena *arena;
	struct strbuf log; /* events, in brackets, between the replies */
	struct strbuf content;
	struct strbuf pending; /* input not consumed */
	char *room;
	bool is_closed;
	unsigned sleeps;
	int refuse_rcpt; /* code, 0: accept */
	int refuse_connect;
};

static const struct smtp_params defaults = {
	.hostname = "mx.example.com",
	.client = "unknown[192.0.2.1]",
	.message_limit = 1000000,
	.header_limit = 102400,
	.hop_limit = 50,
	.recipient_limit = 1000,
	.soft_errors = 10,
	.hard_errors = 20,
	.junk_limit = 100,
};

static void answer(struct server *s, int code, const char *dsn, const char *text)
{
	smtp_answer(&s->smtp, &(struct smtp_answer){code, dsn, text, code == 421});
}

static void decide(struct server *s, const struct smtp_event *e)
{
	switch ((int)e->type) {
	case SMTP_EVENT_HELO:
		strbuf_addf(&s->log, "[%s %s]", e->is_esmtp ? "ehlo" : "helo", e->text);
		answer(s, 250, NULL, "mx.example.com");
		break;
	case SMTP_EVENT_MAIL:
		strbuf_addf(&s->log, "[mail %s %d%s]", e->text, (int)e->size,
			    e->eight_bit ? " 8bit" : "");
		answer(s, 250, "2.1.0", "Ok");
		break;
	case SMTP_EVENT_RCPT:
		strbuf_addf(&s->log, "[rcpt %s]", e->text);
		if (s->refuse_rcpt)
			answer(s, s->refuse_rcpt, "5.1.1", "No\r\n250 injected");
		else
			answer(s, 250, "2.1.5", "Ok");
		break;
	case SMTP_EVENT_DATA:
		answer(s, 354, NULL, "End data with <CR><LF>.<CR><LF>");
		break;
	case SMTP_EVENT_END:
		strbuf_addf(&s->log, "[end %d]", (int)e->size);
		answer(s, 250, "2.0.0", "Ok: queued as X");
		break;
	case SMTP_EVENT_XCLIENT:
		strbuf_addf(&s->log, "[xclient %s %s]",
			    e->xclient.address ? e->xclient.address : "-",
			    e->xclient.name ? e->xclient.name : "-");
		answer(s, 220, NULL, "hello");
		break;
	case SMTP_EVENT_RESET:
		strbuf_adds(&s->log, "[reset]");
		break;
	case SMTP_EVENT_CONTENT:
		strbuf_addstr(&s->content, e->chunk);
		break;
	default:
		fail();
	}
}

static void move_output(struct server *s)
{
	strbuf_addstr(&s->log, strbuf_view(&s->smtp.out));
	strbuf_clear(&s->smtp.out);
}

static void work(struct server *s)
{
	struct str in = strbuf_view(&s->pending);
	size_t left;

	for (;;) {
		struct smtp_event e = smtp_next(&s->smtp, s->arena, &in, s->room);

		move_output(s);
		if (e.type == SMTP_EVENT_NONE)
			break;
		if (e.type == SMTP_EVENT_CLOSE) {
			s->is_closed = true;
			break;
		}
		if (e.type == SMTP_EVENT_SLEEP)
			s->sleeps++;
		else
			decide(s, &e);
		move_output(s);
	}
	left = in.len;
	if (left > 0)
		memmove(s->pending.ptr, in.ptr, left);
	s->pending.len = left;
}

static void feed(struct server *s, const void *data, size_t len)
{
	if (s->is_closed)
		return;
	strbuf_add(&s->pending, data, len);
	work(s);
}

static void begin_with(struct server *s, const struct smtp_params *params)
{
	memset(s, 0, sizeof(*s));
	s->arena = arena_new(0);
	strbuf_init(&s->log, 64 << 20);
	strbuf_init(&s->content, 64 << 20);
	strbuf_init(&s->pending, 64 << 20);
	s->room = malloc(SMTP_CONTENT_ROOM((size_t)16 << 20));
	smtp_init(&s->smtp, params);
	answer(s, 220, NULL, "mx.example.com ESMTP");
	smtp_fini(&s->smtp); /* the greeting is not looked at */
	strbuf_init(&s->smtp.out, 1 << 20);
}

static void end(struct server *s)
{
	smtp_fini(&s->smtp);
	strbuf_fini(&s->log);
	strbuf_fini(&s->content);
	strbuf_fini(&s->pending);
	arena_free(s->arena);
	free(s->room);
}

/* Line by line, as a client that waits for each reply. */
static void feed_lines(struct server *s, const char *text)
{
	while (*text) {
		const char *lf = strchr(text, '\n');
		size_t len = lf == NULL ? strlen(text) : (size_t)(lf - text) + 1;

		feed(s, text, len);
		text += len;
	}
}

/* The log of a dialogue, line by line and byte by byte. */
static void expect_with(const struct smtp_params *params, const char *input,
			const char *want)
{
	struct server s;

	begin_with(&s, params);
	feed_lines(&s, input);
	assert_string_equal(s.log.ptr ? s.log.ptr : "", want);
	end(&s);
	begin_with(&s, params);
	for (const char *p = input; *p; p++)
		feed(&s, p, 1);
	assert_string_equal(s.log.ptr ? s.log.ptr : "", want);
	end(&s);
}

static void expect(const char *input, const char *want)
{
	expect_with(&defaults, input, want);
}

#define HELLO "EHLO c\r\n"
#define HELLO_REPLY                                        \
	"[ehlo c]250-mx.example.com\r\n250-PIPELINING\r\n" \
	"250-SIZE 1000000\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME\r\n"

static void test_orders(void **state)
{
	(void)state;
	expect("RCPT TO:<a@b.example>\r\n", "503 5.5.1 Error: need MAIL command\r\n");
	expect("DATA\r\n", "503 5.5.1 Error: need RCPT command\r\n");
	expect("HELO c\r\n", "[helo c]250 mx.example.com\r\n");
	expect("HELO\r\n", "501 Syntax: HELO hostname\r\n");
	expect("EHLO \r\n", "501 Syntax: EHLO hostname\r\n");
	expect(HELLO "MAIL FROM:<a@b.example>\r\nMAIL FROM:<a@b.example>\r\n",
	       HELLO_REPLY "[mail a@b.example 0]250 2.1.0 Ok\r\n"
			   "503 5.5.1 Error: nested MAIL command\r\n");
	expect(HELLO "MAIL FROM:<>\r\nDATA\r\n", HELLO_REPLY
	       "[mail  0]250 2.1.0 Ok\r\n554 5.5.1 Error: no valid recipients\r\n");
	expect(HELLO "MAIL FROM:<>\r\n" HELLO "RCPT TO:<a@b.example>\r\n",
	       HELLO_REPLY "[mail  0]250 2.1.0 Ok\r\n" HELLO_REPLY
			   "503 5.5.1 Error: need MAIL command\r\n");
	expect(HELLO "MAIL FROM:<>\r\nRSET\r\nRCPT TO:<a@b.example>\r\n",
	       HELLO_REPLY "[mail  0]250 2.1.0 Ok\r\n250 2.0.0 Ok\r\n[reset]"
			   "503 5.5.1 Error: need MAIL command\r\n");
}

static void test_small_commands(void **state)
{
	(void)state;
	expect(HELLO "NOOP x y\r\n", HELLO_REPLY "250 2.0.0 Ok\r\n");
	expect(HELLO "RSET x\r\n", HELLO_REPLY "501 5.5.4 Syntax: RSET\r\n");
	expect(HELLO "VRFY a@b.example\r\n", HELLO_REPLY "252 2.0.0 a@b.example\r\n");
	expect(HELLO "VRFY\r\n", HELLO_REPLY "501 5.5.4 Syntax: VRFY address\r\n");
	expect(HELLO "EXPN list\r\n",
	       HELLO_REPLY "502 5.5.1 Error: command not implemented\r\n");
	expect(HELLO "FOO\r\n",
	       HELLO_REPLY "500 5.5.2 Error: command not recognized\r\n");
	expect(HELLO "AUTH PLAIN x\r\n",
	       HELLO_REPLY "500 5.5.2 Error: command not recognized\r\n");
	expect(HELLO " NOOP\r\n", HELLO_REPLY "500 5.5.2 Error: bad syntax\r\n");
	expect(HELLO "\r\n", HELLO_REPLY "500 5.5.2 Error: bad syntax\r\n");
	expect(HELLO "nOoP\r\n", HELLO_REPLY "250 2.0.0 Ok\r\n");
	/* What follows QUIT is never looked at. */
	expect(HELLO "QUIT\r\nMAIL FROM:<a@b.example>\r\n",
	       HELLO_REPLY "221 2.0.0 Bye\r\n");
}

static void test_helo_required(void **state)
{
	struct smtp_params p = defaults;

	(void)state;
	p.helo_required = true;
	expect_with(&p, "MAIL FROM:<a@b.example>\r\n",
		    "503 5.5.1 Error: send HELO/EHLO first\r\n");
}

static void test_mail_syntax(void **state)
{
	(void)state;
	expect(HELLO "MAIL\r\n", HELLO_REPLY "501 5.5.4 Syntax: MAIL FROM:<address>\r\n");
	expect(HELLO "MAIL TO:<a@b.example>\r\n",
	       HELLO_REPLY "501 5.5.4 Syntax: MAIL FROM:<address>\r\n");
	expect(HELLO "mAiL FrOm:<a@b.example>\r\n",
	       HELLO_REPLY "[mail a@b.example 0]250 2.1.0 Ok\r\n");
	expect(HELLO "MAIL FROM: <a@b.example> SIZE=77 BODY=8BITMIME  \r\n",
	       HELLO_REPLY "[mail a@b.example 77 8bit]250 2.1.0 Ok\r\n");
	expect(HELLO "MAIL FROM:<a@b.example> BODY=7bit\r\n",
	       HELLO_REPLY "[mail a@b.example 0]250 2.1.0 Ok\r\n");
	expect(HELLO "MAIL FROM:<a@b.example> BODY=BINARY\r\n",
	       HELLO_REPLY "501 5.5.4 Bad BODY value\r\n");
	expect(HELLO "MAIL FROM:<a@b.example> SIZE=x\r\n",
	       HELLO_REPLY "501 5.5.4 Bad message size syntax\r\n");
	expect(HELLO "MAIL FROM:<a@b.example> SIZE=99999999999999999999999999\r\n",
	       HELLO_REPLY "501 5.5.4 Bad message size syntax\r\n");
	expect(HELLO "MAIL FROM:<a@b.example> SIZE=1000001\r\n",
	       HELLO_REPLY "552 5.3.4 Message size exceeds fixed limit\r\n");
	expect(HELLO "MAIL FROM:<a@b.example> FOO=1\r\n",
	       HELLO_REPLY "555 5.5.4 Unsupported option: FOO=1\r\n");
	expect(HELLO "MAIL FROM:<a@\xc3\xa4.example>\r\n",
	       HELLO_REPLY "553 5.6.7 Error: SMTPUTF8 is required, not supported\r\n");
	expect(HELLO "MAIL FROM:<\"a b\"@b.example>\r\n",
	       HELLO_REPLY "[mail a b@b.example 0]250 2.1.0 Ok\r\n");
}

static void test_strict_paths(void **state)
{
	struct smtp_params p = defaults;

	(void)state;
	p.strict_envelopes = true;
	expect_with(&p, HELLO "MAIL FROM:a@b.example\r\n",
		    HELLO_REPLY "501 5.1.7 Bad sender address syntax\r\n");
}

static void test_rcpt_syntax(void **state)
{
	(void)state;
	expect(HELLO "MAIL FROM:<>\r\nRCPT FROM:<a>\r\n",
	       HELLO_REPLY "[mail  0]250 2.1.0 Ok\r\n"
			   "501 5.5.4 Syntax: RCPT TO:<address>\r\n");
	expect(HELLO "MAIL FROM:<>\r\nRCPT TO:<a@b.example> NOTIFY=NEVER\r\n",
	       HELLO_REPLY "[mail  0]250 2.1.0 Ok\r\n"
			   "555 5.5.4 Unsupported option: NOTIFY=NEVER\r\n");
	expect(HELLO "MAIL FROM:<>\r\nRCPT TO:<@x.example:a@b.example>\r\n",
	       HELLO_REPLY "[mail  0]250 2.1.0 Ok\r\n[rcpt a@b.example]250 2.1.5 Ok\r\n");
}

static void test_reply_cannot_be_injected(void **state)
{
	struct server s;

	(void)state;
	begin_with(&s, &defaults);
	s.refuse_rcpt = 550;
	feed(&s, "MAIL FROM:<>\r\n", 14);
	feed(&s, "RCPT TO:<a>\r\n", 13);
	assert_non_null(strstr(s.log.ptr, "550-5.1.1 No?\r\n550 5.1.1 250 injected\r\n"));
	end(&s);
}

static void test_message(void **state)
{
	static const char dialogue[] =
		HELLO "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n";
	static const char text[] = "Subject: x\r\n\r\n..two\r\n.one\r\nend\r\n.\r\n";
	struct server s;

	(void)state;
	begin_with(&s, &defaults);
	feed_lines(&s, dialogue);
	feed(&s, text, sizeof(text) - 1);
	assert_string_equal(s.log.ptr,
			    HELLO_REPLY "[mail a@b.example 0]250 2.1.0 Ok\r\n"
					"[rcpt c@d.example]250 2.1.5 Ok\r\n"
					"354 End data with <CR><LF>.<CR><LF>\r\n"
					"[end 30]250 2.0.0 Ok: queued as X\r\n");
	assert_string_equal(s.content.ptr, "Subject: x\n\n.two\none\nend\n");
	end(&s);
}

/* RFC 2920: a whole group in one piece; the next message behind the dot. */
static void test_pipelining(void **state)
{
	static const char text[] =
		"x: y\r\n\r\nz\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<q>\r\nQUIT\r\n";
	struct server s;

	(void)state;
	begin_with(&s, &defaults);
	feed(&s, HELLO, 8);
	feed(&s, "MAIL FROM:<>\r\nRCPT TO:<a>\r\nRCPT TO:<b>\r\nRCPT TO:<c>\r\nDATA\r\n",
	     59);
	strbuf_clear(&s.log);
	feed(&s, text, sizeof(text) - 1);
	assert_string_equal(s.log.ptr, "[end 11]250 2.0.0 Ok: queued as X\r\n"
				       "[mail  0]250 2.1.0 Ok\r\n[rcpt q]250 2.1.5 Ok\r\n"
				       "221 2.0.0 Bye\r\n");
	assert_true(s.is_closed);
	end(&s);
}

static void expect_sync_error(const char *first, const char *second)
{
	struct server s;

	begin_with(&s, &defaults);
	if (first != NULL)
		feed_lines(&s, first);
	strbuf_clear(&s.log);
	feed(&s, second, strlen(second));
	assert_string_equal(s.log.ptr,
			    "554 5.5.0 Error: SMTP protocol synchronization\r\n");
	assert_true(s.is_closed);
	end(&s);
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
		struct server s;

		begin_with(&s, &defaults);
		feed(&s, lines[i], strlen(lines[i]));
		if (lines[i][0] == '\x16')
			assert_string_equal(s.log.ptr, "500 5.5.2 Error: bad syntax\r\n");
		else
			assert_string_equal(
				s.log.ptr,
				"221 2.7.0 Error: I can break rules, too. Goodbye.\r\n");
		assert_int_equal(s.is_closed, lines[i][0] != '\x16');
		end(&s);
	}
}

static void test_line_limit(void **state)
{
	struct server s;
	size_t len = 1 << 20;
	char *line = malloc(len + 3);

	(void)state;
	memset(line, 'x', len);
	memcpy(line + len, "\r\n", 3);
	begin_with(&s, &defaults);
	feed(&s, HELLO, 8);
	strbuf_clear(&s.log);
	for (size_t at = 0; at < len + 2; at += 1000) {
		feed(&s, line + at, len + 2 - at < 1000 ? len + 2 - at : 1000);
		assert_true(s.pending.len <= SMTP_COMMAND_MAX);
	}
	feed(&s, "NOOP\r\n", 6);
	assert_string_equal(s.log.ptr,
			    "500 5.5.2 Error: line too long\r\n250 2.0.0 Ok\r\n");
	end(&s);
	/* At the bound and one above. */
	for (size_t n = SMTP_COMMAND_MAX; n <= SMTP_COMMAND_MAX + 1; n++) {
		begin_with(&s, &defaults);
		feed(&s, HELLO, 8);
		strbuf_clear(&s.log);
		memset(line, 'x', n);
		memcpy(line, "NOOP ", 5);
		memcpy(line + n - 2, "\r\n", 2);
		feed(&s, line, n);
		assert_string_equal(s.log.ptr,
				    n == SMTP_COMMAND_MAX
					    ? "250 2.0.0 Ok\r\n"
					    : "500 5.5.2 Error: line too long\r\n");
		end(&s);
	}
	free(line);
}

static void test_error_limits(void **state)
{
	struct server s;
	int i;

	(void)state;
	begin_with(&s, &defaults);
	feed(&s, HELLO, 8);
	for (i = 0; i < 25; i++)
		feed(&s, "FOO\r\n", 5);
	assert_true(s.is_closed);
	assert_non_null(strstr(s.log.ptr, "421 4.7.0 mx.example.com Error: too many "
					  "errors\r\n"));
	/* From the soft limit on, each reply waits. */
	assert_int_equal(s.sleeps, 11);
	end(&s);
}

static void test_junk_limit(void **state)
{
	struct server s;
	int i;

	(void)state;
	begin_with(&s, &defaults);
	feed(&s, HELLO, 8);
	for (i = 0; i < 99; i++)
		feed(&s, "NOOP\r\n", 6);
	assert_int_equal(s.smtp.errors, 0);
	for (i = 0; i < 30; i++)
		feed(&s, "NOOP\r\n", 6);
	assert_true(s.is_closed);
	end(&s);
}

static void test_recipient_limit(void **state)
{
	struct smtp_params p = defaults;
	struct server s;
	int i;

	(void)state;
	p.recipient_limit = 3;
	begin_with(&s, &p);
	feed(&s, "EHLO c\r\n", 8);
	feed(&s, "MAIL FROM:<>\r\n", 14);
	strbuf_clear(&s.log);
	for (i = 0; i < 4; i++)
		feed(&s, "RCPT TO:<a>\r\n", 13);
	assert_string_equal(s.log.ptr, "[rcpt a]250 2.1.5 Ok\r\n[rcpt a]250 2.1.5 Ok\r\n"
				       "[rcpt a]250 2.1.5 Ok\r\n"
				       "452 4.5.3 Error: too many recipients\r\n");
	assert_int_equal(s.smtp.errors, 0);
	end(&s);
}

static void send_text(struct server *s, const struct smtp_params *p, const char *text,
		      size_t len)
{
	begin_with(s, p);
	feed(s, HELLO, 8);
	feed(s, "MAIL FROM:<>\r\nRCPT TO:<a>\r\nDATA\r\n", 33);
	strbuf_clear(&s->log);
	feed(s, text, len);
}

static void test_size_limit(void **state)
{
	static const char small[] = "a: b\r\n\r\n123456\r\n.\r\nNOOP\r\n";
	static const char large[] = "a: b\r\n\r\n1234567\r\n.\r\nNOOP\r\n";
	struct smtp_params p = defaults;
	struct server s;

	(void)state;
	p.message_limit = 16;
	send_text(&s, &p, small, sizeof(small) - 1);
	assert_string_equal(s.log.ptr,
			    "[end 16]250 2.0.0 Ok: queued as X\r\n250 2.0.0 Ok\r\n");
	end(&s);
	send_text(&s, &p, large, sizeof(large) - 1);
	assert_string_equal(s.log.ptr, "552 5.3.4 Error: message file too big\r\n[reset]"
				       "250 2.0.0 Ok\r\n");
	end(&s);
}

static void test_bad_content(void **state)
{
	static const char nul[] = "a: b\r\n\r\nx\0y\r\n.\r\nNOOP\r\n";
	struct smtp_params p = defaults;
	struct strbuf text;
	struct server s;
	int i;

	(void)state;
	send_text(&s, &p, nul, sizeof(nul) - 1);
	assert_string_equal(s.log.ptr, "550 5.6.0 Error: NUL byte in message\r\n[reset]"
				       "250 2.0.0 Ok\r\n");
	end(&s);
	strbuf_init(&text, 1 << 20);
	for (i = 0; i < 51; i++)
		strbuf_adds(&text, "rECEIVED: by x\r\n");
	strbuf_adds(&text, "\r\nx\r\n.\r\n");
	send_text(&s, &p, text.ptr, text.len);
	assert_string_equal(s.log.ptr, "554 5.4.0 Error: too many hops\r\n[reset]");
	end(&s);
	strbuf_clear(&text);
	strbuf_adds(&text, "a: ");
	for (i = 0; i < 102400; i++)
		strbuf_addc(&text, 'x');
	strbuf_adds(&text, "\r\n\r\nx\r\n.\r\n");
	send_text(&s, &p, text.ptr, text.len);
	assert_string_equal(s.log.ptr,
			    "552 5.3.4 Error: message header too big\r\n[reset]");
	end(&s);
	strbuf_fini(&text);
}

static void test_bare_lf_modes(void **state)
{
	static const char text[] = "a: b\n\nx\r\n.\r\nNOOP\r\n";
	struct smtp_params p = defaults;
	struct server s;

	(void)state;
	send_text(&s, &p, text, sizeof(text) - 1);
	assert_string_equal(s.log.ptr,
			    "[end 11]250 2.0.0 Ok: queued as X\r\n250 2.0.0 Ok\r\n");
	assert_string_equal(s.content.ptr, "a: b\n\nx\n");
	end(&s);
	p.reject_bare_lf = true;
	send_text(&s, &p, text, sizeof(text) - 1);
	assert_string_equal(s.log.ptr, "550 5.5.2 Error: bare <LF> received\r\n[reset]");
	assert_true(s.is_closed);
	end(&s);
}

static void test_xclient(void **state)
{
	struct smtp_params p = defaults;

	(void)state;
	expect("XCLIENT ADDR=192.0.2.9\r\n",
	       "550 5.7.0 Error: insufficient authorization\r\n");
	p.xclient_allowed = true;
	expect_with(&p, "XCLIENT ADDR=192.0.2.9 NAME=a+2Eb\r\n",
		    "[xclient 192.0.2.9 a.b]220 hello\r\n");
	expect_with(&p, "XCLIENT\r\n",
		    "501 5.5.4 Syntax: XCLIENT attribute=value...\r\n");
	expect_with(&p, "XCLIENT FOO=1\r\n",
		    "501 5.5.4 Bad XCLIENT attribute name: FOO\r\n");
	expect_with(&p, "XCLIENT NAME=+zz\r\n",
		    "501 5.5.4 Bad XCLIENT attribute value: NAME=+zz\r\n");
	expect_with(&p, "XCLIENT NAME=+4\r\n",
		    "501 5.5.4 Bad XCLIENT attribute value: NAME=+4\r\n");
	expect_with(&p, "MAIL FROM:<>\r\nXCLIENT NAME=a\r\n",
		    "[mail  0]250 2.1.0 Ok\r\n"
		    "503 5.5.1 Error: MAIL transaction in progress\r\n");
}

static void test_denied_client(void **state)
{
	struct server s;

	(void)state;
	begin_with(&s, &defaults);
	smtp_fini(&s.smtp);
	smtp_init(&s.smtp, &defaults);
	answer(&s, 554, "5.7.1", "No");
	feed(&s, "EHLO c\r\n", 8);
	feed(&s, "QUIT\r\n", 6);
	assert_string_equal(s.log.ptr, "554 5.7.1 No\r\n"
				       "503 5.7.0 Error: access denied for "
				       "unknown[192.0.2.1]\r\n221 2.0.0 Bye\r\n");
	end(&s);
}

static void test_hidden_keywords(void **state)
{
	struct smtp_params p = defaults;

	(void)state;
	p.hidden_keywords = SMTP_8BITMIME | SMTP_PIPELINING;
	expect_with(&p, HELLO,
		    "[ehlo c]250-mx.example.com\r\n250-SIZE 1000000\r\n"
		    "250 ENHANCEDSTATUSCODES\r\n");
	p.hidden_keywords = ~0u;
	expect_with(&p, HELLO, "[ehlo c]250 mx.example.com\r\n");
}

static void test_helo_is_cleaned(void **state)
{
	struct server s;

	(void)state;
	begin_with(&s, &defaults);
	feed(&s, "HELO a(b)<c>;\"d\" e\r\n", 20);
	assert_string_equal(s.smtp.helo, "a?b??c???d??e");
	end(&s);
}

static void test_timeout_and_shutdown(void **state)
{
	struct server s;

	(void)state;
	begin_with(&s, &defaults);
	smtp_timeout(&s.smtp);
	work(&s);
	assert_string_equal(s.log.ptr,
			    "421 4.4.2 mx.example.com Error: timeout exceeded\r\n");
	assert_true(s.is_closed);
	end(&s);
	begin_with(&s, &defaults);
	smtp_shutdown(&s.smtp);
	work(&s);
	assert_string_equal(s.log.ptr,
			    "421 4.3.2 mx.example.com Service shutting down\r\n");
	end(&s);
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
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_pipelining),
		cmocka_unit_test(test_unauthorised_pipelining),
		cmocka_unit_test(test_other_protocols),
		cmocka_unit_test(test_line_limit),
		cmocka_unit_test(test_error_limits),
		cmocka_unit_test(test_junk_limit),
		cmocka_unit_test(test_recipient_limit),
		cmocka_unit_test(test_size_limit),
		cmocka_unit_test(test_bad_content),
		cmocka_unit_test(test_bare_lf_modes),
		cmocka_unit_test(test_xclient),
		cmocka_unit_test(test_denied_client),
		cmocka_unit_test(test_hidden_keywords),
		cmocka_unit_test(test_helo_is_cleaned),
		cmocka_unit_test(test_timeout_and_shutdown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
