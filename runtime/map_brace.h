/* SPDX-License-Identifier: BSD-2-Clause */
/* Braces in the names of tables: TYPE:{ word, { words } ... }. */
#ifndef MCC_RUNTIME_MAP_BRACE_H
#define MCC_RUNTIME_MAP_BRACE_H

#include <stdbool.h>

#include "base/str.h"

/* What stands in the braces when all of `s` is one group "{...}", else false. */
bool brace_inner(struct str s, struct str *out_inner);
/* The next word of a list with commas and blanks; braces hold words together.
 * False at its end. */
bool brace_word(struct str *rest, struct str *out_word);

#endif
