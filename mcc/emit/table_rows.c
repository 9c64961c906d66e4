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

bool table_has_twice(struct arena *arena, const struct table_file *file, bool fold)
{
	struct strmap *seen = strmap_new(arena);

	for (size_t i = 0; i < file->row_count; i++) {
		struct table_row *row = &file->rows[i];

		if (strmap_put(seen, folded(arena, row->key, fold), row))
			return true;
	}
	return false;
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
