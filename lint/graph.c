/* SPDX-License-Identifier: BSD-2-Clause */
/* Cycles by depth-first search with an explicit stack. */
#include "lint/graph.h"

#include <stdint.h>

#include "base/arena.h"

enum colour { WHITE, GREY, BLACK };

struct edge {
	size_t to;
	struct edge *next;
};

struct node {
	struct edge *first;
	struct edge *last;
	struct edge *pending; /* next edge to follow while grey */
	enum colour colour;
	unsigned reported; /* a cycle that closes here was told */
};

struct graph {
	struct arena *arena;
	struct node *nodes;
	size_t count;
};

struct walk {
	struct graph *graph;
	size_t *path;
	size_t depth;
	void (*fn)(const size_t *nodes, size_t count, void *arg);
	void *arg;
};

struct graph *graph_new(struct arena *arena, size_t node_count)
{
	struct graph *graph = arena_alloc(arena, sizeof(*graph));

	graph->arena = arena;
	graph->count = node_count;
	graph->nodes =
		arena_array(arena, node_count ? node_count : 1, sizeof(*graph->nodes));
	return graph;
}

void graph_add_edge(struct graph *graph, size_t from, size_t to)
{
	struct edge *edge = arena_alloc(graph->arena, sizeof(*edge));
	struct node *node = &graph->nodes[from];

	edge->to = to;
	if (node->last)
		node->last->next = edge;
	else
		node->first = edge;
	node->last = edge;
}

static void enter(struct walk *walk, size_t at)
{
	struct node *node = &walk->graph->nodes[at];

	node->colour = GREY;
	node->pending = node->first;
	walk->path[walk->depth++] = at;
}

static void report(struct walk *walk, size_t at)
{
	size_t from = walk->depth;

	if (walk->graph->nodes[at].reported++)
		return;
	while (walk->path[from - 1] != at)
		from--;
	walk->fn(walk->path + from - 1, walk->depth - from + 1, walk->arg);
}

static void step(struct walk *walk)
{
	struct node *node = &walk->graph->nodes[walk->path[walk->depth - 1]];
	struct edge *edge = node->pending;

	if (!edge) {
		node->colour = BLACK;
		walk->depth--;
		return;
	}
	node->pending = edge->next;
	if (walk->graph->nodes[edge->to].colour == GREY)
		report(walk, edge->to);
	else if (walk->graph->nodes[edge->to].colour == WHITE)
		enter(walk, edge->to);
}

void graph_each_cycle(struct graph *graph,
		      void (*fn)(const size_t *nodes, size_t count, void *arg), void *arg)
{
	struct walk walk = {.graph = graph, .fn = fn, .arg = arg};

	walk.path = arena_array(graph->arena, graph->count + 1, sizeof(*walk.path));
	for (size_t i = 0; i < graph->count; i++) {
		if (graph->nodes[i].colour != WHITE)
			continue;
		enter(&walk, i);
		while (walk.depth > 0)
			step(&walk);
	}
}
