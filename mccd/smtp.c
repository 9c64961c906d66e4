/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SMTP server machine: lines, pending events, replies, error counts. Which
 * commands there are stands in smtp_command.c; how the message text is read in
 * smtp_content.c.
 *
 * Invariant: at most one event waits for an answer, and while it does no input
 * is consumed; so replies leave in the order of the commands (RFC 2920).
 */
#include "mccd/smtp.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "mccd/smtp_command.h"

enum {
	/* Replies of one group of commands; each command line makes at most
	 * one, and a caller that does not send them stops reading. */
	SMTP_OUTPUT_MAX = 1 << 20,
	/* RFC 5321 4.5.3.1.5: 512 octets with code and line end. */
	SMTP_TEXT_MAX = 400
};

void smtp_init(struct smtp *s, const struct smtp_params *params)
{
	memset(s, 0, sizeof(*s));
	s->params = *params;
	strbuf_init(&s->out, SMTP_OUTPUT_MAX);
	s->pending = SMTP_EVENT_CONNECT;
	s->state = SMTP_STATE_COMMAND;
}

void smtp_fini(struct smtp *s)
{
	strbuf_fini(&s->out);
}

static void put_clean(struct strbuf *out, struct str text)
{
	size_t i;

	for (i = 0; i < text.len && i < SMTP_TEXT_MAX; i++) {
		unsigned char b = (unsigned char)text.ptr[i];

		strbuf_addc(out, b < 32 || b == 127 ? '?' : (char)b);
	}
}

/* Code, enhanced code and text, one line for each line of the text. */
static void put_reply(struct smtp *s, int code, const char *dsn, struct str text)
{
	struct str line;
	ptrdiff_t at;

	do {
		at = str_chr(text, '\n');
		line = at < 0 ? text : str_slice(text, 0, (size_t)at);
		strbuf_addf(&s->out, "%03d%c", code, at < 0 ? ' ' : '-');
		if (dsn != NULL)
			strbuf_addf(&s->out, "%s ", dsn);
		put_clean(&s->out, line);
		strbuf_adds(&s->out, "\r\n");
		text = at < 0 ? STR_LIT("") : str_slice(text, (size_t)at + 1, text.len);
	} while (at >= 0);
	if (s->params.soft_errors != 0 && s->errors >= s->params.soft_errors)
		s->is_sleep_due = true;
}

static void put_line(struct smtp *s, const char *fmt, va_list ap) MCC_PRINTF(2, 0);

static void put_line(struct smtp *s, const char *fmt, va_list ap)
{
	char text[SMTP_TEXT_MAX + 64];

	/* "250 2.1.0 Ok": the code is part of the text. */
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	put_clean(&s->out, str_of(text));
	strbuf_adds(&s->out, "\r\n");
	if (s->params.soft_errors != 0 && s->errors >= s->params.soft_errors)
		s->is_sleep_due = true;
}

void smtp_reply(struct smtp *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_line(s, fmt, ap);
	va_end(ap);
}

void smtp_error(struct smtp *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_line(s, fmt, ap);
	va_end(ap);
	s->errors++;
}

void smtp_goodbye(struct smtp *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_line(s, fmt, ap);
	va_end(ap);
	s->state = SMTP_STATE_CLOSED;
	s->pending = SMTP_EVENT_NONE;
}

void smtp_end_transaction(struct smtp *s)
{
	s->has_mail = false;
	s->recipients = 0;
	s->overshoot = 0;
}

/* What a client calls itself, fit for the comment of a Received header. */
void smtp_set_helo(struct smtp *s, struct str name)
{
	size_t i;
	size_t len = name.len < sizeof(s->helo) - 1 ? name.len : sizeof(s->helo) - 1;

	for (i = 0; i < len; i++) {
		unsigned char b = (unsigned char)name.ptr[i];
		bool is_unfit = b <= 32 || b == 127 || strchr("<>()\\\";@", b) != NULL;

		s->helo[i] = is_unfit ? '?' : (char)b;
	}
	s->helo[len] = '\0';
	s->has_helo = len > 0;
}

void smtp_timeout(struct smtp *s)
{
	smtp_goodbye(s, "421 4.4.2 %s Error: timeout exceeded", s->params.hostname);
}

void smtp_shutdown(struct smtp *s)
{
	smtp_goodbye(s, "421 4.3.2 %s Service shutting down", s->params.hostname);
}

