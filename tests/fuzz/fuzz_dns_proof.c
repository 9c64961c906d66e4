/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Proofs of absence from anybody's message. Input: one byte (labels that the
 * zone has less than the name, and NXDOMAIN or not), one of record type, then
 * the message, whose question is asked about.
 *
 * Every signature holds: ldns_verify_time() below is found before the
 * library's. Else nothing behind the first signature would ever be reached. The
 * library's is called as well when the keys are the message's, for itself.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dnscheck/dnssec.h"
#include "dnscheck/packet.h"
#include "dnscheck/rr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

ldns_status ldns_verify_time(const ldns_rr_list *rrset, const ldns_rr_list *rrsig,
			     const ldns_rr_list *keys, time_t check_time,
			     ldns_rr_list *good_keys)
{
	ldns_status (*real)(const ldns_rr_list *, const ldns_rr_list *,
			    const ldns_rr_list *, time_t, ldns_rr_list *);
	void *found = dlsym(RTLD_NEXT, "ldns_verify_time");
	const ldns_rr *key = ldns_rr_list_rr(keys, 0);

	memcpy(&real, &found, sizeof(real));
	if (key != NULL && ldns_rr_rdf(key, 0) != NULL &&
	    ldns_rr_list_rr_count(rrset) != 0 && ldns_rr_list_rr_count(rrsig) != 0)
		(void)real(rrset, rrsig, keys, check_time, good_keys);
	return ldns_rr_list_rr_count(rrset) != 0 && ldns_rr_list_rr_count(rrsig) != 0 &&
			       ldns_rr_list_rr_count(keys) != 0
		       ? LDNS_STATUS_OK
		       : LDNS_STATUS_ERR;
}

static void require(int condition)
{
	if (!condition)
		abort();
}

/* What is proved, and how many NSEC records there are at the name. */
static void check(const ldns_pkt *pkt, const struct dns_name *name, unsigned type,
		  bool is_nxdomain, const struct dnssec_zone *zone)
{
	const ldns_rr_list *section = ldns_pkt_authority(pkt);
	bool proved = dnssec_proves_absence(pkt, name, type, is_nxdomain, zone);
	size_t i, proofs = 0;
	enum dnssec_cut cut;

	for (i = 0; i < ldns_rr_list_rr_count(section); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(section, i);

		proofs += ldns_rr_get_type(rr) == LDNS_RR_TYPE_NSEC ||
			  ldns_rr_get_type(rr) == LDNS_RR_TYPE_NSEC3;
	}
	require(!proved || proofs != 0);
	require(!dnssec_proves_wildcard(pkt, name, zone) || proofs != 0);
	cut = dnssec_judge_ds(pkt, name, zone);
	require(proofs != 0 || (cut != DNSSEC_CUT_UNSIGNED && cut != DNSSEC_CUT_NO_NAME));
}

static void run(const ldns_pkt *pkt, const uint8_t *options)
{
	const ldns_rr_list *questions = ldns_pkt_question(pkt);
	struct dns_name name, apex, up;
	struct dnssec_zone zone = {.name = &apex};
	ldns_rr_list *keys, *taken;
	unsigned labels;
	ldns_rr *key;
	bool wildcard;

	if (ldns_rr_list_rr_count(questions) != 1 ||
	    !dns_rr_owner(ldns_rr_list_rr(questions, 0), &name))
		return;
	apex = name;
	for (labels = options[0] & 7u; labels != 0 && dns_name_parent(&apex, &up);
	     labels--)
		apex = up;
	key = ldns_rr_new_frm_type(LDNS_RR_TYPE_DNSKEY);
	keys = ldns_rr_list_new();
	ldns_rr_list_push_rr(keys, key);
	zone.keys = keys;
	check(pkt, &name, options[1], (options[0] & 8) != 0, &zone);
	(void)dnssec_is_signed(pkt, &name, options[1], &zone, &wildcard);
	taken = dnssec_take_keys(pkt, &apex, ldns_pkt_answer(pkt));
	ldns_rr_list_deep_free(taken);
	taken = dnssec_ds_of(pkt, &name);
	(void)dnssec_is_supported(taken);
	ldns_rr_list_deep_free(taken);
	ldns_rr_list_deep_free(keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ldns_pkt *pkt = NULL;

	if (size < 2 || ldns_wire2pkt(&pkt, data + 2, size - 2) != LDNS_STATUS_OK)
		return 0;
	run(pkt, data);
	ldns_pkt_free(pkt);
	return 0;
}
