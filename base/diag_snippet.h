/* SPDX-License-Identifier: BSD-2-Clause */
/* The source line under a message, with carets below the span. */
#ifndef MCC_BASE_DIAG_SNIPPET_H
#define MCC_BASE_DIAG_SNIPPET_H

#include <stdio.h>

#include "base/source.h"

/*
 * Two lines: the text of the span's first line and its carets. Lines of more
 * than LIMIT_SHOWN_LINE bytes are cut around the span; tabs are shown as blanks
 * up to the next multiple of 8. `on` and `off` are printed around the carets
 * (terminal colours, or empty).
 */
void diag_snippet(FILE *out, const struct source *src, struct span span, const char *on,
		  const char *off);

#endif
