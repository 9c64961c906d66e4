/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Proofs by NSEC (RFC 4035 5.4) and NSEC3 (RFC 5155 8). Only NSEC and NSEC3
 * records that the zone has signed are looked at.
 *
 * With NSEC the closest encloser is read off the record that covers the name;
 * with NSEC3 it is found by hashing the ancestors, at most 150 times over each.
 */
#include "dnscheck/dnssec_denial.h"

#include <string.h>

#include "dnscheck/rr.h"

enum {
	PROOFS_MAX = 16,
	SHA1_LEN = 20,
	HASH_LABEL = 32, /* of it, in base32hex (RFC 5155 3.3) */
	/* RFC 9276 3.2: more is treated as if the zone were not signed. */
	NSEC3_ITERATIONS = 150
};

/* Signed NSEC or NSEC3 records of the authority section. */
struct proofs {
	ldns_rr_list *nsec; /* shallow */
	ldns_rr_list *nsec3;
	bool is_costly; /* NSEC3 with too many iterations */
};

/* An empty non-terminal has no types: its record comes without a bitmap. */
static bool is_known_nsec3(const ldns_rr *rr)
{
	const ldns_rdf *next = ldns_rr_rd_count(rr) >= 5 ? ldns_rr_rdf(rr, 4) : NULL;
	struct dns_name owner;

	return next != NULL && ldns_rdf_size(next) == SHA1_LEN + 1 &&
	       ldns_rdf_data(next)[0] == SHA1_LEN && dns_rr_owner(rr, &owner) &&
	       owner.wire[0] == HASH_LABEL && ldns_nsec3_algorithm(rr) == LDNS_SHA1 &&
	       (ldns_nsec3_flags(rr) & ~LDNS_NSEC3_VARS_OPTOUT_MASK) == 0;
}

static void proofs_init(struct proofs *p, const ldns_pkt *pkt,
			const struct dnssec_zone *zone)
{
	const ldns_rr_list *section = ldns_pkt_authority(pkt);
	size_t count = ldns_rr_list_rr_count(section), i;
	struct dns_name owner;
	bool wildcard;

	*p = (struct proofs){ldns_rr_list_new(), ldns_rr_list_new(), false};
	MCC_ASSERT(p->nsec != NULL && p->nsec3 != NULL);
	for (i = 0; i < count && i < 4 * PROOFS_MAX; i++) {
		ldns_rr *rr = ldns_rr_list_rr(section, i);
		ldns_rr_type type = ldns_rr_get_type(rr);

		if ((type != LDNS_RR_TYPE_NSEC && type != LDNS_RR_TYPE_NSEC3) ||
		    !dns_rr_owner(rr, &owner) ||
		    !dnssec_is_signed_in(section, &owner, type, zone, &wildcard) ||
		    wildcard)
			continue;
		/* RFC 5155 8.1, 8.2: such records are as if they were not there. */
		if (type == LDNS_RR_TYPE_NSEC3 && !is_known_nsec3(rr))
			continue;
		if (type == LDNS_RR_TYPE_NSEC3 &&
		    ldns_nsec3_iterations(rr) > NSEC3_ITERATIONS)
			p->is_costly = true;
		else if (ldns_rr_list_rr_count(p->nsec) +
				 ldns_rr_list_rr_count(p->nsec3) <
			 PROOFS_MAX)
			ldns_rr_list_push_rr(
				type == LDNS_RR_TYPE_NSEC ? p->nsec : p->nsec3, rr);
	}
}

static void proofs_fini(struct proofs *p)
{
	ldns_rr_list_free(p->nsec);
	ldns_rr_list_free(p->nsec3);
}

static bool has_type(const ldns_rr *rr, unsigned type)
{
	const ldns_rdf *bitmap = ldns_nsec_get_bitmap(rr);

	return bitmap != NULL && ldns_nsec_bitmap_covers_type(bitmap, (ldns_rr_type)type);
}

static ldns_rdf *dname_of(const struct dns_name *name)
{
	ldns_rdf *rdf = ldns_dname_new_frm_data(name->len, name->wire);

	MCC_ASSERT(rdf != NULL);
	return rdf;
}

