/* SPDX-License-Identifier: BSD-2-Clause */
/* Words of a value, between separators; `{ ... }` groups nest. */
%code requires {
#include "grammar/scan.h"
struct list_builder;
}

%define api.pure full
%define api.prefix {list_yy}
%define api.location.type {struct scan_loc}
%define api.value.type {int}
%define api.token.prefix {LIST_}
%define parse.error detailed
%locations
%expect 0
%param {void *scanner}
%parse-param {struct list_builder *b}

%code {
#include "base/limits.h"
#include "grammar/list_build.h"
#include "grammar/list.lex.h"

/* Two symbols for each open brace, and some for the rule in hand. */
#define YYMAXDEPTH (LIMIT_BRACE_DEPTH * 3 + 50)
#define YYLLOC_DEFAULT(cur, rhs, n) SCAN_LLOC_DEFAULT(cur, rhs, n)
#define list_yyerror(loc, scanner, b, msg) list_build_failed(b, *(loc), msg)
}

%token END 0 "end of list"
%token SEPARATOR "separator" CHARS "word" OPEN "{" CLOSE "}"

%%

list:
  gap
| gap words gap
;

words:
  word			{ list_build_item(b, @1); }
| words SEPARATOR word	{ list_build_item(b, @3); }
;

gap:
  %empty
| SEPARATOR
;

word:
  piece
| word piece
;

piece:
  CHARS
| group			{ list_build_group(b, @1); }
;

group:
  OPEN inside CLOSE
;

inside:
  %empty
| inside CHARS
| inside SEPARATOR
| inside group
;
