/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The classes of domains: which names this host takes mail for, and how. A
 * name belongs to one class; the host's own name belongs to some class as a
 * rule. Tables that were not read may hold anything, and then less is said.
 */
#include <string.h>

#include "base/arena.h"
#include "base/strmap.h"
#include "grammar/list.h"
#include "grammar/table.h"
#include "lint/checks.h"
#include "lint/domain.h"
#include "lint/placeholders.h"
#include "lint/say.h"
#include "lint/uses.h"

enum { CLASS_COUNT = 4 };

/* In the order in which Postfix asks them. */
static const enum param_id class_params[CLASS_COUNT] = {
	PARAM_mydestination, PARAM_virtual_alias_domains, PARAM_virtual_mailbox_domains,
	PARAM_relay_domains};
enum { CLASS_LOCAL, CLASS_ALIAS, CLASS_MAILBOX, CLASS_RELAY };

struct member {
	const struct setting *setting;
	struct span span; /* where the name is written */
	const struct text_via *via;
};

struct classes {
	const struct lint_run *run;
	struct strmap *members[CLASS_COUNT];
	bool is_open[CLASS_COUNT]; /* holds what was not read */
};

/* ---- collecting ---- */

static void add_name(struct classes *c, int class, struct str name,
		     struct lint_place place)
{
	struct arena *arena = c->run->site->arena;
	struct member *member = arena_array(arena, 1, sizeof(*member));
	struct str key = str_folded(arena, name);

	MCC_ASSERT(member);
	*member = (struct member){site_setting(c->run->site, class_params[class]),
				  place.span, place.via};
	if (!strmap_find(c->members[class], key))
		strmap_put(c->members[class], key, member);
}

/* Rows whose keys are domains; those of addresses declare none. */
static void add_table(struct classes *c, int class, struct str mention)
{
	const struct site_table *table = lint_find_table(c->run->site, mention);

	if (!table || !table->rows) {
		c->is_open[class] = true;
		return;
	}
	for (size_t i = 0; i < table->rows->row_count; i++) {
		const struct table_row *row = &table->rows->rows[i];

		if (row->key.len && str_chr(row->key, '@') < 0)
			add_name(c, class, row->key,
				 (struct lint_place){row->key_span, NULL});
	}
}

/* Where the list says so: a name that `$myhostname` brought in stands there. */
static struct lint_place place_in_list(const struct setting *setting,
				       const struct text *word)
{
	struct lint_place place = lint_place_of_word(setting, word);

	if (!place.via)
		return place;
	while (place.via->up)
		place.via = place.via->up;
	return (struct lint_place){place.via->ref, place.via};
}

static void add_class(struct classes *c, int class)
{
	const struct setting *setting = site_setting(c->run->site, class_params[class]);
	const struct list *list = site_list(c->run->site, setting);

	c->members[class] = strmap_new(c->run->site->arena);
	/* At low compatibility levels it is $mydestination, which is harmless. */
	if (class == CLASS_RELAY && setting->origin == ORIGIN_DEFAULT)
		return;
	for (size_t i = 0; i < list->count; i++) {
		const struct text *word = &list->items[i].text;

		if (!word->str.len || word->str.ptr[0] == '!' || word->str.ptr[0] == '#')
			continue;
		if (word->str.ptr[0] == '/')
			c->is_open[class] = true;
		else if (word->str.ptr[0] != '[' && str_chr(word->str, ':') >= 0)
			add_table(c, class, word->str);
		else
			add_name(c, class, word->str, place_in_list(setting, word));
	}
}

static const struct member *find(const struct classes *c, int class, struct str name)
{
	return strmap_find(c->members[class], str_folded(c->run->site->arena, name));
}

/* ---- one name in two classes ---- */

struct overlap {
	struct classes *c;
	int first;
	int second;
};

static const char *effect_of(int first, int second)
{
	if (second == CLASS_RELAY && first == CLASS_LOCAL)
		return "its mail is delivered here and never relayed";
	if (first == CLASS_LOCAL)
		return "its mail goes to users of this system, and the table of virtual "
		       "addresses is not asked";
	if (first == CLASS_ALIAS)
		return "it counts as a domain of aliases only, and its mailboxes get nothing";
	return "it counts as a domain of mailboxes, and nothing is relayed";
}

static void check_name(struct str name, void *value, void *arg)
{
	const struct overlap *o = arg;
	const struct member *second = value;
	const struct member *first = find(o->c, o->first, name);
	bool is_relayed = o->first == CLASS_LOCAL && o->second == CLASS_RELAY;
	struct span span;
	struct diag *d;

	/* `relay_domains = $mydestination` was the default once. */
	if (!first || (is_relayed && second->via))
		return;
	span = second->span.file ? second->span : first->span;
	if (!span.file)
		return;
	d = diag_add_as(o->c->run->diags, is_relayed ? RULE_MC802 : RULE_MC801,
			is_relayed ? DIAG_NOTE : DIAG_ERROR, span,
			"'%.*s' is in %s and in %s: %s; leave it in one of them",
			STR_ARG(name), first->setting->param->name,
			second->setting->param->name, effect_of(o->first, o->second));
	if (first->span.file && !span_eq(first->span, span))
		diag_relate(o->c->run->diags, d, first->span, "and here");
}

