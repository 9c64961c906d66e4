/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing over
 * U+10FFFF. */
#ifndef MCC_BASE_UTF8_H
#define MCC_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct arena;

/* Length of the character at the start of `s`, which must not be empty; 0
 * when there is none. */
size_t utf8_decode(struct str s, uint32_t *out_c);
bool utf8_is_valid(struct str s);
bool utf8_is_ascii(struct str s);
/*
 * Full case folding of Unicode (CaseFolding.txt, C and F), for comparing
 * without regard to case: "Straße" and "STRASSE" become the same. Bytes that
 * are no UTF-8 stay as they are. In the arena, or `s` itself when nothing
 * changes.
 */
struct str utf8_fold(struct arena *arena, struct str s);

#endif
