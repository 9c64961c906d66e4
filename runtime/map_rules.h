/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules of a table that are tried in order, in blocks of `if` to `endif`; what
 * cidr, regexp and pcre tables have in common. Private to runtime/map_*.c.
 */
#ifndef MCC_RUNTIME_MAP_RULES_H
#define MCC_RUNTIME_MAP_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct arena;
struct rt_map_warn;

/* The first member of what the table knows of a rule. */
struct map_rule {
	unsigned line;
	bool is_if;
	size_t skip; /* `if`: the rule after its endif */
	size_t up;   /* `if`: the block around it, as in map_rules.open */
};

struct map_rules {
	struct map_rule **items;
	size_t count;
	size_t room;
	size_t open; /* while reading: innermost `if` without endif, plus 1 */
};

/* Borrows the rule; an `if` opens a block. */
void map_rules_add(struct map_rules *rules, struct arena *arena, struct map_rule *rule);
/* Whether the line begins with the word "if" or "endif", as Postfix reads it. */
bool map_rules_word(struct str line, const char *word);
void map_rules_endif(struct map_rules *rules, struct rt_map_warn *warn, unsigned line);
/* After the last line: closes what is open, with a warning. */
void map_rules_end(struct map_rules *rules, struct rt_map_warn *warn);

#endif
