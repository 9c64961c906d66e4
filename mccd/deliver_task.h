/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deliveries that may take their time - mailboxes that may be locked, commands -
 * each in a process of its own, and their results.
 */
#ifndef MCC_MCCD_DELIVER_TASK_H
#define MCC_MCCD_DELIVER_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "mccd/command.h"
#include "mccd/deliver_text.h"
#include "mccd/mbox.h"

struct loop;
struct deliver_task;

struct deliver_tasks {
	struct loop *loop;
	struct deliver_task *first;
	void (*done)(void *arg, uint64_t job, const struct deliver_result *result);
	void *arg;
};

/* Exactly one of the two; everything is used only until these return. Status:
 * the job has not begun. */
int deliver_task_mbox(struct deliver_tasks *tasks, uint64_t job,
		      const struct mbox_job *mbox) MCC_MUST_CHECK;
/* command->input is made from `text`. */
int deliver_task_command(struct deliver_tasks *tasks, uint64_t job,
			 const struct command_job *command,
			 const struct deliver_text *text,
			 uint64_t limit_ms) MCC_MUST_CHECK;
/* Forgets all; the processes end by themselves. */
void deliver_tasks_free(struct deliver_tasks *tasks);

#endif
