/* SPDX-License-Identifier: BSD-2-Clause */
/* What value.l and value.y share: open brackets and the builders of parts. */
#ifndef MCC_GRAMMAR_VALUE_BUILD_H
#define MCC_GRAMMAR_VALUE_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "grammar/scan.h"
#include "grammar/value.h"
#include "grammar/value.tab.h"

/* A list of parts while it grows. */
struct value_list {
	struct value value; /* first: what it becomes */
	size_t room;
	bool is_open; /* the last part is literal text that may go on */
};

/* The names that flex's bison bridge uses; the parser has its own already. */
#ifndef YYSTYPE
#define YYSTYPE VALUE_YYSTYPE
#define YYLTYPE VALUE_YYLTYPE
#endif

/* Where the scanner is; in the order of value.l's start conditions. */
enum value_state {
	VALUE_STATE_TOP,   /* outside every bracket */
	VALUE_STATE_HEAD,  /* behind `${`, `$(`, or an operand in braces */
	VALUE_STATE_AFTER, /* behind `?` or `:` */
	VALUE_STATE_TEXT,  /* in an operand */
	VALUE_STATE_SKIP   /* in the rest of a broken `${...}` */
};

/* An open bracket. Others of its kind in literal text are counted. */
struct value_frame {
	enum value_state state;
	char open;
	char close;
	bool is_operand; /* `{` of an operand, not `${` */
	size_t depth;	 /* literal brackets that are open */
	struct scan_loc loc;
};

struct value_builder {
	struct scan scan; /* first: flex's yyextra */
	const struct parse_ctx *ctx;
	struct text text;
	struct value_frame *frames; /* at most LIMIT_BRACE_DEPTH */
	size_t frame_count;
	size_t frame_room;
	bool is_closed;	 /* the last token closed a `${` */
	bool is_stopped; /* no more tokens than what closes the open brackets */
	size_t error_count;
	struct value_list *result;
};

/* The scanner's state, by the innermost open bracket. */
enum value_state value_scan_state(const struct value_builder *b);
void value_scan_set(struct value_builder *b, enum value_state state);
/* An opening bracket; the token to return. */
int value_scan_open(struct value_builder *b, struct scan_loc loc, bool is_operand,
		    char open);
/* Any bracket inside text: literal (VALUE_TEXT) or the closing one. */
int value_scan_bracket(struct value_builder *b, char bracket);
/*
 * Whether a bracket ends something around the innermost open one, which then
 * never ends itself: value_scan_truncate() closes that, and the bracket is to
 * be scanned again.
 */
bool value_scan_truncates(const struct value_builder *b, char bracket);
int value_scan_truncate(struct value_builder *b);
/* End of the text: closes what is open, one token a call, then VALUE_END. */
int value_scan_end(struct value_builder *b);

struct value_list *value_build_list(struct value_builder *b);
void value_build_add(struct value_builder *b, struct value_list *list,
		     struct value_part part);
/*
 * A condition, whose location is that of its opening bracket so far; broken:
 * a fault stands behind its alternatives. `close`: the closing bracket.
 */
void value_build_add_choice(struct value_builder *b, struct value_list *list,
			    struct value_part part, bool is_broken,
			    struct scan_loc close);
const struct value *value_build_done(struct value_builder *b, struct value_list *list);
/* The same for what braces enclose; empty and broken when something around it
 * ended first, and the closing one was made up. */
const struct value *value_build_operand(struct value_builder *b, struct value_list *list,
					struct scan_loc close);
struct value_part value_build_text(struct scan_loc loc);
/* `$$`, and a `$` that names nothing: one literal dollar. */
struct value_part value_build_dollar(struct value_builder *b, struct scan_loc loc);
struct value_part value_build_lone(struct value_builder *b, struct scan_loc loc);
/* $name (name: behind the dollar), ${name}, ${name?...}, ${function{...}}. */
struct value_part value_build_ref(struct value_builder *b, struct scan_loc loc,
				  struct scan_loc name);
struct value_part value_build_if_set(struct value_builder *b, struct scan_loc loc,
				     struct scan_loc name, struct value_choice choice);
struct value_part value_build_call(struct value_builder *b, struct scan_loc loc,
				   struct scan_loc name, const struct value *operand);
struct value_part value_build_compare(const struct value *left, enum value_op op,
				      const struct value *right);
struct value_part value_build_decide(struct value_part part, struct scan_loc loc,
				     struct value_choice choice);
/* `${}` is a fault, `${ }` refers to the name that is empty. */
struct value_part value_build_nameless(struct value_builder *b, struct scan_loc loc,
				       struct scan_loc close);
/* A `${...}` with a syntax error: VALUE_BROKEN. */
struct value_part value_build_broken(struct scan_loc loc);
/* The part, or a broken one when its closing bracket, or an operand's that it
 * compares, was made up. */
struct value_part value_build_closed(struct value_part part, struct scan_loc close);
/* Reports a fault inside a text, which goes on; false: there are too many. */
bool value_build_fault(struct value_builder *b, struct scan_loc loc, const char *why);
/* Reports one that the parser has found: the rest of the bracket is skipped. */
void value_build_error(struct value_builder *b, struct scan_loc loc, const char *why);

#endif
