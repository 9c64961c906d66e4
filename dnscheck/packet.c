/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DNS messages. The query is written by hand (it has one shape), the response
 * is taken apart by ldns and then read with distrust: only records whose owner
 * lies on the CNAME chain from the question count, the chain is bounded, and a
 * message that holds one malformed record of the answer is malformed.
 *
 * Does not know who sent the message: that is the business of live.c.
 */
#include "dnscheck/packet.h"

#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "dnscheck/rr.h"

enum {
	FLAG_RD = 0x01, /* of octet 2 */
	FLAG_TC = 0x02,
	FLAG_QR = 0x80,
	OPCODE_MASK = 0x78,
	FLAG_AD = 0x20, /* of octet 3 */
	FLAG_CD = 0x10,
	FLAG_DO = 0x80,	     /* of the first octet of the flags in OPT */
	OPTION_EDE = 15,     /* RFC 8914 */
	EDE_BOGUS_FIRST = 6, /* DNSSEC Bogus ... NSEC Missing */
	EDE_BOGUS_LAST = 12
};

static uint8_t *put_u16(uint8_t *out, unsigned value)
{
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
	return out + 2;
}

/* 0x20: letters get the case that the random bits say. */
static uint8_t *put_name(uint8_t *out, const struct dns_name *name, const uint8_t *bits)
{
	size_t i;
	uint8_t c;

	for (i = 0; i < name->len; i++) {
		c = name->wire[i];
		if (bits != NULL && c >= 'a' && c <= 'z' &&
		    (bits[i / 8] >> i % 8 & 1) != 0)
			c = (uint8_t)(c & ~0x20);
		*out++ = c;
	}
	return out;
}

size_t packet_write_query(const struct packet_query *query, uint8_t *out)
{
	uint8_t *p = put_u16(out, query->id);

	*p++ = FLAG_RD;
	/* AD in a query asks for AD in the response (RFC 6840 5.7). */
	*p++ = query->checking_disabled ? FLAG_CD : FLAG_AD;
	p = put_u16(p, 1);
	p = put_u16(p, 0);
	p = put_u16(p, 0);
	p = put_u16(p, query->edns ? 1 : 0);
	p = put_name(p, query->name, query->case_bits);
	p = put_u16(p, query->type);
	p = put_u16(p, LDNS_RR_CLASS_IN);
	if (query->edns) {
		*p++ = 0;
		p = put_u16(p, LDNS_RR_TYPE_OPT);
		p = put_u16(p, PACKET_EDNS_SIZE);
		memset(p, 0, 6); /* version, flags, no options */
		if (query->dnssec)
			p[2] = FLAG_DO;
		p += 6;
	}
	return (size_t)(p - out);
}

static bool equal_folded(const uint8_t *a, const uint8_t *b, size_t len)
{
	size_t i;
	uint8_t x, y;

	for (i = 0; i < len; i++) {
		x = a[i] >= 'A' && a[i] <= 'Z' ? (uint8_t)(a[i] | 0x20) : a[i];
		y = b[i] >= 'A' && b[i] <= 'Z' ? (uint8_t)(b[i] | 0x20) : b[i];
		if (x != y)
			return false;
	}
	return true;
}

bool packet_is_reply(const uint8_t *wire, size_t len, const uint8_t *query,
		     bool *out_case_only)
{
	size_t end = PACKET_HEADER;

	*out_case_only = false;
	while (query[end] != 0)
		end += (size_t)query[end] + 1;
	end += 1 + 4;
	if (len < end || wire[0] != query[0] || wire[1] != query[1] ||
	    (wire[2] & FLAG_QR) == 0 || (wire[2] & OPCODE_MASK) != 0 || wire[4] != 0 ||
	    wire[5] != 1)
		return false;
	if (memcmp(wire + PACKET_HEADER, query + PACKET_HEADER, end - PACKET_HEADER) == 0)
		return true;
	*out_case_only = equal_folded(wire + PACKET_HEADER, query + PACKET_HEADER,
				      end - PACKET_HEADER);
	return false;
}

bool packet_is_truncated(const uint8_t *wire)
{
	return (wire[2] & FLAG_TC) != 0;
}

/* --- responses ---------------------------------------------------------- */

