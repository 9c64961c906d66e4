/* SPDX-License-Identifier: BSD-2-Clause */
/* The heap against the obvious: the smallest of all that are set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/timer.h"

enum { COUNT = 300, ROUNDS = 20000 };

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static uint64_t smallest(const struct timer *all)
{
	uint64_t best = UINT64_MAX;
	size_t i;

	for (i = 0; i < COUNT; i++) {
		if (all[i].place != 0 && all[i].due_ms < best)
			best = all[i].due_ms;
	}
	return best;
}

static void test_against_scan(void **state)
{
	static struct timer all[COUNT];
	struct timers timers = {NULL, 0, 0};
	uint32_t seed = 7;
	struct timer *first;
	int round;

	(void)state;
	assert_null(timers_first(&timers));
	for (round = 0; round < ROUNDS; round++) {
		struct timer *t = &all[next_random(&seed) % COUNT];

		if (next_random(&seed) % 3 == 0)
			timer_clear(&timers, t);
		else
			assert_int_equal(timer_set(&timers, t, next_random(&seed) % 1000),
					 0);
		first = timers_first(&timers);
		assert_int_equal(first == NULL ? UINT64_MAX : first->due_ms,
				 smallest(all));
	}
	while ((first = timers_first(&timers)) != NULL) {
		timer_clear(&timers, first);
		timer_clear(&timers, first); /* twice is nothing */
	}
	assert_int_equal(smallest(all), UINT64_MAX);
	timers_fini(&timers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_scan)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
