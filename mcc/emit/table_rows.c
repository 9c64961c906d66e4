/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From parsed tables to rows. The lines are counted along the way: rows come
 * in the order of the file, and asking for the line of each of a million rows
 * anew would read the file as often.
 */
#include "mcc/emit/table_rows.h"

#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/source.h"
#include "base/text.h"
#include "grammar/aliases.h"
#include "grammar/list.h"
#include "grammar/table.h"

struct line_counter {
	struct str text;
	size_t at;
	unsigned line;
};

static unsigned line_of(struct line_counter *counter, struct span span)
{
	for (; counter->at < span.lo && counter->at < counter->text.len; counter->at++)
		counter->line += counter->text.ptr[counter->at] == '\n';
	return counter->line;
}

/* Most keys are in lower case already. */
struct str table_fold_key(struct arena *arena, struct str key)
{
	unsigned is_upper = 0;

	for (size_t i = 0; i < key.len; i++)
		is_upper |= (unsigned char)(key.ptr[i] - 'A') < 26;
	return is_upper ? str_lower(arena, key) : key;
}

static struct str folded(struct arena *arena, struct str key, bool fold)
{
	return fold ? table_fold_key(arena, key) : key;
}

size_t table_rows_of_file(struct arena *arena, const struct table_file *file, bool fold,
			  struct rt_row **out_rows)
{
	struct rt_row *rows = arena_array(arena, file->row_count + 1, sizeof(*rows));
	struct line_counter counter = {file->src->text, 0, 1};

	for (size_t i = 0; i < file->row_count; i++) {
		const struct table_row *row = &file->rows[i];

		rows[i] = (struct rt_row){folded(arena, row->key, fold), row->value,
					  line_of(&counter, row->key_span)};
	}
	*out_rows = rows;
	return file->row_count;
}

size_t table_rows_of_aliases(struct arena *arena, const struct alias_file *file,
			     bool fold, struct rt_row **out_rows)
{
	struct rt_row *rows = arena_array(arena, file->entry_count + 1, sizeof(*rows));
	struct line_counter counter = {file->src->text, 0, 1};

	for (size_t i = 0; i < file->entry_count; i++) {
		const struct alias_entry *entry = &file->entries[i];

		rows[i] = (struct rt_row){folded(arena, entry->name, fold), entry->stored,
					  line_of(&counter, entry->name_span)};
	}
	*out_rows = rows;
	return file->entry_count;
}

/* ---- tables inside a value ---- */

/* The items of "{ ... }"; NULL when the name is no such group. */
static const struct list *inner_items(const struct parse_ctx *ctx, struct str name)
{
	struct text text = text_of_builtin(ctx->arena, name);
	const struct list *outer = list_parse(ctx, text, true);

	if (outer->count != 1 || !outer->items[0].is_group)
		return NULL;
	return list_parse(ctx, outer->items[0].inner, true);
}

size_t table_rows_of_inline(const struct parse_ctx *ctx, struct str name, bool fold,
			    struct rt_row **out_rows)
{
	const struct list *items = inner_items(ctx, name);
	struct rt_row *rows;
	size_t count = 0;

	*out_rows = NULL;
	if (!items)
		return 0;
	rows = arena_array(ctx->arena, items->count + 1, sizeof(*rows));
	for (size_t i = 0; i < items->count; i++) {
		const struct list_item *item = &items->items[i];
		struct str pair = item->is_group ? item->inner.str : item->text.str;
		ptrdiff_t equals = str_chr(pair, '=');
		struct str key;

		if (equals < 0)
			continue;
		key = str_trim(str_slice(pair, 0, (size_t)equals));
		rows[count++] = (struct rt_row){
			folded(ctx->arena, key, fold),
			str_trim(str_slice(pair, (size_t)equals + 1, pair.len)), 0};
	}
	*out_rows = rows;
	return count;
}

struct str table_text_of_inline(const struct parse_ctx *ctx, struct str name)
{
	const struct list *items = inner_items(ctx, name);
	struct strbuf buf;
	struct str out = {"", 0};

	strbuf_init(&buf, LIMIT_EXPANDED_VALUE);
	for (size_t i = 0; items && i < items->count; i++) {
		const struct list_item *item = &items->items[i];

		strbuf_addstr(&buf, item->is_group ? item->inner.str : item->text.str);
		strbuf_addc(&buf, '\n');
	}
	if (buf.len && !buf.failed)
		out = (struct str){arena_memdup0(ctx->arena, buf.ptr, buf.len), buf.len};
	strbuf_fini(&buf);
	return out;
}
