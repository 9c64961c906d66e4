/* SPDX-License-Identifier: BSD-2-Clause */
/* `--dump=ast|model`: canonical text of what was read, for tests and people. */
#ifndef MCC_DUMP_H
#define MCC_DUMP_H

#include <stdbool.h>
#include <stdio.h>

#include "grammar/parse.h"

struct site;
struct source;

enum dump_what { DUMP_NOTHING, DUMP_AST, DUMP_MODEL };

/* "ast", "model"; false for other words. */
bool dump_parse(const char *word, enum dump_what *out_what);
/* Every file of the site that was read, each under a line with its name. */
void dump_site(FILE *out, const struct site *site, enum dump_what what);
/* The tree of one file. */
void dump_file(FILE *out, const struct parse_ctx *ctx, const struct source *src,
	       enum file_kind kind);

#endif
