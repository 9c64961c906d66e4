/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A master file from anybody. A refusal names a line; an accepted file answers
 * questions without records that do not belong to them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "dnscheck/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(struct zone_set *set, struct arena *arena, const char *text,
		 enum dns_type type)
{
	struct dns_answer answer;
	struct dns_name name;
	bool is_open;
	size_t i;

	if (!dns_name_parse(text, &name))
		return;
	zone_lookup(set, arena, &name, type, &answer, &is_open);
	for (i = 0; i < answer.rr_count; i++) {
		if (answer.rrs[i].type != type || answer.status != DNS_ANSWER)
			abort();
	}
	if (is_open && answer.cname == NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"",
					    "a",
					    "example.org",
					    "mail.example.org",
					    "x.y.z.example.org",
					    "*.example.org"};
	static const enum dns_type types[] = {DNS_A, DNS_MX, DNS_TXT, DNS_CNAME, DNS_DS};
	struct arena *arena = arena_new(0);
	struct zone_set *set = zone_set_new(arena);
	struct zone_file file = {.path = "z",
				 .text = {arena_memdup0(arena, data, size), size}};
	char err[256] = "";
	size_t i, j;

	if (zone_read(arena, set, &file, err, sizeof(err)) != 0) {
		if (strncmp(err, "z:", 2) != 0)
			abort();
	} else {
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			for (j = 0; j < sizeof(types) / sizeof(types[0]); j++)
				look(set, arena, names[i], types[j]);
		}
	}
	arena_free(arena);
	return 0;
}
