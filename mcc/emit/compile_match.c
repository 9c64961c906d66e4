/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Match lists: the value's words become patterns, files of patterns are put in
 * place, tables are named. What Postfix could not read becomes a pattern that
 * fails every look-up that reaches it, because that is what Postfix does; the
 * model and the checks have complained about it.
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/status.h"
#include "grammar/list.h"
#include "mcc/emit/compiler.h"

struct match_build {
	struct compiler *c;
	const struct setting *setting;
	bool is_nets;
	bool has_subdomains; /* `.domain` and parents mean something in this list */
	bool parent_matches;
	struct rt_match_item *items;
	size_t count;
	size_t room;
	unsigned depth; /* of files within files */
};

static struct rt_match_item *add_item(struct match_build *b, enum rt_match_kind kind,
				      struct str text, struct rt_origin origin)
{
	struct rt_match_item *item =
		arena_push(b->c->arena, &b->items, b->count++, &b->room, sizeof(*item));

	item->kind = kind;
	item->text = str_dup0(b->c->arena, text);
	item->origin = origin;
	return item;
}

static void add_error(struct match_build *b, const char *why, int family,
		      struct rt_origin origin)
{
	add_item(b, RT_MATCH_ERROR, str_of(why), origin)->family = family;
}

/* ---- addresses ---- */

static bool is_only(struct str s, const char *letters)
{
	for (size_t i = 0; i < s.len; i++)
		if (!s.ptr[i] || !strchr(letters, s.ptr[i]))
			return false;
	return s.len > 0;
}

/* Without the brackets of "[::1]", "[::1]/128", "[::1/128]". */
static struct str without_brackets(struct arena *arena, struct str word)
{
	ptrdiff_t close = str_chr(word, ']');

	if (!word.len || word.ptr[0] != '[' || close < 0)
		return word;
	return str_of(arena_printf(arena, "%.*s%.*s", (int)close - 1, word.ptr + 1,
				   (int)(word.len - (size_t)close - 1),
				   word.ptr + close + 1));
}

static const char *parse_net(struct str net, struct rt_match_item *item)
{
	ptrdiff_t slash = str_chr(net, '/');
	char address[INET6_ADDRSTRLEN];
	size_t len = slash < 0 ? net.len : (size_t)slash;
	unsigned bits = item->family == AF_INET6 ? 128 : 32;
	uint64_t prefix = bits;

	if (len >= sizeof(address))
		return "is not an address";
	memcpy(address, net.ptr, len);
	address[len] = '\0';
	if (inet_pton(item->family, address, item->address) != 1)
		return "is not an address";
	if (slash >= 0 &&
	    (!str_to_u64(str_slice(net, len + 1, net.len), &prefix) || prefix > bits))
		return "has a wrong prefix length";
	for (unsigned bit = (unsigned)prefix; bit < bits; bit++)
		if (item->address[bit / 8] & (0x80u >> bit % 8))
			return "has a host address where its network address belongs";
	item->prefix = (unsigned)prefix;
	return NULL;
}

/* False: the word is no address pattern. */
static bool add_net(struct match_build *b, struct str word, struct rt_origin origin)
{
	struct arena *arena = b->c->arena;
	struct str net = without_brackets(arena, word);
	struct rt_match_item item = {.kind = RT_MATCH_NET};
	struct rt_match_item *added;
	const char *wrong;

	item.family = str_chr(net, ':') >= 0 ? AF_INET6 : AF_INET;
	if (!is_only(net, item.family == AF_INET6 ? "0123456789abcdefABCDEF.:/"
						  : "0123456789./"))
		return false;
	wrong = parse_net(net, &item);
	/* Without a mask a word that is no address is only never equal to one. */
	if (wrong && str_chr(net, '/') < 0)
		return false;
	if (wrong) {
		add_error(b, arena_printf(arena, "%.*s %s", STR_ARG(word), wrong),
			  item.family, origin);
		return true;
	}
	added = add_item(b, RT_MATCH_NET, word, origin);
	added->family = item.family;
	added->prefix = item.prefix;
	memcpy(added->address, item.address, sizeof(item.address));
	return true;
}

