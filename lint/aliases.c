/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loops of local aliases: names that lead back to themselves. A name that
 * lists itself is the mailbox of that name and no loop (aliases(5)).
 */
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/strmap.h"
#include "grammar/aliases.h"
#include "grammar/list.h"
#include "lint/checks.h"
#include "lint/graph.h"
#include "lint/lint_file.h"
#include "mcc/model/site.h"

struct alias_graph {
	const struct parse_ctx *ctx;
	const struct site *site; /* NULL: no domain is known to be ours */
	const struct alias_entry **nodes;
	size_t count;
	struct strmap *by_name; /* lower-case name -> its slot in nodes */
};

/* Whether the words of mydestination name the domain. */
static bool is_local_domain(const struct site *site, struct str domain)
{
	const struct list *list;

	if (!site)
		return false;
	list = site_list(site, site_setting(site, PARAM_mydestination));
	for (size_t i = 0; i < list->count; i++)
		if (str_caseeq(list->items[i].text.str, domain))
			return true;
	return false;
}

static void add_nodes(struct alias_graph *g, const struct alias_file *file)
{
	for (size_t i = 0; i < file->entry_count; i++) {
		struct str key = str_lower(g->ctx->arena, file->entries[i].name);

		if (strmap_find(g->by_name, key))
			continue; /* the first one counts */
		g->nodes[g->count] = &file->entries[i];
		strmap_put(g->by_name, key, &g->nodes[g->count]);
		g->count++;
	}
}

static const struct alias_entry **find_target(const struct alias_graph *g,
					      struct str member)
{
	ptrdiff_t at = str_rchr(member, '@');

	if (at >= 0) {
		struct str domain = str_slice(member, (size_t)at + 1, member.len);

		if (!is_local_domain(g->site, domain))
			return NULL;
		member = str_slice(member, 0, (size_t)at);
	}
	return strmap_find(g->by_name, str_lower(g->ctx->arena, member));
}

static void add_edges(const struct alias_graph *g, struct graph *graph, size_t from)
{
	const struct alias_entry *entry = g->nodes[from];

	for (size_t i = 0; i < entry->member_count; i++) {
		const struct alias_entry **target;
		size_t to;

		if (entry->members[i].kind != ALIAS_ADDRESS)
			continue;
		target = find_target(g, entry->members[i].text);
		if (!target)
			continue;
		to = (size_t)(target - g->nodes);
		if (to != from)
			graph_add_edge(graph, from, to);
	}
}

static void report_loop(const size_t *nodes, size_t count, void *arg)
{
	const struct alias_graph *g = arg;
	const struct alias_entry *first = g->nodes[nodes[0]];
	struct diag *d;

	d = diag_add(
		g->ctx->diags, RULE_MC1001, first->name_span,
		"the alias '%.*s' leads back to itself through %zu name%s; mail to it "
		"bounces",
		STR_ARG(first->name), count - 1, count == 2 ? "" : "s");
	for (size_t i = 1; i < count; i++)
		diag_relate(g->ctx->diags, d, g->nodes[nodes[i]]->name_span,
			    "by way of '%.*s'", STR_ARG(g->nodes[nodes[i]]->name));
}

void lint_alias_loops(const struct parse_ctx *ctx, const struct alias_file *const *files,
		      size_t file_count, const struct site *site)
{
	struct alias_graph g = {.ctx = ctx, .site = site};
	struct graph *graph;
	size_t total = 0;

	for (size_t i = 0; i < file_count; i++)
		total += files[i]->entry_count;
	g.by_name = strmap_new(ctx->arena);
	g.nodes = arena_array(ctx->arena, total + 1, sizeof(*g.nodes));
	for (size_t i = 0; i < file_count; i++)
		add_nodes(&g, files[i]);
	graph = graph_new(ctx->arena, g.count);
	for (size_t i = 0; i < g.count; i++)
		add_edges(&g, graph, i);
	graph_each_cycle(graph, report_loop, &g);
}

void lint_aliases(const struct site *site, struct diag_queue *diags)
{
	const struct parse_ctx ctx = {site->arena, site->sources, diags};
	const struct alias_file **files;
	size_t count = 0;

	files = arena_array(site->arena, site->table_count + 1, sizeof(*files));
	for (size_t i = 0; i < site->table_count; i++)
		if (site->tables[i]->aliases)
			files[count++] = site->tables[i]->aliases;
	lint_alias_loops(&ctx, files, count, site);
}
