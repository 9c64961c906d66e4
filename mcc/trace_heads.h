/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The beginnings of steps in JSON: what, stage, place and table are the same
 * for every session that comes by. Kept from trace to trace, each is written
 * once and copied from then on.
 */
#ifndef MCC_MCC_TRACE_HEADS_H
#define MCC_MCC_TRACE_HEADS_H

#include "base/str.h"

struct arena;
struct trace_heads;
struct trace_step;

/*
 * Of bounded size, in the arena. Names of stages, files and tables are told
 * apart by their addresses: those of one configuration, which outlives it.
 */
struct trace_heads *trace_heads_new(struct arena *arena);
/* The beginning that is kept for such a step; empty: none is. */
struct str trace_head_find(const struct trace_heads *heads,
			   const struct trace_step *step);
/* Keeps a copy; an older one of another step may have to go for it. */
void trace_head_keep(struct trace_heads *heads, const struct trace_step *step,
		     struct str text);

#endif
