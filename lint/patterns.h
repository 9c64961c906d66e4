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
/* The part of it that is about networks. */
void lint_cidr_file(const struct parse_ctx *ctx, const struct pattern_file *file);

#endif
