/* SPDX-License-Identifier: BSD-2-Clause */
/* One row of a table: key, white space, value. Every line has a rule. */
%code requires {
#include "grammar/scan.h"
struct table_builder;
}

%define api.pure full
%define api.prefix {table_yy}
%define api.location.type {struct scan_loc}
%define api.value.type {int}
%define api.token.prefix {TABLE_}
%define parse.error detailed
%locations
%expect 0
%param {void *scanner}
%parse-param {struct table_builder *b}

%code {
#include "grammar/table_build.h"
#include "grammar/table.lex.h"

/* Three symbols are the longest row. */
#define YYINITDEPTH 8
#define YYMAXDEPTH 8
#define YYLLOC_DEFAULT(cur, rhs, n) SCAN_LLOC_DEFAULT(cur, rhs, n)
#define table_yyerror(loc, scanner, b, msg) table_build_failed(b, *(loc), msg)
}

%token END 0 "end of line"
%token KEY "key" VALUE "value" UNBALANCED "unbalanced quote"

%%

row:
  KEY VALUE		{ table_build_row(b, @1, @2); }
| KEY			{ table_build_no_value(b, @1); }
| UNBALANCED		{ table_build_unbalanced(b, @1); }
| %empty
;
