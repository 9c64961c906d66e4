/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `$` expansion. Each name of a scope is a cell (scope.c) that is expanded
 * once, on demand; a cell that is asked for while it is being expanded closes a cycle.
 * Texts keep their places: what `$name` brought in points to where the name
 * was set, with the chain of references that led there.
 *
 * As in Postfix, `${name?...}` asks whether the unexpanded text is empty.
 */
#include "mcc/model/private.h"

#include "base/arena.h"
#include "base/attr.h"
#include "base/diag.h"
#include "base/limits.h"
#include "grammar/cf.h"

/* One `$name` being followed; for the chain of a cycle. */
struct frame {
	const struct frame *up;
	struct cell *cell;
};

/* Depth counts references and conditions alike, as Postfix does. */
struct expander {
	struct model *m;
	const struct scope *scope;
	const struct frame *top;
	bool from_values; /* wrong texts of others count as their defaults */
	bool is_aborted;  /* too deep: the value in hand comes to nothing */
	size_t depth;
	size_t deepest; /* seen since the top cell was entered */
};

static struct text expand_cell(struct expander *x, struct cell *c, struct span ref);
static void expand_value(struct expander *x, struct text_builder *b,
			 const struct value *value);

static void report_chain(struct expander *x, struct diag *d, const struct cell *until)
{
	for (const struct frame *f = x->top; f; f = f->up) {
		if (f->cell->setting->name_span.file)
			diag_relate(x->m->site.diags, d, f->cell->setting->name_span,
				    "'%.*s' is set here",
				    STR_ARG(f->cell->setting->name));
		if (f->cell == until)
			break;
	}
}

static void break_chain(struct expander *x, const struct cell *until)
{
	for (const struct frame *f = x->top; f; f = f->up) {
		f->cell->broken = true;
		if (f->cell == until)
			break;
	}
}

static const char *chain_text(struct expander *x, const struct cell *until)
{
	const char *text =
		arena_printf(x->m->site.arena, "$%.*s", STR_ARG(until->setting->name));

	for (const struct frame *f = x->top; f; f = f->up) {
		text = arena_printf(x->m->site.arena, "$%.*s -> %s",
				    STR_ARG(f->cell->setting->name), text);
		if (f->cell == until)
			break;
	}
	return text;
}

static void report_cycle(struct expander *x, struct cell *c, struct span ref)
{
	struct diag *d = diag_add(x->m->site.diags, RULE_MC402, ref,
				  "the value refers to itself: %s never ends, and every "
				  "program that reads it stops",
				  chain_text(x, c));

	report_chain(x, d, c);
	break_chain(x, c);
}

static void report_depth(struct expander *x, struct cell *c, struct span ref)
{
	struct diag *d = diag_add(x->m->site.diags, RULE_MC402, ref,
				  "'$%.*s' is nested more than %d references deep, where "
				  "Postfix gives up",
				  STR_ARG(c->setting->name), LIMIT_MACRO_DEPTH);

	report_chain(x, d, x->top->cell);
	x->is_aborted = true;
}

static void report_size(struct expander *x)
{
	struct cell *c = x->top->cell;

	struct span span = c->setting->name_span;

	c->broken = true;
	/* A default: the place is the file that makes it grow. One is enough. */
	if (!span.file && !x->m->is_grown) {
		x->m->is_grown = true;
		span = (struct span){x->m->site.main->src->id, 0, 0};
	}
	if (span.file)
		diag_add(x->m->site.diags, RULE_MC003, span,
			 "the value of '%.*s' grows beyond %d bytes when its references "
			 "are expanded, or beyond %d with those of all others; it is "
			 "taken as empty",
			 STR_ARG(c->setting->name), LIMIT_EXPANDED_VALUE,
			 LIMIT_EXPANDED_TOTAL);
}

/*
 * Whether more bytes may be put into b. What the site sets shares one budget
 * of work: bytes, and places whose chains are copied. Defaults are few, outside
 * services, and do not share in it, so that one value that explodes breaks no
 * other.
 */
