/* SPDX-License-Identifier: BSD-2-Clause */
/* The special-purpose registries as a table, the longest prefixes first where
 * they overlap. */
#include "dnscheck/scope.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "base/attr.h"

static const struct {
	int family;
	uint8_t prefix[16];
	unsigned bits;
	enum address_scope scope;
} ranges[] = {
	{AF_INET, {127}, 8, SCOPE_LOOPBACK},
	{AF_INET, {0}, 8, SCOPE_PRIVATE},
	{AF_INET, {10}, 8, SCOPE_PRIVATE},
	{AF_INET, {100, 64}, 10, SCOPE_PRIVATE},
	{AF_INET, {169, 254}, 16, SCOPE_PRIVATE},
	{AF_INET, {172, 16}, 12, SCOPE_PRIVATE},
	{AF_INET, {192, 168}, 16, SCOPE_PRIVATE},
	{AF_INET, {198, 18}, 15, SCOPE_PRIVATE},
	{AF_INET, {240}, 4, SCOPE_PRIVATE},
	{AF_INET, {192, 0, 2}, 24, SCOPE_DOCUMENTATION},
	{AF_INET, {198, 51, 100}, 24, SCOPE_DOCUMENTATION},
	{AF_INET, {203, 0, 113}, 24, SCOPE_DOCUMENTATION},
	{AF_INET6, {[15] = 1}, 128, SCOPE_LOOPBACK},
	{AF_INET6, {0}, 128, SCOPE_PRIVATE},
	{AF_INET6, {0xfc}, 7, SCOPE_PRIVATE},
	{AF_INET6, {0xfe, 0x80}, 10, SCOPE_PRIVATE},
	{AF_INET6, {0x20, 0x01, 0x0d, 0xb8}, 32, SCOPE_DOCUMENTATION},
	{AF_INET6, {0x3f, 0xff}, 20, SCOPE_DOCUMENTATION},
};

static int has_prefix(const uint8_t *address, const uint8_t *prefix, unsigned bits)
{
	unsigned whole = bits / 8, mask = 0xffu << (8 - bits % 8) & 0xffu;

	if (memcmp(address, prefix, whole) != 0)
		return 0;
	return bits % 8 == 0 || ((address[whole] ^ prefix[whole]) & mask) == 0;
}

enum address_scope address_scope_of(int family, const uint8_t *address)
{
	size_t i;

	for (i = 0; i < array_len(ranges); i++) {
		if (ranges[i].family == family &&
		    has_prefix(address, ranges[i].prefix, ranges[i].bits))
			return ranges[i].scope;
	}
	return SCOPE_GLOBAL;
}
