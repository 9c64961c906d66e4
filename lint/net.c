/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses with prefix lengths. */
#include "lint/net.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

bool net_parse_address(struct str word, struct net *net)
{
	char buf[INET6_ADDRSTRLEN];

	if (word.len == 0 || word.len >= sizeof(buf))
		return false;
	memcpy(buf, word.ptr, word.len);
	buf[word.len] = '\0';
	net->family = memchr(buf, ':', word.len) ? AF_INET6 : AF_INET;
	net->bits = net->family == AF_INET6 ? 128 : 32;
	net->prefix = net->bits;
	memset(net->address, 0, sizeof(net->address)); /* compared whole */
	return inet_pton(net->family, buf, net->address) == 1;
}

const char *net_parse(struct str word, struct net *net)
{
	ptrdiff_t slash = str_rchr(word, '/');
	struct str address = slash < 0 ? word : str_slice(word, 0, (size_t)slash);
	uint64_t prefix = 0;

	memset(net, 0, sizeof(*net));
	if (address.len > 1 && address.ptr[0] == '[' &&
	    address.ptr[address.len - 1] == ']')
		address = str_slice(address, 1, address.len - 1);
	if (!net_parse_address(address, net))
		return "is no address and no network";
	if (slash < 0)
		return NULL;
	if (!str_to_u64(str_slice(word, (size_t)slash + 1, word.len), &prefix))
		return "has no number behind its '/'";
	if (prefix > net->bits)
		return net->bits == 32 ? "has a prefix of more than 32 bits"
				       : "has a prefix of more than 128 bits";
	net->prefix = (unsigned)prefix;
	return NULL;
}

bool net_has_host_bits(const struct net *net)
{
	for (unsigned bit = net->prefix; bit < net->bits; bit++)
		if (net->address[bit / 8] & (0x80U >> (bit % 8)))
			return true;
	return false;
}

void net_mask_host_bits(struct net *net)
{
	for (unsigned bit = net->prefix; bit < net->bits; bit++)
		net->address[bit / 8] &= (uint8_t) ~(0x80U >> (bit % 8));
}

bool net_contains(const struct net *outer, const struct net *inner)
{
	struct net cut = *inner;

	if (outer->family != inner->family || outer->prefix > inner->prefix)
		return false;
	cut.prefix = outer->prefix;
	net_mask_host_bits(&cut);
	return memcmp(cut.address, outer->address, sizeof(cut.address)) == 0;
}

void net_format(const struct net *net, bool brackets, char out[NET_TEXT_SIZE])
{
	char address[INET6_ADDRSTRLEN];

	inet_ntop(net->family, net->address, address, sizeof(address));
	snprintf(out, NET_TEXT_SIZE,
		 brackets && net->family == AF_INET6 ? "[%s]/%u" : "%s/%u", address,
		 net->prefix);
}
