/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads a file that was laid out anew back and compares: the same visible
 * bytes in the same order, the same comments, the same names, keys and values.
 * It shares no code with the layout but the parsers.
 */
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/text.h"
#include "grammar/aliases.h"
#include "grammar/cf.h"
#include "grammar/master.h"
#include "grammar/pattern.h"
#include "grammar/table.h"
#include "mcc/fmt_private.h"

static bool is_blank(char c)
{
	return memchr(" \t\v\f\r\n", c, 6) != NULL;
}

static bool same_ink(struct str a, struct str b)
{
	size_t i = 0;
	size_t k = 0;

	for (;;) {
		while (i < a.len && is_blank(a.ptr[i]))
			i++;
		while (k < b.len && is_blank(b.ptr[k]))
			k++;
		if (i == a.len || k == b.len)
			return i == a.len && k == b.len;
		if (a.ptr[i++] != b.ptr[k++])
			return false;
	}
}

static struct str comment_text(const struct source *src, struct span span)
{
	return str_trim(str_slice(src->text, span.lo, span.hi));
}

static bool same_comments(const struct source *old, struct comments a,
			  const struct source *new_src, struct comments b)
{
	if (a.count != b.count)
		return false;
	for (size_t i = 0; i < a.count; i++)
		if (!str_eq(comment_text(old, a.items[i]),
			    comment_text(new_src, b.items[i])))
			return false;
	return true;
}

static bool same_words(const struct fmt_words *a, const struct fmt_words *b)
{
	if (!b || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!str_eq(a->items[i].str, b->items[i].str))
			return false;
	return true;
}

static bool same_main(const struct parse_ctx *ctx, const struct cf_file *a,
		      const struct cf_file *b, bool is_client)
{
	const struct fmt_lists *lists = is_client ? NULL : fmt_lists_of(ctx, a);

	if (a->entry_count != b->entry_count)
		return false;
	for (size_t i = 0; i < a->entry_count; i++) {
		const struct cf_entry *x = &a->entries[i];
		const struct cf_entry *y = &b->entries[i];
		const struct fmt_words *words =
			fmt_words_of(ctx, lists, x->name, x->value);

		if (!str_eq(x->name, y->name))
			return false;
		if (words ? !same_words(words,
					fmt_words_of(ctx, lists, y->name, y->value))
			  : !str_eq(x->value.str, y->value.str))
			return false;
	}
	return same_comments(a->src, a->comments, b->src, b->comments);
}

static bool same_master(const struct master_file *a, const struct master_file *b)
{
	if (a->service_count != b->service_count)
		return false;
	for (size_t i = 0; i < a->service_count; i++) {
		const struct master_service *x = &a->services[i];
		const struct master_service *y = &b->services[i];

		if (x->arg_count != y->arg_count)
			return false;
		for (size_t k = 0; k < MASTER_FIELD_COUNT; k++)
			if (!str_eq(x->fields[k], y->fields[k]))
				return false;
		for (size_t k = 0; k < x->arg_count; k++)
			if (!str_eq(x->args[k].str, y->args[k].str))
				return false;
	}
	return same_comments(a->src, a->comments, b->src, b->comments);
}

static bool same_table(const struct table_file *a, const struct table_file *b)
{
	if (a->row_count != b->row_count)
		return false;
	for (size_t i = 0; i < a->row_count; i++)
		if (!str_eq(a->rows[i].key, b->rows[i].key) ||
		    !str_eq(a->rows[i].value, b->rows[i].value))
			return false;
	return same_comments(a->src, a->comments, b->src, b->comments);
}

static bool same_aliases(const struct alias_file *a, const struct alias_file *b)
{
	if (a->entry_count != b->entry_count)
		return false;
	for (size_t i = 0; i < a->entry_count; i++)
		if (!str_eq(a->entries[i].name, b->entries[i].name) ||
		    !str_eq(a->entries[i].value.str, b->entries[i].value.str) ||
		    !str_eq(a->entries[i].stored, b->entries[i].stored))
			return false;
	return same_comments(a->src, a->comments, b->src, b->comments);
}

static bool same_test(const struct pattern_test *a, const struct pattern_test *b)
{
	return a->is_negated == b->is_negated && str_eq(a->body, b->body) &&
	       str_eq(a->flags, b->flags);
}

static bool same_patterns(const struct pattern_file *a, const struct pattern_file *b)
{
	if (a->row_count != b->row_count)
		return false;
	for (size_t i = 0; i < a->row_count; i++) {
		const struct pattern_row *x = &a->rows[i];
		const struct pattern_row *y = &b->rows[i];

		if (x->kind != y->kind || !same_test(&x->test, &y->test) ||
		    !same_test(&x->other, &y->other) || !str_eq(x->rest.str, y->rest.str))
			return false;
	}
	return same_comments(a->src, a->comments, b->src, b->comments);
}

static bool same_trees(const struct parse_ctx *ctx, const struct source *old,
		       const struct parse_ctx *new_ctx, const struct source *new_src,
		       enum file_kind kind)
{
	enum pattern_dialect dialect;

	if (pattern_dialect_of_kind(kind, &dialect))
		return same_patterns(pattern_parse(ctx, old, dialect),
				     pattern_parse(new_ctx, new_src, dialect));
	switch ((unsigned)kind) {
	case FILE_KIND_MAIN:
	case FILE_KIND_CLIENT:
		return same_main(ctx, cf_parse(ctx, old), cf_parse(new_ctx, new_src),
				 kind == FILE_KIND_CLIENT);
	case FILE_KIND_MASTER:
		return same_master(master_parse(ctx, old),
				   master_parse(new_ctx, new_src));
	case FILE_KIND_ALIASES:
		return same_aliases(aliases_parse(ctx, old),
				    aliases_parse(new_ctx, new_src));
	case FILE_KIND_TABLE:
		return same_table(table_parse(ctx, old), table_parse(new_ctx, new_src));
	default:
		return false;
	}
}

bool fmt_verify(const struct parse_ctx *old_ctx, const struct source *old,
		const struct parse_ctx *new_ctx, const struct source *new_src,
		enum file_kind kind)
{
	return same_ink(old->text, new_src->text) &&
	       same_trees(old_ctx, old, new_ctx, new_src, kind);
}
