/* SPDX-License-Identifier: BSD-2-Clause */
#include "grammar_case.h"

#include <string.h>

void grammar_case_open(struct grammar_case *c, struct str text)
{
	memset(c, 0, sizeof(*c));
	c->arena = arena_new(0);
	c->ctx.arena = c->arena;
	c->ctx.sources = source_set_new(c->arena);
	c->ctx.diags = diag_queue_new(c->arena);
	c->src = source_add_text(c->ctx.sources, "input", text);
	strbuf_init(&c->out, 1 << 24);
	strbuf_init(&c->said, 1 << 24);
}

void grammar_case_close(struct grammar_case *c)
{
	strbuf_fini(&c->out);
	strbuf_fini(&c->said);
	arena_free(c->arena);
}

const char *grammar_case_diags(struct grammar_case *c)
{
	diag_sort(c->ctx.diags);
	strbuf_clear(&c->said);
	for (size_t i = 0; i < diag_count(c->ctx.diags); i++) {
		const struct diag *d = diag_get(c->ctx.diags, i);
		struct position lo = source_position(c->src, d->span.lo);
		struct position hi = source_position(c->src, d->span.hi);

		strbuf_addf(&c->said, "%s %u:%u-%u:%u\n", rule_info(d->rule)->id, lo.line,
			    lo.column, hi.line, hi.column);
	}
	return c->said.len ? c->said.ptr : "";
}

const char *grammar_case_dump(struct grammar_case *c)
{
	const char *s = c->out.len ? str_dup0(c->arena, strbuf_view(&c->out)) : "";

	strbuf_clear(&c->out);
	return s;
}

struct text grammar_case_text(const struct grammar_case *c)
{
	struct span all = {c->src->id, 0, (uint32_t)c->src->text.len};

	return text_of_span(c->arena, c->ctx.sources, all);
}

struct str grammar_case_repeat(struct arena *arena, const char *unit, size_t count)
{
	size_t len = strlen(unit);
	char *s = arena_alloc(arena, len * count + 1);

	for (size_t i = 0; i < count; i++)
		memcpy(s + i * len, unit, len);
	return (struct str){s, len * count};
}
