/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a gathered tree comes to: lookups as a receiver counts that gets to the
 * end (RFC 7208 4.6.4), the networks that pass, and what is wrong.
 *
 * Who passes: terms in order, each takes its networks; one that does not pass
 * takes them away from all that come later. Recursion is bounded by the depth
 * of the map.
 */
#include "dnscheck/spf_map.h"

#include <string.h>

#include "base/arena.h"
#include "base/limits.h"

struct judge {
	struct spf_map *map;
	unsigned lookups;	       /* so far, in the order of evaluation */
	const struct spf_branch *over; /* the term that passed the limit */
	const struct spf_node *over_node;
	bool can_match; /* a term before it may have decided */
};

/* --- counts and networks -------------------------------------------------- */

static void judge_node(struct spf_map *map, struct spf_node *node);

static void judge_branch(struct spf_map *map, struct spf_node *node, struct spf_branch *b)
{
	if (b->is_ignored)
		return;
	b->void_lookups = b->is_void ? 1 : 0;
	if (spf_term_needs_lookup(b->term) || b->term->kind == SPF_TERM_REDIRECT)
		b->lookups = 1;
	node->is_uncertain = node->is_uncertain || b->unknown != NULL;
	node->is_dynamic =
		node->is_dynamic || (b->is_dynamic && b->term->kind != SPF_TERM_EXP &&
				     b->term->kind != SPF_TERM_MODIFIER);
	if (b->child != NULL) {
		judge_node(map, b->child);
		b->lookups += b->child->lookups;
		b->void_lookups += b->child->void_lookups;
		node->is_dynamic = node->is_dynamic || b->child->is_dynamic;
		node->is_uncertain = node->is_uncertain || b->child->is_uncertain;
		b->nets = b->child->nets;
	}
	node->lookups += b->lookups;
	node->void_lookups += b->void_lookups;
}

static void take_nets(struct spf_map *map, struct spf_node *node,
		      const struct spf_branch *b, struct spf_nets *holes)
{
	struct spf_nets fresh = {.count = 0};

	if (b->term->qualifier != SPF_QUAL_PASS) {
		spf_nets_add_set(map->arena, holes, &b->nets);
		return;
	}
	spf_nets_add_set(map->arena, &fresh, &b->nets);
	spf_nets_subtract(map->arena, &fresh, holes);
	spf_nets_add_set(map->arena, &node->nets, &fresh);
}

static void judge_nets(struct spf_map *map, struct spf_node *node)
{
	struct spf_nets holes = {.count = 0};
	const struct spf_branch *redirect = NULL;
	size_t i;

	for (i = 0; i < node->branch_count; i++) {
		if (node->branches[i].is_ignored)
			continue;
		if (node->branches[i].term->kind == SPF_TERM_REDIRECT)
			redirect = &node->branches[i];
		else
			take_nets(map, node, &node->branches[i], &holes);
	}
	if (redirect != NULL)
		take_nets(map, node, redirect, &holes);
	spf_nets_minimise(&node->nets);
	map->is_cut = map->is_cut || node->nets.is_cut;
}

static void judge_node(struct spf_map *map, struct spf_node *node)
{
	size_t i;

	node->is_uncertain = node->unknown != NULL;
	for (i = 0; i < node->branch_count; i++)
		judge_branch(map, node, &node->branches[i]);
	judge_nets(map, node);
}

/* --- findings ------------------------------------------------------------- */

static void add_all(struct spf_map *map, const struct spf_node *node,
		    const struct spf_findings *set)
{
	struct spf_map_finding *slot;
	size_t i;

	for (i = 0; i < set->count; i++) {
		slot = arena_push(map->arena, &map->findings, map->finding_count,
				  &map->finding_room, sizeof(*slot));
		*slot = (struct spf_map_finding){node, &set->items[i]};
		map->finding_count++;
	}
}

static void find_in_branch(struct spf_findings *set, const struct spf_branch *b)
{
	size_t lo = b->term->lo, hi = b->term->hi;
	const struct spf_node *child = b->child;

	if (b->unknown != NULL)
		spf_finding_add(set, RULE_DN000, DIAG_UNVERIFIED, lo, hi,
				"could not verify %s: %s", b->text, b->unknown);
	if (b->is_loop)
		spf_finding_add(set, RULE_DN051, DIAG_ERROR, lo, hi,
				"%s comes back to a record that leads here: receivers "
				"answer permerror",
				b->text);
	if (b->is_wide)
		spf_finding_add(set, RULE_DN049, DIAG_ERROR, lo, hi,
				"%s: more than %d MX records: receivers answer "
				"permerror (RFC 7208 4.6.4)",
				b->text, LIMIT_SPF_NAMES);
	if (child != NULL && child->unknown == NULL && child->record_count != 1)
		spf_finding_add(set, RULE_DN050, DIAG_ERROR, lo, hi,
				"%s: %s has %s SPF record: receivers answer permerror "
				"(RFC 7208 5.2)",
				b->text, child->domain,
				child->record_count == 0 ? "no" : "more than one");
}

