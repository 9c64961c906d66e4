/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Retry arithmetic, and the congestion window of a destination: one more after
 * each success, half after each failure.
 */
#include "mccd/schedule.h"

/* Behind a limit of the setting type nothing here may overflow. */
#define SECONDS_MAX ((int64_t)1 << 40)

static int64_t clamp(int64_t n, int64_t lo, int64_t hi)
{
	return n < lo ? lo : n > hi ? hi : n;
}

static int64_t minimal(const struct schedule_policy *policy)
{
	return clamp(policy->minimal_backoff, 1, SECONDS_MAX);
}

static int64_t maximal(const struct schedule_policy *policy)
{
	return clamp(policy->maximal_backoff, minimal(policy), SECONDS_MAX);
}

int64_t schedule_backoff(const struct schedule_policy *policy, unsigned attempts,
			 uint32_t random)
{
	int64_t max = maximal(policy);
	int64_t delay = minimal(policy);
	int64_t spread;

	for (unsigned i = 1; i < attempts && delay < max; i++)
		delay *= 2;
	delay = clamp(delay, 1, max);
	spread = delay / 5;
	delay +=
		spread > 0
			? (int64_t)(random % (uint32_t)clamp(spread + 1, 1, UINT32_MAX)) -
				  spread / 2
			: 0;
	return clamp(delay, 1, max + max / 10);
}

uint64_t schedule_resume(const struct schedule_policy *policy, int64_t next_try,
			 int64_t wall, uint32_t random)
{
	int64_t wait;
	int64_t spread = clamp(policy->queue_run_delay, 0, maximal(policy)) * 1000;

	if (next_try == 0)
		return 0;
	wait = clamp(next_try, -SECONDS_MAX, SECONDS_MAX) -
	       clamp(wall, -SECONDS_MAX, SECONDS_MAX);
	if (wait > 0)
		return (uint64_t)clamp(wait, 0, maximal(policy)) * 1000;
	/* One tenth of the run delay is enough not to start all at once. */
	return random % ((uint64_t)spread / 10 + 1);
}

int64_t schedule_resume_age(const struct schedule_policy *policy, int64_t age,
			    int64_t recorded, int64_t wall)
{
	int64_t since = clamp(wall, -SECONDS_MAX, SECONDS_MAX) -
			clamp(recorded, -SECONDS_MAX, SECONDS_MAX);

	return clamp(age, 0, SECONDS_MAX) + clamp(since, 0, maximal(policy));
}

bool schedule_is_expired(const struct schedule_policy *policy, int64_t age,
			 bool is_null_sender)
{
	int64_t life = is_null_sender ? policy->bounce_lifetime : policy->lifetime;

	return age >= life;
}

bool schedule_wants_warning(const struct schedule_policy *policy, int64_t age,
			    bool was_warned)
{
	return policy->delay_warning > 0 && !was_warned && age >= policy->delay_warning;
}

/* ---- windows ---- */

void schedule_window_init(struct schedule_window *window, unsigned limit)
{
	*window = (struct schedule_window){0};
	window->limit = limit > 0 ? limit : 1;
	window->size = window->limit < SCHEDULE_WINDOW_START ? window->limit
							     : SCHEDULE_WINDOW_START;
}

bool schedule_is_dead(const struct schedule_window *window, uint64_t ms)
{
	return window->dead_until > ms;
}

bool schedule_start(struct schedule_window *window, uint64_t ms)
{
	if (schedule_is_dead(window, ms) || window->in_flight >= window->size)
		return false;
	window->in_flight++;
	return true;
}

void schedule_finish(struct schedule_window *window, enum schedule_verdict verdict,
		     uint64_t ms)
{
	MCC_ASSERT(window->in_flight > 0);
	window->in_flight--;
	if (verdict == SCHEDULE_OK) {
		window->failures = 0;
		window->dead_until = 0;
		if (window->size < window->limit)
			window->size++;
		return;
	}
	window->failures++;
	window->size = window->size > 1 ? window->size / 2 : 1;
	if (window->failures >= SCHEDULE_DEAD_AFTER)
		window->dead_until = ms + SCHEDULE_DEAD_MS;
}