static void check_overlaps(struct classes *c)
{
	for (int second = 1; second < CLASS_COUNT; second++)
		for (int first = 0; first < second; first++) {
			struct overlap o = {c, first, second};

			strmap_each(c->members[second], check_name, &o);
		}
}

/* ---- the host's own name ---- */

static bool in_any_class(const struct classes *c, struct str name)
{
	for (int class = 0; class < CLASS_COUNT; class ++) {
		if (c->is_open[class] || find(c, class, name))
			return true;
	}
	/* relay_domains covers what is below its names. */
	for (ptrdiff_t dot = str_chr(name, '.'); dot >= 0; dot = str_chr(name, '.')) {
		name = str_slice(name, (size_t)dot + 1, name.len);
		if (find(c, CLASS_RELAY, name))
			return true;
	}
	return false;
}

/* Bounces, cron's mail and root@ bear it; then it should end somewhere. */
static void check_own_name(const struct classes *c)
{
	const struct lint_run *run = c->run;
	const struct site *site = run->site;
	const struct setting *list = site_setting(site, PARAM_mydestination);
	struct str name = lint_value(site, PARAM_myhostname);

	if (list->origin == ORIGIN_DEFAULT || !list->value.str.len ||
	    str_starts(name, "/") || !lint_is_set(site, PARAM_myhostname) ||
	    in_any_class(c, name) ||
	    !str_starts(lint_value(site, PARAM_local_transport), "local"))
		return;
	lint_say(
		run, RULE_MC807, lint_place_of(list),
		"mydestination leaves out this host's own name %.*s: mail to root@%.*s is "
		"sent out, comes back or goes round in circles; add $myhostname",
		STR_ARG(name), STR_ARG(name));
}

/* ---- myorigin and mydomain ---- */

struct nearest {
	struct str name;
	struct str found;
	const struct member *member;
};

static void look_near(struct str name, void *value, void *arg)
{
	struct nearest *n = arg;

	if (n->member || name.len < 6 || str_caseeq(name, n->name) ||
	    str_distance(name, n->name, 2) > 1)
		return;
	n->found = name;
	n->member = value;
}

/* A letter away from a domain of the site's own: not two domains, as a rule. */
static void check_origin(const struct classes *c)
{
	const struct setting *origin = site_setting(c->run->site, PARAM_myorigin);
	struct nearest n = {.name = origin->value.str};
	struct diag *d;

	if (origin->origin == ORIGIN_DEFAULT || !n.name.len || n.name.ptr[0] == '/' ||
	    in_any_class(c, n.name))
		return;
	for (int class = 0; class < CLASS_COUNT && !n.member; class ++)
		strmap_each(c->members[class], look_near, &n);
	if (!n.member || domain_is_private(n.name))
		return;
	d = lint_say(
		c->run, RULE_MC817, lint_place_of(origin),
		"myorigin is '%.*s', but this host takes mail for '%.*s': answers to "
		"mail from here go to somebody else's domain",
		STR_ARG(n.name), STR_ARG(n.found));
	if (n.member->span.file)
		diag_relate(c->run->diags, d, n.member->span, "did you mean this one?");
}

static void check_domain(const struct lint_run *run)
{
	const struct setting *domain = site_setting(run->site, PARAM_mydomain);
	const struct setting *host = site_setting(run->site, PARAM_myhostname);
	struct str name = domain->value.str;
	bool is_own = domain->origin != ORIGIN_DEFAULT && name.len &&
		      !placeholder_is_word(name);

	if (is_own && domain_is_localhost(name) && str_caseeqc(name, "localhost"))
		lint_say(
			run, RULE_MC342, lint_place_of(domain),
			"mydomain = localhost makes names such as localhost.localhost; it is "
			"the domain of this site, or 'localdomain' where there is none");
	else if (is_own && domain_label_count(name) < 2 &&
		 !str_caseeqc(name, "localdomain"))
		lint_say(
			run, RULE_MC342, lint_place_of(domain),
			"'%.*s' has no dot: mydomain is the domain behind the host's name, "
			"such as example.com",
			STR_ARG(name));
	else if (is_own && str_caseeq(name, host->value.str) &&
		 host->origin != ORIGIN_DEFAULT && !domain_is_registered(name))
		lint_say(
			run, RULE_MC342, lint_place_of(domain),
			"mydomain is the same as myhostname: it is the domain without the "
			"host, and addresses made with it name a single machine");
}

void lint_classes(const struct site *site, struct diag_queue *diags)
{
	const struct lint_run run = {site, diags};
	struct classes c = {.run = &run};

	for (int class = 0; class < CLASS_COUNT; class ++)
		add_class(&c, class);
	check_overlaps(&c);
	check_own_name(&c);
	check_origin(&c);
	check_domain(&run);
}
