/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From text to text: physical lines become items, the trees say what each
 * logical line consists of, and items are written one after another.
 *
 * What all kinds have in common: no blanks at the ends of lines, one empty line
 * where there were several, none at either end of the file, Unix line ends. A
 * comment keeps its words and its place between the lines around it, inside a
 * logical line too. It also keeps its column when that is the first, for there
 * it is mostly a line that was switched off; an indented one moves with the
 * lines that it stands among.
 */
#include "mcc/fmt_layout.h"

#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/limits.h"
#include "base/status.h"
#include "mcc/fmt_private.h"

/* ---- physical lines to items ---- */

static bool is_more(enum line_kind kind)
{
	return kind == LINE_MORE || kind == LINE_MORE_SUSPECT;
}

static void read_lines(struct fmt *f, const struct parse_ctx *quiet)
{
	struct line_reader reader;
	struct line_physical line;
	size_t room = 0;

	line_reader_init(&reader, quiet, f->src);
	while (line_read_physical(&reader, &line)) {
		struct line_physical *slot = arena_push(
			f->ctx->arena, &f->lines, f->line_count, &room, sizeof(*slot));

		*slot = line;
		f->line_count++;
	}
	line_reader_fini(&reader);
}

/* The last line that continues line i, past comments and empty lines. */
static size_t last_of_block(const struct fmt *f, size_t i)
{
	size_t last = i;

	for (size_t k = i + 1; k < f->line_count; k++) {
		if (is_more(f->lines[k].kind))
			last = k;
		else if (f->lines[k].kind != LINE_BLANK &&
			 f->lines[k].kind != LINE_COMMENT)
			break;
	}
	return last;
}

static void make_items(struct fmt *f)
{
	bool blank = false;
	size_t room = 0;

	for (size_t i = 0; i < f->line_count; i++) {
		struct fmt_item item = {.first = i, .last = i};

		if (f->lines[i].kind == LINE_BLANK) {
			blank = true;
			continue;
		}
		if (f->lines[i].kind == LINE_COMMENT) {
			item.kind = FMT_COMMENT;
		} else if (is_more(f->lines[i].kind)) {
			item.kind = FMT_ORPHAN;
		} else {
			item.kind = FMT_BLOCK;
			item.last = last_of_block(f, i);
		}
		item.blank_before = blank && f->item_count;
		*(struct fmt_item *)arena_push(f->ctx->arena, &f->items, f->item_count,
					       &room, sizeof(item)) = item;
		f->item_count++;
		blank = false;
		i = item.last;
	}
}

struct span fmt_block_span(const struct fmt *f, const struct fmt_item *item)
{
	return (struct span){f->src->id, f->lines[item->first].lo,
			     f->lines[item->last].hi};
}

struct fmt_item *fmt_find_block(struct fmt *f, size_t *from, uint32_t at)
{
	for (; *from < f->item_count; (*from)++) {
		struct fmt_item *item = &f->items[*from];
		struct span span = fmt_block_span(f, item);

		if (item->kind == FMT_BLOCK && at >= span.lo && at < span.hi)
			return item;
		if (span.lo > at)
			return NULL;
	}
	return NULL;
}

bool fmt_is_one_line(const struct fmt *f, struct span span)
{
	return span.lo >= span.hi ||
	       !memchr(f->src->text.ptr + span.lo, '\n', span.hi - span.lo);
}

/* ---- the writer ---- */

size_t fmt_width(struct str s)
{
	size_t width = 0;

	/* Bytes 10xxxxxx continue a character. */
	for (size_t i = 0; i < s.len; i++)
		width += ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
	return width;
}

size_t fmt_column(const struct fmt *f)
{
	return fmt_width(str_slice(strbuf_view(f->out), f->line_start, f->out->len));
}

static void newline(struct fmt *f)
{
	strbuf_addc(f->out, '\n');
	f->line_start = f->out->len;
}

void fmt_pad(struct fmt *f, size_t column)
{
	size_t now = fmt_column(f);

	do
		strbuf_addc(f->out, ' ');
	while (++now < column);
}

static void put_indent(struct fmt *f)
{
	strbuf_addstr(f->out, f->indent);
}

static struct str line_text(const struct fmt *f, const struct line_physical *line)
{
	return str_slice(f->src->text, line->lo, line->hi);
}

