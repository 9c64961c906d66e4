/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signatures, keys and the DS records between zones. The arithmetic is ldns's;
 * which records may vouch for which is decided here: a signature counts only
 * when its signer is the zone and the owner lies in the zone.
 *
 * Lists from pick() are shallow: they borrow records of the packet.
 */
#include "dnscheck/dnssec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/status.h"
#include "dnscheck/dnssec_denial.h"
#include "dnscheck/rr.h"

enum {
	ANCHORS_MAX = 1000,
	/* Signatures tried for one RRset, keys of one zone: more are an attack
	 * on the processor (CVE-2023-50387). */
	SIGNATURES_MAX = 8,
	KEYS_MAX = 32
};

static bool is_owned_by(const ldns_rr *rr, const struct dns_name *owner)
{
	struct dns_name name;

	return dns_rr_owner(rr, &name) && dns_name_equal(&name, owner);
}

ldns_rr_list *dnssec_pick(const ldns_rr_list *section, const struct dns_name *owner,
			  unsigned type)
{
	ldns_rr_list *list = ldns_rr_list_new();
	size_t i;

	MCC_ASSERT(list != NULL);
	for (i = 0; i < ldns_rr_list_rr_count(section); i++) {
		ldns_rr *rr = ldns_rr_list_rr(section, i);

		if ((unsigned)ldns_rr_get_type(rr) == type && is_owned_by(rr, owner))
			ldns_rr_list_push_rr(list, rr);
	}
	return list;
}

/* The signatures of the zone over owner and type. */
static ldns_rr_list *pick_signatures(const ldns_rr_list *section,
				     const struct dns_name *owner, unsigned type,
				     const struct dns_name *zone)
{
	ldns_rr_list *all = dnssec_pick(section, owner, LDNS_RR_TYPE_RRSIG);
	ldns_rr_list *list = ldns_rr_list_new();
	struct dns_name signer;
	size_t i;

	MCC_ASSERT(list != NULL);
	for (i = 0; i < ldns_rr_list_rr_count(all); i++) {
		ldns_rr *rr = ldns_rr_list_rr(all, i);

		if (ldns_rr_rd_count(rr) == 9 && ldns_rr_rrsig_typecovered(rr) != NULL &&
		    (unsigned)ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(rr)) == type &&
		    dns_rr_name(rr, 7, &signer) && dns_name_equal(&signer, zone) &&
		    ldns_rr_list_rr_count(list) < SIGNATURES_MAX)
			ldns_rr_list_push_rr(list, rr);
	}
	ldns_rr_list_free(all);
	return list;
}

static bool verify(const ldns_rr_list *rrset, const ldns_rr_list *signatures,
		   const ldns_rr_list *keys)
{
	ldns_rr_list *good = ldns_rr_list_new();
	bool ok;

	MCC_ASSERT(good != NULL);
	ok = ldns_rr_list_rr_count(rrset) != 0 &&
	     ldns_rr_list_rr_count(signatures) != 0 && ldns_rr_list_rr_count(keys) != 0 &&
	     ldns_verify_time(rrset, signatures, keys, time(NULL), good) ==
		     LDNS_STATUS_OK;
	ldns_rr_list_free(good);
	return ok;
}

/* Labels without the root and without a leading "*". */
static unsigned label_count(const struct dns_name *name)
{
	unsigned labels = dns_name_labels(name);

	return name->len > 2 && name->wire[0] == 1 && name->wire[1] == '*' ? labels - 1
									   : labels;
}

static bool has_fewer_labels(const ldns_rr_list *signatures, unsigned labels)
{
	size_t i;

	for (i = 0; i < ldns_rr_list_rr_count(signatures); i++) {
		const ldns_rdf *rdf =
			ldns_rr_rrsig_labels(ldns_rr_list_rr(signatures, i));

		if (rdf != NULL && ldns_rdf2native_int8(rdf) < labels)
			return true;
	}
	return false;
}

bool dnssec_is_signed_in(const ldns_rr_list *section, const struct dns_name *owner,
			 unsigned type, const struct dnssec_zone *zone,
			 bool *out_wildcard)
{
	ldns_rr_list *rrset = dnssec_pick(section, owner, type);
	ldns_rr_list *signatures = pick_signatures(section, owner, type, zone->name);
	bool ok = dns_name_is_under(owner, zone->name) &&
		  verify(rrset, signatures, zone->keys);

	*out_wildcard = has_fewer_labels(signatures, label_count(owner));
	ldns_rr_list_free(rrset);
	ldns_rr_list_free(signatures);
	return ok;
}

bool dnssec_is_signed(const ldns_pkt *pkt, const struct dns_name *owner, unsigned type,
		      const struct dnssec_zone *zone, bool *out_wildcard)
{
	return dnssec_is_signed_in(ldns_pkt_answer(pkt), owner, type, zone, out_wildcard);
}

/* --- keys ----------------------------------------------------------------- */

static bool is_trusted(const ldns_rr *key, const ldns_rr_list *trusted)
{
	size_t i;

	for (i = 0; i < ldns_rr_list_rr_count(trusted); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(trusted, i);

		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_DS
			    ? ldns_rr_compare_ds(key, rr)
			    : ldns_rr_compare_no_rdata(key, rr) == 0 &&
				      ldns_rr_compare(key, rr) == 0)
			return true;
	}
	return false;
}

