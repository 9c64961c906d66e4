/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SPF records, RFC 7208 section 12, and explain-strings, section 6.2. A term
 * that is wrong is reported and left out; the next one is read as usual.
 */
%code requires {
#include <stddef.h>

#include "grammar/scan.h"
#include "grammar/spf.h"
struct spf_builder;

/* Macro parts [from, to) of the builder's array. */
struct spf_parts {
	size_t from;
	size_t to;
};

struct spf_lengths {
	int prefix4;
	int prefix6;
};
}

%define api.pure full
%define api.prefix {spf_yy}
%define api.location.type {struct scan_loc}
%define api.token.prefix {SPF_}
%define parse.error detailed
/* An error is over only where a blank or the end follows. */
%define lr.default-reduction accepting
%locations
%expect 0
%param {void *scanner}
%parse-param {struct spf_builder *b}

%union {
	int number;
	struct spf_parts parts;
	struct spf_macro_part part;
	struct spf_lengths lengths;
}

%code {
#include "grammar/spf_build.h"
#include "grammar/spf.lex.h"

/* Nothing nests: the longest term needs some ten symbols. The stack never
 * grows, so that a parse in the daemon needs no memory but what it set aside. */
#define YYINITDEPTH 40
#define YYMAXDEPTH 40
#define YYLLOC_DEFAULT(cur, rhs, n) SCAN_LLOC_DEFAULT(cur, rhs, n)
#define spf_yyerror(loc, scanner, b, msg) spf_build_failed(b, *(loc), msg)
}

%token END 0 "end of the record"
%token START_EXPLAIN "an explain-string"
%token VERSION "v=spf1" BLANK "blank" STRAY "wrong character"
%token UNKNOWN "unknown mechanism"
%token ALL "all" INCLUDE "include" A "a" MX "mx" PTR "ptr" EXISTS "exists"
%token IP4 "ip4:" IP6 "ip6:" REDIRECT "redirect=" EXP "exp=" MODIFIER "modifier"
%token COLON ":" SLASH "/" SLASHES "//" ADDRESS "address" DIGITS "digits"
%token LITERAL "text" ESCAPE "%%" MACRO_OPEN "%{" MACRO_CLOSE "}"
%token LETTER "macro letter" DELIMITERS "delimiters"
%token <number> QUALIFIER "qualifier"
%type <number> qualifier mechanism_a mechanism_domain modifier_domain prefix
%type <parts> macro_string domain
%type <number> digits reverse
%type <part> macro_part transform
%type <lengths> lengths

%%

input:
  VERSION terms
| START_EXPLAIN macro_string	{ spf_build_explain(b, $2); }
| error
;

terms:
  %empty
| terms BLANK
| terms BLANK term
;

term:
  qualifier mechanism	{ spf_build_end(b, (enum spf_qualifier)$1, @$); }
| modifier		{ spf_build_end(b, SPF_QUAL_PASS, @$); }
| error			{ yyerrok; spf_build_dropped(b); }
;

qualifier:
  %empty		{ $$ = SPF_QUAL_PASS; }
| QUALIFIER
;

mechanism:
  ALL			{ spf_build_term(b, SPF_TERM_ALL); }
| mechanism_domain COLON domain	{ spf_build_term(b, $1); spf_build_domain(b, $3); }
| PTR			{ spf_build_term(b, SPF_TERM_PTR); }
| PTR COLON domain	{ spf_build_term(b, SPF_TERM_PTR); spf_build_domain(b, $3); }
| mechanism_a lengths	{ spf_build_term(b, $1); spf_build_lengths(b, $2); }
| mechanism_a COLON domain lengths	{
	spf_build_term(b, $1);
	spf_build_domain(b, $3);
	spf_build_lengths(b, $4);
  }
| IP4 address4 prefix	{ spf_build_prefix(b, $3, 32, @3); }
| IP6 address6 prefix	{ spf_build_prefix(b, $3, 128, @3); }
;

mechanism_domain:
  INCLUDE		{ $$ = SPF_TERM_INCLUDE; }
| EXISTS		{ $$ = SPF_TERM_EXISTS; }
;

mechanism_a:
  A			{ $$ = SPF_TERM_A; }
| MX			{ $$ = SPF_TERM_MX; }
;

address4:
  ADDRESS		{ spf_build_address(b, SPF_TERM_IP4, @1); }
;

address6:
  ADDRESS		{ spf_build_address(b, SPF_TERM_IP6, @1); }
;

prefix:
  %empty		{ $$ = -1; }
| SLASH DIGITS		{ $$ = spf_build_length(b, @2, 128); @$ = @2; }
;

lengths:
  %empty		{ $$ = (struct spf_lengths){-1, -1}; }
| SLASH DIGITS		{ $$ = (struct spf_lengths){spf_build_length(b, @2, 32), -1}; }
| SLASHES DIGITS	{ $$ = (struct spf_lengths){-1, spf_build_length(b, @2, 128)}; }
| SLASH DIGITS SLASHES DIGITS	{
	$$.prefix4 = spf_build_length(b, @2, 32);
	$$.prefix6 = spf_build_length(b, @4, 128);
  }
;

modifier:
  modifier_domain domain	{ spf_build_term(b, $1); spf_build_domain(b, $2); }
| MODIFIER macro_string	{ spf_build_modifier(b, @1); }
;

modifier_domain:
  REDIRECT		{ $$ = SPF_TERM_REDIRECT; }
| EXP			{ $$ = SPF_TERM_EXP; }
;

domain:
  macro_string		{ spf_build_check_domain(b, $$ = $1, @1); }
;

macro_string:
  %empty		{ $$ = spf_build_parts(b); }
| macro_string macro_part	{ $$ = spf_build_part(b, $1, $2); }
;

macro_part:
  LITERAL		{ $$ = spf_build_text(b, @1); }
| ESCAPE		{ $$ = spf_build_escape(b, @1); }
| MACRO_OPEN LETTER transform MACRO_CLOSE	{ $$ = spf_build_letter(b, @2, $3); }
;

transform:
  digits reverse delimiters	{ $$ = spf_build_transform(b, $1, $2, @3); }
;

digits:
  %empty		{ $$ = 0; }
| DIGITS		{ $$ = spf_build_digits(b, @1); }
;

reverse:
  %empty		{ $$ = 0; }
| LETTER		{ $$ = spf_build_reverse(b, @1); }
;

delimiters:
  %empty
| DELIMITERS
;
