/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The event loop of each process of the daemon: descriptors over epoll,
 * one-shot timers, and work to be done at the end of a turn. One loop belongs
 * to one process. Callbacks may add, change and remove anything, also
 * themselves.
 */
#ifndef MCC_MCCD_LOOP_H
#define MCC_MCCD_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "base/attr.h"
#include "base/timer.h"

struct loop;

/* The caller's storage, zeroed before its first use; must not move or go away
 * while it is watched. `events` are EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR. */
struct loop_watch {
	int fd;
	uint32_t events;
	bool is_on;
	void (*ready)(void *arg, uint32_t events);
	void *arg;
};

/* The caller's storage, zeroed before its first use; freed only when off. */
struct loop_timer {
	struct timer timer; /* ms of the loop's clock */
	void (*expired)(void *arg);
	void *arg;
};

/* NULL: no descriptor left. */
struct loop *loop_new(void);
void loop_free(struct loop *loop); /* NULL is allowed; closes nothing watched */
/* In a forked process, before anything is unwatched: the kernel's set is shared
 * with the parent, and must stay as it is. The loop can only be freed then. */
void loop_detach(struct loop *loop);

/* Watches w->fd for w->events; w's members are filled by the caller. */
int loop_watch(struct loop *loop, struct loop_watch *w) MCC_MUST_CHECK;
/* Other events; no system call when they are the same. 0: only errors. */
void loop_watch_events(struct loop *loop, struct loop_watch *w, uint32_t events);
/* Before the descriptor is closed. No event of this turn arrives any more. */
void loop_unwatch(struct loop *loop, struct loop_watch *w);

/* One shot, `ms` from now; an earlier setting is replaced. */
void loop_timer_set(struct loop *loop, struct loop_timer *t, uint64_t ms);
void loop_timer_cancel(struct loop *loop, struct loop_timer *t);
bool loop_timer_is_on(const struct loop_timer *t);
/* Milliseconds until it expires; 0: it is due, or off. */
uint64_t loop_timer_left(const struct loop *loop, const struct loop_timer *t);

/* Milliseconds of CLOCK_BOOTTIME (MONOTONIC where there is none), read once a
 * turn. Deltas only: it has nothing to do with the time of day. */
uint64_t loop_now(const struct loop *loop);

/* Called at the end of every turn, before waiting; NULL: none. */
void loop_set_idle(struct loop *loop, void (*idle)(void *arg), void *arg);

/* Runs turns until loop_stop(). Status: MCC_EIO when waiting fails. */
int loop_run(struct loop *loop) MCC_MUST_CHECK;
/* The current loop_run() returns after this turn; it may be run again. */
void loop_stop(struct loop *loop);

#endif
