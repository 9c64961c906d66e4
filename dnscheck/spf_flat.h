/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A record whose includes are replaced by the networks they come to, split
 * over records of its own where it would be too long.
 */
#ifndef MCC_DNSCHECK_SPF_FLAT_H
#define MCC_DNSCHECK_SPF_FLAT_H

#include "dnscheck/spf_map.h"

struct spf_flat_record {
	const char *name; /* the domain, then _spf1.domain, ... */
	const char *text;
};

struct spf_flat {
	struct spf_nets nets; /* of the includes that are gone, minimal */
	struct spf_flat_record *records;
	size_t record_count;
	size_t record_room;
	unsigned lookups;    /* that the new record needs */
	unsigned selected;   /* includes that were asked for and are there */
	const char *problem; /* why there are no records, or NULL */
	bool is_uncertain;   /* because the DNS did not say */
	const char *kept;    /* includes that depend on the message: " a b", or "" */
};

/*
 * `names`: the includes to replace; none: all of them. A redirect is replaced
 * by the record it leads to when that holds one of them. Lives in the map's
 * arena.
 */
const struct spf_flat *spf_flatten(const struct spf_map *map, const char *const *names,
				   size_t name_count);

#endif
