/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of networks against a table of 256 addresses: what is added and taken
 * away is there or not, address by address, and the minimal form is minimal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "dnscheck/spf_net.h"

static unsigned next_random(unsigned *state)
{
	*state = *state * 1103515245u + 12345u;
	return *state >> 16 & 0x7fff;
}

static bool holds(const struct spf_nets *set, unsigned last)
{
	struct spf_net one = {.prefix = 32, .address = {192, 0, 2, (uint8_t)last}};
	size_t i;

	for (i = 0; i < set->count; i++) {
		if (spf_net_covers(&set->items[i], &one))
			return true;
	}
	return false;
}

/* The fewest networks for a table: halves are joined where both are full. */
static unsigned fewest(const bool *table, unsigned from, unsigned size, bool *full)
{
	bool low, high;
	unsigned n;

	if (size == 1) {
		*full = table[from];
		return table[from] ? 1 : 0;
	}
	n = fewest(table, from, size / 2, &low);
	n += fewest(table, from + size / 2, size / 2, &high);
	*full = low && high;
	return *full ? 1 : n;
}

static void random_net(unsigned *seed, struct arena *arena, struct spf_nets *set,
		       bool *table, bool value)
{
	unsigned prefix = 26 + next_random(seed) % 7, last = next_random(seed) % 256, i;
	unsigned size = 1u << (32 - prefix), from = last & ~(size - 1);
	uint8_t address[4] = {192, 0, 2, (uint8_t)last};

	spf_nets_add(arena, set, false, address, (int)prefix);
	for (i = 0; i < size; i++)
		table[from + i] = value;
}

static void test_against_a_table(void **state)
{
	unsigned seed = 1, round, i;

	(void)state;
	for (round = 0; round < 500; round++) {
		struct arena *arena = arena_new(0);
		struct spf_nets set = {.count = 0}, holes = {.count = 0};
		bool table[256] = {false}, full;

		for (i = next_random(&seed) % 40; i > 0; i--)
			random_net(&seed, arena, &set, table, true);
		for (i = next_random(&seed) % 10; i > 0; i--)
			random_net(&seed, arena, &holes, table, false);
		spf_nets_subtract(arena, &set, &holes);
		spf_nets_minimise(&set);
		for (i = 0; i < 256; i++)
			assert_int_equal(holds(&set, i), table[i]);
		assert_int_equal(set.count, fewest(table, 0, 256, &full));
		assert_false(set.is_cut);
		arena_free(arena);
	}
}

static void test_families_and_text(void **state)
{
	struct arena *arena = arena_new(0);
	struct spf_nets set = {.count = 0};
	const uint8_t v6[16] = {0x20, 1, 0xd, 0xb8, 0xff};
	const uint8_t v4[4] = {192, 0, 2, 129};
	char text[SPF_NET_TEXT];

	(void)state;
	spf_nets_add(arena, &set, true, v6, 33);
	spf_nets_add(arena, &set, false, v4, -1);
	spf_nets_minimise(&set);
	assert_int_equal(set.count, 2);
	spf_net_format(&set.items[0], text);
	assert_string_equal(text, "192.0.2.129");
	spf_net_format(&set.items[1], text);
	assert_string_equal(text, "2001:db8:8000::/33");
	spf_nets_add_all(arena, &set);
	spf_nets_minimise(&set);
	assert_int_equal(set.count, 2);
	spf_net_format(&set.items[0], text);
	assert_string_equal(text, "0.0.0.0/0");
	spf_net_format(&set.items[1], text);
	assert_string_equal(text, "::/0");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_a_table),
		cmocka_unit_test(test_families_and_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
