/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Binary heap of timers. Invariant: heap[t->place] == t for every set timer,
 * and no timer is due before its parent.
 */
#include "base/timer.h"

#include <stdlib.h>

#include "base/status.h"

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

static int make_room(struct timers *timers)
{
	size_t room = timers->room == 0 ? 64 : timers->room * 2;
	struct timer **heap;

	if (timers->count + 1 < timers->room)
		return 0;
	heap = reallocarray(timers->heap, room, sizeof(struct timer *));
	if (heap == NULL)
		return MCC_ENOMEM;
	timers->heap = heap;
	timers->room = room;
	return 0;
}

int timer_set(struct timers *timers, struct timer *timer, uint64_t due_ms)
{
	if (timer->place == 0) {
		int status = make_room(timers);

		if (status != 0)
			return status;
		put(timers, ++timers->count, timer);
	}
	timer->due_ms = due_ms;
	sift_up(timers, timer);
	sift_down(timers, timer);
	return 0;
}

void timer_clear(struct timers *timers, struct timer *timer)
{
	size_t place = timer->place;
	struct timer *last;

	if (place == 0)
		return;
	MCC_ASSERT(place <= timers->count && timers->heap[place] == timer);
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
