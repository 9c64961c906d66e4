/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A response from anybody. Input: two bytes of record type, then the message.
 * The question is taken from the message itself. Whatever is believed names
 * only records of the type asked for, with names that can be asked again, and
 * survives being copied.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "dnscheck/answer.h"
#include "dnscheck/packet.h"

enum { TYPES = 13 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

/* The question's name, uncompressed, or the root. */
static void take_name(const uint8_t *wire, size_t size, struct dns_name *out)
{
	size_t end = PACKET_HEADER;

	require(dns_name_parse("", out));
	while (end < size && wire[end] != 0 && wire[end] <= DNS_LABEL)
		end += (size_t)wire[end] + 1;
	if (end < size && end >= PACKET_HEADER)
		(void)dns_name_of_wire(wire + PACKET_HEADER, end + 1 - PACKET_HEADER,
				       out);
}

static void check_rr(const struct dns_rr *rr, enum dns_type type)
{
	struct dns_name name;

	require(rr->type == type);
	if (rr->name != NULL)
		require(dns_name_parse(rr->name, &name));
	if (rr->text.ptr != NULL)
		require(rr->text.ptr[rr->text.len] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[TYPES] = {
		DNS_A,	  DNS_NS,  DNS_CNAME, DNS_SOA,	DNS_PTR, DNS_MX, DNS_TXT,
		DNS_AAAA, DNS_SRV, DNS_DS,    DNS_TLSA, DNS_SPF, DNS_CAA};
	struct packet_reply reply;
	struct dns_block *copy;
	struct dns_name name;
	struct arena *arena;
	enum dns_type type;
	size_t i;

	if (size < 1)
		return 0;
	type = types[data[0] % TYPES];
	take_name(data + 1, size - 1, &name);
	arena = arena_new(0);
	if (packet_read_reply(arena, data + 1, size - 1, &name, type, &reply)) {
		for (i = 0; i < reply.answer.rr_count; i++)
			check_rr(&reply.answer.rrs[i], type);
		require(reply.answer.rr_count == 0 || reply.answer.status == DNS_ANSWER);
		require(!reply.is_open || reply.answer.cname != NULL);
		copy = dns_block_new(&reply.answer);
		dns_block_unref(copy);
	}
	arena_free(arena);
	return 0;
}
