/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers as a binary heap: the next one in O(1), set and cleared in O(log n).
 * A timer lies inside the thing that waits.
 */
#ifndef MCC_DNSCHECK_TIMER_H
#define MCC_DNSCHECK_TIMER_H

#include <stddef.h>
#include <stdint.h>

struct timer {
	uint64_t due_ms;
	size_t place; /* in the heap, from 1; 0: not set */
	void *owner;
};

struct timers {
	struct timer **heap; /* heap[0] unused */
	size_t count;
	size_t room;
};

void timers_fini(struct timers *timers);
/* Sets or moves a timer. */
void timer_set(struct timers *timers, struct timer *timer, uint64_t due_ms);
void timer_clear(struct timers *timers, struct timer *timer); /* set or not */
/* The one that is due first, or NULL. */
struct timer *timers_first(const struct timers *timers);

#endif
