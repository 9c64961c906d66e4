/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One logical line of main.cf. Every sequence of words has a rule, the wrong
 * ones too, so that each fault gets words of its own and no line stops the
 * file.
 */
%code requires {
#include "grammar/scan.h"
struct cf_builder;
}

%define api.pure full
%define api.prefix {cf_yy}
%define api.location.type {struct scan_loc}
%define api.value.type {int}
%define api.token.prefix {CF_}
%define parse.error detailed
%locations
%expect 0
%param {void *scanner}
%parse-param {struct cf_builder *b}

%code {
#include "grammar/cf_build.h"
#include "grammar/cf.lex.h"

#define YYLLOC_DEFAULT(cur, rhs, n) SCAN_LLOC_DEFAULT(cur, rhs, n)
#define cf_yyerror(loc, scanner, b, msg) cf_build_failed(b, *(loc), msg)
}

%token END 0 "end of line"
%token WORD "name" EQUALS "=" VALUE "value"

%%

line:
  WORD EQUALS VALUE	{ cf_build_entry(b, @1, @3); }
| WORD EQUALS		{ cf_build_entry(b, @1, (struct scan_loc){@2.hi, @2.hi}); }
| WORD			{ cf_build_no_equals(b, @1, @1); }
| WORD WORD rest	{ cf_build_no_equals(b, @1, @2); }
| EQUALS VALUE		{ cf_build_no_name(b, @$); }
| EQUALS		{ cf_build_no_name(b, @$); }
| %empty
;

rest:
  %empty
| rest WORD
| rest EQUALS
| rest VALUE
;
