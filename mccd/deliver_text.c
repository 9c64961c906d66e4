/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text in one pass: the top with all headers in memory, the rest in pieces.
 * A piece of a mailbox of one file ends where a line begins whenever the first
 * bytes of that line are not all there, so every "From " is seen whole.
 */
#include "mccd/deliver_text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fsio.h"
#include "base/limits.h"
#include "base/str.h"

enum {
	/* Headers within this many bytes are looked at; the receiver's limit
	 * for all of them is below it but for the ones that are added. */
	HEADERS_SEEN = (1 << 20) + (256 << 10),
	PIECE = 65536
};

/* ---- results ---- */

void deliver_fail(struct deliver_result *result, enum deliver_outcome outcome,
		  const char *dsn, const char *fmt, ...)
{
	va_list ap;

	result->outcome = outcome;
	snprintf(result->dsn, sizeof(result->dsn), "%s", dsn);
	va_start(ap, fmt);
	vsnprintf(result->text, sizeof(result->text), fmt, ap);
	va_end(ap);
}

void deliver_fail_errno(struct deliver_result *result, int errnum, const char *what)
{
	if (errnum == ENOSPC || errnum == EDQUOT)
		deliver_fail(result, DELIVER_DEFERRED, "4.2.2", "%s: %s", what,
			     strerror(errnum));
	else if (errnum == EFBIG)
		deliver_fail(result, DELIVER_FAILED, "5.2.2", "%s: %s", what,
			     strerror(errnum));
	else
		deliver_fail(result, DELIVER_DEFERRED, "4.2.0", "%s: %s", what,
			     strerror(errnum));
}

/* ---- headers ---- */

/* Text from the envelope on one header line. */
static void put_header(struct strbuf *out, const char *head, const char *text,
		       const char *tail)
{
	strbuf_adds(out, head);
	for (const char *p = text; *p; p++) {
		unsigned char c = (unsigned char)*p;

		strbuf_addc(out, c < 0x20 || c == 0x7f ? '?' : (char)c);
	}
	strbuf_adds(out, tail);
}

static bool is_header(struct str line, const char *name)
{
	size_t len = strlen(name);

	return line.len > len && str_caseeqc(str_slice(line, 0, len), name) &&
	       line.ptr[len] == ':';
}

/*
 * Copies the header lines of `text` without Return-Path; returns how many
 * bytes of it were used (whole lines, up to the blank one).
 */
static size_t filter_headers(struct str text, const char *recipient, struct strbuf *out,
			     bool *out_loop)
{
	size_t at = 0;
	bool dropping = false;

	while (at < text.len) {
		const char *eol = memchr(text.ptr + at, '\n', text.len - at);
		struct str line;

		if (!eol)
			break;
		line = str_slice(text, at, (size_t)(eol - text.ptr) + 1);
		if (line.len == 1)
			break;
		if (line.ptr[0] != ' ' && line.ptr[0] != '\t')
			dropping = is_header(line, "Return-Path");
		if (is_header(line, "Delivered-To") &&
		    str_caseeqc(str_trim(str_slice(line, 13, line.len)), recipient))
			*out_loop = true;
		if (!dropping)
			strbuf_addstr(out, line);
		at += line.len;
	}
	return at;
}

/* ---- mailboxes of one file ---- */

static void put_from_line(struct strbuf *out, const char *sender)
{
	time_t now = time(NULL);
	char date[64] = "";
	struct tm tm;

	if (localtime_r(&now, &tm))
		(void)strftime(date, sizeof(date), "%a %b %e %H:%M:%S %Y", &tm);
	put_header(out, "From ", sender[0] ? sender : "MAILER-DAEMON", "  ");
	strbuf_addf(out, "%s\n", date);
}

/* Copies with a '>' before every line that begins with "From ". */
static void put_quoted(struct strbuf *out, struct str text, bool is_line_start)
{
	while (text.len > 0) {
		const char *eol = memchr(text.ptr, '\n', text.len);
		size_t len = eol ? (size_t)(eol - text.ptr) + 1 : text.len;

		if (is_line_start && text.len >= 5 && memcmp(text.ptr, "From ", 5) == 0)
			strbuf_addc(out, '>');
		strbuf_addstr(out, str_slice(text, 0, len));
		text = str_slice(text, len, text.len);
		is_line_start = true;
	}
}

/* ---- writing ---- */

struct writer {
	const struct deliver_text *text;
	int fd;
	const char *what;
	struct deliver_result *result;
	bool is_line_start;
};

static bool read_part(const struct writer *w, uint64_t at, char *buf, size_t len)
{
	if (fs_read_at(w->text->content_fd, buf, len, w->text->content_at + at) == 0)
		return true;
	deliver_fail_errno(w->result, EIO, "cannot read the message");
	return false;
}

