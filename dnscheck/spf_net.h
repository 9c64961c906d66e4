/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of networks, IPv4 and IPv6 side by side, and their minimal form. */
#ifndef MCC_DNSCHECK_SPF_NET_H
#define MCC_DNSCHECK_SPF_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

enum {
	/* "ffff:...:255.255.255.255/128" and the NUL. */
	SPF_NET_TEXT = 56
};

struct spf_net {
	bool is_v6;
	uint8_t prefix;
	uint8_t address[16]; /* IPv4: 4 bytes; bits behind the prefix are 0 */
};

struct spf_nets {
	struct spf_net *items; /* in the arena */
	size_t count;
	size_t room;
	bool is_cut; /* more than LIMIT_SPF_NETS: some are missing */
};

/* A negative prefix is the whole address. */
void spf_nets_add(struct arena *arena, struct spf_nets *set, bool is_v6,
		  const uint8_t *address, int prefix);
/* Every address of both families. */
void spf_nets_add_all(struct arena *arena, struct spf_nets *set);
void spf_nets_add_set(struct arena *arena, struct spf_nets *set,
		      const struct spf_nets *more);
/* Takes the addresses of `holes` out of the set. */
void spf_nets_subtract(struct arena *arena, struct spf_nets *set,
		       const struct spf_nets *holes);
/* Sorts (IPv4 first) and leaves the fewest networks that hold the same. */
void spf_nets_minimise(struct spf_nets *set);
bool spf_net_covers(const struct spf_net *outer, const struct spf_net *inner);
/* "192.0.2.0/24"; a single address goes without its length. */
void spf_net_format(const struct spf_net *net, char out[SPF_NET_TEXT]);

#endif
