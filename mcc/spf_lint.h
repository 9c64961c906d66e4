/* SPDX-License-Identifier: BSD-2-Clause */
/* SPF records in a file or an argument, checked by themselves. */
#ifndef MCC_SPF_LINT_H
#define MCC_SPF_LINT_H

struct arena;
struct diag_queue;
struct source;

/*
 * Queues what is wrong with the SPF records of a source: one a line as plain
 * text, or as quoted strings, with or without the owner name and type of a
 * zone file before them. Lines with `#` or `;` first, and records of other
 * kinds, are left out.
 */
void spf_lint_source(struct arena *arena, struct diag_queue *diags,
		     const struct source *src);

#endif
