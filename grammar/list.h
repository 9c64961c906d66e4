/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words of an expanded value: separated by commas and white space; `{ ... }`
 * keeps separators inside one word (Postfix 3.0 and later).
 */
#ifndef MCC_GRAMMAR_LIST_H
#define MCC_GRAMMAR_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "grammar/parse.h"

struct list_item {
	struct text text;  /* whole word, braces included */
	bool is_group;	   /* the word is one `{ ... }` */
	struct text inner; /* group: without braces and outer blanks */
};

struct list {
	struct list_item *items;
	size_t count;
};

/* `braces`: whether { } groups (false for 2.x and for parameters that never
 * group). Unbalanced braces: MC111, the rest becomes one word. Never NULL. */
struct list *list_parse(const struct parse_ctx *ctx, struct text text, bool braces);
/* Arguments of master.cf: only white space separates, braces group. */
struct list *list_parse_arguments(const struct parse_ctx *ctx, struct text text);
/*
 * The logical lines of a file that `word`, of a list, names; each is a list
 * of its own. Their places are in the file, and lead back to the word. Reports
 * what line_read() does.
 */
struct list_lines {
	struct text *lines;
	size_t count;
};
struct list_lines list_read_file(const struct parse_ctx *ctx, const struct source *src,
				 struct text word);
void list_dump(struct strbuf *out, const struct list *list);

#endif
