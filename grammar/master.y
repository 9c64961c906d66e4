/* SPDX-License-Identifier: BSD-2-Clause */
/* One service of master.cf: its fields, and arguments when all are there. */
%code requires {
#include "grammar/scan.h"
struct master_builder;
}

%define api.pure full
%define api.prefix {master_yy}
%define api.location.type {struct scan_loc}
%define api.value.type {int}
%define api.token.prefix {MASTER_TOKEN_}
%define parse.error detailed
%locations
%expect 0
%param {void *scanner}
%parse-param {struct master_builder *b}

%code {
#include "grammar/master_build.h"
#include "grammar/master.lex.h"

#define YYLLOC_DEFAULT(cur, rhs, n) SCAN_LLOC_DEFAULT(cur, rhs, n)
#define master_yyerror(loc, scanner, b, msg) master_build_failed(b, *(loc), msg)
}

%token END 0 "end of line"
%token FIELD "field" ARGUMENTS "arguments"

%%

service:
  %empty		{ master_build_service(b, @$, @$); } /* cut off at a NUL */
| fields		{ master_build_service(b, @1, (struct scan_loc){@1.hi, @1.hi}); }
| fields ARGUMENTS	{ master_build_service(b, @$, @2); }
;

fields:
  FIELD
| fields FIELD
;
