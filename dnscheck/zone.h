/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Zones held in memory: filled from a master file (zone_read.c), looked up by
 * RFC 1034 4.3.2 with the wildcards of RFC 4592 (zone.c). One set may hold
 * several zones.
 */
#ifndef MCC_DNSCHECK_ZONE_H
#define MCC_DNSCHECK_ZONE_H

#include "base/str.h"
#include "dnscheck/name.h"
#include "dnscheck/resolver.h"

struct arena;
struct dns_source;
struct zone_set;

struct zone_set *zone_set_new(struct arena *arena);
/*
 * Adds a record, its strings borrowed; the same record again is dropped. NULL
 * when all is well, else what is wrong with it.
 */
const char *zone_add_rr(struct zone_set *set, const struct dns_name *owner,
			const struct dns_rr *rr);
/* RFC 6672: everything below the owner is renamed. */
void zone_add_dname(struct zone_set *set, const struct dns_name *owner,
		    const struct dns_name *target, uint32_t ttl);
/* Names at and below `apex` are this file's to speak for. */
void zone_add_apex(struct zone_set *set, const struct dns_name *apex,
		   uint32_t negative_ttl);
bool zone_has_apex(const struct zone_set *set);
/* The owner's wire name, as long-lived as the set, the same pointer each time. */
const uint8_t *zone_owner_wire(struct zone_set *set, const struct dns_name *owner);
/* Whether some zone of the set speaks for the name (wire form). */
bool zone_covers(const struct zone_set *set, const uint8_t *wire, size_t len);

struct zone_file {
	const char *path; /* for messages, and the folder of its $INCLUDEs */
	struct str text;
	const char *origin; /* or NULL */
	bool may_include;   /* $INCLUDE opens files */
};

/*
 * Reads a master file (RFC 1035 5, $TTL of RFC 2308 4) with what it includes
 * into the set. Zones are the owners of SOA records; without any, `origin`, or
 * each $ORIGIN. Status, with `PATH:LINE: message` in err.
 */
int zone_read(struct arena *arena, struct zone_set *set, const struct zone_file *file,
	      char *err, size_t err_size) MCC_MUST_CHECK;

/*
 * What the zones say; DNS_UNVERIFIED for names they do not speak for. Strings
 * are the set's or in `scratch`. `out_is_open`: see source.h.
 */
void zone_lookup(const struct zone_set *set, struct arena *scratch,
		 const struct dns_name *name, enum dns_type type, struct dns_answer *out,
		 bool *out_is_open);

#endif
