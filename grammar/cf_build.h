/* SPDX-License-Identifier: BSD-2-Clause */
/* What the actions of cf.y call. Only for the parser of main.cf. */
#ifndef MCC_GRAMMAR_CF_BUILD_H
#define MCC_GRAMMAR_CF_BUILD_H

#include "grammar/cf.h"
#include "grammar/cf.tab.h"
#include "grammar/line.h"
#include "grammar/scan.h"

/* The names that flex's bison bridge uses; the parser has its own already. */
#ifndef YYSTYPE
#define YYSTYPE CF_YYSTYPE
#define YYLTYPE CF_YYLTYPE
#endif

struct cf_builder {
	struct scan scan; /* first: flex's yyextra */
	struct line_reader reader;
	struct line line; /* in hand */
	struct cf_file *file;
	size_t entry_room;
};

void cf_build_entry(struct cf_builder *b, struct scan_loc name, struct scan_loc value);
/* `next`: the word where `=` was expected, or the name when none follows. */
void cf_build_no_equals(struct cf_builder *b, struct scan_loc name, struct scan_loc next);
void cf_build_no_name(struct cf_builder *b, struct scan_loc all);
void cf_build_failed(struct cf_builder *b, struct scan_loc loc, const char *why);

#endif
