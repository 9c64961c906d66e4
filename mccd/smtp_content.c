/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decoder of message text, one byte at a time. Two machines run one behind the
 * other: lines and dots first, then the header section of what came out.
 *
 * The header machine keeps the first bytes of each line back until it knows
 * whether the line is a header: a body that starts without the empty line gets
 * one, so that the headers written above it stay apart from it.
 */
#include "mccd/smtp_content.h"

#include <string.h>
#include <strings.h>

enum line_state {
	LINE_START,
	LINE_DOT, /* a dot at the start */
	LINE_DOT_CR,
	LINE_MID,
	LINE_CR
};

struct sink {
	char *at;
};

static void put(struct sink *out, char b)
{
	*out->at++ = b;
}

static void put_head(struct smtp_content *c, struct sink *out)
{
	memcpy(out->at, c->head, c->head_len);
	out->at += c->head_len;
	c->head_len = 0;
	c->is_deciding = false;
}

static void end_header_section(struct smtp_content *c, struct sink *out)
{
	/* An mbox line from a careless client is kept, as smtpd(8) does. */
	if (!c->has_header && c->head_len >= 5 && memcmp(c->head, "From ", 5) == 0) {
		memcpy(out->at, "X-Mailbox-Line: ", 16);
		out->at += 16;
		c->has_header = true;
		put_head(c, out);
		return;
	}
	put(out, '\n');
	c->in_header = false;
	put_head(c, out);
}

/* ':' was read: c->head is the name. */
static void begin_header(struct smtp_content *c, struct sink *out)
{
	size_t len = c->head_len - 1;

	while (len > 0 && (c->head[len - 1] == ' ' || c->head[len - 1] == '\t'))
		len--;
	if (len == 8 && strncasecmp(c->head, "Received", 8) == 0)
		c->hops++;
	c->has_header = true;
	c->header_len = 0;
	put_head(c, out);
}

static bool is_name_byte(char b)
{
	return b > 32 && b < 127 && b != ':';
}

/* One more byte of a line whose kind is not known yet. */
static void decide(struct smtp_content *c, char b, struct sink *out)
{
	bool is_blank = b == ' ' || b == '\t';
	bool after_blank = c->head_len > 0 && (c->head[c->head_len - 1] == ' ' ||
					       c->head[c->head_len - 1] == '\t');

	c->head[c->head_len++] = b;
	if (is_blank && c->head_len == 1 && c->has_header)
		put_head(c, out); /* a continued header */
	else if (b == ':' && c->head_len > 1)
		begin_header(c, out);
	else if (c->head_len == SMTP_HEAD_MAX || (is_blank && c->head_len == 1) ||
		 (!is_blank && (after_blank || !is_name_byte(b))))
		end_header_section(c, out);
}

/* A decoded byte, '\n' at the end of each line. */
static void emit(struct smtp_content *c, char b, struct sink *out)
{
	c->size += b == '\n' ? 2 : 1;
	if (b == '\0')
		c->has_nul = true;
	if (!c->in_header) {
		put(out, b);
		return;
	}
	if (++c->header_len > c->header_limit && c->header_limit != 0)
		c->has_long_header = true;
	if (c->is_deciding && b != '\n') {
		decide(c, b, out);
		return;
	}
	if (c->is_deciding && c->head_len == 0)
		c->in_header = false; /* the empty line */
	else if (c->is_deciding)
		end_header_section(c, out);
	put(out, b);
	if (b == '\n')
		c->is_deciding = c->in_header;
}

static enum line_state end_line(struct smtp_content *c, bool is_crlf, struct sink *out)
{
	if (!is_crlf)
		c->has_bare_lf = true;
	c->starts_after_crlf = is_crlf;
	emit(c, '\n', out);
	return LINE_START;
}

static enum line_state middle(struct smtp_content *c, char b, struct sink *out)
{
	if (b == '\r')
		return LINE_CR;
	if (b == '\n')
		return end_line(c, false, out);
	emit(c, b, out);
	return LINE_MID;
}

/* The line is a dot and nothing more, but does not end the message. */
static enum line_state lone_dot(struct smtp_content *c, bool is_crlf, struct sink *out)
{
	emit(c, '.', out);
	return end_line(c, is_crlf, out);
}

/* The next state; *out_ended: this byte was the last one of the message. */
static enum line_state step(struct smtp_content *c, char b, struct sink *out,
			    bool *out_ended)
{
	switch ((enum line_state)c->state) {
	case LINE_START:
		return b == '.' ? LINE_DOT : middle(c, b, out);
	case LINE_DOT:
		if (b == '\r')
			return LINE_DOT_CR;
		return b == '\n' ? lone_dot(c, false, out) : middle(c, b, out);
	case LINE_DOT_CR:
		if (b == '\n' && c->starts_after_crlf) {
			*out_ended = true;
			return LINE_START;
		}
		if (b == '\n')
			return lone_dot(c, true, out);
		emit(c, ' ', out);
		return middle(c, b, out);
	case LINE_MID:
		return middle(c, b, out);
	case LINE_CR:
		if (b == '\n')
			return end_line(c, true, out);
		emit(c, ' ', out);
		return middle(c, b, out);
	}
	return LINE_MID;
}

/* Most bytes are in the middle of a body line: they are copied in runs. */
static void copy_run(struct smtp_content *c, struct str *in, struct sink *out)
{
	size_t len = 0;

	while (len < in->len && in->ptr[len] != '\r' && in->ptr[len] != '\n' &&
	       in->ptr[len] != '\0')
		len++;
	memcpy(out->at, in->ptr, len);
	out->at += len;
	c->size += len;
	in->ptr += len;
	in->len -= len;
}

void smtp_content_begin(struct smtp_content *c, uint64_t header_limit)
{
	*c = (struct smtp_content){.state = LINE_START,
				   .starts_after_crlf = true,
				   .in_header = true,
				   .is_deciding = true,
				   .header_limit = header_limit};
}

size_t smtp_content_feed(struct smtp_content *c, struct str *in, char *out,
			 bool *out_ended)
{
	struct sink sink = {out};
	bool ended = false;

	while (in->len > 0 && !ended) {
		if (c->state == LINE_MID && !c->in_header)
			copy_run(c, in, &sink);
		if (in->len == 0)
			break;
		c->state = (int)step(c, *in->ptr, &sink, &ended);
		in->ptr++;
		in->len--;
	}
	*out_ended = ended;
	return (size_t)(sink.at - out);
}
