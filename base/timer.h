/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers as a binary heap: the next one in O(1), set and cleared in O(log n).
 * A timer lies inside the thing that waits. No clock is read here.
 */
#ifndef MCC_BASE_TIMER_H
#define MCC_BASE_TIMER_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* Zeroed before its first use; must not move while it is set. */
struct timer {
	uint64_t due_ms;
	size_t place; /* in the heap, from 1; 0: not set */
	void *owner;  /* the caller's: what to wake */
};

struct timers {
	struct timer **heap; /* heap[0] unused */
	size_t count;
	size_t room;
};

void timers_fini(struct timers *timers);
/* Sets or moves a timer. MCC_ENOMEM leaves everything as it was. */
int timer_set(struct timers *timers, struct timer *timer, uint64_t due_ms) MCC_MUST_CHECK;
void timer_clear(struct timers *timers, struct timer *timer); /* set or not */
/* The one that is due first, or NULL. */
struct timer *timers_first(const struct timers *timers);

#endif
