/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Directed graphs over numbered nodes, for aliases that point at aliases.
 * Depth-first and iterative: chains as long as a table has rows are fine.
 */
#ifndef MCC_LINT_GRAPH_H
#define MCC_LINT_GRAPH_H

#include <stddef.h>

struct arena;
struct graph;

struct graph *graph_new(struct arena *arena, size_t node_count);
/* Edges are kept in the order of adding. */
void graph_add_edge(struct graph *graph, size_t from, size_t to);

/*
 * Calls fn once for every node at which a cycle closes: nodes[0] points at
 * nodes[1] ... the last one points at nodes[0]. A node that points at itself
 * is a cycle of one.
 */
void graph_each_cycle(struct graph *graph,
		      void (*fn)(const size_t *nodes, size_t count, void *arg),
		      void *arg);

#endif
