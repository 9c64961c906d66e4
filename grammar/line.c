/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puts physical lines together. The scanner tells the kind of each line, this
 * file decides what belongs to what: a continuation without a line to continue
 * can only stand at the start of a file and is dropped with what continues it,
 * as Postfix does.
 *
 * Only joined lines are copied, so reading a table of a million rows makes no
 * allocation per row here.
 */
#include "grammar/line.h"

#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "grammar/invisible.h"
#include "grammar/line.lex.h"

enum { LINE_SMALL_FILE = 4096 };

static struct span source_span(const struct line_reader *r, size_t lo, size_t hi)
{
	return (struct span){r->src->id, (uint32_t)lo, (uint32_t)hi};
}

static void check_final_newline(struct line_reader *r)
{
	size_t len = r->src->text.len;
	struct diag *d;

	if (!len || r->src->text.ptr[len - 1] == '\n')
		return;
	d = line_report(r, RULE_MC116, source_span(r, len, len),
			"the last line has no line end: text appended to this "
			"file later is glued to it");
	line_fix(r, d, "add a line end", source_span(r, len, len), "\n");
}

void line_reader_init(struct line_reader *r, const struct parse_ctx *ctx,
		      const struct source *src)
{
	memset(r, 0, sizeof(*r));
	r->ctx = ctx;
	r->src = src;
	r->pending = -1;
	r->scratch = arena_scratch(ctx->arena);
	scan_init(&r->scan, r->scratch);
	scan_start(&r->scan, src->text);
	MCC_ASSERT(line_yylex_init_extra(r, &r->scanner) == 0);
	/* Flex's own buffer would be larger than most files. */
	if (src->text.len < LINE_SMALL_FILE)
		line_yy_switch_to_buffer(
			line_yy_create_buffer(NULL, LINE_SMALL_FILE, r->scanner),
			r->scanner);
	check_final_newline(r);
}

void line_reader_fini(struct line_reader *r)
{
	line_yylex_destroy(r->scanner);
	arena_scratch_done(r->ctx->arena, r->scratch);
}

struct comments line_reader_done(struct line_reader *r)
{
	line_reader_fini(r);
	return r->comments;
}

/* The physical line in hand, without its line end. */
static struct str physical(const struct line_reader *r)
{
	struct str s = scan_text(&r->scan, r->loc);

	if (s.len && s.ptr[s.len - 1] == '\n')
		s.len--;
	return s;
}

static void check_crlf(struct line_reader *r)
{
	struct str s = physical(r);
	struct diag *d;

	if (r->seen_crlf || r->loc.lo + s.len == r->loc.hi || !s.len ||
	    s.ptr[s.len - 1] != '\r')
		return;
	r->seen_crlf = true;
	d = line_report(r, RULE_MC115, source_span(r, r->loc.hi - 2, r->loc.hi),
			"DOS line ends: Postfix drops the carriage return at the "
			"end of a value, other programs may not");
	if (d)
		diag_fix(r->ctx->diags, d, "convert the file to Unix line ends");
}

static void add_comment(struct line_reader *r)
{
	struct str s = physical(r);
	size_t skip = 0;
	struct span *c;

	while (s.ptr[skip] != '#')
		skip++;
	c = arena_push(r->ctx->arena, &r->comments.items, r->comments.count,
		       &r->comment_room, sizeof(*c));
	*c = source_span(r, r->loc.lo + skip, r->loc.lo + s.len);
	r->comments.count++;
}

static int scan_line(struct line_reader *r)
{
	int kind = r->pending;

	if (kind >= 0) {
		r->pending = -1;
		return kind;
	}
	kind = line_yylex(r->scanner);
	if (kind == LINE_END)
		return kind;
	check_crlf(r);
	if (kind == LINE_COMMENT)
		add_comment(r);
	else if (kind == LINE_START_SUSPECT || kind == LINE_MORE_SUSPECT)
		invisible_check(r, r->loc.lo, physical(r));
	return kind;
}

static bool is_text(int kind)
{
	return kind != LINE_BLANK && kind != LINE_COMMENT;
}

static bool is_more(int kind)
{
	return kind == LINE_MORE || kind == LINE_MORE_SUSPECT;
}

/* The next kind that is neither blank nor comment. */
static int scan_text_line(struct line_reader *r)
{
	int kind = scan_line(r);

	while (!is_text(kind))
		kind = scan_line(r);
	return kind;
}

static void report_orphan(struct line_reader *r)
{
	struct str s = physical(r);
	size_t blanks = 0;
	struct diag *d;

	while (blanks < s.len && memchr(" \t\v\f\r", s.ptr[blanks], 5))
		blanks++;
	d = line_report(r, RULE_MC105, source_span(r, r->loc.lo, r->loc.lo + s.len),
			"this line begins with white space, but there is no line "
			"before it that it could continue: Postfix drops it");
	line_fix(r, d, "remove the white space",
		 source_span(r, r->loc.lo, r->loc.lo + blanks), "");
}

