/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Findings that were there before and are accepted: `--baseline` hides them,
 * `--write-baseline` writes them down. A finding is known by its file, its
 * rule and the text of its line, so it stays known when lines move, and is new
 * again when its line is changed.
 */
#ifndef MCC_BASELINE_H
#define MCC_BASELINE_H

#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

struct arena;
struct baseline;
struct diag;
struct diag_queue;
struct source_set;

/* Where findings are of; the label stands for the file of those without one. */
struct baseline_place {
	const struct source_set *sources;
	const char *label; /* or NULL */
};

/* Empty, in the arena. */
struct baseline *baseline_new(struct arena *arena);
/*
 * What a file holds. NULL, and in out_problem what is wrong, when it cannot be
 * read or is none (at most LIMIT_BASELINE).
 */
struct baseline *baseline_load(struct arena *arena, const char *path,
			       const char **out_problem);

/* Appends a record of the finding. */
void baseline_record(struct strbuf *records, const struct diag *d,
		     const struct baseline_place *place);
/* Removes the findings of one site that are known; records of those. */
void baseline_apply(const struct baseline *baseline, struct diag_queue *diags,
		    const struct baseline_place *place, struct strbuf *records);
/*
 * Adds the records of one site. The same finding of a file that several sites
 * share is one.
 */
void baseline_merge(struct baseline *baseline, struct str records);
/* How many findings of `known` are not in `seen`. */
size_t baseline_count_gone(const struct baseline *known, const struct baseline *seen);
size_t baseline_count(const struct baseline *baseline);
/* As JSON, one finding a line, sorted. A negative status when it fails. */
int baseline_write(const struct baseline *baseline, const char *path) MCC_MUST_CHECK;

#endif
