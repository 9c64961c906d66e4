/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Networks as (family, address, prefix). The minimal form is found in one pass
 * over the sorted list: in that order a network that covers another one stands
 * before it, and the two halves of a network stand side by side, so that a
 * stack of what is kept is enough.
 *
 * The sets come from records of third parties: LIMIT_SPF_NETS bounds each.
 */
#include "dnscheck/spf_net.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/limits.h"

enum {
	/* Pairs that one subtraction looks at: some tenths of a second. */
	PAIRS_MAX = 4000000
};

static unsigned bits_of(bool is_v6)
{
	return is_v6 ? 128 : 32;
}

static void mask(struct spf_net *net)
{
	unsigned i, kept;

	for (i = 0; i < sizeof(net->address); i++) {
		kept = net->prefix > i * 8 ? net->prefix - i * 8 : 0;
		if (kept < 8)
			net->address[i] &= (uint8_t)(0xff00u >> kept);
	}
}

static void push(struct arena *arena, struct spf_nets *set, const struct spf_net *net)
{
	struct spf_net *slot;

	if (set->count == LIMIT_SPF_NETS) {
		set->is_cut = true;
		return;
	}
	slot = arena_push(arena, &set->items, set->count, &set->room, sizeof(*slot));
	*slot = *net;
	set->count++;
}

void spf_nets_add(struct arena *arena, struct spf_nets *set, bool is_v6,
		  const uint8_t *address, int prefix)
{
	struct spf_net net = {.is_v6 = is_v6};
	unsigned bits = bits_of(is_v6);

	net.prefix = (uint8_t)(prefix < 0 || (unsigned)prefix > bits ? bits
								     : (unsigned)prefix);
	memcpy(net.address, address, bits / 8);
	mask(&net);
	push(arena, set, &net);
}

void spf_nets_add_all(struct arena *arena, struct spf_nets *set)
{
	static const uint8_t zero[16];

	spf_nets_add(arena, set, false, zero, 0);
	spf_nets_add(arena, set, true, zero, 0);
}

void spf_nets_add_set(struct arena *arena, struct spf_nets *set,
		      const struct spf_nets *more)
{
	size_t i;

	set->is_cut = set->is_cut || more->is_cut;
	for (i = 0; i < more->count; i++)
		push(arena, set, &more->items[i]);
}

bool spf_net_covers(const struct spf_net *outer, const struct spf_net *inner)
{
	struct spf_net cut = *inner;

	if (outer->is_v6 != inner->is_v6 || outer->prefix > inner->prefix)
		return false;
	cut.prefix = outer->prefix;
	mask(&cut);
	return memcmp(cut.address, outer->address, sizeof(cut.address)) == 0;
}

/* The half of the network whose next bit is 0, or the other one. */
static struct spf_net half(const struct spf_net *net, bool upper)
{
	struct spf_net out = *net;

	if (upper)
		out.address[net->prefix / 8] |= (uint8_t)(0x80u >> net->prefix % 8);
	out.prefix++;
	return out;
}

/* What is left of one network: halves towards the hole, at most 128 of them. */
static void carve(struct arena *arena, struct spf_nets *out, struct spf_net net,
		  const struct spf_net *hole)
{
	struct spf_net lower, upper;

	while (!spf_net_covers(hole, &net)) {
		if (!spf_net_covers(&net, hole)) {
			push(arena, out, &net);
			return;
		}
		lower = half(&net, false);
		upper = half(&net, true);
		if (spf_net_covers(&lower, hole)) {
			push(arena, out, &upper);
			net = lower;
		} else {
			push(arena, out, &lower);
			net = upper;
		}
	}
}

void spf_nets_subtract(struct arena *arena, struct spf_nets *set,
		       const struct spf_nets *holes)
{
	struct spf_nets left;
	size_t i, j;

	if (holes->count != 0 && set->count > PAIRS_MAX / holes->count) {
		set->is_cut = true;
		return;
	}
	for (i = 0; i < holes->count; i++) {
		left = (struct spf_nets){.is_cut = set->is_cut || holes->is_cut};
		for (j = 0; j < set->count; j++)
			carve(arena, &left, set->items[j], &holes->items[i]);
		*set = left;
	}
}

static int compare(const void *a, const void *b)
{
	const struct spf_net *x = a, *y = b;
	int diff;

	if (x->is_v6 != y->is_v6)
		return x->is_v6 ? 1 : -1;
	diff = memcmp(x->address, y->address, sizeof(x->address));
	return diff != 0 ? diff : (int)x->prefix - (int)y->prefix;
}

/* The two halves of one network; `a` sorts before `b`. */
static bool are_halves(const struct spf_net *a, const struct spf_net *b)
{
	struct spf_net whole = *a;

	if (a->is_v6 != b->is_v6 || a->prefix != b->prefix || a->prefix == 0)
		return false;
	whole.prefix--;
	mask(&whole);
	return spf_net_covers(&whole, b) &&
	       memcmp(a->address, b->address, sizeof(a->address)) != 0;
}

void spf_nets_minimise(struct spf_nets *set)
{
	size_t kept = 0, i;

	if (set->count == 0)
		return;
	qsort(set->items, set->count, sizeof(*set->items), compare);
	for (i = 0; i < set->count; i++) {
		if (kept != 0 && spf_net_covers(&set->items[kept - 1], &set->items[i]))
			continue;
		set->items[kept++] = set->items[i];
		while (kept > 1 &&
		       are_halves(&set->items[kept - 2], &set->items[kept - 1])) {
			kept--;
			set->items[kept - 1].prefix--;
			mask(&set->items[kept - 1]);
		}
	}
	set->count = kept;
}

void spf_net_format(const struct spf_net *net, char out[SPF_NET_TEXT])
{
	char text[INET6_ADDRSTRLEN];

	(void)inet_ntop(net->is_v6 ? AF_INET6 : AF_INET, net->address, text,
			sizeof(text));
	if (net->prefix == bits_of(net->is_v6))
		snprintf(out, SPF_NET_TEXT, "%s", text);
	else
		snprintf(out, SPF_NET_TEXT, "%s/%u", text, net->prefix);
}
