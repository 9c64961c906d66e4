/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * -o overrides. master(8) hands them to the program, which puts them over
 * main.cf before anything is expanded: a main.cf value that refers to an
 * overridden name changes, too. Such values are kept per service, for the
 * services that have any.
 */
#include "mcc/model/private.h"

#include "base/arena.h"
#include "base/attr.h"
#include "base/diag.h"
#include "base/limits.h"
#include "base/strmap.h"
#include "grammar/master.h"

static void add_name(struct model *m, struct scope *scope, struct setting *s)
{
	struct cell *c = arena_alloc(m->site.arena, sizeof(*c));

	MCC_ASSERT(c);
	c->setting = s;
	strmap_put(scope->names, s->name, c);
	model_cell_init(m, c, s->param && s->param->type == PARAM_TYPE_RAW);
}

static void add_override(struct model *m, struct site_service *service,
			 struct scope *scope, const struct master_option *option)
{
	struct cell *c = strmap_find(scope->names, option->name);
	struct setting *s =
		c ? c->setting : &service->overrides[service->override_count++];

	*s = (struct setting){.param = param_find(option->name),
			      .name = option->name,
			      .origin = ORIGIN_SERVICE,
			      .name_span = option->name_span,
			      .raw = option->value};
	add_name(m, scope, s);
}

/* What the program itself knows: "smtpd", and the name of its service. */
static void add_builtin(struct model *m, struct scope *scope, enum param_id id,
			struct str value)
{
	struct setting *s;

	if (!param_in_version(param_get(id), m->site.options.version) ||
	    strmap_find(scope->names, str_of(param_get(id)->name)))
		return;
	s = arena_alloc(m->site.arena, sizeof(*s));
	MCC_ASSERT(s);
	*s = m->site.settings[id];
	s->raw = text_of_builtin(m->site.arena, value);
	add_name(m, scope, s);
}

static struct scope *make_scope(struct model *m, struct site_service *service)
{
	const struct master_service *node = service->node;
	struct scope *scope = arena_alloc(m->site.arena, sizeof(*scope));

	MCC_ASSERT(scope);
	scope->parent = &m->main;
	scope->names = strmap_new(m->site.arena);
	service->overrides = arena_array(m->site.arena, node->option_count + 1,
					 sizeof(*service->overrides));
	for (size_t i = 0; i < node->option_count; i++)
		add_override(m, service, scope, &node->options[i]);
	add_builtin(m, scope, PARAM_process_name, model_program(service));
	add_builtin(m, scope, PARAM_service_name, node->fields[MASTER_NAME]);
	return scope;
}

/* Names whose values change with the scope's, found breadth first. */
struct spread {
	struct model *m;
	struct site_service *service;
	struct scope *scope;
	struct str *names;
	size_t count;
	size_t room;
};

static void spread_name(struct spread *s, struct str name)
{
	struct str *slot = arena_push(s->m->site.arena, &s->names, s->count, &s->room,
				      sizeof(*slot));

	MCC_ASSERT(slot);
	*slot = name;
	s->count++;
}

static void start_spread(struct str name, void *value, void *arg)
{
	(void)value;
	spread_name(arg, name);
}

static bool has_room(const struct model *m)
{
	return m->derived < LIMIT_DERIVED_SETTINGS && m->expanded <= LIMIT_EXPANDED_TOTAL;
}

static void report_room(struct spread *s)
{
	const struct master_service *node = s->service->node;

	if (!s->m->is_derived_out)
		diag_add(s->m->site.diags, RULE_MC003, node->field_spans[MASTER_NAME],
			 "the -o options of all services change more than %d values of "
			 "main.cf, or more than %d bytes of them; from here on services "
			 "are judged by main.cf's own",
			 LIMIT_DERIVED_SETTINGS, LIMIT_EXPANDED_TOTAL);
	s->m->is_derived_out = true;
}

/* The scope gets its own copy of a main setting, to be expanded there. */
static void copy_cell(struct spread *s, const struct cell *from)
{
	struct setting *copy;
	struct cell *c;

	if (strmap_find(s->scope->names, from->setting->name))
		return;
	s->m->derived++;
	copy = arena_alloc(s->m->site.arena, sizeof(*copy));
	c = arena_alloc(s->m->site.arena, sizeof(*c));
	MCC_ASSERT(copy && c);
	*copy = *from->setting;
	/* It refers to something, so there is a tree; one serves all services. */
	*c = (struct cell){.setting = copy, .tree = from->tree};
	c->broken = c->tree->broken;
	c->state = c->broken ? CELL_DONE : CELL_NEW;
	strmap_put(s->scope->names, copy->name, c);
	spread_name(s, copy->name);
}

/* All that refers to one name; false: there is no more room. */
static bool spread_to_referrers(struct spread *s, struct str name)
{
	const struct referrers *r = strmap_find(s->m->referenced, name);

	for (size_t k = 0; r && k < r->count; k++) {
		if (!has_room(s->m))
			return false;
		copy_cell(s, r->cells[k]);
	}
	return true;
}

/* Copies have names too: the list grows while it is worked off. */
static void spread_all(struct spread *s)
{
	for (size_t i = 0; i < s->count; i++) {
		if (!spread_to_referrers(s, s->names[i])) {
			report_room(s);
			return;
		}
	}
}

static void derive(struct model *m, struct site_service *service, struct setting *s)
{
	const struct setting *main = &m->site.settings[s->param->id];
	const struct setting **slot;

	if (str_eq(s->value.str, main->value.str))
		return;
	slot = arena_push(m->site.arena, &service->derived, service->derived_count,
			  &service->derived_room, sizeof(*slot));
	MCC_ASSERT(slot);
	*slot = s;
	service->derived_count++;
}

static void expand_service(struct model *m, struct site_service *service,
			   struct scope *scope)
{
	struct spread s = {.m = m, .service = service, .scope = scope};
	size_t given;

	strmap_each(scope->names, start_spread, &s);
	given = s.count;
	spread_all(&s);
	for (size_t i = 0; i < s.count; i++) {
		struct cell *c = strmap_find(scope->names, s.names[i]);

		model_expand(m, scope, c);
		/* One for which there was no room is taken to be main.cf's. */
		if (i >= given && c->broken && !has_room(m))
			continue;
		model_type(m, scope, c, c->setting->param);
		if (i >= given && c->setting->param)
			derive(m, service, c->setting);
	}
}

void model_expand_services(struct model *m)
{
	for (size_t i = 0; i < m->site.service_count; i++) {
		m->scopes[i] = make_scope(m, &m->site.services[i]);
		expand_service(m, &m->site.services[i], m->scopes[i]);
	}
}
