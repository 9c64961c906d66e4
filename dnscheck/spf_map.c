/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gathers the tree: each record asks for what its terms name as soon as it is
 * there, all at once. Nothing is judged here.
 *
 * The records are third parties': depth and number of records are bounded, and
 * a record that leads to itself is not followed. A domain that is included
 * twice has two nodes; the resolver's cache makes that cheap.
 */
#include "dnscheck/spf_map.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/limits.h"

/* A question under way for a term. */
struct job {
	struct spf_map *map;
	struct spf_node *node;
	struct spf_branch *branch;
	unsigned *empty; /* A and AAAA of one name share it */
};

static void follow(struct spf_map *map, struct spf_node *node, struct spf_branch *b);

static bool is_certain(struct arena *arena, const struct dns_answer *a,
		       const char **out_unknown)
{
	if (dns_status_is_final(a->status))
		return true;
	if (*out_unknown == NULL)
		*out_unknown = arena_printf(
			arena, "%s %s: %s%s%s", a->qname, dns_type_name(a->qtype),
			dns_status_name(a->status), a->detail != NULL ? ": " : "",
			a->detail != NULL ? a->detail : "");
	return false;
}

static struct job *job_new(struct spf_map *map, struct spf_node *node,
			   struct spf_branch *branch)
{
	struct job *job = arena_alloc(map->arena, sizeof(*job));

	*job = (struct job){.map = map, .node = node, .branch = branch};
	return job;
}

/* --- hosts ---------------------------------------------------------------- */

static void on_address(const struct dns_answer *a, void *arg)
{
	const struct job *job = arg;
	struct spf_branch *b = job->branch;
	bool is_v6 = a->qtype == DNS_AAAA;
	size_t i;

	if (!is_certain(job->map->arena, a, &b->unknown))
		return;
	for (i = 0; i < a->rr_count && b->term->kind != SPF_TERM_EXISTS; i++)
		spf_nets_add(job->map->arena, &b->nets, is_v6, a->rrs[i].address,
			     is_v6 ? b->term->prefix6 : b->term->prefix4);
	/* Void: neither family has one (an exists asks for A only). */
	if (a->rr_count == 0 && --*job->empty == 0)
		b->is_void = true;
}

static void ask_addresses(struct spf_map *map, struct spf_node *node,
			  struct spf_branch *b, const char *name, bool both)
{
	struct job *job = job_new(map, node, b);

	job->empty = arena_alloc(map->arena, sizeof(*job->empty));
	*job->empty = both ? 2 : 1;
	dns_ask(map->resolver, name, DNS_A, on_address, job);
	if (both)
		dns_ask(map->resolver, name, DNS_AAAA, on_address, job);
}

static void on_mx(const struct dns_answer *a, void *arg)
{
	const struct job *job = arg;
	struct spf_branch *b = job->branch;
	size_t i;

	if (!is_certain(job->map->arena, a, &b->unknown))
		return;
	b->is_void = a->rr_count == 0;
	b->is_wide = a->rr_count > LIMIT_SPF_NAMES;
	for (i = 0; i < a->rr_count && i < LIMIT_SPF_NAMES; i++) {
		if (a->rrs[i].name[0] != '\0')
			ask_addresses(job->map, job->node, b,
				      arena_strdup(job->map->arena, a->rrs[i].name),
				      true);
	}
}

/* --- records -------------------------------------------------------------- */

static const char *target_of(struct spf_map *map, const struct spf_node *node,
			     const struct spf_term *term)
{
	struct strbuf name;
	const char *text = NULL;
	size_t i;

	if (!term->has_domain)
		return node->domain;
	if (spf_term_has_macro(term))
		return NULL;
	strbuf_init(&name, LIMIT_SPF_EXPANDED);
	for (i = 0; i < term->domain.part_count; i++)
		strbuf_addstr(&name, term->domain.parts[i].text);
	if (!name.failed)
		text = str_dup0(map->arena, strbuf_view(&name));
	strbuf_fini(&name);
	return text;
}

static bool has_all(const struct spf_record *record)
{
	size_t i;

	for (i = 0; i < record->term_count; i++) {
		if (record->terms[i].kind == SPF_TERM_ALL)
			return true;
	}
	return false;
}

