/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Binary heap of timers. Invariant: heap[t->place] == t for every set timer,
 * and no timer is due before its parent.
 */
#include "dnscheck/timer.h"

#include <stdlib.h>

#include "base/attr.h"

void timers_fini(struct timers *timers)
{
	free(timers->heap);
	*timers = (struct timers){NULL, 0, 0};
}

static void put(struct timers *timers, size_t place, struct timer *timer)
{
	timers->heap[place] = timer;
	timer->place = place;
}

static void sift_up(struct timers *timers, struct timer *timer)
{
	size_t at = timer->place;

	while (at > 1 && timers->heap[at / 2]->due_ms > timer->due_ms) {
		put(timers, at, timers->heap[at / 2]);
		at /= 2;
	}
	put(timers, at, timer);
}

static void sift_down(struct timers *timers, struct timer *timer)
{
	size_t at = timer->place, child;

	while ((child = at * 2) <= timers->count) {
		if (child < timers->count &&
		    timers->heap[child + 1]->due_ms < timers->heap[child]->due_ms)
			child++;
		if (timers->heap[child]->due_ms >= timer->due_ms)
			break;
		put(timers, at, timers->heap[child]);
		at = child;
	}
	put(timers, at, timer);
}

void timer_set(struct timers *timers, struct timer *timer, uint64_t due_ms)
{
	timer->due_ms = due_ms;
	if (timer->place == 0) {
		if (timers->count + 1 >= timers->room) {
			timers->room = timers->room == 0 ? 64 : timers->room * 2;
			timers->heap = reallocarray(timers->heap, timers->room,
						    sizeof(*timers->heap));
			MCC_ASSERT(timers->heap != NULL);
		}
		put(timers, ++timers->count, timer);
	}
	sift_up(timers, timer);
	sift_down(timers, timer);
}

void timer_clear(struct timers *timers, struct timer *timer)
{
	size_t place = timer->place;
	struct timer *last;

	if (place == 0)
		return;
	timer->place = 0;
	last = timers->heap[timers->count--];
	if (last == timer)
		return;
	put(timers, place, last);
	sift_up(timers, last);
	sift_down(timers, last);
}

struct timer *timers_first(const struct timers *timers)
{
	return timers->count == 0 ? NULL : timers->heap[1];
}