void smtp_too_early(struct smtp *s)
{
	smtp_goodbye(s, "554 5.5.0 Error: SMTP protocol synchronization");
}

bool smtp_is_pending(const struct smtp *s)
{
	return s->pending != SMTP_EVENT_NONE;
}

bool smtp_in_transaction(const struct smtp *s)
{
	return s->has_mail;
}

bool smtp_in_data(const struct smtp *s)
{
	return s->state == SMTP_STATE_DATA;
}

/* ---- input ---- */

static struct smtp_event event_of(enum smtp_event_type type)
{
	return (struct smtp_event){.type = type};
}

/* The message has ended. What is wrong with it by itself is said here. */
static struct smtp_event finish_content(struct smtp *s)
{
	const struct smtp_content *c = &s->content;
	const struct smtp_params *p = &s->params;
	struct smtp_event event = event_of(SMTP_EVENT_END);

	s->state = SMTP_STATE_COMMAND;
	if (p->reject_bare_lf && c->has_bare_lf) {
		smtp_goodbye(s, "550 5.5.2 Error: bare <LF> received");
	} else if (p->message_limit != 0 && c->size > p->message_limit) {
		smtp_error(s, "552 5.3.4 Error: message file too big");
	} else if (c->has_long_header) {
		smtp_error(s, "552 5.3.4 Error: message header too big");
	} else if (c->has_nul) {
		smtp_error(s, "550 5.6.0 Error: NUL byte in message");
	} else if (p->hop_limit != 0 && c->hops > p->hop_limit) {
		smtp_error(s, "554 5.4.0 Error: too many hops");
	} else {
		event.size = c->size;
		s->pending = SMTP_EVENT_END;
		return event;
	}
	smtp_end_transaction(s);
	return event_of(SMTP_EVENT_RESET);
}

static struct smtp_event next_content(struct smtp *s, struct str *in, char *room)
{
	struct smtp_event event = event_of(SMTP_EVENT_CONTENT);
	uint64_t limit = s->params.message_limit;
	bool has_ended;

	if (in->len == 0)
		return event_of(SMTP_EVENT_NONE);
	event.chunk.ptr = room;
	event.chunk.len = smtp_content_feed(&s->content, in, room, &has_ended);
	/* What cannot be accepted any more is read, but not kept. */
	if (s->content.has_nul || (limit != 0 && s->content.size > limit))
		event.chunk.len = 0;
	if (has_ended)
		s->state = SMTP_STATE_COMMAND;
	if (has_ended && event.chunk.len == 0)
		return finish_content(s);
	/* The end is reported by the next call. */
	s->pending = SMTP_EVENT_NONE;
	s->is_content_whole = has_ended;
	return event;
}

/* Drops the rest of a line that was too long; its error is said at its end. */
static bool skip_line(struct smtp *s, struct str *in)
{
	ptrdiff_t at = str_chr(*in, '\n');

	if (at < 0) {
		*in = str_slice(*in, in->len, in->len);
		return false;
	}
	*in = str_slice(*in, (size_t)at + 1, in->len);
	s->is_skipping = false;
	smtp_error(s, "500 5.5.2 Error: line too long");
	return true;
}

/* The next line without its end; false: not there yet. */
static bool take_line(struct smtp *s, struct str *in, struct str *out_line)
{
	ptrdiff_t at = str_chr(*in, '\n');
	size_t len = at < 0 ? in->len : (size_t)at + 1;

	if (len > SMTP_COMMAND_MAX) {
		s->is_skipping = true;
		return false;
	}
	if (at < 0)
		return false;
	*out_line = str_slice(*in, 0, (size_t)at);
	if (str_ends(*out_line, "\r"))
		out_line->len--;
	*in = str_slice(*in, (size_t)at + 1, in->len);
	return true;
}

static struct smtp_event next_command(struct smtp *s, struct arena *arena, struct str *in)
{
	struct smtp_event event = event_of(SMTP_EVENT_NONE);
	struct str line;

	if (s->params.hard_errors != 0 && s->errors >= s->params.hard_errors) {
		smtp_goodbye(s, "421 4.7.0 %s Error: too many errors",
			     s->params.hostname);
		return event;
	}
	if (take_line(s, in, &line)) {
		smtp_command(s, arena, line, in->len > 0, &event);
		return event;
	}
	if (s->is_skipping)
		(void)skip_line(s, in);
	return event;
}

