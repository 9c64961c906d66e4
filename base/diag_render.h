/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Renders a sorted queue. Nothing else prints diagnostics. Control characters
 * and invalid UTF-8 of the input are escaped.
 */
#ifndef MCC_BASE_DIAG_RENDER_H
#define MCC_BASE_DIAG_RENDER_H

#include <stdbool.h>
#include <stdio.h>

#include "base/diag.h"

struct source_set;

struct diag_style {
	bool colour;
	size_t max;	     /* most diagnostics to print; 0: all */
	const char *nowhere; /* what has no place is shown as; NULL: "mcc" */
};

/*
 * For people: place, severity, text, the source line with carets, relations,
 * the fix, and a last line that counts ("2 errors, 1 warning"). An empty queue
 * prints nothing.
 */
void diag_render_human(FILE *out, const struct diag_queue *queue,
		       const struct source_set *set, const struct diag_style *style);
/* One diagnostic of it, without the last line. */
void diag_render_human_one(FILE *out, const struct diag *d, const struct source_set *set,
			   const struct diag_style *style);
/* "2 errors, 1 warning", no line end; false and nothing when all are zero. */
bool diag_render_counts(FILE *out, const size_t counts[DIAG_SEVERITY_COUNT]);

/* One object of schema "mcc-diagnostics/1"; `postfix` is the release line. */
void diag_render_json(FILE *out, const struct diag_queue *queue,
		      const struct source_set *set, const char *postfix);
/*
 * The same in parts: what stands before the diagnostics, each of them (commas
 * between them are the caller's), what stands behind. `site` tells several
 * sites apart (NULL: there is one); `more` (or NULL) holds further members of
 * the object and is taken.
 */
struct json_t;
void diag_json_begin(FILE *out, const char *postfix);
void diag_json_one(FILE *out, const struct diag *d, const struct source_set *set,
		   const char *site);
void diag_json_end(FILE *out, const size_t counts[DIAG_SEVERITY_COUNT], bool any,
		   struct json_t *more);
/* How a site is listed among those members. A new reference. */
struct json_t *diag_json_site(const char *site, const char *postfix, bool was_checked);
/*
 * FILE:LINE:COLUMN: severity: message [RULE name], as gcc prints; relations
 * follow as notes. Editors know three severities only, so `unverified` is
 * printed as "note: unverified: ...".
 */
void diag_render_gcc(FILE *out, const struct diag_queue *queue,
		     const struct source_set *set);
void diag_render_gcc_one(FILE *out, const struct diag *d, const struct source_set *set,
			 const char *nowhere);

#endif