static bool has_room(struct expander *x, const struct text_builder *b, struct text more)
{
	size_t cost = text_cost(more);

	if (b->len + more.str.len <= LIMIT_EXPANDED_VALUE &&
	    b->piece_count + more.piece_count <= LIMIT_EXPANDED_PIECES) {
		if (x->top->cell->setting->origin == ORIGIN_DEFAULT &&
		    x->scope == &x->m->main)
			return true;
		x->m->expanded += cost;
		if (x->m->expanded <= LIMIT_EXPANDED_TOTAL)
			return true;
	}
	if (!x->top->cell->broken)
		report_size(x);
	return false;
}

static void add_text(struct expander *x, struct text_builder *b, struct text t,
		     const struct text_via *via)
{
	if (has_room(x, b, t))
		text_builder_add_text(b, t, via);
}

static void expand_ref(struct expander *x, struct text_builder *b,
		       const struct value_part *part)
{
	struct cell *c = model_lookup_reference(x->m, x->scope, part->name);
	struct text_via *via = NULL;
	struct text value;

	if (!c)
		return;
	value = expand_cell(x, c, part->name_span);
	/* Who reads this value stops at the other one's mistake. */
	if (c->broken && !x->from_values)
		x->top->cell->broken = true;
	if (part->name_span.file) {
		via = arena_alloc(x->m->site.arena, sizeof(*via));
		MCC_ASSERT(via);
		via->ref = part->name_span;
	}
	add_text(x, b, value, via);
}

static struct text expand_part(struct expander *x, const struct value *value)
{
	struct text_builder b;

	text_builder_init(&b, x->m->site.arena);
	if (value)
		expand_value(x, &b, value);
	return text_builder_done(&b);
}

static void report_level(struct expander *x, struct text left, struct text right)
{
	struct cell *c = x->top->cell;
	struct span span = text_full_span(c->setting->raw);

	c->broken = true;
	if (span.file)
		diag_add(x->m->site.diags, RULE_MC112, span,
			 "'%.*s' or '%.*s' is no compatibility level "
			 "(major.minor.patch): programs that read this stop",
			 STR_ARG(left.str), STR_ARG(right.str));
}

static void expand_compare(struct expander *x, struct text_builder *b,
			   const struct value_part *part)
{
	struct text left = expand_part(x, part->left);
	struct text right = expand_part(x, part->right);
	const struct value *taken;
	bool holds;

	if (!model_compare(part->op, left.str, right.str, &holds)) {
		report_level(x, left, right);
		return;
	}
	taken = holds ? part->then_value : part->else_value;
	if (taken)
		expand_value(x, b, taken);
	else if (holds && !part->else_value)
		add_text(x, b, text_of_builtin(x->m->site.arena, STR_LIT("true")), NULL);
}

/* A default that is computed from other values has a text only now. */
static struct text computed_text(struct model *m, struct cell *c)
{
	bool outer = m->ask_broken;

	/* It may come to be asked for itself. */
	c->state = CELL_BUSY;
	m->ask_broken = false;
	c->setting->raw = model_default_text(m, c->setting->param);
	c->broken = m->ask_broken;
	m->ask_broken |= outer;
	c->setting->written = c->setting->raw;
	c->depth = 1;
	c->state = CELL_DONE;
	return c->setting->written;
}

static void expand_one(struct expander *x, struct text_builder *b,
		       const struct value_part *part)
{
	struct cell *c;
	const struct value *taken;

	switch (part->kind) {
	case VALUE_TEXT:
		add_text(x, b, part->text, NULL);
		break;
	case VALUE_REF:
		expand_ref(x, b, part);
		break;
	case VALUE_IF_SET:
		c = model_lookup(x->m, x->scope, part->name);
		if (c && !c->tree && c->state == CELL_NEW)
			computed_text(x->m, c);
		taken = c && c->setting->raw.str.len > 0 ? part->then_value
							 : part->else_value;
		if (taken)
			expand_value(x, b, taken);
		break;
	case VALUE_COMPARE:
		expand_compare(x, b, part);
		break;
	case VALUE_BROKEN:
		x->top->cell->broken = true;
		break;
	case VALUE_CALL:
		if (!model_has_function(x->m, part->name)) {
			x->top->cell->broken = true;
			break;
		}
		/* domain_to_ascii: names of mail hosts are ASCII already. */
		if (part->right)
			expand_value(x, b, part->right);
		break;
	}
}

