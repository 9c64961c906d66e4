/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One logical line of an aliases file, or only its right-hand side. Where two
 * words follow each other without an operator a comma is missing and a new
 * member begins, as Postfix's local(8) sees it; words before `<...>` are a
 * name for people.
 */
%code requires {
#include "grammar/scan.h"
struct alias_builder;
}

%define api.pure full
%define api.prefix {alias_yy}
%define api.location.type {struct scan_loc}
%define api.value.type {int}
%define api.token.prefix {ALIAS_}
%define parse.error detailed
/* An error is over only where a separator or the end follows. */
%define lr.default-reduction accepting
%locations
%expect 0
%param {void *scanner}
%parse-param {struct alias_builder *b}

%code {
#include "grammar/aliases_build.h"
#include "grammar/aliases.lex.h"

#define YYLLOC_DEFAULT(cur, rhs, n) SCAN_LLOC_DEFAULT(cur, rhs, n)
#define alias_yyerror(loc, scanner, b, msg) alias_build_failed(b, *(loc), msg)
}

%token END 0 "end of line"
%token START_LINE "an aliases line" START_MEMBERS "alias members"
%token WORD "word" OPERATOR "operator" AT "@" COLON ":" COMMA "," SEMICOLON ";"
%token LESS "<" GREATER ">"

%%

input:
  START_LINE name COLON members	{ alias_build_entry(b, @3); }
| START_LINE name	{ alias_build_no_colon(b, @2); }
| START_MEMBERS members
;

name:
  %empty
| name WORD
| name OPERATOR
| name AT		{ alias_build_domain(b, @2); }
| name COMMA		{ alias_build_comma(b); }
| name SEMICOLON
| name LESS
| name GREATER
;

members:
  member
| members separator member
;

separator:
  COMMA			{ alias_build_mark(b); }
| SEMICOLON		{ alias_build_mark(b); }
;

member:
  %empty
| run			{ alias_build_member(b, @1); }
| routed
| routed run		{ alias_build_member(b, @2); }
| error			{ yyerrok; }
;

routed:
  angle
| run angle
| routed angle
| routed run angle
;

angle:
  LESS inside GREATER	{ alias_build_routed(b, @2); }
;

inside:
  %empty
| inside WORD
| inside operator
| inside COMMA
| inside SEMICOLON
;

run:
  closed
| open
;

closed:
  WORD
| open WORD
| closed WORD		{ alias_build_member(b, @1); @$ = @2; }
;

open:
  operator
| open operator
| closed operator
;

operator:
  OPERATOR
| AT
| COLON
;
