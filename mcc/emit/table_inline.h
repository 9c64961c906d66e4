/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables inside a value: inline:{...}, regexp:{{...}}, static:{...}. Each
 * function returns NULL, or what is wrong with the name: then every look-up in
 * such a table fails. Names are what follows the type.
 */
#ifndef MCC_MCC_EMIT_TABLE_INLINE_H
#define MCC_MCC_EMIT_TABLE_INLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/map.h"

struct arena;

/* inline:{ { key = value }, key=value }: of equal keys the last. */
const char *table_inline_rows(struct arena *arena, struct str name, struct rt_keys keys,
			      struct rt_row **out_rows, size_t *out_count);
/* regexp:{ {rule}, {rule} }: the rules as a text, one a line. */
const char *table_inline_text(struct arena *arena, struct str name, struct str *out_text);
/* static:{text with blanks}; a name without braces is the value itself. */
const char *table_inline_static(struct str name, struct str *out_value);

#endif
