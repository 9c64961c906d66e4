/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one SPF record's text alone shows to be wrong. `mcc spf lint`, `mcc spf
 * explain` and `mcc dns check` say the same things with it.
 */
#ifndef MCC_DNSCHECK_SPF_LINT_H
#define MCC_DNSCHECK_SPF_LINT_H

#include "base/attr.h"
#include "base/diag.h"
#include "base/str.h"

struct arena;
struct spf_record;

struct spf_finding {
	enum rule rule;
	enum diag_severity severity;
	size_t lo; /* bytes of the record */
	size_t hi;
	const char *message; /* in the arena; without the name of the domain */
};

struct spf_findings {
	struct arena *arena;
	struct spf_finding *items;
	size_t count;
	size_t room;
};

void spf_finding_add(struct spf_findings *set, enum rule rule,
		     enum diag_severity severity, size_t lo, size_t hi, const char *fmt,
		     ...) MCC_PRINTF(6, 7);

/*
 * DN043, DN044, DN052 to DN057, DN060, DN061, DN067 and DN069 for a text that
 * somebody means to be an SPF record. Returns the record, or NULL when no
 * receiver would take it for one.
 */
const struct spf_record *spf_lint_record(struct spf_findings *set, struct str text);
/* DN046 and DN047 as far as the record's own terms tell. */
void spf_lint_lookups(struct spf_findings *set, const struct spf_record *record);
/* DN059; `name_len` octets of owner name, `size` of all texts there. */
void spf_lint_size(struct spf_findings *set, size_t name_len, size_t size);

/* True for the terms that cost a lookup (RFC 7208 4.6.4). */
struct spf_term;
bool spf_term_needs_lookup(const struct spf_term *term);
/* True when a domain-spec holds a macro: the name depends on the message. */
bool spf_term_has_macro(const struct spf_term *term);
/* True for v=spf1, and for what was meant to be v=spf1 or spf2.0. */
bool spf_is_meant(struct str text);

#endif
