/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks of files that need little more than their trees. */
#ifndef MCC_LINT_LINT_FILE_H
#define MCC_LINT_LINT_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/source.h"
#include "base/str.h"
#include "grammar/parse.h"
#include "grammar/vocabulary.h"

struct alias_entry;
struct alias_file;
struct master_file;
struct site;
struct table_file;
struct table_row;

/* Duplicate keys (MC901). */
void lint_table_file(const struct parse_ctx *ctx, const struct table_file *file);
/* One MC901: `again` has the key of `first`. */
void lint_report_duplicate(const struct parse_ctx *ctx, struct span again,
			   struct span first, struct str key, bool same_value);
/*
 * False, with MC117, when a row is not UTF-8, which Postfix ignores while
 * smtputf8_enable is set.
 */
bool lint_row_is_utf8(const struct parse_ctx *ctx, const struct table_row *row);
bool lint_alias_is_utf8(const struct parse_ctx *ctx, const struct alias_file *file,
			const struct alias_entry *entry);
/* Fields and arguments that a program refuses (MC1104, MC1118, MC1125, MC1126). */
void lint_master_file(const struct parse_ctx *ctx, const struct master_file *file);
/* Duplicate names (MC901), loops within the file (MC1001). */
void lint_alias_file(const struct parse_ctx *ctx, const struct alias_file *file);
/*
 * Loops over several alias files that are searched as one (MC1001). `site`
 * tells which domains are local; NULL: only bare names are followed.
 */
void lint_alias_loops(const struct parse_ctx *ctx, const struct alias_file *const *files,
		      size_t file_count, const struct site *site);

#endif
