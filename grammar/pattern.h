/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of rules that are tried in order: regexp_table(5), pcre_table(5) and
 * cidr_table(5). Where key-and-value tables have a key, a rule has something
 * that matches: an expression between delimiters with flags, or a network.
 */
#ifndef MCC_GRAMMAR_PATTERN_H
#define MCC_GRAMMAR_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/source.h"
#include "base/text.h"
#include "grammar/parse.h"

enum pattern_dialect { PATTERN_REGEXP, PATTERN_PCRE, PATTERN_CIDR };

/* "regexp", "pcre", "cidr"; false for other words. */
bool pattern_dialect_parse(struct str word, enum pattern_dialect *out_dialect);

/* FILE_KIND_REGEXP, _PCRE, _CIDR; false for other kinds. */
bool pattern_dialect_of_kind(enum file_kind kind, enum pattern_dialect *out_dialect);

/* `!/expression/flags`, or `!network`. */
struct pattern_test {
	bool is_negated;
	struct str body; /* without delimiters; NUL-terminated */
	struct span body_span;
	struct str flags; /* never for networks */
	struct span flags_span;
	struct span span; /* from the first `!` or the delimiter */
};

enum pattern_row_kind { PATTERN_ROW_RULE, PATTERN_ROW_IF, PATTERN_ROW_ENDIF };

struct pattern_row {
	enum pattern_row_kind kind;
	struct span word_span;	   /* IF, ENDIF: that word */
	struct pattern_test test;  /* RULE, IF */
	struct pattern_test other; /* regexp: `/this/!/other/`; body NULL: none */
	/* The result of a rule; behind `if ...` and `endif` nothing belongs. */
	struct text rest;
	struct span span; /* from the first to the last byte */
	size_t depth;	  /* blocks around it */
};

struct pattern_file {
	const struct source *src;
	enum pattern_dialect dialect;
	struct pattern_row *rows; /* in order; lines that are no rows left out */
	size_t row_count;
	struct comments comments;
};

/*
 * Never NULL. Reports MC917 (no end of an expression, no rule at all), MC921
 * (blocks that do not nest, text where none belongs), MC925 (a rule without a
 * network or a result), MC105, MC114..MC116.
 */
struct pattern_file *pattern_parse(const struct parse_ctx *ctx, const struct source *src,
				   enum pattern_dialect dialect);
void pattern_dump(struct strbuf *out, const struct source_set *sources,
		  const struct pattern_file *file);

#endif
