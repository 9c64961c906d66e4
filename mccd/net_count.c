/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions per client: IPv4 by address, IPv6 by /64, which is what one host
 * can have for the asking. An entry lives as long as it has sessions.
 */
#include "mccd/net.h"

#include <stdlib.h>
#include <string.h>

static void make_key(const struct sockaddr_storage *peer, uint8_t key[16])
{
	memset(key, 0, 16);
	if (peer->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)peer;

		key[15] = 4; /* no IPv6 key: those end in zeros */
		memcpy(key, &in->sin_addr, 4);
	} else if (peer->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)peer;

		memcpy(key, &in6->sin6_addr, 8);
	}
}

static struct net_count **find(struct net *net, const uint8_t key[16])
{
	struct net_count **at;
	uint64_t hash = 1469598103934665603u;
	size_t i;

	for (i = 0; i < 16; i++)
		hash = (hash ^ key[i]) * 1099511628211u;
	at = &net->counts[hash % NET_BUCKETS];
	while (*at != NULL && memcmp((*at)->key, key, 16) != 0)
		at = &(*at)->next;
	return at;
}

/* One session more; NULL: no memory. */
struct net_count *net_count_get(struct net *net, const struct sockaddr_storage *peer)
{
	struct net_count **at;
	uint8_t key[16];

	make_key(peer, key);
	at = find(net, key);
	if (*at == NULL) {
		*at = calloc(1, sizeof(**at));
		if (*at == NULL)
			return NULL;
		memcpy((*at)->key, key, 16);
	}
	(*at)->sessions++;
	return *at;
}

void net_count_release(struct net *net, struct net_count *count)
{
	struct net_count **at;

	if (count == NULL || --count->sessions > 0)
		return;
	at = find(net, count->key);
	MCC_ASSERT(*at == count);
	*at = count->next;
	free(count);
}
