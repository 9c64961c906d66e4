/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shows a part of a line. Text and carets are put together side by side, one
 * character at a time, so they cannot get out of step: what a character takes
 * on the screen is asked once and used for both.
 */
#include "base/diag_snippet.h"

#include "base/escape.h"
#include "base/limits.h"

enum {
	SNIPPET_TAB = 8,
	/* Bytes kept before the span when a line is cut. */
	SNIPPET_LEAD = 30,
	/* Longest escape of one byte, and some. */
	SNIPPET_MAX = LIMIT_SHOWN_LINE * 12 + 64
};

/* The part of a line that is shown, and the span within it. */
struct window {
	struct str text;
	size_t lo;
	size_t hi;
	bool cut_before;
	bool cut_after;
};

/* Back to the first byte of a character: not into the middle of UTF-8. */
static size_t character_start(struct str s, size_t at)
{
	for (int i = 0; i < 3 && at > 0 && at < s.len; i++) {
		if (((unsigned char)s.ptr[at] & 0xc0) != 0x80)
			break;
		at--;
	}
	return at;
}

static struct window window_of(struct str line, size_t lo, size_t hi)
{
	size_t from = 0;
	size_t to = line.len;

	lo = character_start(line, lo);
	if (line.len > LIMIT_SHOWN_LINE) {
		from = lo > SNIPPET_LEAD ? lo - SNIPPET_LEAD : 0;
		if (line.len - from < LIMIT_SHOWN_LINE)
			from = line.len - LIMIT_SHOWN_LINE;
		from = character_start(line, from);
		to = character_start(line, from + LIMIT_SHOWN_LINE);
	}
	return (struct window){
		.text = str_slice(line, from, to),
		.lo = lo - from,
		.hi = (hi < to ? hi : to) - from,
		.cut_before = from > 0,
		.cut_after = to < line.len,
	};
}

static void fill(struct strbuf *buf, char c, size_t count)
{
	while (count--)
		strbuf_addc(buf, c);
}

/* Below the span '^' and then '~', elsewhere blanks. */
static void mark(struct strbuf *marks, const struct window *w, size_t at, unsigned width)
{
	bool is_first = at == w->lo;
	bool is_inside = is_first || (at > w->lo && at < w->hi);

	if (is_first && width) {
		strbuf_addc(marks, '^');
		width--;
	}
	fill(marks, is_inside ? '~' : ' ', width);
}

static void draw(const struct window *w, struct strbuf *text, struct strbuf *marks)
{
	size_t column = 0;
	size_t at = 0;

	if (w->cut_before) {
		strbuf_adds(text, "...");
		fill(marks, ' ', 3);
		column = 3;
	}
	while (at < w->text.len) {
		struct glyph g = escape_glyph(str_slice(w->text, at, w->text.len));
		unsigned width = g.width;

		if (w->text.ptr[at] == '\t') {
			width = SNIPPET_TAB - (unsigned)(column % SNIPPET_TAB);
			fill(text, ' ', width);
		} else {
			strbuf_adds(text, g.shown);
		}
		/* Past an empty span there is nothing to underline. */
		if (at <= w->lo || at < w->hi)
			mark(marks, w, at, w->hi <= w->lo && at == w->lo ? 1 : width);
		column += width;
		at += g.len;
	}
	if (w->cut_after)
		strbuf_adds(text, "...");
	/* The span starts at the end of the line: something is missing there. */
	if (w->lo >= w->text.len)
		strbuf_addc(marks, '^');
}

void diag_snippet(FILE *out, const struct source *src, struct span span, const char *on,
		  const char *off)
{
	struct position pos = source_position(src, span.lo);
	struct str line = source_line(src, pos.line);
	size_t lo = pos.column - 1;
	size_t hi = lo + (span.hi - span.lo);
	struct window w;
	struct strbuf text;
	struct strbuf marks;

	w = window_of(line, lo < line.len ? lo : line.len, hi < line.len ? hi : line.len);
	strbuf_init(&text, SNIPPET_MAX);
	strbuf_init(&marks, SNIPPET_MAX);
	draw(&w, &text, &marks);
	if (!text.failed && !marks.failed) {
		struct str below = strbuf_view(&marks);
		size_t blanks = 0;
		int gutter = fprintf(out, "%5u", pos.line);

		while (blanks < below.len && below.ptr[blanks] == ' ')
			blanks++;
		fprintf(out, " | %.*s\n", STR_ARG(strbuf_view(&text)));
		fprintf(out, "%*s | %.*s%s%.*s%s\n", gutter, "", (int)blanks, below.ptr,
			on, (int)(below.len - blanks), below.ptr + blanks, off);
	}
	strbuf_fini(&text);
	strbuf_fini(&marks);
}
