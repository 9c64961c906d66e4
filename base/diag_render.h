/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Renders a sorted queue. Nothing else prints diagnostics. Control characters
 * and invalid UTF-8 of the input are escaped.
 */
#ifndef MCC_BASE_DIAG_RENDER_H
#define MCC_BASE_DIAG_RENDER_H

#include <stdbool.h>
#include <stdio.h>

struct diag_queue;
struct source_set;

struct diag_style {
	bool colour;
	size_t max; /* most diagnostics to print; 0: all */
};

/*
 * For people: place, severity, text, the source line with carets, relations,
 * the fix, and a last line that counts ("2 errors, 1 warning"). An empty queue
 * prints nothing.
 */
void diag_render_human(FILE *out, const struct diag_queue *queue,
		       const struct source_set *set, const struct diag_style *style);
/* One object of schema "mcc-diagnostics/1"; `postfix` is the release line. */
void diag_render_json(FILE *out, const struct diag_queue *queue,
		      const struct source_set *set, const char *postfix);
/*
 * FILE:LINE:COLUMN: severity: message [RULE name], as gcc prints; relations
 * follow as notes. Editors know three severities only, so `unverified` is
 * printed as "note: unverified: ...".
 */
void diag_render_gcc(FILE *out, const struct diag_queue *queue,
		     const struct source_set *set);

#endif