/* ---- words ---- */

static enum rt_match_kind word_kind(const struct match_build *b, struct str word)
{
	if (!b->has_subdomains)
		return RT_MATCH_WORD;
	if (b->parent_matches)
		return RT_MATCH_DOMAIN_AND_SUBS;
	return str_starts(word, ".") ? RT_MATCH_DOT_DOMAIN : RT_MATCH_WORD;
}

static void add_list(struct match_build *b, struct text text, bool negated);

/* Each logical line of the file is a list of its own. */
static void add_file(struct match_build *b, struct text path, bool negated)
{
	struct compiler *c = b->c;
	struct rt_origin origin = compiler_text_origin(c, path, b->setting);
	const char *name = str_dup0(c->arena, path.str);
	const char *fs_path = site_resolve_path(c->site, name);
	const struct source *src = NULL;
	struct list_lines lines;
	int status = MCC_ENOENT;

	if (b->depth >= LIMIT_MATCH_FILES) {
		add_error(b, "too many files within files", 0, origin);
		return;
	}
	if (fs_path)
		status = source_add_file(c->site->sources, fs_path,
					 site_shown_path(c->site, fs_path, name), &src);
	if (status != MCC_OK) {
		add_error(b,
			  arena_printf(c->arena, "%s: %s", name, mcc_status_text(status)),
			  0, origin);
		return;
	}
	b->depth++;
	lines = list_read_file(&c->parse, src, path);
	for (size_t i = 0; i < lines.count; i++)
		add_list(b, lines.lines[i], negated);
	b->depth--;
}

static void add_word(struct match_build *b, struct text text, bool negated)
{
	struct compiler *c = b->c;
	struct rt_origin origin = compiler_text_origin(c, text, b->setting);
	struct str word = text.str;
	size_t bangs = 0;
	size_t first = b->count;

	while (bangs < word.len && word.ptr[bangs] == '!')
		bangs++;
	negated ^= bangs % 2 != 0;
	word = str_slice(word, bangs, word.len);
	if (!word.len) {
		add_error(b, "a '!' without a pattern", 0, origin);
	} else if (word.ptr[0] == '/') {
		add_file(b, text_slice(c->arena, text, bangs, text.str.len), negated);
		return;
	} else if (str_chr(word, ':') >= 0 && word.ptr[0] != '[') {
		struct text table = text_slice(c->arena, text, bangs, text.str.len);

		add_item(b, RT_MATCH_MAP, word, origin)->map =
			compiler_map(c, table, b->setting, false);
	} else if (!b->is_nets || !add_net(b, word, origin)) {
		add_item(b, word_kind(b, word), str_lower(c->arena, word), origin);
	}
	for (size_t i = first; i < b->count; i++)
		b->items[i].negated = negated;
}

static void add_list(struct match_build *b, struct text text, bool negated)
{
	const struct list *list = site_words(b->c->site, text);

	for (size_t i = 0; i < list->count; i++) {
		/* A comment drops the rest of the list. */
		if (str_starts(list->items[i].text.str, "#"))
			return;
		add_word(b, list->items[i].text, negated);
	}
}

static bool names_list(const struct compiler *c, const char *name)
{
	const struct list *list = site_list(
		c->site, compiler_setting(c, PARAM_parent_domain_matches_subdomains));

	for (size_t i = 0; i < list->count; i++)
		if (str_eqc(list->items[i].text.str, name))
			return true;
	return false;
}

void compiler_match(struct compiler *c, const struct setting *setting, bool is_nets,
		    struct rt_match *out)
{
	struct match_build b = {.c = c, .setting = setting, .is_nets = is_nets};

	b.has_subdomains = setting->param->kind == PARAM_KIND_domain_match_list ||
			   setting->param->kind == PARAM_KIND_network_list;
	b.parent_matches = names_list(c, setting->param->name);
	add_list(&b, setting->value, false);
	out->items = b.items;
	out->count = b.count;
	out->parent_matches = b.parent_matches;
	out->origin = compiler_setting_origin(c, setting);
}
