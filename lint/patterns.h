/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks of one table of rules by itself. */
#ifndef MCC_LINT_PATTERNS_H
#define MCC_LINT_PATTERNS_H

#include "grammar/pattern.h"

/*
 * regexp: and pcre: expressions that do not compile (MC917), flags and escapes
 * that mean something else than they look (MC918, MC934), rows that no look-up
 * reaches (MC919), `$number` without its group (MC922); cidr: MC925, MC926.
 */
void lint_pattern_file(const struct parse_ctx *ctx, const struct pattern_file *file);
/*
 * The dialect of a table of expressions that nothing tells: the one in which
 * less of it is wrong, regexp: when both will do.
 */
enum pattern_dialect lint_guess_dialect(const struct parse_ctx *ctx,
					const struct source *src);
/* The part of it that is about networks. */
void lint_cidr_file(const struct parse_ctx *ctx, const struct pattern_file *file);

#endif
