/* SPDX-License-Identifier: BSD-2-Clause */
/* What spf.l and spf.y share. */
#ifndef MCC_GRAMMAR_SPF_BUILD_H
#define MCC_GRAMMAR_SPF_BUILD_H

#include <stdbool.h>
#include <stddef.h>

#include "grammar/scan.h"
#include "grammar/spf.h"
#include "grammar/spf.tab.h"

/* The names that flex's bison bridge uses; the parser has its own already. */
#ifndef YYSTYPE
#define YYSTYPE SPF_YYSTYPE
#define YYLTYPE SPF_YYLTYPE
#endif

/* What the scanner does first when it is called again. */
enum spf_scan {
	SPF_SCAN_ON,	  /* go on where it was */
	SPF_SCAN_RECORD,  /* begin with a record */
	SPF_SCAN_EXPLAIN, /* begin with an explain-string */
	SPF_SCAN_SKIP	  /* leave out the rest of the term */
};

struct spf_builder {
	struct scan scan; /* first: flex's yyextra */
	struct arena *arena;
	enum spf_scan go_to;
	int macro_state;	      /* scanner state around "%{" */
	bool is_between;	      /* the last token was a blank or the end */
	bool is_free;		      /* c, r and t are allowed */
	bool is_reported;	      /* the fault of this term has its message */
	bool is_bad;		      /* the term is not to be kept */
	bool is_out;		      /* of memory */
	struct spf_term term;	      /* in hand */
	struct spf_macro_part *parts; /* of the macro-string in hand */
	size_t part_count;
	size_t part_room;
	struct spf_record *record;
	size_t term_room;
	struct spf_macro explain;
	struct spf_error *errors;
	size_t error_max;
	size_t error_count;
};

void spf_scan_unknown(struct spf_builder *b, struct scan_loc loc);
void spf_scan_stray(struct spf_builder *b, struct scan_loc loc);

void spf_build_term(struct spf_builder *b, int kind);
void spf_build_domain(struct spf_builder *b, struct spf_parts parts);
void spf_build_check_domain(struct spf_builder *b, struct spf_parts parts,
			    struct scan_loc loc);
void spf_build_lengths(struct spf_builder *b, struct spf_lengths lengths);
/* A prefix length; -1 when it is wrong, which has been reported. */
int spf_build_length(struct spf_builder *b, struct scan_loc loc, int max);
void spf_build_address(struct spf_builder *b, enum spf_term_kind kind,
		       struct scan_loc loc);
void spf_build_prefix(struct spf_builder *b, int length, int max, struct scan_loc loc);
void spf_build_modifier(struct spf_builder *b, struct scan_loc name);
void spf_build_end(struct spf_builder *b, enum spf_qualifier qualifier,
		   struct scan_loc loc);
void spf_build_dropped(struct spf_builder *b);
void spf_build_explain(struct spf_builder *b, struct spf_parts parts);

struct spf_parts spf_build_parts(struct spf_builder *b);
struct spf_parts spf_build_part(struct spf_builder *b, struct spf_parts parts,
				struct spf_macro_part part);
struct spf_macro_part spf_build_text(struct spf_builder *b, struct scan_loc loc);
struct spf_macro_part spf_build_escape(struct spf_builder *b, struct scan_loc loc);
struct spf_macro_part spf_build_letter(struct spf_builder *b, struct scan_loc letter,
				       struct spf_macro_part transform);
struct spf_macro_part spf_build_transform(struct spf_builder *b, int digits, int reverse,
					  struct scan_loc delimiters);
int spf_build_digits(struct spf_builder *b, struct scan_loc loc);
int spf_build_reverse(struct spf_builder *b, struct scan_loc loc);
/* Parts [from, to) as a macro-string of its own. */
struct spf_macro spf_build_macro(struct spf_builder *b, struct spf_parts parts);

/* A fault the parser found, and one that a builder found. */
void spf_build_failed(struct spf_builder *b, struct scan_loc loc, const char *why);
void spf_build_report(struct spf_builder *b, struct scan_loc loc, const char *fmt, ...)
	MCC_PRINTF(3, 4);

#endif
