/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside of dnssec: proofs of what does not exist. Only dnssec*.c include it. */
#ifndef MCC_DNSCHECK_DNSSEC_DENIAL_H
#define MCC_DNSCHECK_DNSSEC_DENIAL_H

#include "dnscheck/dnssec.h"

/* Records of a section by owner and type; shallow, for ldns_rr_list_free(). */
ldns_rr_list *dnssec_pick(const ldns_rr_list *section, const struct dns_name *owner,
			  unsigned type);
bool dnssec_is_signed_in(const ldns_rr_list *section, const struct dns_name *owner,
			 unsigned type, const struct dnssec_zone *zone,
			 bool *out_wildcard);
/* dnssec_judge_ds() for an answer without DS records. */
enum dnssec_cut dnssec_judge_no_ds(const ldns_pkt *pkt, const struct dns_name *name,
				   bool is_nxdomain, const struct dnssec_zone *parent);

#endif
