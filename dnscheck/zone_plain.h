/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words of master files, and the records that almost every file is made of,
 * read without ldns. Whatever is in any way unusual is left to it.
 */
#ifndef MCC_DNSCHECK_ZONE_PLAIN_H
#define MCC_DNSCHECK_ZONE_PLAIN_H

#include "base/str.h"
#include "dnscheck/name.h"
#include "dnscheck/resolver.h"

struct arena;

/* What a record inherits (RFC 1035 5.1); NULL: there is none. */
struct zone_context {
	const struct dns_name *origin;
	const struct dns_name *owner;
	uint32_t ttl;
};

/* A name as a master file writes it: absolute, relative, or `@`. False: it is
 * none, or relative without an origin. */
bool zone_read_name(struct str word, const struct dns_name *origin, struct dns_name *out);

/*
 * One logical line (comments gone, NUL-terminated). False: not plain, nothing
 * is said about it. The record's strings are in the arena.
 */
bool zone_read_plain(struct arena *arena, const struct zone_context *context,
		     struct str line, struct dns_name *out_owner, struct dns_rr *out);

/*
 * RFC 1035 5.1 allows `CLASS TTL` and `TTL CLASS`, ldns reads the latter only.
 * True: the line had them the other way, and the turned one is in `out`.
 */
bool zone_turn_class(struct str line, struct strbuf *out);

#endif
