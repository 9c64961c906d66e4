/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Proofs by NSEC (RFC 4035 5.4) and NSEC3 (RFC 5155 8). Only NSEC and NSEC3
 * records that the zone has signed are looked at.
 *
 * With NSEC the closest encloser is read off the record that covers the name;
 * with NSEC3 ldns finds it by hashing.
 */
#include "dnscheck/dnssec_denial.h"

#include <string.h>

#include "dnscheck/rr.h"

enum {
	PROOFS_MAX = 16,
	/* RFC 9276 3.2: more is treated as if the zone were not signed. */
	NSEC3_ITERATIONS = 150
};

/* Signed NSEC or NSEC3 records of the authority section. */
struct proofs {
	ldns_rr_list *nsec; /* shallow */
	ldns_rr_list *nsec3;
	bool is_costly; /* NSEC3 with too many iterations */
};

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

static bool nsec3_proves(const ldns_pkt *pkt, const struct proofs *p,
			 const struct dns_name *name, unsigned type, bool is_nxdomain)
{
	ldns_rr *rr = ldns_rr_new();
	ldns_status status;

	MCC_ASSERT(rr != NULL);
	ldns_rr_set_owner(rr, dname_of(name));
	ldns_rr_set_type(rr, (ldns_rr_type)type);
	ldns_rr_set_class(rr, LDNS_RR_CLASS_IN);
	ldns_rr_set_question(rr, true);
	status = ldns_dnssec_verify_denial_nsec3(
		rr, p->nsec3, NULL,
		is_nxdomain ? LDNS_RCODE_NXDOMAIN : LDNS_RCODE_NOERROR,
		(ldns_rr_type)type, ldns_pkt_ancount(pkt) == 0);
	ldns_rr_free(rr);
	return status == LDNS_STATUS_OK;
}

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

/* Whether the hash of the name lies in the gap of one of them. */
static const ldns_rr *nsec3_over(const struct proofs *p, const struct dns_name *name,
				 const struct dns_name *zone)
{
	const ldns_rr *found = NULL;
	struct dns_name hash;
	size_t i;

	for (i = 0; i < ldns_rr_list_rr_count(p->nsec3) && found == NULL; i++) {
		const ldns_rr *rr = ldns_rr_list_rr(p->nsec3, i);
		ldns_rdf *dname;

		if (!hashed_owner(rr, name, zone, &hash))
			continue;
		dname = dname_of(&hash);
		if (ldns_nsec_covers_name(rr, dname))
			found = rr;
		ldns_rdf_deep_free(dname);
	}
	return found;
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
		ok = nsec3_proves(pkt, &p, name, type, is_nxdomain) ||
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
		 nsec3_proves(pkt, &p, name, LDNS_RR_TYPE_DS, is_nxdomain))
		cut = is_nxdomain ? DNSSEC_CUT_NO_NAME : DNSSEC_CUT_NONE;
	proofs_fini(&p);
	return cut;
}
