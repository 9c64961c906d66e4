/* SPDX-License-Identifier: BSD-2-Clause */
/* Formats of diagnostics for `--format`, by name. */
#ifndef MCC_RENDER_H
#define MCC_RENDER_H

#include <stdio.h>

struct diag_queue;
struct source_set;

struct render_format {
	const char *name;
	/* The queue is sorted; `postfix` is the release line ("3.11"). */
	void (*render)(FILE *out, const struct diag_queue *diags,
		       const struct source_set *sources, const char *postfix);
};

/* NULL when there is none of that name. */
const struct render_format *render_format_find(const char *name);
/* "human, json, gcc, ...", static. */
const char *render_format_names(void);

/* ::error file=...,line=...:: as a GitHub Actions log takes them. */
void render_github(FILE *out, const struct diag_queue *diags,
		   const struct source_set *sources, const char *postfix);
/* SARIF 2.1.0, one run. */
void render_sarif(FILE *out, const struct diag_queue *diags,
		  const struct source_set *sources, const char *postfix);
/* JUnit XML: one case a file, its errors and warnings as failures. */
void render_junit(FILE *out, const struct diag_queue *diags,
		  const struct source_set *sources, const char *postfix);

#endif
