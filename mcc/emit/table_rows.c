/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From parsed tables to rows. The lines are counted along the way: rows come
 * in the order of the file, and asking for the line of each of a million rows
 * anew would read the file as often.
 */
#include "mcc/emit/table_rows.h"

#include "base/arena.h"
#include "base/source.h"
#include "base/strmap.h"
#include "grammar/aliases.h"
#include "grammar/table.h"
#include "mcc/model/site.h"

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

struct rt_keys table_keys(const struct site *site, bool is_folded)
{
	return (struct rt_keys){is_folded,
				site_setting(site, PARAM_smtputf8_enable)->boolean};
}

size_t table_rows_of_file(struct arena *arena, const struct table_file *file,
			  struct rt_keys keys, struct rt_row **out_rows)
{
	struct rt_row *rows = arena_array(arena, file->row_count + 1, sizeof(*rows));
	struct line_counter counter = {file->src->text, 0, 1};
	size_t count = 0;

	for (size_t i = 0; i < file->row_count; i++) {
		const struct table_row *row = &file->rows[i];

		if (!keys.is_utf8 || table_row_is_utf8(row))
			rows[count++] = (struct rt_row){
				rt_keys_fold(keys, arena, row->key), row->value,
				line_of(&counter, row->key_span)};
	}
	*out_rows = rows;
	return count;
}

bool table_has_twice(struct arena *arena, const struct table_file *file,
		     struct rt_keys keys)
{
	struct strmap *seen = strmap_new(arena);

	for (size_t i = 0; i < file->row_count; i++) {
		struct table_row *row = &file->rows[i];

		if ((!keys.is_utf8 || table_row_is_utf8(row)) &&
		    strmap_put(seen, rt_keys_fold(keys, arena, row->key), row))
			return true;
	}
	return false;
}

size_t table_rows_of_aliases(struct arena *arena, const struct alias_file *file,
			     struct rt_keys keys, struct rt_row **out_rows)
{
	struct rt_row *rows = arena_array(arena, file->entry_count + 1, sizeof(*rows));
	struct line_counter counter = {file->src->text, 0, 1};
	size_t count = 0;

	for (size_t i = 0; i < file->entry_count; i++) {
		const struct alias_entry *entry = &file->entries[i];

		if (!keys.is_utf8 || alias_entry_is_utf8(file, entry))
			rows[count++] = (struct rt_row){
				rt_keys_fold(keys, arena, entry->name), entry->stored,
				line_of(&counter, entry->name_span)};
	}
	*out_rows = rows;
	return count;
}
