/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * postconf's view of main.cf: every name it can account for, sorted in byte
 * order, one line each. Names that nothing reads are left out, as there.
 */
#include "mcc/model/conf.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/strmap.h"
#include "grammar/master.h"
#include "mcc/model/private.h"

struct conf {
	struct model *m;
	unsigned flags;
	struct cell **cells;
	size_t count;
	size_t room;
};

static void add(struct conf *c, struct cell *cell)
{
	struct cell **slot = arena_push(c->m->site.arena, &c->cells, c->count, &c->room,
					sizeof(struct cell *));

	MCC_ASSERT(slot);
	*slot = cell;
	c->count++;
}

/* Parameters that postconf lists: of the release, and not only an old name. */
static bool is_listed(const struct model *m, const struct param *p)
{
	return param_in_version(p, m->site.options.version) && !model_is_legacy(m, p);
}

static bool is_wanted_param(const struct conf *c, const struct setting *s)
{
	if (s->param->status == PARAM_READONLY && s->param->default_value[0] == '\0')
		return !(c->flags & CONF_SET);
	if (!is_listed(c->m, s->param))
		return s->entry && model_is_meaningful(c->m, s->name);
	return !(c->flags & CONF_SET) || s->entry ||
	       s->param->id == PARAM_config_directory;
}

/* What a service makes up and main.cf does not set has a default, too. */
static void add_service_param(struct conf *c, struct strmap *seen,
			      const struct site_service *service,
			      const struct service_param *sp)
{
	struct str name = str_of(arena_printf(c->m->site.arena, "%.*s_%s",
					      STR_ARG(service->node->fields[MASTER_NAME]),
					      sp->suffix));
	struct cell *cell;

	if (param_find(name) || model_service_param(c->m, name) != sp)
		return;
	cell = model_lookup(c->m, &c->m->main, name);
	if (cell->setting->entry || strmap_put(seen, name, cell))
		return;
	model_expand(c->m, &c->m->main, cell);
	add(c, cell);
}

static void collect_service_params(struct conf *c)
{
	struct strmap *seen = strmap_new(c->m->site.arena);

	for (size_t i = 0; i < c->m->site.service_count; i++)
		for (size_t k = 0; k < service_param_count(); k++)
			add_service_param(c, seen, &c->m->site.services[i],
					  service_param_at(k));
}

static void collect(struct conf *c)
{
	if (!(c->flags & CONF_SET))
		collect_service_params(c);
	for (size_t i = 0; i < PARAM_COUNT; i++)
		if (is_wanted_param(c, &c->m->site.settings[i]))
			add(c, &c->m->main.params[i]);
	for (size_t i = 0; i < c->m->site.own_count; i++) {
		struct str name = c->m->site.own[i].name;

		if (model_is_meaningful(c->m, name))
			add(c, strmap_find(c->m->main.names, name));
	}
}

static int by_name(const void *a, const void *b)
{
	const struct cell *x = *(struct cell *const *)a;
	const struct cell *y = *(struct cell *const *)b;

	return str_cmp(x->setting->name, y->setting->name);
}

void conf_add_words(struct strbuf *out, struct str value)
{
	struct str word;

	while (str_token(&value, " \t\r\n", &word)) {
		strbuf_addc(out, ' ');
		strbuf_addstr(out, word);
	}
}

/* postscreen expanded this one itself until 3.4. */
static bool is_unexpanded(const struct model *m, const struct setting *s)
{
	return s->param && s->param->id == PARAM_postscreen_command_time_limit &&
	       pf_version_cmp(m->site.options.version, (struct pf_version){3, 4, 0}) < 0;
}

static struct text text_of(const struct conf *c, const struct setting *s)
{
	struct text raw = s->raw;

	if (is_unexpanded(c->m, s) && !(c->flags & CONF_DEFAULT))
		return raw;

	if ((c->flags & CONF_DEFAULT) && s->param)
		raw = model_default_text(c->m, s->param);
	else if (c->flags & CONF_EXPAND)
		return s->written;
	if ((c->flags & CONF_DEFAULT) && (c->flags & CONF_EXPAND))
		return model_expand_text(c->m, &c->m->main, raw);
	return raw;
}

static void print_value(struct strbuf *out, struct str value)
{
	struct str word;
	const char *blank = "";

	while (str_token(&value, " \t\r\n", &word)) {
		strbuf_addf(out, "%s%.*s", blank, STR_ARG(word));
		blank = " ";
	}
	strbuf_addc(out, '\n');
}

static bool print_cell(struct strbuf *out, const struct conf *c, const struct cell *cell)
{
	const struct setting *s = cell->setting;
	struct str value = text_of(c, s).str;

	if (c->flags & CONF_NAME_ONLY) {
		strbuf_addf(out, "%.*s\n", STR_ARG(s->name));
	} else if (c->flags & CONF_VALUE_ONLY) {
		print_value(out, value);
	} else {
		strbuf_addf(out, "%.*s =", STR_ARG(s->name));
		conf_add_words(out, value);
		strbuf_addc(out, '\n');
	}
	return !(c->flags & CONF_EXPAND) || !cell->broken;
}

bool conf_print(struct strbuf *out, struct site *site, unsigned flags)
{
	struct conf c = {.m = model_of(site), .flags = flags};
	bool ok = true;

	collect(&c);
	if (c.count)
		qsort(c.cells, c.count, sizeof(struct cell *), by_name);
	for (size_t i = 0; i < c.count; i++)
		ok &= print_cell(out, &c, c.cells[i]);
	return ok;
}

bool conf_print_names(struct strbuf *out, struct site *site, unsigned flags,
		      char *const *names, const char **out_unknown)
{
	struct conf c = {.m = model_of(site), .flags = flags};
	bool ok = true;

	for (; *names; names++) {
		const struct cell *cell = model_lookup(c.m, &c.m->main, str_of(*names));

		if (cell) {
			ok &= print_cell(out, &c, cell);
		} else {
			*out_unknown = *names;
			ok = false;
		}
	}
	return ok;
}