/* `#` and what follows it, without the blanks at the end. */
static void put_comment(struct fmt *f, const struct line_physical *line, bool is_indented)
{
	struct str text = line_text(f, line);

	while (text.len && text.ptr[0] != '#')
		text = str_slice(text, 1, text.len);
	while (text.len && memchr(" \t\v\f\r", text.ptr[text.len - 1], 5))
		text.len--;
	if (is_indented)
		put_indent(f);
	strbuf_addstr(f->out, text);
	newline(f);
}

static bool is_indented(const struct fmt *f, const struct line_physical *line)
{
	return f->src->text.ptr[line->lo] != '#';
}

/* Comments of a block that stand before source byte `at`; true: there were. */
static bool put_comments_before(struct fmt *f, uint32_t at)
{
	bool any = false;

	for (; f->next_line < f->line_count && f->lines[f->next_line].lo < at;
	     f->next_line++) {
		const struct line_physical *line = &f->lines[f->next_line];

		if (line->kind != LINE_COMMENT)
			continue;
		if (!any && f->out->len > f->line_start)
			newline(f);
		any = true;
		put_comment(f, line, is_indented(f, line));
	}
	return any;
}

bool fmt_has_comment(const struct fmt *f, uint32_t lo, uint32_t hi)
{
	for (size_t i = f->next_line; i < f->line_count && f->lines[i].lo < hi; i++)
		if (f->lines[i].kind == LINE_COMMENT && f->lines[i].lo >= lo)
			return true;
	return false;
}

/* Bytes as they are, over several physical lines if need be. */
static void put_bytes(struct fmt *f, struct span span)
{
	uint32_t at = span.lo;

	while (at < span.hi) {
		const char *text = f->src->text.ptr;
		const char *nl = memchr(text + at, '\n', span.hi - at);
		uint32_t end = nl ? (uint32_t)(nl - text) : span.hi;

		strbuf_add(f->out, text + at, end - at);
		if (!nl)
			break;
		newline(f);
		/* What stands between this line and the next one of the block. */
		while (f->next_line < f->line_count && f->lines[f->next_line].lo <= end)
			f->next_line++;
		while (f->next_line < f->line_count &&
		       !is_more(f->lines[f->next_line].kind)) {
			const struct line_physical *line = &f->lines[f->next_line++];

			if (line->kind == LINE_COMMENT)
				put_comment(f, line, is_indented(f, line));
		}
		MCC_ASSERT(f->next_line < f->line_count);
		at = f->lines[f->next_line].lo;
	}
}

struct str fmt_second_indent(const struct fmt *f, struct span span)
{
	struct str text = f->src->text;
	size_t i = f->next_line;

	while (i + 1 < f->line_count && f->lines[i].hi < span.lo)
		i++;
	do
		i++;
	while (i + 1 < f->line_count && !is_more(f->lines[i].kind));
	text = str_slice(text, f->lines[i].lo, f->lines[i].hi);
	for (i = 0; i < text.len && memchr(" \t\v\f\r", text.ptr[i], 5);)
		i++;
	return str_slice(text, 0, i);
}

void fmt_token(struct fmt *f, struct span token, enum fmt_gap gap)
{
	if (put_comments_before(f, token.lo)) {
		put_indent(f);
	} else if (gap == FMT_GAP_LINE) {
		newline(f);
		put_indent(f);
	} else if (gap == FMT_GAP_BLANK) {
		strbuf_addc(f->out, ' ');
	}
	put_bytes(f, token);
}

/* ---- items to text ---- */

/* A logical line that the trees do not have: as it was, blanks at its end too,
 * which may stand in a quote or behind a backslash. */
static void put_verbatim(struct fmt *f, const struct fmt_item *item)
{
	fmt_token(f, fmt_block_span(f, item), FMT_GAP_NONE);
}

static void put_block(struct fmt *f, const struct fmt_item *item)
{
	f->next_line = item->first;
	f->block_start = f->out->len;
	if (item->is_row)
		fmt_put_row(f, item);
	else if (item->entry && f->kind == FILE_KIND_MASTER)
		fmt_put_master(f, item);
	else if (item->entry)
		fmt_put_main(f, item);
	else
		put_verbatim(f, item);
	/* Comments before a last line that holds nothing but an end of value. */
	(void)put_comments_before(f, f->lines[item->last].hi);
	if (f->out->len > f->line_start)
		newline(f);
}

