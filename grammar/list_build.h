/* SPDX-License-Identifier: BSD-2-Clause */
/* What list.l and list.y share. */
#ifndef MCC_GRAMMAR_LIST_BUILD_H
#define MCC_GRAMMAR_LIST_BUILD_H

#include <stdbool.h>
#include <stddef.h>

#include "grammar/list.h"
#include "grammar/list.tab.h"
#include "grammar/scan.h"

/* The names that flex's bison bridge uses; the parser has its own already. */
#ifndef YYSTYPE
#define YYSTYPE LIST_YYSTYPE
#define YYLTYPE LIST_YYLTYPE
#endif

struct list_builder {
	struct scan scan; /* first: flex's yyextra */
	const struct parse_ctx *ctx;
	struct text text;
	bool has_groups;
	bool has_commas; /* they separate */
	bool is_stopped; /* only closing braces come now */
	size_t depth;
	struct scan_loc outermost; /* the brace at depth 1 */
	struct scan_loc group;	   /* the last one at depth 0 */
	size_t error_count;
	struct list *list;
	size_t room;
};

int list_scan_open(struct list_builder *b, struct scan_loc loc);
int list_scan_close(struct list_builder *b, struct scan_loc loc);
int list_scan_end(struct list_builder *b);

void list_build_group(struct list_builder *b, struct scan_loc loc);
void list_build_item(struct list_builder *b, struct scan_loc loc);
void list_build_failed(struct list_builder *b, struct scan_loc loc, const char *why);

#endif
