/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checks over a loaded site. A check only reads the model and queues
 * diagnostics; it never stops the run, and no check depends on another's
 * having run. Severities, suppressions by comment and baselines are applied
 * to the queue afterwards.
 */
#ifndef MCC_LINT_LINT_H
#define MCC_LINT_LINT_H

#include <stddef.h>

struct site;
struct diag_queue;

/* One check may report several rules of its subject. */
struct lint_check {
	const char *name; /* for people and tests */
	void (*run)(const struct site *site, struct diag_queue *diags);
};

/* Runs every check of the registry (lint/checks.def) over the site. */
void lint_run(const struct site *site, struct diag_queue *diags);

/*
 * Drops what `# mcc:ignore RULE -- reason` comments silence (the next logical
 * line of the same file) and reports suppressions that match nothing (MC1215)
 * or give no reason (MC1217).
 */
void lint_apply_suppressions(const struct site *site, struct diag_queue *diags);

#endif
