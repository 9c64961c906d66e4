/* SPDX-License-Identifier: BSD-2-Clause */
/* What table.l and table.y share. */
#ifndef MCC_GRAMMAR_TABLE_BUILD_H
#define MCC_GRAMMAR_TABLE_BUILD_H

#include <stdbool.h>
#include <stddef.h>

#include "grammar/line.h"
#include "grammar/scan.h"
#include "grammar/table.h"
#include "grammar/table.tab.h"

/* The names that flex's bison bridge uses; the parser has its own already. */
#ifndef YYSTYPE
#define YYSTYPE TABLE_YYSTYPE
#define YYLTYPE TABLE_YYLTYPE
#endif

struct table_builder {
	struct scan scan; /* first: flex's yyextra */
	struct line_reader reader;
	struct line line; /* in hand */
	bool is_at_end;	  /* the value was returned */
	struct table_sink *sink;
};

/*
 * Hands on the rows from byte `at` of the source while each is one line of
 * printable ASCII without quotes and surely is not continued: nearly all of a
 * large table. Returns where the first other line begins.
 */
uint32_t table_plain_rows(struct table_builder *b, uint32_t at);

/* The value that begins at `loc`: to the end of the line, without blanks. */
struct scan_loc table_scan_rest(struct table_builder *b, struct scan_loc loc);

void table_build_row(struct table_builder *b, struct scan_loc key, struct scan_loc value);
void table_build_no_value(struct table_builder *b, struct scan_loc key);
void table_build_unbalanced(struct table_builder *b, struct scan_loc loc);
void table_build_failed(struct table_builder *b, struct scan_loc loc, const char *why);

#endif