struct smtp_event smtp_next(struct smtp *s, struct arena *arena, struct str *in,
			    char *room)
{
	for (;;) {
		struct smtp_event event;
		size_t before = in->len;

		if (s->is_sleep_due) {
			s->is_sleep_due = false;
			return event_of(SMTP_EVENT_SLEEP);
		}
		if (s->state == SMTP_STATE_CLOSED)
			return event_of(SMTP_EVENT_CLOSE);
		if (s->pending != SMTP_EVENT_NONE)
			return event_of(SMTP_EVENT_NONE);
		if (s->is_content_whole) {
			s->is_content_whole = false;
			event = finish_content(s);
		} else if (s->state == SMTP_STATE_DATA) {
			event = next_content(s, in, room);
		} else if (s->is_skipping && !skip_line(s, in)) {
			return event_of(SMTP_EVENT_NONE);
		} else {
			event = next_command(s, arena, in);
		}
		if (event.type != SMTP_EVENT_NONE)
			return event;
		if (in->len == before && s->state != SMTP_STATE_CLOSED)
			return event;
	}
}

/* ---- answers ---- */

static void put_capabilities(struct smtp *s)
{
	unsigned shown = ~s->params.hidden_keywords;

	strbuf_addf(&s->out, "250-%s\r\n", s->params.hostname);
	if ((shown & SMTP_PIPELINING) != 0)
		strbuf_adds(&s->out, "250-PIPELINING\r\n");
	if ((shown & SMTP_SIZE) != 0 && s->params.message_limit != 0)
		strbuf_addf(&s->out, "250-SIZE %llu\r\n",
			    (unsigned long long)s->params.message_limit);
	else if ((shown & SMTP_SIZE) != 0)
		strbuf_adds(&s->out, "250-SIZE\r\n");
	if ((shown & SMTP_XCLIENT) != 0 && s->params.xclient_allowed)
		strbuf_adds(&s->out, "250-XCLIENT NAME ADDR PORT PROTO HELO REVERSE_NAME "
				     "LOGIN DESTADDR DESTPORT\r\n");
	if ((shown & SMTP_ENHANCEDSTATUSCODES) != 0)
		strbuf_adds(&s->out, "250-ENHANCEDSTATUSCODES\r\n");
	if ((shown & SMTP_8BITMIME) != 0)
		strbuf_adds(&s->out, "250-8BITMIME\r\n");
}

/* The last line must not have the dash; it is known only when all is there. */
static void answer_ehlo(struct smtp *s)
{
	size_t from = s->out.len;
	size_t at = from;
	size_t i;

	put_capabilities(s);
	for (i = from; i + 2 < s->out.len; i++)
		if (s->out.ptr[i] == '\n')
			at = i + 1;
	if (!s->out.failed)
		s->out.ptr[at + 3] = ' ';
}

static void accepted(struct smtp *s, enum smtp_event_type what)
{
	switch ((int)what) {
	case SMTP_EVENT_MAIL:
		s->has_mail = true;
		break;
	case SMTP_EVENT_RCPT:
		s->recipients++;
		break;
	case SMTP_EVENT_DATA:
		s->state = SMTP_STATE_DATA;
		smtp_content_begin(&s->content, s->params.header_limit);
		break;
	case SMTP_EVENT_END:
		s->errors = 0;
		s->junk = 0;
		break;
	default:
		break;
	}
}

static void refused(struct smtp *s, enum smtp_event_type what)
{
	if (what == SMTP_EVENT_CONNECT || what == SMTP_EVENT_XCLIENT)
		s->is_denied = true;
	else
		s->errors++;
	if (what == SMTP_EVENT_HELO)
		s->has_helo = false;
}

void smtp_answer(struct smtp *s, const struct smtp_answer *answer)
{
	enum smtp_event_type what = s->pending;
	bool is_good = answer->code < 400;

	MCC_ASSERT(what != SMTP_EVENT_NONE);
	s->pending = SMTP_EVENT_NONE;
	if (is_good && what == SMTP_EVENT_HELO && s->is_esmtp)
		answer_ehlo(s);
	else
		put_reply(s, answer->code, answer->dsn, str_of(answer->text));
	if (is_good)
		accepted(s, what);
	else
		refused(s, what);
	if (what == SMTP_EVENT_END)
		smtp_end_transaction(s);
	if (answer->hangup)
		s->state = SMTP_STATE_CLOSED;
}
