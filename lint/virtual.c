/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loops of virtual aliases. An address that maps to itself ends the expansion
 * (virtual(5)); one that comes back to itself through others makes Postfix
 * refuse the message at the end of DATA.
 */
#include "base/arena.h"
#include "base/diag.h"
#include "base/strmap.h"
#include "base/text.h"
#include "grammar/table.h"
#include "lint/checks.h"
#include "lint/graph.h"
#include "lint/uses.h"
#include "mcc/model/site.h"

struct virtual_graph {
	const struct parse_ctx *ctx;
	const struct table_row **nodes;
	size_t count;
	struct strmap *by_key; /* lower-case key -> its slot in nodes */
};

static bool is_virtual_table(const struct site_table *table, unsigned uses)
{
	return table->rows && (uses & USE_VIRTUAL) &&
	       !(table->type && table->type->access == MAP_SEQUENTIAL);
}

static void add_nodes(struct virtual_graph *g, const struct table_file *file)
{
	for (size_t i = 0; i < file->row_count; i++) {
		struct str key = str_lower(g->ctx->arena, file->rows[i].key);

		if (strmap_find(g->by_key, key))
			continue;
		g->nodes[g->count] = &file->rows[i];
		strmap_put(g->by_key, key, &g->nodes[g->count]);
		g->count++;
	}
}

/* The row that an address is looked up in: itself, then its domain's. */
static const struct table_row **find_row(const struct virtual_graph *g,
					 struct str address)
{
	struct str key = str_lower(g->ctx->arena, address);
	const struct table_row **row = strmap_find(g->by_key, key);
	ptrdiff_t at = str_rchr(key, '@');

	if (row || at < 0)
		return row;
	return strmap_find(g->by_key, str_slice(key, (size_t)at, key.len));
}

static void add_edges(const struct virtual_graph *g, struct graph *graph, size_t from)
{
	struct str rest = g->nodes[from]->value;
	struct str member;

	while (str_token(&rest, ", \t\r\n", &member)) {
		const struct table_row **row = find_row(g, member);

		/* A row that leads to itself gives the same address again: the end. */
		if (row && (size_t)(row - g->nodes) != from)
			graph_add_edge(graph, from, (size_t)(row - g->nodes));
	}
}

/* `a@x: a@x, b@x` and `b@x: a@x`: the identity member ends it. */
static bool maps_to_itself(const struct table_row *row)
{
	return str_has_casetoken(row->value, ", \t\r\n", row->key);
}

static void report_loop(const size_t *nodes, size_t count, void *arg)
{
	const struct virtual_graph *g = arg;
	const struct table_row *first = g->nodes[nodes[0]];
	struct diag *d;

	for (size_t i = 0; i < count; i++)
		if (maps_to_itself(g->nodes[nodes[i]]))
			return;
	d = diag_add(g->ctx->diags, RULE_MC1016, first->key_span,
		     "'%.*s' leads back to itself through %zu address%s; mail to it is "
		     "refused with 451 Alias expansion error",
		     STR_ARG(first->key), count - 1, count == 2 ? "" : "es");
	for (size_t i = 1; i < count; i++)
		diag_relate(g->ctx->diags, d, g->nodes[nodes[i]]->key_span,
			    "by way of '%.*s'", STR_ARG(g->nodes[nodes[i]]->key));
}

void lint_virtual(const struct site *site, struct diag_queue *diags)
{
	const struct parse_ctx ctx = {site->arena, site->sources, diags};
	struct virtual_graph g = {.ctx = &ctx};
	const unsigned *uses = lint_uses(site);
	struct graph *graph;
	size_t total = 0;

	for (size_t i = 0; i < site->table_count; i++)
		if (is_virtual_table(site->tables[i], uses[i]))
			total += site->tables[i]->rows->row_count;
	g.by_key = strmap_new(site->arena);
	g.nodes = arena_array(site->arena, total + 1, sizeof(*g.nodes));
	for (size_t i = 0; i < site->table_count; i++)
		if (is_virtual_table(site->tables[i], uses[i]))
			add_nodes(&g, site->tables[i]->rows);
	graph = graph_new(site->arena, g.count);
	for (size_t i = 0; i < g.count; i++)
		add_edges(&g, graph, i);
	graph_each_cycle(graph, report_loop, &g);
}