static bool is_folded(const struct fmt *f)
{
	const char *nl =
		memchr(f->out->ptr + f->block_start, '\n', f->out->len - f->block_start);

	return nl && nl + 1 < f->out->ptr + f->out->len;
}

/*
 * A comment behind a block is indented when it was and the block has indented
 * lines: then it may be one of them, switched off.
 */
static void put_items(struct fmt *f)
{
	bool keeps_indent = false;

	for (size_t i = 0; i < f->item_count && !f->out->failed; i++) {
		const struct fmt_item *item = &f->items[i];
		const struct line_physical *line = &f->lines[item->first];

		if (item->blank_before) {
			newline(f);
			keeps_indent = false;
		}
		switch (item->kind) {
		case FMT_COMMENT:
			keeps_indent = keeps_indent && is_indented(f, line);
			put_comment(f, line, keeps_indent);
			break;
		case FMT_BLOCK:
			put_block(f, item);
			keeps_indent = !f->out->failed && is_folded(f);
			break;
		case FMT_ORPHAN:
			f->next_line = item->first;
			put_verbatim(f, item);
			newline(f);
			break;
		}
	}
}

/* ---- the whole ---- */

static void bind(struct fmt *f)
{
	switch (f->kind) {
	case FILE_KIND_MAIN:
	case FILE_KIND_CLIENT:
		f->indent = STR_LIT("    ");
		fmt_bind_main(f);
		break;
	case FILE_KIND_MASTER:
		f->indent = STR_LIT("  ");
		fmt_bind_master(f);
		break;
	case FILE_KIND_ALIASES:
	case FILE_KIND_TABLE:
	case FILE_KIND_REGEXP:
	case FILE_KIND_PCRE:
	case FILE_KIND_CIDR:
		f->indent = STR_LIT("    ");
		fmt_bind_rows(f);
		break;
	case FILE_KIND_SPF:
	case FILE_KIND_UNKNOWN:
		break;
	}
}

/* What Postfix's programs do not start with. */
static bool is_refused(const struct diag *d)
{
	switch ((unsigned)d->rule) {
	case RULE_MC002:
	case RULE_MC106:
	case RULE_MC107:
	case RULE_MC1101:
	case RULE_MC1102:
	case RULE_MC1103:
		return true;
	default:
		return false;
	}
}

static bool has_refused(const struct fmt *f)
{
	struct str text = f->src->text;
	const struct diag_queue *diags = f->ctx->diags;

	/* Behind a NUL Postfix sees nothing of the line. */
	if (memchr(text.ptr, 0, text.len))
		return true;
	/* Of a table Postfix's programs skip the rows that they cannot read. */
	if (f->kind != FILE_KIND_MAIN && f->kind != FILE_KIND_MASTER &&
	    f->kind != FILE_KIND_CLIENT)
		return false;
	for (size_t i = 0; i < diag_count(diags); i++)
		if (is_refused(diag_get(diags, i)))
			return true;
	return false;
}

bool fmt_has_layout(enum file_kind kind)
{
	return kind != FILE_KIND_SPF && kind != FILE_KIND_UNKNOWN;
}

static bool reads_the_same(const struct parse_ctx *old_ctx, const struct source *old,
			   enum file_kind kind, struct str text)
{
	struct arena *arena = arena_new(0);
	struct parse_ctx ctx = {arena, source_set_new(arena), diag_queue_new(arena)};
	const struct source *src = source_add_text(ctx.sources, old->path, text);
	bool same = fmt_verify(old_ctx, old, &ctx, src, kind);

	arena_free(arena);
	return same;
}

int fmt_layout(const struct parse_ctx *ctx, const struct source *src, enum file_kind kind,
	       struct strbuf *out)
{
	struct parse_ctx quiet = {ctx->arena, ctx->sources, diag_queue_new(ctx->arena)};
	struct fmt f = {.ctx = ctx, .src = src, .kind = kind, .out = out};

	f.line_start = out->len;
	MCC_ASSERT(fmt_has_layout(kind) && out->len == 0);
	if (!src->text.len)
		return MCC_OK;
	read_lines(&f, &quiet);
	make_items(&f);
	bind(&f);
	if (has_refused(&f))
		return MCC_EINVAL;
	put_items(&f);
	if (out->failed)
		return MCC_ETOOBIG;
	return reads_the_same(&quiet, src, kind, strbuf_view(out)) ? MCC_OK : MCC_EFORMAT;
}