struct reading {
	struct arena *arena;
	const ldns_pkt *pkt;
	enum dns_type type;
	struct dns_name at; /* where the chain stands */
	bool has_cname;
	uint32_t chain_ttl;
};

static bool owner_is(const ldns_rr *rr, const struct dns_name *name)
{
	struct dns_name owner;

	return ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN && dns_rr_owner(rr, &owner) &&
	       dns_name_equal(&owner, name);
}

/* Follows the CNAMEs of the answer section; false: malformed or a loop. */
static bool read_chain(struct reading *rd)
{
	const ldns_rr_list *list = ldns_pkt_answer(rd->pkt);
	unsigned links = 0;
	size_t i = 0;
	const ldns_rr *rr;

	if (rd->type == DNS_CNAME)
		return true;
	while (i < ldns_rr_list_rr_count(list)) {
		rr = ldns_rr_list_rr(list, i++);
		if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_CNAME || !owner_is(rr, &rd->at))
			continue;
		if (!dns_rr_name(rr, 0, &rd->at) || ++links > LIMIT_CNAME_CHAIN)
			return false;
		rd->has_cname = true;
		if (ldns_rr_ttl(rr) < rd->chain_ttl)
			rd->chain_ttl = ldns_rr_ttl(rr);
		i = 0; /* in any order */
	}
	return true;
}

static bool read_records(struct reading *rd, struct dns_answer *out)
{
	const ldns_rr_list *list = ldns_pkt_answer(rd->pkt);
	size_t count = ldns_rr_list_rr_count(list), i;
	struct dns_rr *rrs = NULL;
	const ldns_rr *rr;

	for (i = 0; i < count; i++) {
		rr = ldns_rr_list_rr(list, i);
		if ((unsigned)ldns_rr_get_type(rr) != (unsigned)rd->type ||
		    !owner_is(rr, &rd->at))
			continue;
		if (rrs == NULL)
			rrs = arena_array(rd->arena, count - i, sizeof(*rrs));
		if (rrs == NULL || !dns_rr_read(rd->arena, rr, &rrs[out->rr_count]))
			return false;
		if (rrs[out->rr_count].ttl > rd->chain_ttl)
			rrs[out->rr_count].ttl = rd->chain_ttl;
		out->rr_count++;
	}
	out->rrs = rrs;
	return true;
}

/* RFC 2308 3 and 5: the smaller of the SOA's TTL and its minimum field. */
static bool read_negative_ttl(const ldns_pkt *pkt, uint32_t *out_ttl)
{
	const ldns_rr_list *list = ldns_pkt_authority(pkt);
	const ldns_rdf *rdf;
	const ldns_rr *rr;
	uint32_t minimum;
	size_t i;

	for (i = 0; i < ldns_rr_list_rr_count(list); i++) {
		rr = ldns_rr_list_rr(list, i);
		rdf = ldns_rr_rd_count(rr) == 7 ? ldns_rr_rdf(rr, 6) : NULL;
		if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_SOA || rdf == NULL ||
		    ldns_rdf_size(rdf) != 4)
			continue;
		minimum = ldns_rdf2native_int32(rdf);
		*out_ttl = minimum < ldns_rr_ttl(rr) ? minimum : ldns_rr_ttl(rr);
		return true;
	}
	return false;
}

static bool has_authority_ns(const ldns_pkt *pkt)
{
	const ldns_rr_list *list = ldns_pkt_authority(pkt);
	size_t i;

	for (i = 0; i < ldns_rr_list_rr_count(list); i++) {
		if (ldns_rr_get_type(ldns_rr_list_rr(list, i)) == LDNS_RR_TYPE_NS)
			return true;
	}
	return false;
}

/* Extended DNS errors tell a failed validation from other failures. */
static bool has_bogus_error(const ldns_pkt *pkt)
{
	const ldns_rdf *edns = ldns_pkt_edns_data(pkt);
	const uint8_t *data = edns == NULL ? NULL : ldns_rdf_data(edns);
	size_t size = edns == NULL ? 0 : ldns_rdf_size(edns), at = 0, len;
	unsigned code;

	while (size - at >= 4) {
		len = (size_t)data[at + 2] << 8 | data[at + 3];
		if (len > size - at - 4)
			return false;
		if ((data[at] << 8 | data[at + 1]) == OPTION_EDE && len >= 2) {
			code = (unsigned)(data[at + 4] << 8 | data[at + 5]);
			if (code >= EDE_BOGUS_FIRST && code <= EDE_BOGUS_LAST)
				return true;
		}
		at += 4 + len;
	}
	return false;
}