static bool write_out(const struct writer *w, struct str bytes)
{
	char what[200];

	errno = 0;
	if (fs_write_all(w->fd, bytes.ptr, bytes.len) == 0)
		return true;
	snprintf(what, sizeof(what), "cannot write to %.150s", w->what);
	deliver_fail_errno(w->result, errno ? errno : EIO, what);
	return false;
}

/* The beginning with `len` bytes of the content (all headers). */
static bool write_top(struct writer *w, size_t len)
{
	const struct deliver_text *t = w->text;
	char *buf = malloc(len + 1);
	bool is_mbox = t->form == DELIVER_TEXT_MBOX;
	bool is_loop = false;
	struct strbuf out;
	struct strbuf body;
	bool ok = false;
	size_t used;

	/* Quoting adds a byte to each line of five at most. */
	strbuf_init(&out, 2 * HEADERS_SEEN + 8 * LIMIT_ADDRESS);
	strbuf_init(&body, 2 * HEADERS_SEEN);
	if (!buf || !read_part(w, 0, buf, len))
		goto out;
	if (t->form != DELIVER_TEXT_MAILDIR)
		put_from_line(&out, t->sender);
	put_header(&out, "Return-Path: <", t->sender, ">\n");
	if (t->original[0])
		put_header(&out, "X-Original-To: ", t->original, "\n");
	put_header(&out, "Delivered-To: ", t->recipient, "\n");
	used = filter_headers((struct str){buf, len}, t->recipient, &body, &is_loop);
	strbuf_add(&body, buf + used, len - used);
	if (is_mbox)
		put_quoted(&out, strbuf_view(&body), true);
	else
		strbuf_addstr(&out, strbuf_view(&body));
	w->is_line_start = out.len > 0 && out.ptr[out.len - 1] == '\n';
	if (is_loop)
		deliver_fail(w->result, DELIVER_FAILED, "5.4.6",
			     "mail forwarding loop for %.150s", t->recipient);
	else if (out.failed || body.failed)
		deliver_fail_errno(w->result, ENOMEM, "cannot make the headers");
	else
		ok = write_out(w, strbuf_view(&out));
out:
	if (!buf)
		deliver_fail_errno(w->result, ENOMEM, "cannot read the message");
	strbuf_fini(&out);
	strbuf_fini(&body);
	free(buf);
	return ok;
}

/* Without the beginning of a last line that may be a "From ". */
static size_t piece_end(const char *buf, size_t len)
{
	/* One to four bytes behind the last line feed. */
	for (size_t back = 2; back <= 5 && back <= len; back++) {
		if (buf[len - back] == '\n')
			return buf[len - 1] == '\n' ? len : len - back + 1;
	}
	return len;
}

static bool write_piece(struct writer *w, struct str piece)
{
	struct strbuf out;
	bool ok;

	if (w->text->form != DELIVER_TEXT_MBOX)
		return write_out(w, piece);
	strbuf_init(&out, 2 * PIECE);
	put_quoted(&out, piece, w->is_line_start);
	w->is_line_start = piece.ptr[piece.len - 1] == '\n';
	ok = !out.failed && write_out(w, strbuf_view(&out));
	strbuf_fini(&out);
	return ok;
}

static bool write_rest(struct writer *w, uint64_t at)
{
	char buf[PIECE];

	while (at < w->text->content_size) {
		uint64_t left = w->text->content_size - at;
		size_t len = left < sizeof(buf) ? (size_t)left : sizeof(buf);

		if (!read_part(w, at, buf, len))
			return false;
		if (left > len)
			len = piece_end(buf, len);
		if (!write_piece(w, (struct str){buf, len}))
			return false;
		at += len;
	}
	return true;
}

bool deliver_text_write(int fd, const struct deliver_text *text, const char *what,
			struct deliver_result *result)
{
	struct writer w = {.text = text, .fd = fd, .what = what, .result = result};
	size_t seen = text->content_size < HEADERS_SEEN ? (size_t)text->content_size
							: HEADERS_SEEN;

	/* A piece begins at a line's start whenever the line may be quoted. */
	if (text->form == DELIVER_TEXT_MBOX && seen < text->content_size) {
		char tail[8];

		if (!read_part(&w, seen - sizeof(tail), tail, sizeof(tail)))
			return false;
		seen -= sizeof(tail) - piece_end(tail, sizeof(tail));
	}
	if (!write_top(&w, seen) || !write_rest(&w, seen))
		return false;
	return text->form != DELIVER_TEXT_MBOX ||
	       write_out(&w, w.is_line_start ? STR_LIT("\n") : STR_LIT("\n\n"));
}
