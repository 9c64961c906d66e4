/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks of one file that need nothing but its tree. */
#ifndef MCC_LINT_LINT_FILE_H
#define MCC_LINT_LINT_FILE_H

#include "grammar/parse.h"
#include "grammar/vocabulary.h"

struct alias_file;
struct master_file;
struct table_file;

/* Duplicate keys (MC901); rows that cannot mean what they say. */
void lint_table_file(const struct parse_ctx *ctx, const struct table_file *file);
/* Duplicate names (MC901), loops within the file (MC1001). */
void lint_alias_file(const struct parse_ctx *ctx, const struct alias_file *file);
/* Options that no program knows (MC1109). */
void lint_master_file(const struct parse_ctx *ctx, const struct master_file *file,
		      struct pf_version version);

#endif