/* Depth counts from 1, Postfix's levels from 0. */
static bool is_too_deep(size_t depth)
{
	return depth > LIMIT_MACRO_DEPTH + 1;
}

static void note_depth(struct expander *x, size_t depth)
{
	if (depth > x->deepest)
		x->deepest = depth;
}

static void expand_value(struct expander *x, struct text_builder *b,
			 const struct value *value)
{
	x->depth++;
	note_depth(x, x->depth);
	if (is_too_deep(x->depth))
		report_depth(x, x->top->cell, text_full_span(x->top->cell->setting->raw));
	for (size_t i = 0;
	     i < value->part_count && !x->is_aborted && !x->top->cell->broken; i++)
		expand_one(x, b, &value->parts[i]);
	x->depth--;
}

/* The text of a cell that is done, if the way to it is not too long. */
static struct text done_text(struct expander *x, struct cell *c, struct span ref)
{
	note_depth(x, x->depth + c->depth);
	if (x->from_values)
		return c->setting->value;
	if (x->top && is_too_deep(x->depth + c->depth))
		report_depth(x, c, ref);
	return c->setting->written;
}

/*
 * A value on the way to one that is too deep may itself be fine: it is
 * expanded anew when it is asked for by a shorter way.
 */
static struct text finish(struct expander *x, struct cell *c, struct text_builder *b)
{
	if (x->is_aborted && x->top) {
		c->state = CELL_NEW;
		return text_of_builtin(x->m->site.arena, STR_LIT(""));
	}
	c->broken |= x->is_aborted;
	c->setting->written = c->broken ? text_of_builtin(x->m->site.arena, STR_LIT(""))
					: text_builder_done(b);
	c->state = CELL_DONE;
	return c->setting->written;
}

static struct text expand_cell(struct expander *x, struct cell *c, struct span ref)
{
	struct frame frame = {x->top, c};
	size_t outer = x->deepest;
	struct text_builder b;

	if (c->state == CELL_DONE)
		return done_text(x, c, ref);
	if (c->state == CELL_BUSY) {
		report_cycle(x, c, ref);
		return text_of_builtin(x->m->site.arena, STR_LIT(""));
	}
	c->state = CELL_BUSY;
	if (!c->tree)
		return computed_text(x->m, c);
	x->top = &frame;
	x->deepest = x->depth;
	text_builder_init(&b, x->m->site.arena);
	expand_value(x, &b, c->tree);
	/* An empty value stands where its text stands. */
	if (!b.piece_count)
		text_builder_add(&b, STR_LIT(""), text_full_span(c->setting->raw), NULL);
	x->top = frame.up;
	c->depth = x->deepest - x->depth;
	note_depth(x, outer);
	return finish(x, c, &b);
}

struct text model_expand(struct model *m, const struct scope *scope, struct cell *c)
{
	struct expander x = {.m = m, .scope = scope};

	return expand_cell(&x, c, c->setting->name_span);
}

static struct text expand_text(struct expander x, struct text raw, bool *out_broken)
{
	struct setting s = {.raw = raw};
	struct cell c = {.setting = &s};
	struct text text;

	model_cell_init(x.m, &c, false);
	text = c.state == CELL_DONE ? s.written : expand_cell(&x, &c, SPAN_NONE);
	if (out_broken)
		*out_broken = c.broken;
	return text;
}

struct text model_expand_text(struct model *m, const struct scope *scope, struct text raw)
{
	return expand_text((struct expander){.m = m, .scope = scope}, raw, NULL);
}

bool model_expand_sound(struct model *m, const struct scope *scope, struct text raw,
			struct text *out_text)
{
	bool broken;

	*out_text = expand_text((struct expander){.m = m, .scope = scope}, raw, &broken);
	return !broken;
}

struct text model_expand_values(struct model *m, struct text raw)
{
	return expand_text(
		(struct expander){.m = m, .scope = &m->main, .from_values = true}, raw,
		NULL);
}