/* Adds continuation lines; the first line is known already. */
static void join(struct line_reader *r, struct line *line, int *kind)
{
	struct text_builder b;

	text_builder_init(&b, r->scratch);
	text_builder_add(&b, line->str, source_span(r, line->lo, line->hi), NULL);
	do {
		struct str s = physical(r);

		line->hi = r->loc.lo + (uint32_t)s.len;
		text_builder_add(&b, s, source_span(r, r->loc.lo, line->hi), NULL);
		*kind = scan_text_line(r);
	} while (is_more(*kind));
	line->is_joined = true;
	line->text = text_builder_done(&b);
	line->str = line->text.str;
}

/* Postfix's readers hand C strings on: nothing behind a NUL is seen. */
static void cut_at_nul(struct line_reader *r, struct line *line)
{
	const char *nul = line->str.len ? memchr(line->str.ptr, 0, line->str.len) : NULL;
	size_t len;

	if (!nul)
		return;
	len = (size_t)(nul - line->str.ptr);
	if (line->is_joined)
		line->text = text_slice(r->scratch, line->text, 0, len);
	line->str.len = len;
	line->hi = line_span(r, line, 0, len).hi;
}

bool line_read(struct line_reader *r, struct line *out_line)
{
	int kind = scan_text_line(r);
	bool suspect;

	if (is_more(kind)) {
		report_orphan(r);
		do {
			kind = scan_text_line(r);
		} while (is_more(kind));
	}
	if (kind == LINE_END)
		return false;
	suspect = kind == LINE_START_SUSPECT;
	*out_line = (struct line){.str = physical(r), .lo = r->loc.lo};
	out_line->hi = out_line->lo + (uint32_t)out_line->str.len;
	kind = scan_text_line(r);
	if (is_more(kind)) {
		join(r, out_line, &kind);
		suspect = true;
	}
	r->pending = kind;
	if (suspect)
		cut_at_nul(r, out_line);
	return true;
}

bool line_read_physical(struct line_reader *r, struct line_physical *out_line)
{
	int kind = scan_line(r);
	struct str s;

	if (kind == LINE_END)
		return false;
	s = physical(r);
	*out_line = (struct line_physical){(enum line_kind)kind, r->loc.lo,
					   r->loc.lo + (uint32_t)s.len};
	return true;
}

/* A suspect line has been reported on: not twice. */
bool line_position(const struct line_reader *r, uint32_t *out_at)
{
	if (r->pending >= 0 && r->pending != LINE_START)
		return false;
	*out_at = r->pending >= 0 ? r->loc.lo : r->scan.at;
	return true;
}

void line_seek(struct line_reader *r, uint32_t at)
{
	if (r->pending < 0 && r->scan.at == at)
		return;
	r->pending = -1;
	r->scan.at = at;
	r->scan.read = at;
	line_yyrestart(NULL, r->scanner);
}

struct span line_span(const struct line_reader *r, const struct line *line, size_t from,
		      size_t to)
{
	if (line->is_joined)
		return text_span(line->text, from, to);
	return source_span(r, line->lo + from, line->lo + to);
}

struct span line_loc_span(const struct line_reader *r, const struct line *line,
			  struct scan_loc loc)
{
	return line_span(r, line, loc.lo, loc.hi);
}

struct text line_slice(const struct line_reader *r, const struct line *line, size_t from,
		       size_t to)
{
	if (line->is_joined)
		return text_slice(r->ctx->arena, line->text, from, to);
	return text_of_span(r->ctx->arena, r->ctx->sources,
			    source_span(r, line->lo + from, line->lo + to));
}

struct diag *line_report(struct line_reader *r, enum rule rule, struct span span,
			 const char *fmt, ...)
{
	struct diag *d;
	va_list ap;
	char *message;

	r->error_count++;
	if (r->error_count == LIMIT_SYNTAX_ERRORS + 1)
		diag_add(r->ctx->diags, RULE_MC002, span,
			 "more than %d faults in this file: the later ones are not "
			 "reported",
			 LIMIT_SYNTAX_ERRORS);
	if (r->error_count > LIMIT_SYNTAX_ERRORS)
		return NULL;
	va_start(ap, fmt);
	message = arena_vprintf(r->ctx->arena, fmt, ap);
	va_end(ap);
	d = diag_add(r->ctx->diags, rule, span, "%s", message);
	return d;
}

void line_fix(struct line_reader *r, struct diag *d, const char *what, struct span span,
	      const char *replacement)
{
	if (!d)
		return;
	diag_fix(r->ctx->diags, d, "%s", what);
	diag_edit(r->ctx->diags, d, span, replacement);
}
