/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The retry schedule against a bent clock: back-off and its bounds, restarts
 * with jumps of hours and years, windows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mccd/schedule.h"

#define HOUR 3600
#define YEAR (365 * 86400LL)

static const struct schedule_policy policy = {
	.minimal_backoff = 300,
	.maximal_backoff = 4000,
	.queue_run_delay = 300,
	.lifetime = 432000,
	.bounce_lifetime = 86400,
	.delay_warning = 4 * HOUR,
};

static void test_backoff_doubles(void **state)
{
	static const int64_t want[] = {300, 600, 1200, 2400, 4000, 4000};

	(void)state;
	for (unsigned n = 0; n < 6; n++) {
		for (uint32_t random = 0; random < 5000; random += 7) {
			int64_t got = schedule_backoff(&policy, n + 1, random);

			assert_true(got >= want[n] - want[n] / 10);
			assert_true(got <= want[n] + want[n] / 10);
		}
	}
	assert_true(schedule_backoff(&policy, 4000000000u, 0) >= 3600);
}

static void test_backoff_spreads(void **state)
{
	int64_t lo = INT64_MAX;
	int64_t hi = 0;

	(void)state;
	for (uint32_t random = 0; random < 1000; random++) {
		int64_t got = schedule_backoff(&policy, 1, random);

		lo = got < lo ? got : lo;
		hi = got > hi ? got : hi;
	}
	assert_int_equal(lo, 270);
	assert_int_equal(hi, 330);
}

static void test_backoff_odd_settings(void **state)
{
	struct schedule_policy odd = {0};

	(void)state;
	assert_int_equal(schedule_backoff(&odd, 1, 5), 1);
	assert_int_equal(schedule_backoff(&odd, 9, 5), 1);
	odd.minimal_backoff = 100;
	odd.maximal_backoff = 10; /* below the minimum: the minimum holds */
	assert_in_range(schedule_backoff(&odd, 3, 0), 90, 110);
	odd.minimal_backoff = INT64_MAX;
	odd.maximal_backoff = INT64_MAX;
	assert_true(schedule_backoff(&odd, 60, UINT32_MAX) > 0);
}

static void test_resume_waits(void **state)
{
	(void)state;
	/* Never tried: at once. */
	assert_int_equal(schedule_resume(&policy, 0, 1000000, 77), 0);
	/* 200 s are left. */
	assert_int_equal(schedule_resume(&policy, 1000200, 1000000, 77), 200000);
	/* Due in the past: within a tenth of queue_run_delay. */
	assert_true(schedule_resume(&policy, 999000, 1000000, 123456789) <= 30000);
}

static void test_resume_survives_jumps(void **state)
{
	static const int64_t jumps[] = {-HOUR,	   HOUR,	  -10 * YEAR,
					10 * YEAR, INT64_MIN / 4, INT64_MAX / 4};

	(void)state;
	for (size_t i = 0; i < array_len(jumps); i++) {
		int64_t wall = 1700000000 + jumps[i];

		assert_true(schedule_resume(&policy, 1700000300, wall, 9) <= 4000000);
		assert_true(schedule_resume_age(&policy, 1000, 1700000000, wall) <= 5000);
		assert_true(schedule_resume_age(&policy, 1000, 1700000000, wall) >= 1000);
		assert_false(schedule_is_expired(
			&policy, schedule_resume_age(&policy, 1000, 1700000000, wall),
			false));
	}
}

static void test_expiry(void **state)
{
	(void)state;
	assert_false(schedule_is_expired(&policy, 431999, false));
	assert_true(schedule_is_expired(&policy, 432000, false));
	assert_false(schedule_is_expired(&policy, 86399, true));
	assert_true(schedule_is_expired(&policy, 86400, true));
}

static void test_warning(void **state)
{
	struct schedule_policy silent = policy;

	(void)state;
	assert_false(schedule_wants_warning(&policy, 4 * HOUR - 1, false));
	assert_true(schedule_wants_warning(&policy, 4 * HOUR, false));
	assert_false(schedule_wants_warning(&policy, 4 * HOUR, true));
	silent.delay_warning = 0;
	assert_false(schedule_wants_warning(&silent, 40 * HOUR, false));
}

static void test_window(void **state)
{
	struct schedule_window w;
	uint64_t now = 1000;

	(void)state;
	schedule_window_init(&w, 20);
	for (unsigned i = 0; i < SCHEDULE_WINDOW_START; i++)
		assert_true(schedule_start(&w, now));
	assert_false(schedule_start(&w, now));
	schedule_finish(&w, SCHEDULE_OK, now);
	assert_int_equal(w.size, SCHEDULE_WINDOW_START + 1);
	assert_true(schedule_start(&w, now));
	assert_true(schedule_start(&w, now));
	assert_false(schedule_start(&w, now));
	schedule_finish(&w, SCHEDULE_SITE_FAILED, now);
	assert_int_equal(w.size, 3);
	assert_false(schedule_start(&w, now));
	for (unsigned i = 0; i < 40; i++) {
		if (schedule_start(&w, now))
			continue;
		schedule_finish(&w, SCHEDULE_OK, now);
	}
	assert_true(w.size <= 20);
}

static void test_window_dies_and_returns(void **state)
{
	struct schedule_window w;

	(void)state;
	schedule_window_init(&w, 2);
	for (unsigned i = 0; i < SCHEDULE_DEAD_AFTER; i++) {
		assert_true(schedule_start(&w, 5));
		schedule_finish(&w, SCHEDULE_SITE_FAILED, 5);
	}
	assert_true(schedule_is_dead(&w, 5 + SCHEDULE_DEAD_MS - 1));
	assert_false(schedule_start(&w, 5 + SCHEDULE_DEAD_MS - 1));
	assert_true(schedule_start(&w, 5 + SCHEDULE_DEAD_MS));
	schedule_finish(&w, SCHEDULE_OK, 5 + SCHEDULE_DEAD_MS);
	assert_false(schedule_is_dead(&w, 5 + SCHEDULE_DEAD_MS));
	assert_int_equal(w.in_flight, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_backoff_doubles),
		cmocka_unit_test(test_backoff_spreads),
		cmocka_unit_test(test_backoff_odd_settings),
		cmocka_unit_test(test_resume_waits),
		cmocka_unit_test(test_resume_survives_jumps),
		cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_warning),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_window_dies_and_returns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
