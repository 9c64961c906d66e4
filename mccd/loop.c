/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Event loop: epoll for descriptors, a heap for timers. Watches and timers
 * live in their owners, the loop only points at them.
 *
 * A watch that is removed while a batch of events is being handed out is
 * struck from the rest of the batch: its owner may be freed by then.
 */
#include "mccd/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/status.h"

enum { LOOP_BATCH = 64 };

struct loop {
	int epoll;
	uint64_t now;
	bool is_stopped;
	struct epoll_event batch[LOOP_BATCH];
	int batch_len;
	int batch_at;
	struct timers timers;
	void (*idle)(void *arg);
	void *idle_arg;
};

#ifdef CLOCK_BOOTTIME
static const clockid_t loop_clock = CLOCK_BOOTTIME;
#else
static const clockid_t loop_clock = CLOCK_MONOTONIC;
#endif

static void read_clock(struct loop *loop)
{
	struct timespec ts;

	if (clock_gettime(loop_clock, &ts) == 0)
		loop->now = (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (loop == NULL)
		return NULL;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		free(loop);
		return NULL;
	}
	read_clock(loop);
	return loop;
}

void loop_detach(struct loop *loop)
{
	if (loop->epoll >= 0)
		close(loop->epoll);
	loop->epoll = -1;
}

void loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	loop_detach(loop);
	timers_fini(&loop->timers);
	free(loop);
}

int loop_watch(struct loop *loop, struct loop_watch *w)
{
	struct epoll_event ev = {.events = w->events, .data = {.ptr = w}};

	MCC_ASSERT(!w->is_on);
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, w->fd, &ev) != 0)
		return mcc_status_from_errno(errno);
	w->is_on = true;
	return 0;
}

void loop_watch_events(struct loop *loop, struct loop_watch *w, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data = {.ptr = w}};

	MCC_ASSERT(w->is_on);
	if (w->events == events)
		return;
	w->events = events;
	MCC_ASSERT(epoll_ctl(loop->epoll, EPOLL_CTL_MOD, w->fd, &ev) == 0);
}

void loop_unwatch(struct loop *loop, struct loop_watch *w)
{
	int i;

	if (!w->is_on)
		return;
	w->is_on = false;
	(void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, w->fd, NULL);
	for (i = loop->batch_at; i < loop->batch_len; i++)
		if (loop->batch[i].data.ptr == w)
			loop->batch[i].data.ptr = NULL;
}

void loop_timer_set(struct loop *loop, struct loop_timer *t, uint64_t ms)
{
	t->timer.owner = t;
	/* A timer that never fires would hold a session for ever. */
	MCC_ASSERT(timer_set(&loop->timers, &t->timer, loop->now + ms) == 0);
}

void loop_timer_cancel(struct loop *loop, struct loop_timer *t)
{
	timer_clear(&loop->timers, &t->timer);
}

bool loop_timer_is_on(const struct loop_timer *t)
{
	return t->timer.place != 0;
}

uint64_t loop_timer_left(const struct loop *loop, const struct loop_timer *t)
{
	return loop_timer_is_on(t) && t->timer.due_ms > loop->now
		       ? t->timer.due_ms - loop->now
		       : 0;
}

uint64_t loop_now(const struct loop *loop)
{
	return loop->now;
}

void loop_set_idle(struct loop *loop, void (*idle)(void *arg), void *arg)
{
	loop->idle = idle;
	loop->idle_arg = arg;
}

/* Timers set by a callback for "now" wait for the next turn: a callback that
 * sets itself again cannot starve the descriptors. */
static void run_timers(struct loop *loop)
{
	size_t budget = loop->timers.count;
	const struct timer *first;

	while (budget-- > 0 && (first = timers_first(&loop->timers)) != NULL &&
	       first->due_ms <= loop->now) {
		struct loop_timer *t = first->owner;

		loop_timer_cancel(loop, t);
		t->expired(t->arg);
	}
}

static int wait_ms(const struct loop *loop)
{
	const struct timer *first = timers_first(&loop->timers);
	uint64_t ms;

	if (first == NULL)
		return -1;
	if (first->due_ms <= loop->now)
		return 0;
	ms = first->due_ms - loop->now;
	return ms > 60000 ? 60000 : (int)ms;
}

static int turn(struct loop *loop)
{
	int n = epoll_wait(loop->epoll, loop->batch, LOOP_BATCH, wait_ms(loop));

	if (n < 0 && errno != EINTR)
		return mcc_status_from_errno(errno);
	read_clock(loop);
	loop->batch_len = n < 0 ? 0 : n;
	for (loop->batch_at = 0; loop->batch_at < loop->batch_len;) {
		struct epoll_event ev = loop->batch[loop->batch_at++];
		struct loop_watch *w = ev.data.ptr;

		if (w != NULL)
			w->ready(w->arg, ev.events);
	}
	loop->batch_len = 0;
	run_timers(loop);
	return 0;
}

int loop_run(struct loop *loop)
{
	loop->is_stopped = false;
	read_clock(loop);
	while (!loop->is_stopped) {
		int status;

		if (loop->idle != NULL)
			loop->idle(loop->idle_arg);
		if (loop->is_stopped)
			break;
		status = turn(loop);
		if (status < 0)
			return status;
	}
	if (loop->idle != NULL)
		loop->idle(loop->idle_arg);
	return 0;
}

void loop_stop(struct loop *loop)
{
	loop->is_stopped = true;
}
