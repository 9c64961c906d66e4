/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A recording from anybody. A refusal names a line; an accepted one is a
 * resolver that answers everything, whatever its chains say.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "dnscheck/record.h"
#include "dnscheck/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count(const struct dns_answer *answer, void *arg)
{
	unsigned *calls = arg;
	struct dns_name name;
	size_t i;

	++*calls;
	for (i = 0; i < answer->rr_count; i++) {
		if (answer->rrs[i].type != answer->qtype)
			abort();
		if (answer->rrs[i].name != NULL &&
		    !dns_name_parse(answer->rrs[i].name, &name))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"a.test", "b.test", "c.test", ""};
	struct arena *arena = arena_new(0);
	struct str text = {arena_memdup0(arena, data, size), size};
	char err[256] = "";
	struct dns_source *source = replay_new(text, err, sizeof(err));
	struct resolver *r;
	unsigned calls = 0;
	size_t i;

	if (source == NULL) {
		if (err[0] < '1' || err[0] > '9')
			abort();
	} else {
		r = resolver_new(source, NULL);
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			dns_ask(r, names[i], DNS_A, count, &calls);
			dns_ask(r, names[i], DNS_TXT, count, &calls);
			dns_ask(r, names[i], DNS_MX, count, &calls);
		}
		dns_wait_all(r);
		if (calls != 3 * sizeof(names) / sizeof(names[0]))
			abort();
		resolver_close(r);
	}
	arena_free(arena);
	return 0;
}
