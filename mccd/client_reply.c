/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Line by line: three digits, then '-' (more lines), ' ' or the end. All lines
 * of a reply must carry the same code. A lone LF ends a line as CRLF does; the
 * rest of RFC 5321's grammar is not worth refusing a server for.
 */
#include "mccd/client_reply.h"

#include <stdio.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "X.Y.Z" at the start of the text, of the code's class. */
static bool find_dsn(struct str text, int code, char out[12])
{
	size_t len = 0;
	unsigned dots = 0;

	while (len < text.len && len < 11 &&
	       (is_digit(text.ptr[len]) || text.ptr[len] == '.'))
		dots += text.ptr[len++] == '.';
	if (dots != 2 || len < 5 || text.ptr[0] != '0' + code / 100 ||
	    text.ptr[1] != '.' || text.ptr[len - 1] == '.' ||
	    (len < text.len && text.ptr[len] != ' '))
		return false;
	for (size_t i = 1; i < len; i++) {
		if (text.ptr[i] == '.' && text.ptr[i - 1] == '.')
			return false;
	}
	memcpy(out, text.ptr, len);
	out[len] = '\0';
	return true;
}

static void add_text(struct client_reply_parser *p, struct str text)
{
	struct client_reply *reply = &p->reply;

	for (size_t i = 0; i < text.len && p->text_len < sizeof(reply->text) - 1; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		reply->text[p->text_len++] = c == '\t'		    ? ' '
					     : c < 0x20 || c > 0x7e ? '?'
								    : (char)c;
	}
	reply->text[p->text_len] = '\0';
}

static void begin(struct client_reply_parser *p, struct str line, int code)
{
	struct str rest = str_slice(line, 4, line.len);

	p->reply.code = code;
	p->reply.has_dsn = find_dsn(rest, code, p->reply.dsn);
	if (!p->reply.has_dsn)
		snprintf(p->reply.dsn, sizeof(p->reply.dsn), "%d.0.0", code / 100);
	p->text_len = 0;
	add_text(p, str_slice(line, 0, 3));
}

static enum client_reply_status take_line(struct client_reply_parser *p)
{
	struct str line = {p->line, p->line_len};
	bool is_last;
	int code;

	p->line_len = 0;
	if (str_ends(line, "\r"))
		line.len--;
	if (line.len < 3 || line.ptr[0] < '2' || line.ptr[0] > '5' ||
	    !is_digit(line.ptr[1]) || !is_digit(line.ptr[2]) ||
	    (line.len > 3 && line.ptr[3] != ' ' && line.ptr[3] != '-'))
		return CLIENT_REPLY_BAD;
	code = (line.ptr[0] - '0') * 100 + (line.ptr[1] - '0') * 10 + (line.ptr[2] - '0');
	if (p->lines == 0)
		begin(p, line, code);
	else if (code != p->reply.code || p->lines >= CLIENT_REPLY_LINES)
		return CLIENT_REPLY_BAD;
	p->lines++;
	add_text(p, STR_LIT(" "));
	add_text(p, str_slice(line, 4, line.len));
	if (p->line_hook)
		p->line_hook(p->arg, str_slice(line, 4, line.len));
	is_last = line.len == 3 || line.ptr[3] == ' ';
	if (!is_last)
		return CLIENT_REPLY_MORE;
	p->lines = 0;
	return CLIENT_REPLY_WHOLE;
}

enum client_reply_status client_reply_take(struct client_reply_parser *p,
					   struct str *input)
{
	while (input->len > 0) {
		const char *eol = memchr(input->ptr, '\n', input->len);
		size_t len = eol ? (size_t)(eol - input->ptr) : input->len;
		enum client_reply_status status;

		if (len > sizeof(p->line) - p->line_len)
			return CLIENT_REPLY_BAD;
		memcpy(p->line + p->line_len, input->ptr, len);
		p->line_len += len;
		*input = str_slice(*input, len + (eol != NULL), input->len);
		if (!eol)
			return CLIENT_REPLY_MORE;
		status = take_line(p);
		if (status != CLIENT_REPLY_MORE)
			return status;
	}
	return CLIENT_REPLY_MORE;
}
