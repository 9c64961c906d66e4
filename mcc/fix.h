/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `mcc check --fix`: the edits of findings, applied to texts in memory and
 * written when they have proved good.
 */
#ifndef MCC_FIX_H
#define MCC_FIX_H

#include <stdbool.h>

struct diag_queue;
struct fix;
struct source_set;
struct strbuf;

struct fix *fix_new(void);
void fix_free(struct fix *fix);

/*
 * Applies the edits of the queue, in its order; a finding whose edits meet
 * those of an earlier one waits for the next round. At most LIMIT_FIX_EDITS.
 * False when there was nothing to edit.
 */
bool fix_take(struct fix *fix, const struct diag_queue *diags,
	      const struct source_set *sources);
/* Makes a new set read the edited texts instead of the files. */
void fix_replace(const struct fix *fix, struct source_set *sources);
/* Whether no syntax broke between the two looks. */
bool fix_is_good(const struct diag_queue *before, const struct diag_queue *after);
/* Takes the last round back. */
void fix_undo(struct fix *fix);
/*
 * Writes each changed file in one step, with its mode and owner; a symbolic
 * link stays one. A file that has changed meanwhile is left alone. Says in
 * `talk` what was done; false when a file could not be written.
 */
bool fix_write(struct fix *fix, struct strbuf *talk);

#endif
