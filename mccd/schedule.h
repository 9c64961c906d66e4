/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When to try what: pure arithmetic, and the windows of destinations. No clock
 * is read here; callers pass the time, so that tests can bend it.
 *
 * Two clocks: `wall` (seconds since 1970) is what survives a restart and may
 * jump; `ms` (CLOCK_BOOTTIME) never jumps and says what runs now. A jump of
 * the wall clock must neither expire the queue nor set it all due at once nor
 * stall it: from stored wall times only bounded differences are taken.
 */
#ifndef MCC_MCCD_SCHEDULE_H
#define MCC_MCCD_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* Seconds; the parameters of the same names. */
struct schedule_policy {
	int64_t minimal_backoff;
	int64_t maximal_backoff;
	int64_t queue_run_delay;
	int64_t lifetime;
	int64_t bounce_lifetime;
	int64_t delay_warning; /* 0: never */
};

/*
 * Seconds until the next attempt after `attempts` (from 1) have failed: the
 * minimal back-off, doubled each time up to the maximal one, 10 % more or less
 * by `random`; at least one second.
 */
int64_t schedule_backoff(const struct schedule_policy *policy, unsigned attempts,
			 uint32_t random);

/*
 * Milliseconds to wait for a message read back at start: until its stored next
 * try, but no more than the maximal back-off. `random` spreads what became due
 * while the daemon was down over queue_run_delay; a message that was never
 * tried (next_try 0) is due at once.
 */
uint64_t schedule_resume(const struct schedule_policy *policy, int64_t next_try,
			 int64_t wall, uint32_t random);
/*
 * Age to go on with: the recorded one and the time since, of which at most one
 * maximal back-off counts. A message is thus never expired by a jump, nor by
 * the daemon having been down, before it had its attempts.
 */
int64_t schedule_resume_age(const struct schedule_policy *policy, int64_t age,
			    int64_t recorded, int64_t wall);
/* Whether a message of that age that could not be delivered goes back. */
bool schedule_is_expired(const struct schedule_policy *policy, int64_t age,
			 bool is_null_sender);
bool schedule_wants_warning(const struct schedule_policy *policy, int64_t age,
			    bool was_warned);

/* ---- destinations ---- */

enum schedule_verdict {
	SCHEDULE_OK,	     /* the host answered, whatever it said of recipients */
	SCHEDULE_SITE_FAILED /* nothing got as far as a recipient */
};

struct schedule_window {
	unsigned in_flight;
	unsigned size;	     /* most jobs at once, now */
	unsigned limit;	     /* most ever */
	unsigned failures;   /* in a row */
	uint64_t dead_until; /* ms; 0: alive */
};

/* Starts small (SCHEDULE_WINDOW_START) where limit allows more. */
#define SCHEDULE_WINDOW_START 5
/* So many failures in a row make a destination dead for a while. */
#define SCHEDULE_DEAD_AFTER 3
#define SCHEDULE_DEAD_MS 60000

void schedule_window_init(struct schedule_window *window, unsigned limit);
bool schedule_is_dead(const struct schedule_window *window, uint64_t ms);
/* Takes a place; false: the window is full or the destination dead. */
bool schedule_start(struct schedule_window *window, uint64_t ms);
void schedule_finish(struct schedule_window *window, enum schedule_verdict verdict,
		     uint64_t ms);

#endif
