/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One logical line of a table of rules. The scanner completes what is missing
 * and reports it, so that every line has a rule here.
 */
%code requires {
#include "grammar/pattern.h"
#include "grammar/scan.h"
struct pattern_builder;
}

%define api.pure full
%define api.prefix {pattern_yy}
%define api.location.type {struct scan_loc}
%define api.token.prefix {PATTERN_}
%define parse.error detailed
%locations
%expect 0
%param {void *scanner}
%parse-param {struct pattern_builder *b}

%code {
#include "grammar/pattern_build.h"
#include "grammar/pattern.lex.h"

#define YYLLOC_DEFAULT(cur, rhs, n) SCAN_LLOC_DEFAULT(cur, rhs, n)
#define pattern_yyerror(loc, scanner, b, msg) pattern_build_failed(b, *(loc), msg)
}

%union {
	struct pattern_test test;
}

%token END 0 "end of line"
%token IF "if" ENDIF "endif" NOT "!" EXPR "expression" FLAGS "flags" NET "network"
%token REST "result"
%type <test> test other

%%

row:
  test rest		{ pattern_build_rule(b, &$1, NULL, @1, @2); }
| test other rest	{ pattern_build_rule(b, &$1, &$2, @1, @3); }
| IF test rest		{ pattern_build_if(b, &$2, @1, @3); }
| ENDIF rest		{ pattern_build_endif(b, @1, @2); }
| rest
;

test:
  nots EXPR FLAGS	{ $$ = pattern_build_test(b, @$, @2, @3); }
| nots NET		{ $$ = pattern_build_test(b, @$, @2, (struct scan_loc){@2.hi, @2.hi}); }
;

other:
  NOT nots EXPR FLAGS	{ $$ = pattern_build_test(b, @$, @3, @4); }
;

nots:
  %empty
| nots NOT
;

rest:
  %empty
| REST
;
