/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mynetworks where main.cf does not set it: for each interface address that
 * inet_interfaces and inet_protocols leave, the address, its subnet, or its
 * class A, B or C network, as mynetworks_style has it.
 */
#include "mcc/model/private.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"

#define LOOPBACKS "127.0.0.1/8 [::1]/128"

struct network {
	int family;
	unsigned char bytes[16];
	unsigned bits; /* of the prefix */
};

struct networks {
	struct model *m;
	struct str style;
	struct str wanted; /* inet_interfaces */
	bool has_ipv4;
	bool has_ipv6;
	struct str text;
};

static bool has_word(struct str rest, const char *word)
{
	struct str item;

	while (str_token(&rest, ", \t", &item))
		if (str_eqc(item, word))
			return true;
	return false;
}

/* "192.0.2.1/24" or "[fd00::1]/64". */
static bool parse_network(struct arena *arena, struct str item, struct network *out)
{
	ptrdiff_t slash = str_rchr(item, '/');
	uint64_t bits;
	struct str address;

	if (slash < 0 || !str_to_u64(str_slice(item, (size_t)slash + 1, item.len), &bits))
		return false;
	address = str_slice(item, 0, (size_t)slash);
	out->family = str_starts(address, "[") ? AF_INET6 : AF_INET;
	if (out->family == AF_INET6)
		address = str_slice(address, 1, address.len - 1);
	out->bits = bits > 128 ? 128 : (unsigned)bits;
	return inet_pton(out->family, str_dup0(arena, address), out->bytes) == 1;
}

static bool is_loopback(const struct network *n)
{
	static const unsigned char one[16] = {[15] = 1};

	return n->family == AF_INET ? n->bytes[0] == 127
				    : memcmp(n->bytes, one, sizeof(one)) == 0;
}

/* Whether inet_interfaces spells the address out. */
static bool is_listed(const struct networks *n, const struct network *net)
{
	struct str rest = n->wanted;
	struct str item;
	struct network one;

	while (str_token(&rest, ", \t[]", &item)) {
		int family = str_chr(item, ':') >= 0 ? AF_INET6 : AF_INET;

		if (str_eqc(item, "localhost") && is_loopback(net))
			return true;
		if (family == net->family &&
		    inet_pton(family, str_dup0(n->m->site.arena, item), one.bytes) == 1 &&
		    memcmp(one.bytes, net->bytes, family == AF_INET ? 4 : 16) == 0)
			return true;
	}
	return false;
}

static bool is_wanted(const struct networks *n, const struct network *net)
{
	if (!(net->family == AF_INET ? n->has_ipv4 : n->has_ipv6))
		return false;
	if (has_word(n->wanted, "all"))
		return true;
	if (has_word(n->wanted, "loopback-only"))
		return is_loopback(net);
	return is_listed(n, net);
}

static unsigned class_bits(const struct network *net)
{
	if (net->bytes[0] < 128)
		return 8;
	return net->bytes[0] < 192 ? 16 : 24;
}

static void apply_style(const struct networks *n, struct network *net)
{
	unsigned full = net->family == AF_INET ? 32 : 128;

	if (str_eqc(n->style, "host") || net->bits > full)
		net->bits = full;
	else if (str_eqc(n->style, "class") && net->family == AF_INET)
		net->bits = class_bits(net);
	for (unsigned bit = net->bits; bit < full; bit++)
		net->bytes[bit / 8] &= (unsigned char)~(0x80U >> (bit % 8));
}

static void add_network(struct networks *n, struct network net)
{
	char address[INET6_ADDRSTRLEN];
	const char *item;

	apply_style(n, &net);
	if (!inet_ntop(net.family, net.bytes, address, sizeof(address)))
		return;
	item = arena_printf(n->m->site.arena, net.family == AF_INET ? "%s/%u" : "[%s]/%u",
			    address, net.bits);
	if (!has_word(n->text, item))
		n->text = str_of(arena_printf(n->m->site.arena, "%.*s%s%s",
					      STR_ARG(n->text), n->text.len ? " " : "",
					      item));
}

/* An address that no interface is known to have stands for itself. */
static void add_listed(struct networks *n)
{
	struct str rest = n->wanted;
	struct str item;
	struct network net;

	while (str_token(&rest, ", \t", &item)) {
		bool is_ipv6 = str_chr(item, ':') >= 0;
		const char *text = arena_printf(n->m->site.arena, "%.*s%s", STR_ARG(item),
						is_ipv6 ? "/128" : "/32");

		if (parse_network(n->m->site.arena, str_of(text), &net) &&
		    !is_loopback(&net) && is_wanted(n, &net))
			add_network(n, net);
	}
}

struct str model_own_networks(struct model *m)
{
	struct str protocols = model_ask(m, PARAM_inet_protocols, PARAM_mynetworks);
	bool has_all = has_word(protocols, "all");
	const char *interfaces = m->site.options.interfaces;
	struct str rest = str_of(interfaces ? interfaces : LOOPBACKS);
	struct networks n = {.m = m};
	struct str item;
	struct network net;

	n.style = model_ask(m, PARAM_mynetworks_style, PARAM_mynetworks);
	n.wanted = model_ask(m, PARAM_inet_interfaces, PARAM_mynetworks);
	n.has_ipv4 = has_all || has_word(protocols, "ipv4");
	n.has_ipv6 = has_all || has_word(protocols, "ipv6");
	while (str_token(&rest, " ", &item))
		if (parse_network(m->site.arena, item, &net) && is_wanted(&n, &net))
			add_network(&n, net);
	if (!interfaces)
		add_listed(&n);
	/* Postfix leaves a blank behind each; it shows in `$mynetworks` only. */
	if (n.text.len && m->site.options.as_postconf)
		return str_of(arena_printf(m->site.arena, "%.*s ", STR_ARG(n.text)));
	return n.text;
}
