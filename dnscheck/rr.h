/* SPDX-License-Identifier: BSD-2-Clause */
/* One resource record of ldns as one of ours. */
#ifndef MCC_DNSCHECK_RR_H
#define MCC_DNSCHECK_RR_H

#include <ldns/ldns.h>

#include "dnscheck/name.h"
#include "dnscheck/resolver.h"

struct arena;

/*
 * Copies the record into the arena. False when its data does not have the
 * form its type asks for, or the arena's cap is reached. Types without fields
 * of their own in dns_rr have only `text`.
 */
bool dns_rr_read(struct arena *arena, const ldns_rr *rr, struct dns_rr *out);
/* A domain name in the record's data (false: field missing or no name). */
bool dns_rr_name(const ldns_rr *rr, size_t field, struct dns_name *out);
bool dns_rr_owner(const ldns_rr *rr, struct dns_name *out);

#endif