ldns_rr_list *dnssec_take_keys(const ldns_pkt *pkt, const struct dns_name *zone,
			       const ldns_rr_list *trusted)
{
	const ldns_rr_list *section = ldns_pkt_answer(pkt);
	ldns_rr_list *keys = dnssec_pick(section, zone, LDNS_RR_TYPE_DNSKEY);
	ldns_rr_list *signatures =
		pick_signatures(section, zone, LDNS_RR_TYPE_DNSKEY, zone);
	ldns_rr_list *vouched = ldns_rr_list_new(), *taken = NULL;
	size_t count = ldns_rr_list_rr_count(keys), i;

	MCC_ASSERT(vouched != NULL);
	for (i = 0; i < count && count <= KEYS_MAX; i++) {
		if (is_trusted(ldns_rr_list_rr(keys, i), trusted))
			ldns_rr_list_push_rr(vouched, ldns_rr_list_rr(keys, i));
	}
	if (verify(keys, signatures, vouched))
		taken = ldns_rr_list_clone(keys);
	ldns_rr_list_free(vouched);
	ldns_rr_list_free(signatures);
	ldns_rr_list_free(keys);
	return taken;
}

ldns_rr_list *dnssec_ds_of(const ldns_pkt *pkt, const struct dns_name *name)
{
	ldns_rr_list *list = dnssec_pick(ldns_pkt_answer(pkt), name, LDNS_RR_TYPE_DS);
	ldns_rr_list *copy = ldns_rr_list_clone(list);

	MCC_ASSERT(copy != NULL);
	ldns_rr_list_free(list);
	return copy;
}

bool dnssec_is_supported(const ldns_rr_list *ds)
{
	size_t i;

	for (i = 0; i < ldns_rr_list_rr_count(ds); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(ds, i);
		unsigned algorithm, digest;

		if (ldns_rr_rd_count(rr) != 4)
			continue;
		algorithm = ldns_rdf2native_int8(ldns_rr_rdf(rr, 1));
		digest = ldns_rdf2native_int8(ldns_rr_rdf(rr, 2));
		if (ldns_key_algo_supported((int)algorithm) &&
		    (digest == LDNS_SHA1 || digest == LDNS_SHA256 ||
		     digest == LDNS_SHA384))
			return true;
	}
	return false;
}

enum dnssec_cut dnssec_judge_ds(const ldns_pkt *pkt, const struct dns_name *name,
				const struct dnssec_zone *parent)
{
	const ldns_rr_list *answer = ldns_pkt_answer(pkt);
	bool is_nxdomain = ldns_pkt_get_rcode(pkt) == LDNS_RCODE_NXDOMAIN;
	bool wildcard;

	if (dnssec_is_signed_in(answer, name, LDNS_RR_TYPE_DS, parent, &wildcard))
		return wildcard ? DNSSEC_CUT_BOGUS : DNSSEC_CUT_SIGNED;
	/* An alias has no zone of its own. */
	if (dnssec_is_signed_in(answer, name, LDNS_RR_TYPE_CNAME, parent, &wildcard))
		return DNSSEC_CUT_NONE;
	return dnssec_judge_no_ds(pkt, name, is_nxdomain, parent);
}

/* --- anchors -------------------------------------------------------------- */

static int read_records(FILE *f, const char *path, ldns_rr_list *anchors, char *err,
			size_t err_size)
{
	int line = 1;
	uint32_t ttl = 3600;

	while (!feof(f)) {
		int started = line;
		ldns_rr *rr = NULL;
		ldns_status status =
			ldns_rr_new_frm_fp_l(&rr, f, &ttl, NULL, NULL, &line);

		if (status == LDNS_STATUS_SYNTAX_EMPTY ||
		    status == LDNS_STATUS_SYNTAX_TTL ||
		    status == LDNS_STATUS_SYNTAX_ORIGIN)
			continue;
		if (status != LDNS_STATUS_OK) {
			snprintf(err, err_size, "%s:%d: %s", path, started,
				 ldns_get_errorstr_by_id(status));
			return MCC_EFORMAT;
		}
		if ((ldns_rr_get_type(rr) != LDNS_RR_TYPE_DS &&
		     ldns_rr_get_type(rr) != LDNS_RR_TYPE_DNSKEY) ||
		    ldns_rr_list_rr_count(anchors) == ANCHORS_MAX) {
			snprintf(err, err_size, "%s:%d: not a DS or DNSKEY record", path,
				 started);
			ldns_rr_free(rr);
			return MCC_EFORMAT;
		}
		ldns_rr_list_push_rr(anchors, rr);
	}
	return 0;
}

int dnssec_read_anchors(const char *path, ldns_rr_list **out_anchors, char *err,
			size_t err_size)
{
	FILE *f = fopen(path, "re");
	ldns_rr_list *anchors;
	int status;

	if (f == NULL) {
		snprintf(err, err_size, "%s: %s", path, strerror(errno));
		return errno == ENOENT ? MCC_ENOENT : MCC_EIO;
	}
	anchors = ldns_rr_list_new();
	MCC_ASSERT(anchors != NULL);
	status = read_records(f, path, anchors, err, err_size);
	fclose(f);
	if (status == 0 && ldns_rr_list_rr_count(anchors) == 0) {
		snprintf(err, err_size, "%s: no DS or DNSKEY record", path);
		status = MCC_EFORMAT;
	}
	if (status != 0)
		ldns_rr_list_deep_free(anchors);
	else
		*out_anchors = anchors;
	return status;
}
