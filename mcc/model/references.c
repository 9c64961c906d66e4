/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which names the values refer to. A name that some value uses is the site's
 * own and no misspelling (postconf sees it so); a `$name` that nothing
 * defines expands to nothing, in silence.
 */
#include "mcc/model/private.h"

#include "base/arena.h"
#include "base/attr.h"
#include "base/diag.h"
#include "base/strmap.h"

/* Calls fn for each `$name` of a value; `guard`: names tested around it. */
struct guard {
	const struct guard *up;
	struct str name;
};

struct walk {
	struct model *m;
	struct cell *cell;
	const struct scope *scope;
	void (*fn)(struct walk *walk, const struct value_part *part,
		   const struct guard *guard);
};

static void walk_value(struct walk *walk, const struct value *value,
		       const struct guard *guard)
{
	for (size_t i = 0; value && i < value->part_count; i++) {
		const struct value_part *part = &value->parts[i];
		struct guard inner = {guard, part->name};

		if (part->kind == VALUE_REF || part->kind == VALUE_IF_SET)
			walk->fn(walk, part, guard);
		walk_value(walk, part->left, guard);
		walk_value(walk, part->right, guard);
		walk_value(walk, part->then_value,
			   part->kind == VALUE_IF_SET ? &inner : guard);
		walk_value(walk, part->else_value, guard);
	}
}

static struct referrers *referrers_of(struct model *m, struct str name)
{
	struct referrers *r = strmap_find(m->referenced, name);

	if (r)
		return r;
	r = arena_alloc(m->site.arena, sizeof(*r));
	MCC_ASSERT(r);
	strmap_put(m->referenced, name, r);
	return r;
}

static void note_reference(struct walk *walk, const struct value_part *part,
			   const struct guard *guard)
{
	struct referrers *r = referrers_of(walk->m, part->name);
	struct cell **slot;

	(void)guard;
	if (!walk->cell || (r->count && r->cells[r->count - 1] == walk->cell))
		return;
	slot = arena_push(walk->m->site.arena, &r->cells, r->count, &r->room,
			  sizeof(*slot));
	MCC_ASSERT(slot);
	*slot = walk->cell;
	r->count++;
}

/* Defaults count where they are in force: of parameters the release has. */
static bool is_in_force(const struct model *m, const struct setting *s)
{
	return s->entry || !s->param ||
	       param_in_version(s->param, m->site.options.version);
}

static void note_cell(struct model *m, struct cell *c)
{
	struct walk walk = {.m = m, .cell = c, .fn = note_reference};

	if (c->tree && is_in_force(m, c->setting))
		walk_value(&walk, c->tree, NULL);
}

void model_collect_references(struct model *m)
{
	for (size_t i = 0; i < PARAM_COUNT; i++)
		note_cell(m, &m->main.params[i]);
	for (size_t i = 0; i < m->site.own_count; i++)
		note_cell(m, strmap_find(m->main.names, m->site.own[i].name));
}

static void walk_overrides(struct model *m, size_t service,
			   void (*fn)(struct walk *, const struct value_part *,
				      const struct guard *))
{
	struct walk walk = {.m = m, .scope = m->scopes[service], .fn = fn};
	struct site_service *s = &m->site.services[service];

	for (size_t i = 0; i < s->override_count; i++) {
		const struct cell *c =
			strmap_find(m->scopes[service]->names, s->overrides[i].name);

		walk_value(&walk, c->tree, NULL);
	}
}

void model_collect_override_references(struct model *m)
{
	for (size_t i = 0; i < m->site.service_count; i++)
		walk_overrides(m, i, note_reference);
}

static bool is_guarded(const struct guard *guard, struct str name)
{
	for (; guard; guard = guard->up)
		if (str_eq(guard->name, name))
			return true;
	return false;
}

static const char *why_undefined(struct model *m, struct str name)
{
	const struct param *p = param_find(name);

	if (!p || param_in_version(p, m->site.options.version))
		return "neither main.cf nor Postfix defines it";
	return arena_printf(m->site.arena, "Postfix %d.%d has no such parameter",
			    m->site.options.version.major, m->site.options.version.minor);
}

static void suggest(struct model *m, struct diag *d, const struct value_part *part)
{
	const struct param *near = model_nearest(m, part->name);

	if (!near)
		return;
	diag_fix(m->site.diags, d, "refer to $%s", near->name);
	if (part->name_span.hi - part->name_span.lo == part->name.len)
		diag_edit(m->site.diags, d, part->name_span, near->name);
}

/*
 * Only a plain `$name` is a mistake: `${name?...}` asks whether there is one.
 * A default that mentions a name of another release has no place to point to.
 */
static void check_reference(struct walk *walk, const struct value_part *part,
			    const struct guard *guard)
{
	struct diag *d;

	if (part->kind != VALUE_REF || !part->name_span.file ||
	    is_guarded(guard, part->name) ||
	    model_lookup(walk->m, walk->scope, part->name) ||
	    (param_find(part->name) && model_is_legacy(walk->m, param_find(part->name))))
		return;
	d = diag_add(walk->m->site.diags, RULE_MC401, part->name_span,
		     "'$%.*s' expands to nothing: %s, so the value is written as if this "
		     "were not there",
		     STR_ARG(part->name), why_undefined(walk->m, part->name));
	suggest(walk->m, d, part);
}

static void check_cell(struct model *m, struct cell *c)
{
	struct walk walk = {.m = m, .cell = c, .scope = &m->main, .fn = check_reference};

	if (c->tree)
		walk_value(&walk, c->tree, NULL);
}

void model_check_references(struct model *m)
{
	for (size_t i = 0; i < PARAM_COUNT; i++)
		check_cell(m, &m->main.params[i]);
	for (size_t i = 0; i < m->site.own_count; i++)
		check_cell(m, strmap_find(m->main.names, m->site.own[i].name));
	for (size_t i = 0; i < m->site.service_count; i++)
		walk_overrides(m, i, check_reference);
}
