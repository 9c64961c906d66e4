/* SPDX-License-Identifier: BSD-2-Clause */
/* Characters that look like nothing or like something else: MC114. */
#ifndef MCC_GRAMMAR_INVISIBLE_H
#define MCC_GRAMMAR_INVISIBLE_H

#include <stdint.h>

#include "base/str.h"

struct line_reader;

/*
 * Looks at the bytes of one physical line that begins at offset `lo` of the
 * source. One diagnostic a line, for its first such character; its fix covers
 * as many as a fix can hold.
 */
void invisible_check(struct line_reader *r, uint32_t lo, struct str s);

#endif
