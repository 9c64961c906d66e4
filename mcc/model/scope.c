/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names in scopes. The main scope has what main.cf sets and every parameter's
 * default; a service's scope has what its -o options set, and asks the scopes
 * above for the rest. A cell found there is copied down when names that it
 * refers to may mean something else here.
 */
#include "mcc/model/private.h"

#include "base/arena.h"
#include "base/attr.h"
#include "base/strmap.h"

void model_cell_init(struct model *m, struct cell *c, bool is_raw)
{
	struct text raw = c->setting->raw;

	if (is_raw || str_chr(raw.str, '$') < 0) {
		c->setting->written = raw;
		c->depth = raw.str.len > 0;
		c->state = CELL_DONE;
		return;
	}
	c->tree = value_parse(&m->parse, raw);
}

static struct cell *scope_cell(const struct scope *scope, struct str name)
{
	struct cell *c = strmap_find(scope->names, name);
	const struct param *p;

	if (c || !scope->params)
		return c;
	p = param_find(name);
	if (!p || !scope->params[p->id].setting)
		return NULL;
	return &scope->params[p->id];
}

/* A parameter of another release, or an old name, exists where it is set. */
static bool is_defined(const struct model *m, const struct cell *c)
{
	const struct param *p = c->setting->param;

	if (!p || c->setting->entry || c->setting->origin == ORIGIN_SERVICE)
		return true;
	return param_in_version(p, m->site.options.version) && !model_is_legacy(m, p);
}

struct cell *model_make_service_cell(struct model *m, struct str name,
				     const struct service_param *sp)
{
	struct setting *s = arena_alloc(m->site.arena, sizeof(*s));
	struct cell *c = arena_alloc(m->site.arena, sizeof(*c));

	MCC_ASSERT(c && s);
	s->name = str_of(str_dup0(m->site.arena, name));
	s->raw = text_of_builtin(m->site.arena, str_of(sp->default_value));
	c->setting = s;
	model_cell_init(m, c, false);
	strmap_put(m->main.names, s->name, c);
	return c;
}

/* "dovecot_destination_rate_delay" where only master.cf mentions dovecot. */
static struct cell *service_cell(struct model *m, struct str name)
{
	const struct service_param *sp = model_service_param(m, name);

	return sp ? model_make_service_cell(m, name, sp) : NULL;
}

/* What an outer scope says is expanded anew where names may differ. */
static struct cell *copy_into(struct model *m, const struct scope *scope,
			      const struct cell *from)
{
	struct cell *c = arena_alloc(m->site.arena, sizeof(*c));
	struct setting *s = arena_alloc(m->site.arena, sizeof(*s));

	MCC_ASSERT(c && s);
	*s = *from->setting;
	*c = (struct cell){.setting = s, .tree = from->tree};
	strmap_put(scope->names, s->name, c);
	return c;
}

static struct cell *found(struct model *m, const struct scope *scope, struct cell *c)
{
	if (!is_defined(m, c) ||
	    (scope->only_set && c->setting->origin == ORIGIN_DEFAULT))
		return NULL;
	return scope->is_dynamic && c->tree ? copy_into(m, scope, c) : c;
}

struct cell *model_lookup(struct model *m, const struct scope *scope, struct str name)
{
	struct cell *c = scope_cell(scope, name);

	if (c)
		return is_defined(m, c) ? c : NULL;
	for (const struct scope *up = scope->parent; up; up = up->parent) {
		c = scope_cell(up, name);
		if (c)
			return found(m, scope, c);
	}
	c = service_cell(m, name);
	return c ? found(m, scope, c) : NULL;
}

struct cell *model_lookup_reference(struct model *m, const struct scope *scope,
				    struct str name)
{
	struct cell *c = model_lookup(m, scope, name);

	if (!c || c->tree || str_chr(c->setting->raw.str, '$') < 0)
		return c;
	if (!c->referred) {
		c->referred = arena_alloc(m->site.arena, sizeof(*c));
		MCC_ASSERT(c->referred);
		c->referred->setting = arena_alloc(m->site.arena, sizeof(*c->setting));
		MCC_ASSERT(c->referred->setting);
		*c->referred->setting = *c->setting;
		model_cell_init(m, c->referred, false);
	}
	return scope->is_dynamic ? copy_into(m, scope, c->referred) : c->referred;
}