static void take_terms(struct spf_map *map, struct spf_node *node)
{
	const struct spf_record *record = node->record;
	bool all = has_all(record), past_all = false;
	struct spf_branch *b;
	size_t i;

	node->branches = arena_array(map->arena, record->term_count + 1, sizeof(*b));
	node->branch_count = record->term_count;
	for (i = 0; i < record->term_count; i++) {
		b = &node->branches[i];
		b->term = &record->terms[i];
		b->text = str_dup0(map->arena,
				   str_slice(record->text, b->term->lo, b->term->hi));
		b->target = target_of(map, node, b->term);
		b->is_ignored = b->term->kind == SPF_TERM_REDIRECT
					? all
					: past_all && b->term->kind < SPF_TERM_REDIRECT;
		b->is_dynamic = spf_term_has_macro(b->term) ||
				b->term->kind == SPF_TERM_PTR ||
				b->term->kind == SPF_TERM_EXISTS;
		past_all = past_all || b->term->kind == SPF_TERM_ALL;
		if (!b->is_ignored)
			follow(map, node, b);
	}
}

static void take_text(struct spf_map *map, struct spf_node *node, struct str text)
{
	struct spf_record *record = NULL;

	node->text =
		(struct str){arena_memdup0(map->arena, text.ptr, text.len), text.len};
	node->has_errors = spf_parse(map->arena, node->text, &record, NULL, 0) != 0;
	node->record = record;
	if (record != NULL)
		take_terms(map, node);
}

static void on_record(const struct dns_answer *a, void *arg)
{
	const struct job *job = arg;
	struct spf_node *node = job->node;
	const struct dns_rr *found = NULL;
	size_t i;

	node->status = a->status;
	if (!is_certain(job->map->arena, a, &node->unknown))
		return;
	for (i = 0; i < a->rr_count; i++) {
		node->txt_size += a->rrs[i].text.len;
		if (!spf_is_record(a->rrs[i].text))
			continue;
		if (node->record_count++ == 0)
			found = &a->rrs[i];
	}
	if (found != NULL)
		take_text(job->map, node, found->text);
}

static struct spf_node *node_new(struct spf_map *map, const struct spf_node *up,
				 const char *domain)
{
	struct spf_node *node = arena_alloc(map->arena, sizeof(*node));

	node->up = up;
	node->domain = domain;
	map->node_count++;
	return node;
}

static void include(struct spf_map *map, struct spf_node *node, struct spf_branch *b)
{
	const struct spf_node *n;
	unsigned depth = 0;

	for (n = node; n != NULL; n = n->up) {
		depth++;
		b->is_loop = b->is_loop || strcasecmp(n->domain, b->target) == 0;
	}
	if (b->is_loop)
		return;
	if (depth >= LIMIT_SPF_MAP_DEPTH || map->node_count >= LIMIT_SPF_MAP_NODES) {
		map->is_cut = true;
		return;
	}
	b->child = node_new(map, node, b->target);
	dns_ask(map->resolver, b->target, DNS_TXT, on_record,
		job_new(map, b->child, NULL));
}

static void follow(struct spf_map *map, struct spf_node *node, struct spf_branch *b)
{
	const struct spf_term *term = b->term;

	switch (term->kind) {
	case SPF_TERM_IP4:
	case SPF_TERM_IP6:
		spf_nets_add(map->arena, &b->nets, term->kind == SPF_TERM_IP6,
			     term->address,
			     term->kind == SPF_TERM_IP6 ? term->prefix6 : term->prefix4);
		break;
	case SPF_TERM_ALL:
		spf_nets_add_all(map->arena, &b->nets);
		break;
	case SPF_TERM_A:
	case SPF_TERM_EXISTS:
		if (b->target != NULL)
			ask_addresses(map, node, b, b->target, term->kind == SPF_TERM_A);
		break;
	case SPF_TERM_MX:
		if (b->target != NULL)
			dns_ask(map->resolver, b->target, DNS_MX, on_mx,
				job_new(map, node, b));
		break;
	case SPF_TERM_INCLUDE:
	case SPF_TERM_REDIRECT:
		if (b->target != NULL)
			include(map, node, b);
		break;
	case SPF_TERM_PTR:
	case SPF_TERM_EXP:
	case SPF_TERM_MODIFIER:
		break;
	}
}

struct spf_map *spf_map_build(struct arena *arena, struct resolver *r, const char *domain,
			      const char *text)
{
	struct spf_map *map = arena_alloc(arena, sizeof(*map));

	map->arena = arena;
	map->resolver = r;
	map->root = node_new(map, NULL, arena_strdup(arena, domain));
	if (text != NULL) {
		map->root->status = DNS_ANSWER;
		map->root->record_count = 1;
		map->root->txt_size = strlen(text);
		take_text(map, map->root, str_of(text));
	} else {
		dns_ask(r, domain, DNS_TXT, on_record, job_new(map, map->root, NULL));
	}
	dns_wait_all(r);
	spf_map_judge(map);
	return map;
}
