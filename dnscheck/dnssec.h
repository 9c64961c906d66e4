/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DNSSEC (RFC 4035, RFC 5155) over single messages: pure functions, no
 * questions are asked. secure.c walks the chain with them.
 */
#ifndef MCC_DNSCHECK_DNSSEC_H
#define MCC_DNSCHECK_DNSSEC_H

#include <ldns/ldns.h>

#include "base/attr.h"
#include "dnscheck/name.h"
#include "dnscheck/resolver.h"

/* A zone whose keys are trusted; the list is borrowed. */
struct dnssec_zone {
	const struct dns_name *name;
	const ldns_rr_list *keys;
};

enum dnssec_cut {
	DNSSEC_CUT_SIGNED,   /* a zone of its own, with a DS record */
	DNSSEC_CUT_UNSIGNED, /* a zone of its own, provably without one */
	DNSSEC_CUT_NONE,     /* no zone begins here */
	DNSSEC_CUT_NO_NAME,  /* nothing exists here or below */
	DNSSEC_CUT_BOGUS
};

/*
 * DS and DNSKEY records of a trust anchor file. A status, with a message in
 * err; the caller frees with ldns_rr_list_deep_free().
 */
int dnssec_read_anchors(const char *path, ldns_rr_list **out_anchors, char *err,
			size_t err_size) MCC_MUST_CHECK;

/* True when the RRset is signed by the zone; *out_wildcard: its labels are
 * fewer than the owner's, a proof has to come with it (RFC 4035 5.3.4). */
bool dnssec_is_signed(const ldns_pkt *pkt, const struct dns_name *owner, unsigned type,
		      const struct dnssec_zone *zone, bool *out_wildcard);
/* The zone's DNSKEY RRset of the answer when one of `trusted` (DS or DNSKEY)
 * vouches for it; else NULL. The caller deep-frees. */
ldns_rr_list *dnssec_take_keys(const ldns_pkt *pkt, const struct dns_name *zone,
			       const ldns_rr_list *trusted);
/* False: none of the DS records has an algorithm that we know (RFC 4035 5.2). */
bool dnssec_is_supported(const ldns_rr_list *ds);
/* The DS records of an answer, cloned. */
ldns_rr_list *dnssec_ds_of(const ldns_pkt *pkt, const struct dns_name *name);
/* What the parent says about a name, from the answer to its DS question. */
enum dnssec_cut dnssec_judge_ds(const ldns_pkt *pkt, const struct dns_name *name,
				const struct dnssec_zone *parent);
/* True when the signed NSEC or NSEC3 records prove that the name (is_nxdomain)
 * or the type at the name does not exist. */
bool dnssec_proves_absence(const ldns_pkt *pkt, const struct dns_name *name,
			   unsigned type, bool is_nxdomain,
			   const struct dnssec_zone *zone);
/* True when they prove that no closer name exists than the wildcard. */
bool dnssec_proves_wildcard(const ldns_pkt *pkt, const struct dns_name *name,
			    const struct dnssec_zone *zone);

#endif
