/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Source of a lookup table, as postmap(1) reads it: key, blanks, value.
 */
#ifndef MCC_GRAMMAR_TABLE_H
#define MCC_GRAMMAR_TABLE_H

#include <stddef.h>

#include "base/source.h"
#include "base/text.h"
#include "grammar/parse.h"

/* Kept small: tables of a million rows are ordinary. */
struct table_row {
	struct str key;	  /* as written, with its quotes (3.2+); not folded */
	struct str value; /* continuation lines joined, blanks trimmed */
	struct span key_span;
	struct span value_span;	       /* first to last byte in the source */
	const struct text *value_text; /* with places; NULL: one line, verbatim */
};

struct table_file {
	const struct source *src;
	struct table_row *rows;
	size_t row_count;
	struct comments comments;
};

/*
 * Never NULL. Reports MC105, MC902..MC904, MC114..MC116. For indexed and text
 * tables only: patterns (regexp, pcre) and networks (cidr) are cut in other ways.
 */
struct table_file *table_parse(const struct parse_ctx *ctx, const struct source *src);
/*
 * The same reports and rows without the tree: each row goes to `sink` and is
 * gone when it returns; its bytes stay, in the source or in the arena.
 */
struct table_sink {
	void (*row)(struct table_sink *sink, const struct table_row *row);
};
void table_each(const struct parse_ctx *ctx, const struct source *src,
		struct table_sink *sink);
/* The value of a row with places, whether it has one line or several. */
struct text table_row_value(const struct parse_ctx *ctx, const struct table_row *row);
void table_dump(struct strbuf *out, const struct source_set *sources,
		const struct table_file *file);

/* Whether key and value are UTF-8. */
bool table_row_is_utf8(const struct table_row *row);

#endif
