/* SPDX-License-Identifier: BSD-2-Clause */
/* Logical lines of a table's text, and the makers of rule tables. */
#ifndef MCC_RUNTIME_MAP_TEXT_H
#define MCC_RUNTIME_MAP_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "runtime/map.h"

struct arena;

/*
 * Reads logical lines: comments and empty lines are dropped, a line that
 * begins with white space continues the one before, as postconf(5) has it.
 */
struct map_lines {
	struct arena *arena;
	struct str rest;
	unsigned line; /* number of the next physical line, from 1 */
};

void map_lines_init(struct map_lines *lines, struct arena *arena, struct str text,
		    struct rt_map_warn *warn);
/* Blanks at both ends are trimmed. The number is that of the first line. */
bool map_lines_next(struct map_lines *lines, struct str *out_line, unsigned *out_number);

void map_warn(struct rt_map_warn *warn, unsigned line, const char *message);

int map_cidr_of_text(struct arena *arena, const char *name, struct str text,
		     struct rt_map_warn *warn, struct rt_map **out_map);
int map_pattern_of_text(struct arena *arena, const struct rt_map_text *text,
			struct rt_map_warn *warn, struct rt_map **out_map);

#endif
