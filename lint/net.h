/* SPDX-License-Identifier: BSD-2-Clause */
/* Networks as the checks compare them. */
#ifndef MCC_LINT_NET_H
#define MCC_LINT_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct net {
	int family; /* AF_INET, AF_INET6 */
	uint8_t address[16];
	unsigned bits; /* of the family */
	unsigned prefix;
};

/* Room for net_format(). */
enum { NET_TEXT_SIZE = 64 };

/* A bare address, as long as its family; false for anything else. */
bool net_parse_address(struct str word, struct net *net);
/* address/length or an address, either in brackets before the slash; NULL:
 * fine, else what is wrong, to go on after "the network ...". */
const char *net_parse(struct str word, struct net *net);
bool net_has_host_bits(const struct net *net);
void net_mask_host_bits(struct net *net);
/* Whether every address of `inner` is in `outer`. */
bool net_contains(const struct net *outer, const struct net *inner);
/* "192.0.2.0/24"; brackets: those of lists around IPv6 addresses. */
void net_format(const struct net *net, bool brackets, char out[NET_TEXT_SIZE]);

#endif
