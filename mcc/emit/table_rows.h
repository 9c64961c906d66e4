/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows of a table as postmap(1) and postalias(1) store them, from the source
 * text that the model has parsed.
 */
#ifndef MCC_MCC_EMIT_TABLE_ROWS_H
#define MCC_MCC_EMIT_TABLE_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/map.h"

struct alias_file;
struct arena;
struct diag_queue;
struct parse_ctx;
struct site;
struct source_set;
struct table_file;

/*
 * Rows with their lines, in the order of the file, duplicates included, folded
 * and left out as `keys` has it. In the arena; texts are borrowed from it.
 */
size_t table_rows_of_file(struct arena *arena, const struct table_file *file,
			  struct rt_keys keys, struct rt_row **out_rows);
size_t table_rows_of_aliases(struct arena *arena, const struct alias_file *file,
			     struct rt_keys keys, struct rt_row **out_rows);

/* Does a key stand twice? */
bool table_has_twice(struct arena *arena, const struct table_file *file,
		     struct rt_keys keys);

/* What the site's tables make of keys (smtputf8_enable). */
struct rt_keys table_keys(const struct site *site, bool is_folded);

#endif