/* --- NSEC ----------------------------------------------------------------- */

/* The record at the name, or NULL. */
static const ldns_rr *nsec_at(const struct proofs *p, const struct dns_name *name)
{
	struct dns_name owner;
	size_t i;

	for (i = 0; i < ldns_rr_list_rr_count(p->nsec); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(p->nsec, i);

		if (dns_rr_owner(rr, &owner) && dns_name_equal(&owner, name))
			return rr;
	}
	return NULL;
}

/*
 * The record in whose gap the name lies, or NULL. One at a delegation (NS
 * without SOA) or DNAME above the name says nothing about what is below it
 * (RFC 6840 4.1).
 */
static const ldns_rr *nsec_over(const struct proofs *p, const struct dns_name *name)
{
	ldns_rdf *dname = dname_of(name);
	const ldns_rr *found = NULL;
	struct dns_name owner;
	size_t i;

	for (i = 0; i < ldns_rr_list_rr_count(p->nsec) && found == NULL; i++) {
		const ldns_rr *rr = ldns_rr_list_rr(p->nsec, i);

		if (!dns_rr_owner(rr, &owner) || dns_name_equal(&owner, name) ||
		    !ldns_nsec_covers_name(rr, dname))
			continue;
		if (dns_name_is_under(name, &owner) &&
		    ((has_type(rr, LDNS_RR_TYPE_NS) && !has_type(rr, LDNS_RR_TYPE_SOA)) ||
		     has_type(rr, LDNS_RR_TYPE_DNAME)))
			continue;
		found = rr;
	}
	ldns_rdf_deep_free(dname);
	return found;
}

/* The longest existing ancestor that the covering record shows. */
static struct dns_name encloser_of(const ldns_rr *nsec, const struct dns_name *name)
{
	struct dns_name owner, next, at = *name, up;

	if (!dns_rr_owner(nsec, &owner) || !dns_rr_name(nsec, 0, &next))
		return at;
	while (dns_name_parent(&at, &up)) {
		at = up;
		if (dns_name_is_under(&owner, &at) || dns_name_is_under(&next, &at))
			break;
	}
	return at;
}

static bool wildcard_below(const struct dns_name *encloser, struct dns_name *out)
{
	if (encloser->len + 2 > DNS_NAME_WIRE)
		return false;
	out->len = (uint8_t)(encloser->len + 2);
	out->wire[0] = 1;
	out->wire[1] = '*';
	memcpy(out->wire + 2, encloser->wire, encloser->len);
	return true;
}

static bool lacks(const ldns_rr *nsec, unsigned type)
{
	return !has_type(nsec, type) && !has_type(nsec, LDNS_RR_TYPE_CNAME);
}

static bool nsec_proves(const struct proofs *p, const struct dns_name *name,
			unsigned type, bool is_nxdomain)
{
	const ldns_rr *at = nsec_at(p, name), *over, *wild;
	struct dns_name encloser, wildcard, next;

	if (at != NULL)
		return !is_nxdomain && lacks(at, type);
	over = nsec_over(p, name);
	if (over == NULL)
		return false;
	/* Something below the name exists, so the name does, empty. */
	if (dns_rr_name(over, 0, &next) && dns_name_is_under(&next, name))
		return !is_nxdomain;
	encloser = encloser_of(over, name);
	if (!wildcard_below(&encloser, &wildcard))
		return true;
	wild = nsec_at(p, &wildcard);
	if (wild != NULL)
		return !is_nxdomain && lacks(wild, type);
	return is_nxdomain && nsec_over(p, &wildcard) != NULL;
}

/* --- NSEC3 ---------------------------------------------------------------- */

/* The hash of a name as the record's owner has it; false: cannot be made. */
static bool hashed_owner(const ldns_rr *nsec3, const struct dns_name *name,
			 const struct dns_name *zone, struct dns_name *out)
{
	ldns_rdf *dname = dname_of(name), *apex = dname_of(zone), *hash;
	bool ok = false;

	hash = ldns_nsec3_hash_name_frm_nsec3(nsec3, dname);
	if (hash != NULL && ldns_dname_cat(hash, apex) == LDNS_STATUS_OK)
		ok = dns_name_of_wire(ldns_rdf_data(hash), ldns_rdf_size(hash), out);
	ldns_rdf_deep_free(hash);
	ldns_rdf_deep_free(apex);
	ldns_rdf_deep_free(dname);
	return ok;
}

