/* SPDX-License-Identifier: BSD-2-Clause */
/* What pattern.l and pattern.y share. */
#ifndef MCC_GRAMMAR_PATTERN_BUILD_H
#define MCC_GRAMMAR_PATTERN_BUILD_H

#include <stdbool.h>
#include <stddef.h>

#include "grammar/line.h"
#include "grammar/pattern.h"
#include "grammar/pattern.tab.h"
#include "grammar/scan.h"

/* The names that flex's bison bridge uses; the parser has its own already. */
#ifndef YYSTYPE
#define YYSTYPE PATTERN_YYSTYPE
#define YYLTYPE PATTERN_YYLTYPE
#endif

struct pattern_builder {
	struct scan scan; /* first: flex's yyextra */
	struct line_reader reader;
	struct line line; /* in hand */
	enum pattern_dialect dialect;
	bool is_first;	    /* nothing of the line has been scanned */
	char delimiter;	    /* of the expression that is being scanned */
	uint32_t body;	    /* where it begins */
	bool is_broken;	    /* the line in hand: reported, no row */
	struct span *opens; /* of the blocks that are open: their `if` */
	size_t open_count;
	size_t open_room;
	struct pattern_file *file;
	size_t row_room;
};

/* The scanner's complaints; the line then gives no row. */
void pattern_scan_unclosed(struct pattern_builder *b, struct scan_loc loc);
void pattern_scan_missing(struct pattern_builder *b, struct scan_loc loc);
void pattern_scan_unknown(struct pattern_builder *b, struct scan_loc loc);

struct pattern_test pattern_build_test(struct pattern_builder *b, struct scan_loc all,
				       struct scan_loc body, struct scan_loc flags);
void pattern_build_rule(struct pattern_builder *b, const struct pattern_test *test,
			const struct pattern_test *other, struct scan_loc all,
			struct scan_loc rest);
void pattern_build_if(struct pattern_builder *b, const struct pattern_test *test,
		      struct scan_loc word, struct scan_loc rest);
void pattern_build_endif(struct pattern_builder *b, struct scan_loc word,
			 struct scan_loc rest);
void pattern_build_failed(struct pattern_builder *b, struct scan_loc loc,
			  const char *why);

#endif
