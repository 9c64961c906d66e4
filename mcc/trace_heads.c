/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A cache of one way: each step has one place, and the last one that came
 * there has it. `what` may be a word of an access table's row, which is gone
 * with its trace, so it is compared by its bytes.
 */
#include "mcc/trace_heads.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "mcc/trace.h"

/* A large site has some hundred restrictions; most texts are half as long. */
enum { HEAD_PLACES = 512, HEAD_LENGTH_MAX = 256, HEAD_WHAT_MAX = 64 };

struct head {
	const char *stage;
	const char *table;
	struct rt_origin origin;
	char what[HEAD_WHAT_MAX];
	size_t len; /* 0: nothing is kept */
	char text[HEAD_LENGTH_MAX];
};

struct trace_heads {
	struct head places[HEAD_PLACES];
};

struct trace_heads *trace_heads_new(struct arena *arena)
{
	return arena_alloc(arena, sizeof(struct trace_heads));
}

static size_t place_of(const struct trace_step *step)
{
	uint64_t mix = (uintptr_t)step->step.what;

	mix = mix * 31 + (uintptr_t)step->stage;
	mix = mix * 31 + (uintptr_t)step->step.table;
	mix = (mix * 31 + step->step.origin.line) * UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(mix >> 32) % HEAD_PLACES;
}

struct str trace_head_find(const struct trace_heads *heads, const struct trace_step *step)
{
	const struct head *head = &heads->places[place_of(step)];

	if (head->len == 0 || head->stage != step->stage ||
	    head->table != step->step.table ||
	    head->origin.file != step->step.origin.file ||
	    head->origin.line != step->step.origin.line ||
	    strcmp(head->what, step->step.what) != 0)
		return (struct str){"", 0};
	return (struct str){head->text, head->len};
}

void trace_head_keep(struct trace_heads *heads, const struct trace_step *step,
		     struct str text)
{
	struct head *head = &heads->places[place_of(step)];
	size_t what = strlen(step->step.what) + 1;

	if (text.len > sizeof(head->text) || what > sizeof(head->what))
		return;
	head->stage = step->stage;
	head->table = step->step.table;
	head->origin = step->step.origin;
	memcpy(head->what, step->step.what, what);
	memcpy(head->text, text.ptr, text.len);
	head->len = text.len;
}
