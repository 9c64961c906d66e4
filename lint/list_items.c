/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Items of lists: those that stand twice or are inside another one, those that
 * can never match, and commas with nothing between them.
 */
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/strmap.h"
#include "grammar/list.h"
#include "lint/checks.h"
#include "lint/net.h"
#include "lint/say.h"

/* Lists of patterns: the first that matches decides. */
static bool is_match_list(const struct setting *setting)
{
	return setting->param && (setting->param->kind == PARAM_KIND_network_list ||
				  setting->param->kind == PARAM_KIND_domain_list ||
				  setting->param->kind == PARAM_KIND_domain_match_list ||
				  setting->param->kind == PARAM_KIND_match_list);
}

/* Compared whole: no rule about domains above or below. */
static bool is_exact_list(const struct setting *setting)
{
	return setting->param && (setting->param->id == PARAM_mydestination ||
				  setting->param->id == PARAM_virtual_alias_domains ||
				  setting->param->id == PARAM_virtual_mailbox_domains);
}

static bool is_literal(struct str word)
{
	return word.len && !strchr("/!#", word.ptr[0]) &&
	       (word.ptr[0] == '[' || str_chr(word, ':') < 0);
}

/* ---- items that stand twice ---- */

static bool parse_net(struct str word, struct net *net)
{
	if (word.len > 1 && word.ptr[0] == '[' && word.ptr[word.len - 1] == ']')
		word = str_slice(word, 1, word.len - 1);
	return net_parse(word, net) == NULL && !net_has_host_bits(net);
}

static void report_repeated(const struct lint_run *run, const struct setting *setting,
			    const struct text *again, const struct text *first)
{
	struct span span = text_full_span(*again);
	struct span before = text_full_span(*first);
	struct diag *d;

	/* What a `$name` brings along is not the writer's doing. */
	if (!span.file || (text_via_at(*again, 0) && text_via_at(*first, 0)))
		return;
	d = lint_say(run, RULE_MC318, lint_place_of_word(setting, again),
		     str_caseeq(again->str, first->str)
			     ? "'%.*s' stands in this list twice"
			     : "'%.*s' is inside '%.*s', which is in this list, too",
		     STR_ARG(again->str), STR_ARG(first->str));
	if (before.file)
		diag_relate(run->diags, d, before, "this one is enough");
}

static void check_repeated_names(const struct lint_run *run,
				 const struct setting *setting, const struct list *list)
{
	struct strmap *seen = strmap_new(run->site->arena);

	for (size_t i = 0; i < list->count; i++) {
		const struct text *word = &list->items[i].text;
		struct str key = str_folded(run->site->arena, word->str);
		const struct text *first;

		if (!is_literal(word->str))
			continue;
		first = strmap_find(seen, key);
		if (first)
			report_repeated(run, setting, word, first);
		else
			strmap_put(seen, key, &list->items[i].text);
	}
}

static void check_covered(const struct lint_run *run, const struct setting *setting,
			  const struct list *list)
{
	enum { COMPARED_MAX = 256 };

	for (size_t i = 0; i < list->count && i < COMPARED_MAX; i++) {
		const struct text *word = &list->items[i].text;
		struct net inner, outer;

		if (!is_literal(word->str) || !parse_net(word->str, &inner))
			continue;
		for (size_t k = 0; k < list->count && k < COMPARED_MAX; k++) {
			const struct text *other = &list->items[k].text;

			if (k == i || !is_literal(other->str) ||
			    !parse_net(other->str, &outer) ||
			    !net_contains(&outer, &inner) ||
			    (net_contains(&inner, &outer) &&
			     (k > i || str_caseeq(word->str, other->str))))
				continue;
			report_repeated(run, setting, word, other);
			break;
		}
	}
}

/* ---- items that never match ---- */

static void check_negated(const struct lint_run *run, const struct setting *setting,
			  const struct list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (!str_starts(list->items[i].text.str, "!"))
			return;
	if (list->count)
		lint_say(
			run, RULE_MC317, lint_place_of(setting),
			"a list with nothing but '!' items matches nobody: it only takes "
			"away from what stands behind it; add what shall match at the end");
}

