/* SPDX-License-Identifier: BSD-2-Clause */
/* What aliases.l and aliases.y share. */
#ifndef MCC_GRAMMAR_ALIASES_BUILD_H
#define MCC_GRAMMAR_ALIASES_BUILD_H

#include <stdbool.h>
#include <stddef.h>

#include "grammar/aliases.h"
#include "grammar/aliases.tab.h"
#include "grammar/line.h"
#include "grammar/scan.h"

/* The names that flex's bison bridge uses; the parser has its own already. */
#ifndef YYSTYPE
#define YYSTYPE ALIAS_YYSTYPE
#define YYLTYPE ALIAS_YYLTYPE
#endif

/* Operators are their own character. */
enum alias_token_kind {
	ALIAS_TOKEN_ATOM = 256,
	ALIAS_TOKEN_QUOTED,  /* also an atom with bytes that need quotes */
	ALIAS_TOKEN_LITERAL, /* [...] */
	ALIAS_TOKEN_COMMENT
};

struct alias_token {
	enum alias_token_kind kind;
	struct scan_loc loc;
	struct str text; /* quotes and backslashes resolved; comment: as written */
};

struct alias_builder {
	struct scan scan; /* first: flex's yyextra */
	struct line_reader reader;
	struct line line;	 /* in hand */
	int start_token;	 /* what is to be parsed; 0: told already */
	struct scan_loc comment; /* the open one */
	size_t comment_depth;
	/* Of the line in hand. */
	struct alias_token *tokens;
	size_t token_count;
	size_t token_room;
	struct alias_member *members;
	size_t member_count;
	size_t member_room;
	size_t mark;	/* members before the last separator */
	bool has_comma; /* in the name */
	bool has_domain;
	struct scan_loc domain; /* the `@` or `%` */
	bool is_unclosed;	/* the token in hand ends with the line */
	bool is_reported;	/* a fault that makes others follow */
	struct alias_file *file;
	size_t entry_room;
};

void alias_scan_token(struct alias_builder *b, struct scan_loc loc,
		      enum alias_token_kind kind);
/* The comment that began at b->comment ends at `end`. */
void alias_scan_comment(struct alias_builder *b, struct scan_loc end);
void alias_scan_unclosed(struct alias_builder *b, struct scan_loc loc, const char *what);

void alias_build_entry(struct alias_builder *b, struct scan_loc colon);
void alias_build_no_colon(struct alias_builder *b, struct scan_loc name);
/* What must not stand in a name: `@` or `%`, and a comma. */
void alias_build_domain(struct alias_builder *b, struct scan_loc loc);
void alias_build_comma(struct alias_builder *b);
/* The tokens within `loc` are one member. */
void alias_build_member(struct alias_builder *b, struct scan_loc loc);
/* The same for what stands in `<...>`; words before it are no members. */
void alias_build_routed(struct alias_builder *b, struct scan_loc loc);
void alias_build_mark(struct alias_builder *b);
void alias_build_failed(struct alias_builder *b, struct scan_loc loc, const char *why);

#endif
