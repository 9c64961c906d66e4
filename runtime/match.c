/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Match lists: patterns from left to right, the first one that fits decides,
 * and '!' before it turns its answer round. A table that cannot be asked ends
 * the search with an error when it is reached, so a pattern before it still
 * decides.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/resolve.h"

/* What is searched for: a name, an address, or a client with both. */
struct needle {
	struct str name;    /* lower case */
	struct str address; /* empty: none */
	int family;	    /* of address; 0: not numeric */
	unsigned char bytes[16];
	bool is_domain; /* parent domains of the name count */
};

static enum rt_found answer(const struct rt_match_item *item)
{
	return item->negated ? RT_NOT_FOUND : RT_FOUND;
}

static bool is_below(struct str name, struct str parent)
{
	size_t at = name.len - parent.len;

	return name.len > parent.len + 1 && name.ptr[at - 1] == '.' &&
	       str_caseeq(str_slice(name, at, name.len), parent);
}

static bool matches_name(const struct rt_match_item *item, const struct needle *needle)
{
	struct str pattern = str_of(item->text);

	switch (item->kind) {
	case RT_MATCH_WORD:
		return str_caseeq(needle->name, pattern) ||
		       (needle->address.len > 0 && str_caseeq(needle->address, pattern));
	case RT_MATCH_DOT_DOMAIN:
		if (str_caseeq(needle->name, pattern))
			return true;
		return needle->is_domain && needle->name.len > pattern.len &&
		       str_caseends(needle->name, item->text);
	case RT_MATCH_DOMAIN_AND_SUBS:
		if (str_caseeq(needle->name, pattern))
			return true;
		return needle->is_domain && is_below(needle->name, pattern);
	case RT_MATCH_NET:
	case RT_MATCH_MAP:
	case RT_MATCH_ERROR:
		return false;
	}
	return false;
}

static bool matches_net(const struct rt_match_item *item, const struct needle *needle)
{
	unsigned whole = item->prefix / 8, bits = item->prefix % 8;
	unsigned mask;

	if (needle->family != item->family)
		return false;
	if (memcmp(item->address, needle->bytes, whole) != 0)
		return false;
	if (bits == 0)
		return true;
	mask = 0xffu << (8 - bits) & 0xffu;
	return (item->address[whole] & mask) == (needle->bytes[whole] & mask);
}

static enum rt_found has_key(const struct rt_context *ctx, struct rt_map *map,
			     struct str key)
{
	struct str value;

	return rt_map_lookup(map, key, ctx->arena, &value, NULL);
}

/* The name, its parent domains where the table takes partial keys, the address. */
static enum rt_found matches_map(const struct rt_context *ctx,
				 const struct rt_match *match,
				 const struct rt_match_item *item,
				 const struct needle *needle)
{
	struct rt_map *map = ctx->config->maps[item->map].map;
	struct str key = needle->name;
	enum rt_found found;

	if (map == NULL)
		return RT_LOOKUP_ERROR;
	while (key.len > 0) {
		ptrdiff_t dot;

		found = has_key(ctx, map, key);
		if (found != RT_NOT_FOUND)
			return found;
		if (!needle->is_domain || !(map->flags & RT_MAP_PARTIAL_KEYS))
			break;
		dot = str_chr(str_slice(key, 1, key.len), '.');
		if (dot < 0)
			break;
		key = str_slice(key, (size_t)dot + 1 + (match->parent_matches ? 1 : 0),
				key.len);
	}
	return needle->address.len > 0 ? has_key(ctx, map, needle->address)
				       : RT_NOT_FOUND;
}

static enum rt_found search(const struct rt_context *ctx, const struct rt_match *match,
			    const struct needle *needle)
{
	for (size_t i = 0; i < match->count; i++) {
		const struct rt_match_item *item = &match->items[i];

		if (item->kind == RT_MATCH_ERROR) {
			if (item->family == 0 || item->family == needle->family)
				return RT_LOOKUP_ERROR;
		} else if (item->kind == RT_MATCH_MAP) {
			enum rt_found found = matches_map(ctx, match, item, needle);

			if (found == RT_LOOKUP_ERROR)
				return found;
			if (found == RT_FOUND)
				return answer(item);
		} else if (item->kind == RT_MATCH_NET ? matches_net(item, needle)
						      : matches_name(item, needle)) {
			return answer(item);
		}
	}
	return RT_NOT_FOUND;
}

enum rt_found rt_match_string(const struct rt_context *ctx, const struct rt_match *match,
			      struct str string)
{
	struct needle needle = {.is_domain = false};

	if (match->count == 0)
		return RT_NOT_FOUND;
	needle.name = str_folded(ctx->arena, string);
	return search(ctx, match, &needle);
}

enum rt_found rt_match_domain(const struct rt_context *ctx, const struct rt_match *match,
			      struct str domain)
{
	struct needle needle = {.is_domain = true};

	if (match->count == 0)
		return RT_NOT_FOUND;
	needle.name = str_folded(ctx->arena, domain);
	return search(ctx, match, &needle);
}

enum rt_found rt_match_host(const struct rt_context *ctx, const struct rt_match *match,
			    struct str name, struct str address)
{
	struct needle needle = {.address = address, .is_domain = true};
	char buf[INET6_ADDRSTRLEN];

	if (match->count == 0)
		return RT_NOT_FOUND;
	needle.name = str_folded(ctx->arena, name);
	if (address.len < sizeof(buf)) {
		memcpy(buf, address.ptr, address.len);
		buf[address.len] = '\0';
		if (inet_pton(AF_INET, buf, needle.bytes) == 1)
			needle.family = AF_INET;
		else if (inet_pton(AF_INET6, buf, needle.bytes) == 1)
			needle.family = AF_INET6;
	}
	return search(ctx, match, &needle);
}
