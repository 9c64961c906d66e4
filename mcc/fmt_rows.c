/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Layout of rows: tables of keys and values, aliases, tables of rules. Rows
 * that follow each other without an empty line are a run, and the values of a
 * run begin in one column; a key that is much longer than the others does not
 * push them away. Values keep their white space, continuation lines too: for
 * Postfix it is part of what a look-up answers.
 */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "grammar/aliases.h"
#include "grammar/pattern.h"
#include "grammar/table.h"
#include "mcc/fmt_private.h"

/* Keys that are wider than this leave the column to the others. */
enum { WIDEST_KEY = 40 };

static void set_row(struct fmt *f, struct fmt_item *item, struct span key,
		    struct span value)
{
	/* A key in quotes may go on on the next line: then all stays. */
	if (!item || !fmt_is_one_line(f, key))
		return;
	item->is_row = true;
	item->key = key;
	item->value = value;
}

static void bind_table(struct fmt *f)
{
	const struct table_file *file = table_parse(f->ctx, f->src);
	size_t at = 0;

	for (size_t i = 0; i < file->row_count; i++) {
		const struct table_row *row = &file->rows[i];

		set_row(f, fmt_find_block(f, &at, row->key_span.lo), row->key_span,
			row->value_span);
	}
}

/* `name:` without the blanks before the colon; false when it is not simple. */
static bool find_colon(const struct fmt *f, const struct fmt_item *item, uint32_t value,
		       uint32_t *out_colon)
{
	const char *text = f->src->text.ptr;
	uint32_t at = f->lines[item->first].hi;

	if (value < at)
		at = value;
	while (at > f->lines[item->first].lo && memchr(" \t\r", text[at - 1], 3))
		at--;
	if (at == f->lines[item->first].lo || text[at - 1] != ':')
		return false;
	*out_colon = at - 1;
	return true;
}

static void bind_alias(struct fmt *f, struct fmt_item *item, const struct alias_entry *e)
{
	struct span all = fmt_block_span(f, item);
	struct span value = {all.file, all.hi, all.hi};
	struct span key = {all.file, all.lo, all.lo};

	if (e->value.str.len)
		value = text_full_span(e->value);
	if (find_colon(f, item, value.lo, &key.hi)) {
		while (key.hi > key.lo &&
		       memchr(" \t\r", f->src->text.ptr[key.hi - 1], 3))
			key.hi--;
		/* A blank behind a backslash is part of the name. */
		if (key.hi > key.lo && f->src->text.ptr[key.hi - 1] != '\\')
			set_row(f, item, key, value);
	}
}

static void bind_aliases(struct fmt *f)
{
	const struct alias_file *file = aliases_parse(f->ctx, f->src);
	size_t at = 0;

	for (size_t i = 0; i < file->entry_count; i++) {
		struct fmt_item *item = fmt_find_block(f, &at, file->entries[i].span.lo);

		if (item)
			bind_alias(f, item, &file->entries[i]);
	}
}

/* Whether something that the tree does not have stands behind `from`. */
static bool has_more(const struct fmt *f, const struct fmt_item *item, uint32_t from)
{
	struct span all = fmt_block_span(f, item);

	return str_trim(str_slice(f->src->text, from, all.hi)).len > 0;
}

static void bind_pattern(struct fmt *f, struct fmt_item *item,
			 const struct pattern_row *row)
{
	struct span rest = {row->span.file, row->span.hi, row->span.hi};
	struct span key = row->span;

	if (row->rest.str.len)
		rest = text_full_span(row->rest);
	key.hi = row->kind == PATTERN_ROW_ENDIF ? row->word_span.hi : row->test.span.hi;
	if (row->other.body.ptr)
		key.hi = row->other.span.hi;
	if (has_more(f, item, rest.hi > key.hi ? rest.hi : key.hi))
		return;
	set_row(f, item, key, rest);
	if (item->is_row && row->kind == PATTERN_ROW_IF)
		item->entry = row;
}

static void bind_patterns(struct fmt *f, enum pattern_dialect dialect)
{
	const struct pattern_file *file = pattern_parse(f->ctx, f->src, dialect);
	size_t at = 0;

	for (size_t i = 0; i < file->row_count; i++) {
		struct fmt_item *item = fmt_find_block(f, &at, file->rows[i].span.lo);

		if (item)
			bind_pattern(f, item, &file->rows[i]);
	}
}

/* ---- runs ---- */

static size_t key_width(const struct fmt *f, const struct fmt_item *item)
{
	size_t width = fmt_width(str_slice(f->src->text, item->key.lo, item->key.hi));

	return width + (f->kind == FILE_KIND_ALIASES); /* the colon */
}

/* Between the widest key and the values. */
static size_t gap(const struct fmt *f)
{
	return f->kind == FILE_KIND_ALIASES ? 1 : 2;
}

static bool counts(const struct fmt_item *item)
{
	return item->is_row && !item->entry && item->value.lo < item->value.hi;
}

static void align_run(struct fmt *f, size_t from, size_t to)
{
	size_t widest = 0;

	for (size_t i = from; i < to; i++) {
		size_t width;

		if (!counts(&f->items[i]))
			continue;
		width = key_width(f, &f->items[i]);
		if (width > widest && width <= WIDEST_KEY)
			widest = width;
	}
	for (size_t i = from; i < to; i++)
		f->items[i].value_column = widest + gap(f);
}

static void align_runs(struct fmt *f)
{
	size_t from = 0;

	for (size_t i = 1; i <= f->item_count; i++) {
		if (i < f->item_count && !f->items[i].blank_before)
			continue;
		align_run(f, from, i);
		from = i;
	}
}

void fmt_bind_rows(struct fmt *f)
{
	enum pattern_dialect dialect;

	if (pattern_dialect_of_kind(f->kind, &dialect))
		bind_patterns(f, dialect);
	else if (f->kind == FILE_KIND_ALIASES)
		bind_aliases(f);
	else
		bind_table(f);
	align_runs(f);
}

/* `if`, one blank, the test: the blanks between them are of no meaning. */
static void put_if(struct fmt *f, const struct pattern_row *row)
{
	struct span test = row->test.span;

	fmt_token(f, row->word_span, FMT_GAP_NONE);
	fmt_token(f, test, FMT_GAP_BLANK);
}

void fmt_put_row(struct fmt *f, const struct fmt_item *item)
{
	size_t column;

	if (item->entry)
		put_if(f, item->entry);
	else
		fmt_token(f, item->key, FMT_GAP_NONE);
	if (f->kind == FILE_KIND_ALIASES)
		strbuf_addc(f->out, ':');
	if (item->value.lo == item->value.hi)
		return;
	/* A comment between the two ends the line, and the blanks with it. */
	if (fmt_has_comment(f, item->key.hi, item->value.lo)) {
		fmt_token(f, item->value, FMT_GAP_NONE);
		return;
	}
	column = fmt_column(f) + gap(f);
	if (!item->entry && item->value_column > column)
		column = item->value_column;
	fmt_pad(f, column);
	fmt_token(f, item->value, FMT_GAP_NONE);
}