static void find_in_root(struct spf_findings *set, const struct spf_node *node)
{
	if (node->unknown == NULL && node->record_count == 0)
		spf_finding_add(set, RULE_DN041, DIAG_ERROR, 0, 0, "no SPF record");
	if (node->record_count > 1)
		spf_finding_add(set, RULE_DN042, DIAG_ERROR, 0, 0,
				"%zu SPF records: receivers answer permerror (RFC 7208 "
				"4.5)",
				node->record_count);
	spf_lint_size(set, strlen(node->domain), node->txt_size);
	if (node->void_lookups != 0)
		spf_finding_add(set, RULE_DN048,
				node->void_lookups > LIMIT_SPF_VOID ? DIAG_ERROR
								    : DIAG_WARNING,
				0, 0,
				"%u names that do not exist are asked for, %d are "
				"allowed (RFC 7208 4.6.4)",
				node->void_lookups, LIMIT_SPF_VOID);
}

/* Third parties' records: only what breaks ours. */
static bool concerns_us(const struct spf_finding *f)
{
	return f->severity == DIAG_ERROR || f->severity == DIAG_UNVERIFIED;
}

static void find_in_node(struct spf_map *map, const struct spf_node *node)
{
	struct spf_findings set = {.arena = map->arena}, kept = {.arena = map->arena};
	size_t i;

	if (node->unknown != NULL)
		spf_finding_add(&set, RULE_DN000, DIAG_UNVERIFIED, 0, 0,
				"could not verify: %s", node->unknown);
	if (node->up == NULL)
		find_in_root(&set, node);
	if (node->record != NULL)
		(void)spf_lint_record(&set, node->text);
	for (i = 0; i < node->branch_count; i++)
		find_in_branch(&set, &node->branches[i]);
	for (i = 0; i < set.count; i++) {
		if (node->up == NULL || concerns_us(&set.items[i]))
			*(struct spf_finding *)arena_push(
				kept.arena, &kept.items, kept.count++, &kept.room,
				sizeof(*kept.items)) = set.items[i];
	}
	add_all(map, node, &kept);
	for (i = 0; i < node->branch_count; i++) {
		if (node->branches[i].child != NULL)
			find_in_node(map, node->branches[i].child);
	}
}

/* --- the limit, in the order of evaluation -------------------------------- */

static void walk(struct judge *j, const struct spf_node *node);

static void walk_branch(struct judge *j, const struct spf_node *node,
			const struct spf_branch *b)
{
	if (b->is_ignored || j->over != NULL)
		return;
	if (spf_term_needs_lookup(b->term) || b->term->kind == SPF_TERM_REDIRECT) {
		if (++j->lookups > LIMIT_SPF_LOOKUPS) {
			j->over = b;
			j->over_node = node;
			return;
		}
	}
	if (b->child != NULL)
		walk(j, b->child);
	/* What a term of the domain's own record matches, decides. */
	if (j->over == NULL && node->up == NULL && b->term->kind < SPF_TERM_REDIRECT)
		j->can_match = true;
}

static void walk(struct judge *j, const struct spf_node *node)
{
	const struct spf_branch *redirect = NULL;
	size_t i;

	for (i = 0; i < node->branch_count; i++) {
		if (node->branches[i].term->kind == SPF_TERM_REDIRECT)
			redirect = &node->branches[i];
		else
			walk_branch(j, node, &node->branches[i]);
	}
	if (redirect != NULL)
		walk_branch(j, node, redirect);
}

static void find_lookups(struct spf_map *map)
{
	struct spf_findings set = {.arena = map->arena};
	struct judge j = {.map = map};
	const struct spf_node *root = map->root;

	walk(&j, root);
	if (j.over != NULL)
		spf_finding_add(&set, RULE_DN046, DIAG_ERROR, 0, 0,
				"%u lookups of %d allowed; %s of %s is the first one too "
				"many: receivers that get there answer permerror",
				root->lookups, LIMIT_SPF_LOOKUPS, j.over->text,
				j.over_node->domain);
	else if (root->lookups >= LIMIT_SPF_LOOKUPS - 1)
		spf_finding_add(&set, RULE_DN046, DIAG_WARNING, 0, 0,
				"%u lookups of %d allowed: the next change of an "
				"included record may break mail",
				root->lookups, LIMIT_SPF_LOOKUPS);
	if (j.over != NULL && j.can_match)
		spf_finding_add(&set, RULE_DN047, DIAG_WARNING, 0, 0,
				"senders that an earlier term matches pass, all others "
				"get permerror: the fault shows only for some mail");
	add_all(map, root, &set);
}

void spf_map_judge(struct spf_map *map)
{
	judge_node(map, map->root);
	find_in_node(map, map->root);
	find_lookups(map);
}
