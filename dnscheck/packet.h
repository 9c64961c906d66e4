/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DNS messages: the query as it is sent, and what an untrusted response says
 * about it (RFC 1035, RFC 2308, RFC 6891).
 */
#ifndef MCC_DNSCHECK_PACKET_H
#define MCC_DNSCHECK_PACKET_H

#include "dnscheck/name.h"
#include "dnscheck/resolver.h"

struct arena;

enum {
	PACKET_HEADER = 12,
	/* Header, question, OPT record. */
	PACKET_QUERY_MAX = PACKET_HEADER + DNS_NAME_WIRE + 4 + 11,
	/* What we say we can take by UDP: fits every path (DNS flag day 2020). */
	PACKET_EDNS_SIZE = 1232
};

struct packet_query {
	const struct dns_name *name;
	enum dns_type type;
	uint16_t id;
	const uint8_t *case_bits; /* 0x20: one bit per octet of the name; NULL: none */
	bool edns;
	bool checking_disabled;
	bool dnssec; /* DO: signatures are wanted */
};

/* Writes the query, returns its length. */
size_t packet_write_query(const struct packet_query *query, uint8_t *out);

/*
 * Cheap test before parsing: a response to exactly the question that `query`
 * (as sent) asks. `out_case_only`: it would be, but for the case of letters.
 */
bool packet_is_reply(const uint8_t *wire, size_t len, const uint8_t *query,
		     bool *out_case_only);
bool packet_is_truncated(const uint8_t *wire);

struct packet_reply {
	struct dns_answer answer; /* rrs, cname, status; strings in the arena */
	bool is_open;		  /* ends at answer.cname, see source.h */
	bool edns_refused;	  /* FORMERR, NOTIMP or BADVERS: try without EDNS */
	bool has_ad;
};

/* False: the message is malformed; nothing in it may be believed. */
bool packet_read_reply(struct arena *arena, const uint8_t *wire, size_t len,
		       const struct dns_name *name, enum dns_type type,
		       struct packet_reply *out);

#endif
