/* SPDX-License-Identifier: BSD-2-Clause */
/* A server that says what it was asked; see smtp_case.h. */
#include "smtp_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const struct smtp_params smtp_case_defaults = {
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

void smtp_case_answer(struct smtp_case *s, int code, const char *dsn, const char *text)
{
	smtp_answer(&s->smtp, &(struct smtp_answer){code, dsn, text, code == 421});
}

static void decide(struct smtp_case *s, const struct smtp_event *e)
{
	switch ((int)e->type) {
	case SMTP_EVENT_HELO:
		strbuf_addf(&s->log, "[%s %s]", e->is_esmtp ? "ehlo" : "helo", e->text);
		smtp_case_answer(s, 250, NULL, "mx.example.com");
		break;
	case SMTP_EVENT_MAIL:
		strbuf_addf(&s->log, "[mail %s %d%s]", e->text, (int)e->size,
			    e->eight_bit ? " 8bit" : "");
		smtp_case_answer(s, 250, "2.1.0", "Ok");
		break;
	case SMTP_EVENT_RCPT:
		strbuf_addf(&s->log, "[rcpt %s]", e->text);
		if (s->refuse_rcpt)
			smtp_case_answer(s, s->refuse_rcpt, "5.1.1",
					 "No\r\n250 injected");
		else
			smtp_case_answer(s, 250, "2.1.5", "Ok");
		break;
	case SMTP_EVENT_DATA:
		smtp_case_answer(s, 354, NULL, "End data with <CR><LF>.<CR><LF>");
		break;
	case SMTP_EVENT_END:
		strbuf_addf(&s->log, "[end %d]", (int)e->size);
		smtp_case_answer(s, 250, "2.0.0", "Ok: queued as X");
		break;
	case SMTP_EVENT_XCLIENT:
		strbuf_addf(&s->log, "[xclient %s %s]",
			    e->xclient.address ? e->xclient.address : "-",
			    e->xclient.name ? e->xclient.name : "-");
		smtp_case_answer(s, 220, NULL, "hello");
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

static void move_output(struct smtp_case *s)
{
	strbuf_addstr(&s->log, strbuf_view(&s->smtp.out));
	strbuf_clear(&s->smtp.out);
}

void smtp_case_work(struct smtp_case *s)
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

void smtp_case_feed(struct smtp_case *s, const void *data, size_t len)
{
	if (s->is_closed)
		return;
	strbuf_add(&s->pending, data, len);
	smtp_case_work(s);
}

void smtp_case_begin(struct smtp_case *s, const struct smtp_params *params)
{
	memset(s, 0, sizeof(*s));
	s->arena = arena_new(0);
	strbuf_init(&s->log, 64 << 20);
	strbuf_init(&s->content, 64 << 20);
	strbuf_init(&s->pending, 64 << 20);
	s->room = malloc(SMTP_CONTENT_ROOM((size_t)16 << 20));
	smtp_init(&s->smtp, params);
	smtp_case_answer(s, 220, NULL, "mx.example.com ESMTP");
	smtp_fini(&s->smtp); /* the greeting is not looked at */
	strbuf_init(&s->smtp.out, 1 << 20);
}

void smtp_case_end(struct smtp_case *s)
{
	smtp_fini(&s->smtp);
	strbuf_fini(&s->log);
	strbuf_fini(&s->content);
	strbuf_fini(&s->pending);
	arena_free(s->arena);
	free(s->room);
}

void smtp_case_feed_lines(struct smtp_case *s, const char *text)
{
	while (*text) {
		const char *lf = strchr(text, '\n');
		size_t len = lf == NULL ? strlen(text) : (size_t)(lf - text) + 1;

		smtp_case_feed(s, text, len);
		text += len;
	}
}

void smtp_case_expect_with(const struct smtp_params *params, const char *input,
			   const char *want)
{
	struct smtp_case s;

	smtp_case_begin(&s, params);
	smtp_case_feed_lines(&s, input);
	assert_string_equal(s.log.ptr ? s.log.ptr : "", want);
	smtp_case_end(&s);
	smtp_case_begin(&s, params);
	for (const char *p = input; *p; p++)
		smtp_case_feed(&s, p, 1);
	assert_string_equal(s.log.ptr ? s.log.ptr : "", want);
	smtp_case_end(&s);
}

void smtp_case_expect(const char *input, const char *want)
{
	smtp_case_expect_with(&smtp_case_defaults, input, want);
}