static const ldns_rr *nsec3_at(const struct proofs *p, const struct dns_name *name,
			       const struct dns_name *zone)
{
	struct dns_name owner, hash;
	size_t i;

	for (i = 0; i < ldns_rr_list_rr_count(p->nsec3); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(p->nsec3, i);

		if (dns_rr_owner(rr, &owner) && hashed_owner(rr, name, zone, &hash) &&
		    dns_name_equal(&owner, &hash))
			return rr;
	}
	return NULL;
}

/* Hashes compare as their labels do (RFC 5155 1.3); the last gap goes round. */
static bool is_in_gap(const ldns_rr *nsec3, const struct dns_name *hash)
{
	const uint8_t *label = hash->wire + 1;
	struct dns_name owner;
	char next[HASH_LABEL + 1];
	int from, to;

	if (!dns_rr_owner(nsec3, &owner) || owner.len != hash->len ||
	    ldns_b32_ntop_extended_hex(ldns_rdf_data(ldns_rr_rdf(nsec3, 4)) + 1, SHA1_LEN,
				       next, sizeof(next)) != HASH_LABEL)
		return false;
	from = memcmp(owner.wire + 1, label, HASH_LABEL);
	to = memcmp(label, next, HASH_LABEL);
	if (memcmp(owner.wire + 1, next, HASH_LABEL) < 0)
		return from < 0 && to < 0;
	return from != 0 && (from < 0 || to < 0);
}

/* The record in whose gap the hash of the name lies, or NULL. */
static const ldns_rr *nsec3_over(const struct proofs *p, const struct dns_name *name,
				 const struct dns_name *zone)
{
	struct dns_name hash;
	size_t i;

	for (i = 0; i < ldns_rr_list_rr_count(p->nsec3); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(p->nsec3, i);

		if (hashed_owner(rr, name, zone, &hash) && is_in_gap(rr, &hash))
			return rr;
	}
	return NULL;
}

/*
 * RFC 5155 8.3: the longest ancestor that exists, by the record that matches its
 * hash, with the gap in which the name one label longer lies. An ancestor at a
 * delegation or DNAME says nothing about what is below it. False: no proof.
 */
static bool nsec3_encloser(const struct proofs *p, const struct dns_name *name,
			   const struct dns_name *zone, struct dns_name *out)
{
	struct dns_name at = *name, up;
	const ldns_rr *match;

	while (!dns_name_equal(&at, zone) && dns_name_parent(&at, &up) &&
	       dns_name_is_under(&up, zone)) {
		match = nsec3_at(p, &up, zone);
		if (match != NULL) {
			*out = up;
			return !(has_type(match, LDNS_RR_TYPE_NS) &&
				 !has_type(match, LDNS_RR_TYPE_SOA)) &&
			       !has_type(match, LDNS_RR_TYPE_DNAME) &&
			       nsec3_over(p, &at, zone) != NULL;
		}
		at = up;
	}
	return false;
}

/* RFC 5155 8.4 to 8.7, without the opt-out of 8.6. ldns has a function for it,
 * which leaks and which records of an unknown hash make abort. */
static bool nsec3_proves(const struct proofs *p, const struct dns_name *name,
			 unsigned type, bool is_nxdomain, const struct dns_name *zone)
{
	const ldns_rr *at = nsec3_at(p, name, zone), *wild;
	struct dns_name encloser, wildcard;

	if (at != NULL)
		return !is_nxdomain && lacks(at, type);
	if (!nsec3_encloser(p, name, zone, &encloser))
		return false;
	if (!wildcard_below(&encloser, &wildcard))
		return is_nxdomain;
	wild = nsec3_at(p, &wildcard, zone);
	if (wild != NULL)
		return !is_nxdomain && lacks(wild, type);
	return is_nxdomain && nsec3_over(p, &wildcard, zone) != NULL;
}