/* `10.0.0.0/8, !10.0.0.1`: the first that matches decides. */
static void check_late_negation(const struct lint_run *run, const struct setting *setting,
				const struct list *list, size_t at)
{
	struct str word = list->items[at].text.str;
	struct str bare = str_slice(word, 1, word.len);
	struct net inner, outer;
	bool is_net = parse_net(bare, &inner);

	for (size_t i = 0; i < at; i++) {
		struct str other = list->items[i].text.str;
		struct diag *d;

		if (!is_literal(other) ||
		    !(str_caseeq(bare, other) || (is_net && parse_net(other, &outer) &&
						  net_contains(&outer, &inner))))
			continue;
		d = lint_say(run, RULE_MC317,
			     lint_place_of_word(setting, &list->items[at].text),
			     "'%.*s' comes too late: '%.*s' before it matches first; put "
			     "exceptions at the front",
			     STR_ARG(word), STR_ARG(other));
		diag_relate(run->diags, d, text_full_span(list->items[i].text),
			    "this one matches");
		return;
	}
}

static void check_wildcard(const struct lint_run *run, const struct setting *setting,
			   const struct text *word)
{
	bool is_star = memchr(word->str.ptr, '*', word->str.len) != NULL;
	bool is_dotted = word->str.len > 1 && word->str.ptr[0] == '.';
	struct lint_place place = lint_place_of_word(setting, word);

	if (is_star)
		lint_say(
			run, RULE_MC804, place,
			"'%.*s' matches nothing: '*' is no wildcard in %s; list each domain, "
			"or name a table",
			STR_ARG(word->str), setting->param->name);
	else if (is_dotted && is_exact_list(setting))
		lint_say(run, RULE_MC804, place,
			 "'%.*s' matches nothing: %s compares whole names; list each "
			 "subdomain, or use a pcre: table",
			 STR_ARG(word->str), setting->param->name);
	else if (is_dotted && setting->param->id == PARAM_relay_domains &&
		 lint_has_word(
			 lint_value(run->site, PARAM_parent_domain_matches_subdomains),
			 "relay_domains"))
		lint_say(
			run, RULE_MC805, place,
			"'%.*s' matches nothing: write it without the leading dot, which "
			"covers the domain and all below it",
			STR_ARG(word->str));
}

/* ---- commas ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_list(const struct setting *setting)
{
	return is_match_list(setting) ||
	       (setting->param && (setting->param->kind == PARAM_KIND_restriction_list ||
				   setting->param->kind == PARAM_KIND_maps ||
				   setting->param->kind == PARAM_KIND_interface_list));
}

/* The first comma that has no item before it, or none behind it. */
static void check_commas(const struct lint_run *run, const struct setting *setting)
{
	struct str raw = setting->raw.str;
	ptrdiff_t comma = -1;
	bool has_item = false;

	for (size_t i = 0; i < raw.len; i++) {
		if (raw.ptr[i] == '{' || raw.ptr[i] == '#')
			return; /* maps in braces have commas of their own */
		if (raw.ptr[i] == ',' && !has_item) {
			diag_add(
				run->diags, RULE_MC341, text_span(setting->raw, i, i + 1),
				comma < 0
					? "the list begins with a comma: Postfix skips it, "
					  "but is an item missing before it?"
					: "between these two commas stands nothing: Postfix "
					  "skips it, but was a name meant to be here?");
			return;
		}
		if (raw.ptr[i] == ',') {
			comma = (ptrdiff_t)i;
			has_item = false;
		} else if (!is_blank(raw.ptr[i])) {
			has_item = true;
		}
	}
	if (comma >= 0 && !has_item)
		diag_add(run->diags, RULE_MC341,
			 text_span(setting->raw, (size_t)comma, (size_t)comma + 1),
			 "the list ends with a comma: Postfix skips it, but is a line "
			 "missing behind it?");
}

static void check_setting(const struct lint_run *run, const struct setting *setting,
			  const struct site_service *service)
{
	const struct list *list;

	/* In master.cf a comma at the end is a blank too many: MC1107. */
	if (is_list(setting) && !service)
		check_commas(run, setting);
	if (!is_match_list(setting))
		return;
	list = site_list(run->site, setting);
	check_repeated_names(run, setting, list);
	if (setting->param->kind == PARAM_KIND_network_list)
		check_covered(run, setting, list);
	check_negated(run, setting, list);
	for (size_t i = 0; i < list->count; i++) {
		if (str_starts(list->items[i].text.str, "!"))
			check_late_negation(run, setting, list, i);
		else if (is_literal(list->items[i].text.str) &&
			 setting->param->kind != PARAM_KIND_network_list)
			check_wildcard(run, setting, &list->items[i].text);
	}
}

void lint_list_items(const struct site *site, struct diag_queue *diags)
{
	const struct lint_run run = {site, diags};

	lint_each_setting(&run, check_setting);
}
