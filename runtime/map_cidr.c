/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cidr_table(5): rules of networks, tried in order; the first one that holds
 * the address wins. `!` negates a pattern, `if`/`endif` put rules in a block.
 * A key that is no address is in no network.
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"
#include "base/status.h"
#include "runtime/map_rules.h"
#include "runtime/map_text.h"

struct cidr_rule {
	struct map_rule rule;
	int family;
	uint8_t address[16];
	unsigned prefix;
	bool negated;
	struct str value;
};

struct cidr_map {
	struct rt_map map;
	struct map_rules rules;
};

static bool parse_address(struct str s, int *out_family, uint8_t out_address[16])
{
	char buf[INET6_ADDRSTRLEN];

	if (s.len >= 2 && s.ptr[0] == '[' && s.ptr[s.len - 1] == ']')
		s = str_slice(s, 1, s.len - 1);
	if (!s.len || s.len >= sizeof(buf))
		return false;
	memcpy(buf, s.ptr, s.len);
	buf[s.len] = '\0';
	*out_family = str_chr(s, ':') >= 0 ? AF_INET6 : AF_INET;
	return inet_pton(*out_family, buf, out_address) == 1;
}

static bool has_prefix(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8;
	unsigned mask = 0xffu << (8 - bits % 8) & 0xff;

	if (memcmp(a, b, whole) != 0)
		return false;
	return bits % 8 == 0 || (a[whole] & mask) == (b[whole] & mask);
}

static const char *parse_net(struct str pattern, struct cidr_rule *rule)
{
	ptrdiff_t slash = str_rchr(pattern, '/');
	struct str address = pattern;
	uint64_t prefix = 0;
	unsigned bits;

	if (slash >= 0)
		address = str_slice(pattern, 0, (size_t)slash);
	if (!parse_address(address, &rule->family, rule->address))
		return "is not an address or network";
	bits = rule->family == AF_INET6 ? 128 : 32;
	rule->prefix = bits;
	if (slash < 0)
		return NULL;
	if (!str_to_u64(str_slice(pattern, (size_t)slash + 1, pattern.len), &prefix) ||
	    prefix > bits)
		return "has a wrong prefix length";
	rule->prefix = (unsigned)prefix;
	for (unsigned bit = rule->prefix; bit < bits; bit++)
		if (rule->address[bit / 8] & (0x80u >> bit % 8))
			return "has a host address where its network address belongs";
	return NULL;
}

/* "[!]pattern" at the start of *rest; NULL: fine. */
static const char *parse_pattern(struct str *rest, struct cidr_rule *rule)
{
	struct str word;

	while (rest->len && rest->ptr[0] == '!') {
		rule->negated = !rule->negated;
		*rest = str_trim(str_slice(*rest, 1, rest->len));
	}
	if (!str_token(rest, " \t\v\f\r\n", &word))
		return "has no pattern";
	*rest = str_trim(*rest);
	return parse_net(word, rule);
}

static const char *parse_rule(struct str line, struct cidr_rule *rule)
{
	const char *wrong;

	rule->rule.is_if = map_rules_word(line, "if");
	if (rule->rule.is_if)
		line = str_trim(str_slice(line, 2, line.len));
	wrong = parse_pattern(&line, rule);
	if (!wrong && rule->rule.is_if && line.len)
		return "has more than if and a network";
	if (!wrong && !rule->rule.is_if && !line.len)
		return "has no result";
	rule->value = line;
	return wrong;
}

static enum rt_found cidr_lookup(struct rt_map *map, struct str key,
				 MCC_UNUSED struct arena *arena, struct str *out_value,
				 unsigned *out_line)
{
	const struct cidr_map *self = (const struct cidr_map *)map;
	uint8_t address[16] = {0};
	int family;

	if (key.len && key.ptr[0] == '[')
		return RT_NOT_FOUND;
	if (!parse_address(key, &family, address))
		return RT_NOT_FOUND;
	for (size_t i = 0; i < self->rules.count; i++) {
		const struct map_rule *at = self->rules.items[i];
		const struct cidr_rule *rule = (const struct cidr_rule *)at;
		/* A negated pattern too speaks of its own kind of address only. */
		bool applies = rule->family == family;
		bool matches = has_prefix(rule->address, address, rule->prefix);

		if (applies && matches != rule->negated) {
			if (at->is_if)
				continue;
			*out_value = rule->value;
			*out_line = at->line;
			return RT_FOUND;
		}
		if (at->is_if)
			i = at->skip - 1;
	}
	return RT_NOT_FOUND;
}

static void add_rule(struct arena *arena, struct cidr_map *self, struct str line,
		     unsigned number, struct rt_map_warn *warn)
{
	struct cidr_rule *rule = arena_alloc(arena, sizeof(*rule));
	const char *wrong = parse_rule(line, rule);

	rule->rule.line = number;
	if (wrong)
		map_warn(warn, number, wrong);
	else
		map_rules_add(&self->rules, arena, &rule->rule);
}

static const struct rt_map_class cidr_class = {"cidr", cidr_lookup, NULL};

int map_cidr_of_text(struct arena *arena, const char *name, struct str text,
		     struct rt_map_warn *warn, struct rt_map **out_map)
{
	struct cidr_map *self = arena_alloc(arena, sizeof(*self));
	struct map_lines lines;
	struct str line;
	unsigned number;

	if (!self)
		return MCC_ENOMEM;
	self->map = (struct rt_map){&cidr_class, name, 0, {false, false}};
	map_lines_init(&lines, arena, text, warn);
	while (map_lines_next(&lines, &line, &number)) {
		if (map_rules_word(line, "endif")) {
			if (line.len > strlen("endif"))
				map_warn(warn, number, "has more than endif: ignored");
			else
				map_rules_endif(&self->rules, warn, number);
			continue;
		}
		add_rule(arena, self, line, number, warn);
	}
	map_rules_end(&self->rules, warn);
	*out_map = &self->map;
	return MCC_OK;
}
