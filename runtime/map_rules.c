/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks of rules, as they open and close while a table is read. Invariant:
 * every `if` from `open` upwards waits for its endif; all others know where
 * their block ends, so that a look-up can step over it.
 */
#include "runtime/map_rules.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/map_text.h"

void map_rules_add(struct map_rules *rules, struct arena *arena, struct map_rule *rule)
{
	struct map_rule **slot = arena_push(arena, &rules->items, rules->count,
					    &rules->room, sizeof(*slot));

	rule->up = rules->open;
	*slot = rule;
	rules->count++;
	if (rule->is_if)
		rules->open = rules->count;
}

static struct map_rule *close_block(struct map_rules *rules)
{
	struct map_rule *rule = rules->items[rules->open - 1];

	rule->skip = rules->count;
	rules->open = rule->up;
	return rule;
}

bool map_rules_word(struct str line, const char *word)
{
	size_t len = strlen(word);

	return line.len >= len && str_caseeqc(str_slice(line, 0, len), word) &&
	       (line.len == len || !isalnum((unsigned char)line.ptr[len]));
}

void map_rules_endif(struct map_rules *rules, struct rt_map_warn *warn, unsigned line)
{
	if (rules->open)
		close_block(rules);
	else
		map_warn(warn, line, "endif without if: ignored");
}

void map_rules_end(struct map_rules *rules, struct rt_map_warn *warn)
{
	while (rules->open)
		map_warn(warn, close_block(rules)->line, "if without endif");
}
