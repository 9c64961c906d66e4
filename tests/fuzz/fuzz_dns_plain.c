/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line of a master file that zone_read_plain() takes: ldns reads the same
 * owner and the same record from it.
 */
#include <ldns/ldns.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "dnscheck/rr.h"
#include "dnscheck/zone_plain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void compare(struct arena *arena, const ldns_rr *rr, const struct dns_name *owner,
		    const struct dns_rr *ours)
{
	struct dns_name name;
	struct dns_rr theirs;

	check(ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN);
	check(dns_rr_owner(rr, &name) && dns_name_equal(&name, owner));
	check(dns_rr_read(arena, rr, &theirs));
	check(theirs.type == ours->type && theirs.ttl == ours->ttl);
	check(theirs.preference == ours->preference);
	check(memcmp(theirs.address, ours->address, sizeof(ours->address)) == 0);
	check(str_eq(theirs.text, ours->text));
	check((theirs.name == NULL) == (ours->name == NULL));
	check(ours->name == NULL || strcmp(theirs.name, ours->name) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(0);
	struct dns_name origin, prev, owner;
	struct zone_context context = {&origin, &prev, 300};
	struct str line = {arena_memdup0(arena, data, size), size};
	struct dns_rr ours;
	ldns_rdf *ldns_origin, *ldns_prev;
	ldns_rr *rr = NULL;
	struct strbuf turned;

	/* What zone_read() leaves in a logical line. */
	if (memchr(data, '\0', size) != NULL || memchr(data, '\n', size) != NULL ||
	    memchr(data, '\r', size) != NULL || memchr(data, ';', size) != NULL ||
	    memchr(data, '(', size) != NULL || memchr(data, ')', size) != NULL ||
	    size == 0 || data[0] == '$') {
		arena_free(arena);
		return 0;
	}
	check(dns_name_parse("o.test", &origin) && dns_name_parse("p.o.test", &prev));
	if (zone_read_plain(arena, &context, line, &owner, &ours)) {
		ldns_origin = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, origin.len,
						    origin.wire);
		ldns_prev =
			ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, prev.len, prev.wire);
		strbuf_init(&turned, 1 << 20);
		if (zone_turn_class(line, &turned))
			line = strbuf_view(&turned);
		check(ldns_rr_new_frm_str(&rr, line.ptr, context.ttl, ldns_origin,
					  &ldns_prev) == LDNS_STATUS_OK);
		compare(arena, rr, &owner, &ours);
		ldns_rr_free(rr);
		ldns_rdf_deep_free(ldns_origin);
		ldns_rdf_deep_free(ldns_prev);
		strbuf_fini(&turned);
	}
	arena_free(arena);
	return 0;
}
