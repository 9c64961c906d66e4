/* SPDX-License-Identifier: BSD-2-Clause */
/* Token lists of aliases back to text, as postalias(1) stores them. */
#ifndef MCC_GRAMMAR_ALIASES_TOKEN_H
#define MCC_GRAMMAR_ALIASES_TOKEN_H

#include <stddef.h>

#include "base/str.h"
#include "grammar/aliases_build.h"

/* The bytes that a word stands for: without quotes and backslashes. */
struct str alias_token_resolve(struct arena *arena, struct str s, bool *out_needs_quotes);
/* Without quotes; blanks between words. For names. */
struct str alias_tokens_internal(struct arena *arena, const struct alias_token *tokens,
				 size_t count);
/* With quotes where they are needed; blanks between words, behind commas and
 * before `<`. For values, which are parsed again when they are used. */
struct str alias_tokens_external(struct arena *arena, const struct alias_token *tokens,
				 size_t count);
/* The tokens within [lo, hi), nothing between them, without comments. */
struct str alias_tokens_joined(struct arena *arena, const struct alias_token *tokens,
			       size_t count, struct scan_loc loc);

#endif