static void judge_noerror(struct reading *rd, struct packet_reply *out)
{
	struct dns_answer *a = &out->answer;

	if (a->rr_count != 0) {
		a->status = DNS_ANSWER;
	} else if (read_negative_ttl(rd->pkt, &a->negative_ttl)) {
		a->status = DNS_NODATA;
	} else if (rd->has_cname) {
		a->status = DNS_NODATA;
		a->negative_ttl = rd->chain_ttl;
		out->is_open = true;
	} else if (!ldns_pkt_aa(rd->pkt) && !ldns_pkt_ra(rd->pkt) &&
		   has_authority_ns(rd->pkt)) {
		a->status = DNS_LAME;
		a->detail = "refers to other servers instead of answering";
	} else {
		a->status = DNS_NODATA;
	}
}

/* No records belong to a failure. */
static void judge_failure(struct reading *rd, struct packet_reply *out)
{
	struct dns_answer *a = &out->answer;

	a->rr_count = 0;
	a->cname = NULL;
	a->status = DNS_SERVFAIL;
	a->detail = "the server failed";
	switch ((unsigned)ldns_pkt_get_rcode(rd->pkt)) {
	case LDNS_RCODE_REFUSED:
		a->status = DNS_REFUSED;
		a->detail = "the server refuses to answer";
		break;
	case LDNS_RCODE_NOTAUTH:
		a->status = DNS_LAME;
		a->detail = "the server is not responsible for the zone";
		break;
	case LDNS_RCODE_FORMERR:
	case LDNS_RCODE_NOTIMPL:
		out->edns_refused = true;
		a->detail = "the server does not understand the query";
		break;
	default:
		break;
	}
	if (a->status == DNS_SERVFAIL && has_bogus_error(rd->pkt)) {
		a->status = DNS_BOGUS;
		a->detail = "DNSSEC validation failed";
	}
}

static void judge(struct reading *rd, struct packet_reply *out)
{
	struct dns_answer *a = &out->answer;
	unsigned rcode = ldns_pkt_get_rcode(rd->pkt);

	if (ldns_pkt_edns_extended_rcode(rd->pkt) != 0) {
		judge_failure(rd, out);
		out->edns_refused = true; /* BADVERS is the only one for us */
	} else if (rcode == LDNS_RCODE_NOERROR) {
		judge_noerror(rd, out);
	} else if (rcode == LDNS_RCODE_NXDOMAIN) {
		a->status = DNS_NXDOMAIN;
		a->rr_count = 0;
		(void)read_negative_ttl(rd->pkt, &a->negative_ttl);
	} else {
		judge_failure(rd, out);
	}
}

static bool read_parsed(struct reading *rd, const struct dns_name *name,
			struct packet_reply *out)
{
	char text[DNS_NAME_TEXT];

	memset(out, 0, sizeof(*out));
	rd->at = *name;
	rd->chain_ttl = INT32_MAX;
	if (!read_chain(rd) || !read_records(rd, &out->answer))
		return false;
	if (rd->has_cname) {
		dns_name_format(&rd->at, text);
		out->answer.cname = arena_strdup(rd->arena, text);
		if (out->answer.cname == NULL)
			return false;
	}
	out->has_ad = ldns_pkt_ad(rd->pkt);
	judge(rd, out);
	return true;
}

bool packet_read_reply(struct arena *arena, const uint8_t *wire, size_t len,
		       const struct dns_name *name, enum dns_type type,
		       struct packet_reply *out)
{
	struct reading rd = {.arena = arena, .type = type};
	ldns_pkt *pkt = NULL;
	bool ok;

	if (ldns_wire2pkt(&pkt, wire, len) != LDNS_STATUS_OK)
		return false;
	rd.pkt = pkt;
	ok = read_parsed(&rd, name, out);
	ldns_pkt_free(pkt);
	return ok;
}
