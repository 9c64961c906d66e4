/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The `$` forms of one value. What is open where is the scanner's business:
 * it returns CLOSE for the bracket that ends a `${`, RBRACE for the one that
 * ends an operand, and both also where the text ends too early.
 */
%code requires {
#include "grammar/scan.h"
#include "grammar/value.h"
struct value_builder;
struct value_list;

struct value_choice {
	const struct value *then_value;
	const struct value *else_value;
	bool is_open; /* of `cut`: its closing bracket was made up */
};
}

%define api.pure full
%define api.prefix {value_yy}
%define api.location.type {struct scan_loc}
%define api.token.prefix {VALUE_}
%define parse.error detailed
%define parse.lac full
%locations
%expect 0
%param {void *scanner}
%parse-param {struct value_builder *b}

%union {
	struct value_list *list;
	const struct value *value;
	struct value_part part;
	struct value_choice choice;
	enum value_op op;
}

%code {
#include "grammar/value_build.h"
#include "grammar/value.lex.h"

/* Five symbols for each open bracket, and some for the rule in hand. */
#define YYMAXDEPTH (LIMIT_BRACE_DEPTH * 6 + 50)
#define YYLLOC_DEFAULT(cur, rhs, n) SCAN_LLOC_DEFAULT(cur, rhs, n)
/* Where the name would stand in `${?text}`: Postfix takes it for an empty one. */
#define value_none(open) ((struct scan_loc){(open).hi, (open).hi})
#define value_is_made_up(close) ((close).lo == (close).hi)
/* The closing bracket of a cut. */
#define value_cut_end(cut, loc) \
	((struct scan_loc){(cut).is_open ? (loc).hi : (loc).hi - 1, (loc).hi})
#define value_yyerror(loc, scanner, b, msg) value_build_error(b, *(loc), msg)
}

%token END 0 "end of value"
%token TEXT_RUN "text" DOLLAR "$$" REFERENCE "$name" LONE_DOLLAR "$"
%token OPEN "${" CLOSE "}" NAME "name" THEN "?" ELSE ":"
%token LBRACE "{" RBRACE "} of an operand" STRAY "other character"
%token <op> OP "comparison operator"
%type <list> parts
%type <part> part compare
%type <choice> choice cut
%type <value> operand

%%

value:
  parts			{ value_build_done(b, b->result = $1); }
;

parts:
  %empty		{ $$ = value_build_list(b); }
| parts part		{ value_build_add(b, $$ = $1, $2); }
| parts OPEN NAME choice CLOSE	{
		value_build_add_choice(b, $$ = $1, value_build_if_set(b, @2, @3, $4),
				       false, @5);
	}
| parts OPEN compare choice CLOSE	{
		value_build_add_choice(b, $$ = $1, value_build_decide($3, @2, $4),
				       false, @5);
	}
| parts OPEN choice CLOSE	{
		value_build_add_choice(b, $$ = $1,
				       value_build_if_set(b, @2, value_none(@2), $3),
				       false, @4);
	}
| parts OPEN cut	{
		value_build_add_choice(b, $$ = $1,
				       value_build_if_set(b, @2, value_none(@2), $3),
				       true, value_cut_end($3, @3));
	}
| parts OPEN NAME cut	{
		value_build_add_choice(b, $$ = $1, value_build_if_set(b, @2, @3, $4),
				       true, value_cut_end($4, @4));
	}
| parts OPEN compare cut	{
		value_build_add_choice(b, $$ = $1, value_build_decide($3, @2, $4), true,
				       value_cut_end($4, @4));
	}
| parts OPEN compare error CLOSE	{
		yyerrok;
		value_build_add_choice(
			b, $$ = $1,
			value_build_decide($3, @2, (struct value_choice){0}), true, @5);
	}
;

part:
  TEXT_RUN		{ $$ = value_build_text(@1); }
| DOLLAR		{ $$ = value_build_dollar(b, @1); }
| LONE_DOLLAR		{ $$ = value_build_lone(b, @1); }
| REFERENCE		{ $$ = value_build_ref(b, @1, (struct scan_loc){@1.lo + 1, @1.hi}); }
| OPEN NAME CLOSE	{ $$ = value_build_closed(value_build_ref(b, @$, @2), @3); }
| OPEN CLOSE		{ $$ = value_build_nameless(b, @$, @2); }
| OPEN NAME operand CLOSE	{ $$ = value_build_closed(value_build_call(b, @$, @2, $3), @4); }
| OPEN compare CLOSE	{
		$$ = value_build_closed(
			value_build_decide($2, @$, (struct value_choice){0}), @3);
	}
| OPEN error CLOSE	{ yyerrok; $$ = value_build_broken(@$); }
;

compare:
  operand OP operand	{ $$ = value_build_compare($1, $2, $3); }
;

choice:
  THEN parts		{ $$ = (struct value_choice){value_build_done(b, $2), NULL, false}; }
| THEN operand		{ $$ = (struct value_choice){$2, NULL, false}; }
| THEN operand ELSE parts	{
		$$ = (struct value_choice){$2, value_build_done(b, $4), false};
	}
| THEN operand ELSE operand	{ $$ = (struct value_choice){$2, $4, false}; }
| ELSE parts		{ $$ = (struct value_choice){NULL, value_build_done(b, $2), false}; }
| ELSE operand		{ $$ = (struct value_choice){NULL, $2, false}; }
;

/* Something stands behind an alternative, up to the end of it all. */
cut:
  THEN operand error CLOSE	{ yyerrok; $$ = (struct value_choice){$2, NULL, value_is_made_up(@4)}; }
| THEN operand ELSE operand error CLOSE	{
		yyerrok;
		$$ = (struct value_choice){$2, $4, value_is_made_up(@6)};
	}
| ELSE operand error CLOSE	{
		yyerrok;
		$$ = (struct value_choice){NULL, $2, value_is_made_up(@4)};
	}
;

operand:
  LBRACE parts RBRACE	{ $$ = value_build_operand(b, $2, @3); }
;