/* An opt-out gap over the name or the next closer one: unsigned delegations
 * may hide in it (RFC 5155 8.9). */
static bool is_opted_out(const struct proofs *p, const struct dns_name *name,
			 const struct dns_name *zone)
{
	struct dns_name at = *name, up;
	const ldns_rr *over;

	while (dns_name_is_under(&at, zone) && !dns_name_equal(&at, zone)) {
		over = nsec3_over(p, &at, zone);
		if (!dns_name_parent(&at, &up))
			break;
		if (over != NULL && ldns_nsec3_optout(over) &&
		    (nsec3_at(p, &up, zone) != NULL || dns_name_equal(&up, zone)))
			return true;
		at = up;
	}
	return false;
}

/* --- the questions -------------------------------------------------------- */

bool dnssec_proves_absence(const ldns_pkt *pkt, const struct dns_name *name,
			   unsigned type, bool is_nxdomain,
			   const struct dnssec_zone *zone)
{
	struct proofs p;
	bool ok;

	proofs_init(&p, pkt, zone);
	if (ldns_rr_list_rr_count(p.nsec) != 0)
		ok = nsec_proves(&p, name, type, is_nxdomain);
	else if (ldns_rr_list_rr_count(p.nsec3) != 0)
		ok = nsec3_proves(&p, name, type, is_nxdomain, zone->name) ||
		     is_opted_out(&p, name, zone->name);
	else
		ok = p.is_costly;
	proofs_fini(&p);
	return ok;
}

bool dnssec_proves_wildcard(const ldns_pkt *pkt, const struct dns_name *name,
			    const struct dnssec_zone *zone)
{
	struct dns_name at = *name, up;
	struct proofs p;
	bool ok;

	proofs_init(&p, pkt, zone);
	ok = nsec_over(&p, name) != NULL || p.is_costly;
	/* NSEC3: the next closer name, one label below what exists. */
	while (!ok && dns_name_is_under(&at, zone->name) &&
	       !dns_name_equal(&at, zone->name)) {
		ok = nsec3_over(&p, &at, zone->name) != NULL;
		if (!dns_name_parent(&at, &up))
			break;
		at = up;
	}
	proofs_fini(&p);
	return ok;
}

static enum dnssec_cut judge_bitmap(const ldns_rr *at)
{
	if (has_type(at, LDNS_RR_TYPE_DS) || has_type(at, LDNS_RR_TYPE_SOA))
		return DNSSEC_CUT_BOGUS;
	return has_type(at, LDNS_RR_TYPE_NS) ? DNSSEC_CUT_UNSIGNED : DNSSEC_CUT_NONE;
}

enum dnssec_cut dnssec_judge_no_ds(const ldns_pkt *pkt, const struct dns_name *name,
				   bool is_nxdomain, const struct dnssec_zone *parent)
{
	enum dnssec_cut cut = DNSSEC_CUT_BOGUS;
	const ldns_rr *at;
	struct proofs p;

	proofs_init(&p, pkt, parent);
	at = nsec_at(&p, name);
	if (at == NULL)
		at = nsec3_at(&p, name, parent->name);
	if (p.is_costly)
		cut = DNSSEC_CUT_UNSIGNED;
	else if (at != NULL)
		cut = judge_bitmap(at);
	else if (ldns_rr_list_rr_count(p.nsec) != 0 &&
		 nsec_proves(&p, name, LDNS_RR_TYPE_DS, is_nxdomain))
		cut = is_nxdomain ? DNSSEC_CUT_NO_NAME : DNSSEC_CUT_NONE;
	else if (ldns_rr_list_rr_count(p.nsec3) != 0 &&
		 is_opted_out(&p, name, parent->name))
		cut = DNSSEC_CUT_UNSIGNED;
	else if (ldns_rr_list_rr_count(p.nsec3) != 0 &&
		 nsec3_proves(&p, name, LDNS_RR_TYPE_DS, is_nxdomain, parent->name))
		cut = is_nxdomain ? DNSSEC_CUT_NO_NAME : DNSSEC_CUT_NONE;
	proofs_fini(&p);
	return cut;
}
