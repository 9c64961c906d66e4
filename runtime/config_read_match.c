/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Match lists of runtime.json. A network is what its text says, with nothing
 * in its host part, or the file is refused: matching relies on it.
 */
#include <arpa/inet.h>
#include <string.h>

#include "runtime/config_reader.h"
#include "runtime/config_rows.h"

static bool has_host_bits(const uint8_t *address, unsigned size, unsigned prefix)
{
	for (unsigned bit = prefix; bit < size * 8; bit++)
		if (address[bit / 8] & (0x80u >> (bit % 8)))
			return true;
	return false;
}

/* "192.0.2.0/24", "2001:db8::/32". */
static void read_net(struct config_reader *r, const struct json_at *parent,
		     struct rt_match_item *out)
{
	struct json_at at = json_member(parent, "net");
	struct str rest = str_of(json_read_text(&r->json, &at));
	ptrdiff_t slash = str_chr(rest, '/');
	unsigned size;
	uint64_t prefix;
	char address[INET6_ADDRSTRLEN];

	if (slash < 0 || (size_t)slash >= sizeof(address) ||
	    !str_to_u64(str_slice(rest, (size_t)slash + 1, rest.len), &prefix)) {
		json_fail(&r->json, &at, "must be ADDRESS/BITS");
		return;
	}
	memcpy(address, rest.ptr, (size_t)slash);
	address[slash] = '\0';
	out->family = strchr(address, ':') ? AF_INET6 : AF_INET;
	size = out->family == AF_INET6 ? 16 : 4;
	if (inet_pton(out->family, address, out->address) != 1 || prefix > size * 8 ||
	    has_host_bits(out->address, size, (unsigned)prefix))
		json_fail(&r->json, &at, "is not a network");
	out->prefix = (unsigned)prefix;
}

static enum rt_match_kind read_match_kind(struct config_reader *r,
					  const struct json_at *parent)
{
	struct json_at at = json_member(parent, "kind");
	const char *word = json_read_text(&r->json, &at);

	for (int kind = 0; kind <= RT_MATCH_ERROR; kind++)
		if (strcmp(word, rt_match_kind_word((enum rt_match_kind)kind)) == 0)
			return (enum rt_match_kind)kind;
	json_fail(&r->json, &at, "is not a kind of pattern");
	return RT_MATCH_ERROR;
}

/* Clients of which kind a pattern that cannot be read concerns; 0: all. */
static int read_family(struct config_reader *r, const struct json_at *parent)
{
	struct json_at at = json_member(parent, "family");
	const char *word;

	if (!at.value)
		return 0;
	word = json_read_text(&r->json, &at);
	if (strcmp(word, "ipv4") == 0)
		return AF_INET;
	if (strcmp(word, "ipv6") != 0)
		json_fail(&r->json, &at, "must be ipv4 or ipv6");
	return AF_INET6;
}

static void read_match_item(struct config_reader *r, const struct json_at *at,
			    struct rt_match_item *out)
{
	static const char *const names[] = {"kind",   "negated", "text", "net",
					    "family", "map",	 "at",	 NULL};
	struct json_at map = json_member(at, "map");

	json_read_object(&r->json, at, names);
	out->kind = read_match_kind(r, at);
	out->negated = config_read_flag(r, at, "negated");
	out->text = config_read_member_text(r, at, "text");
	if (out->kind == RT_MATCH_NET)
		read_net(r, at, out);
	if (out->kind == RT_MATCH_ERROR)
		out->family = read_family(r, at);
	if (out->kind == RT_MATCH_MAP)
		out->map = config_read_index(r, &map, r->map_count);
	out->origin = config_read_origin(r, at);
}

void config_read_match(struct config_reader *r, const struct json_at *at,
		       struct rt_match *out)
{
	static const char *const names[] = {"items", "parent_matches", "at", NULL};
	struct json_at list = json_member(at, "items");
	struct json_at parent = json_member(at, "parent_matches");
	size_t count;
	struct rt_match_item *items;

	json_read_object(&r->json, at, names);
	count = json_read_array(&r->json, &list);
	items = config_new_array(r, count, sizeof(*items));
	for (size_t i = 0; i < count && !r->json.failed; i++) {
		struct json_at item = json_element(&list, i);

		read_match_item(r, &item, &items[i]);
	}
	out->items = items;
	out->count = count;
	out->parent_matches = json_read_bool(&r->json, &parent);
	out->origin = config_read_origin(r, at);
}
