/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loading a site, in the one order that works: main.cf gives names their
 * texts, master.cf the services whose names make further parameters; then
 * every value is expanded and typed, names are judged, tables are found.
 * Each step reads what earlier ones left and reports on its own; a mistake in
 * one never keeps the next from running.
 */
#include "mcc/model/private.h"

#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/diag.h"
#include "base/status.h"
#include "base/strmap.h"
#include "grammar/cf.h"
#include "grammar/master.h"

struct model *model_of(const struct site *site)
{
	/* Sites are only ever made by site_load(), as the head of a model. */
	union {
		const struct site *site;
		struct model *model;
	} head = {site};

	return head.model;
}

static const char *in_dir(struct model *m, const char *name)
{
	return arena_printf(m->site.arena, "%s/%s", m->site.options.dir, name);
}

static int read_main(struct model *m)
{
	const char *path = in_dir(m, "main.cf");
	const struct source *src;
	struct cf_file *main_cf;
	int status = source_add_config(m->site.sources, path, "main.cf", &src);

	if (status) {
		diag_add(m->site.diags, RULE_MC001, SPAN_NONE,
			 "%s cannot be read: %s; nothing was checked", path,
			 mcc_status_text(status));
		return status;
	}
	if (m->site.options.defaults_only)
		src = source_add_text(m->site.sources, "main.cf", STR_LIT(""));
	main_cf = cf_parse(&m->parse, src);
	m->site.main = main_cf;
	for (char *const *o = m->site.options.settings; o && *o; o++)
		cf_add_setting(&m->parse, main_cf,
			       source_add_text(m->site.sources, "-o", str_of(*o)));
	return MCC_OK;
}

static void read_master(struct model *m)
{
	const char *path = in_dir(m, "master.cf");
	const struct source *src;
	int status = source_add_config(m->site.sources, path, "master.cf", &src);

	if (status == MCC_OK)
		m->site.master = master_parse(&m->parse, src);
	else if (status != MCC_ENOENT)
		diag_add(m->site.diags, RULE_MC001, SPAN_NONE,
			 "%s cannot be read: %s; its services were not checked", path,
			 mcc_status_text(status));
}

static struct cell *own_cell(struct model *m, struct str name)
{
	struct cell *c = strmap_find(m->main.names, name);

	if (c)
		return c;
	c = arena_alloc(m->site.arena, sizeof(*c));
	MCC_ASSERT(c);
	strmap_put(m->main.names, name, c);
	return c;
}

/* The last assignment of a name is the one that counts. */
static void set_main(const struct cf_entry *entry, struct setting *s)
{
	s->name = entry->name;
	s->origin = ORIGIN_MAIN;
	s->entry = entry;
	s->name_span = entry->name_span;
	s->raw = entry->value;
}

static void take_entries(struct model *m)
{
	const struct cf_file *file = m->site.main;

	/* Cells keep pointers to settings, which therefore never move. */
	m->site.own =
		arena_array(m->site.arena, file->entry_count + 1, sizeof(*m->site.own));
	for (size_t i = 0; i < file->entry_count; i++) {
		const struct cf_entry *entry = &file->entries[i];
		const struct param *p = param_find(entry->name);
		struct cell *c;

		if (p) {
			set_main(entry, &m->site.settings[p->id]);
			continue;
		}
		c = own_cell(m, entry->name);
		if (!c->setting)
			c->setting = &m->site.own[m->site.own_count++];
		set_main(entry, c->setting);
	}
}

static void make_params(struct model *m)
{
	m->site.settings =
		arena_array(m->site.arena, PARAM_COUNT, sizeof(*m->site.settings));
	m->main.params = arena_array(m->site.arena, PARAM_COUNT, sizeof(*m->main.params));
	for (size_t i = 0; i < PARAM_COUNT; i++) {
		m->site.settings[i].param = param_get((enum param_id)i);
		m->site.settings[i].name = str_of(m->site.settings[i].param->name);
		m->main.params[i].setting = &m->site.settings[i];
	}
}

/* Defaults that are computed from other values wait until they are asked for. */
static bool is_computed(const struct model *m, const struct setting *s)
{
	return !s->entry && param_default(s->param, m->site.options.version)[0] == '@';
}

static void make_cells(struct model *m)
{
	for (size_t i = 0; i < m->site.own_count; i++)
		model_cell_init(m, own_cell(m, m->site.own[i].name), false);
	for (size_t i = 0; i < PARAM_COUNT; i++) {
		struct setting *s = &m->site.settings[i];

		if (is_computed(m, s))
			continue;
		if (!s->entry || model_is_fixed(s->param))
			s->raw = model_default_text(m, s->param);
		model_cell_init(m, &m->main.params[i], s->param->type == PARAM_TYPE_RAW);
	}
}

static void expand_all(struct model *m)
{
	for (size_t i = 0; i < PARAM_COUNT; i++)
		model_expand(m, &m->main, &m->main.params[i]);
	for (size_t i = 0; i < m->site.own_count; i++)
		model_expand(m, &m->main, own_cell(m, m->site.own[i].name));
}

static void type_all(struct model *m)
{
	for (size_t i = 0; i < PARAM_COUNT; i++)
		model_type(m, &m->main, &m->main.params[i], m->site.settings[i].param);
	for (size_t i = 0; i < m->site.own_count; i++)
		model_type(m, &m->main, own_cell(m, m->site.own[i].name), NULL);
}

/* Defaults that refer to wrong values, and those that refer to such ones. */
static void type_again(struct model *m)
{
	bool is_better = true;

	while (is_better) {
		is_better = false;
		for (size_t i = 0; i < PARAM_COUNT; i++) {
			struct setting *s = &m->site.settings[i];

			if (!s->is_valid && !s->entry &&
			    s->param->status != PARAM_READONLY)
				is_better |= model_type_again(m, s);
		}
	}
}

static void list_words(struct model *m, enum param_id id, struct strmap *out_words)
{
	struct str rest = m->site.settings[id].written.str;
	struct str word;

	while (str_token(&rest, ", \t\r\n", &word))
		strmap_put(out_words, word, m);
}

static struct model *model_new(struct arena *arena, struct source_set *sources,
			       struct diag_queue *diags,
			       const struct site_options *options)
{
	struct model *m = arena_alloc(arena, sizeof(*m));

	MCC_ASSERT(m);
	m->site.arena = arena;
	m->site.sources = sources;
	m->site.diags = diags;
	m->site.options = *options;
	m->site.options.version = platform_version(options->platform, options->version);
	m->site.options.root = model_root(arena, options);
	m->parse = (struct parse_ctx){arena, sources, diags};
	m->main.names = strmap_new(arena);
	m->early = (struct scope){.parent = &m->main,
				  .names = strmap_new(arena),
				  .is_dynamic = true,
				  .only_set = true};
	m->referenced = strmap_new(arena);
	m->classes = strmap_new(arena);
	m->services = strmap_new(arena);
	m->service_names = strmap_new(arena);
	m->tables = strmap_new(arena);
	m->alias_tables = strmap_new(arena);
	m->lists = strmap_new(arena);
	m->reported = strmap_new(arena);
	return m;
}

/* Everything after the reading of the two files. */
static void load(struct model *m)
{
	make_params(m);
	take_entries(m);
	model_load_services(m);
	make_cells(m);
	model_collect_references(m);
	expand_all(m);
	list_words(m, PARAM_smtpd_restriction_classes, m->classes);
	type_all(m);
	type_again(m);
	model_expand_services(m);
	model_collect_override_references(m);
	model_check_duplicates(m);
	model_check_names(m);
	model_check_override_names(m);
	model_check_references(m);
	model_find_tables(m);
}

int site_load(struct arena *arena, struct source_set *sources, struct diag_queue *diags,
	      const struct site_options *options, struct site **out_site)
{
	struct model *m = model_new(arena, sources, diags, options);
	int status = read_main(m);

	if (status)
		return status;
	read_master(m);
	load(m);
	*out_site = &m->site;
	return MCC_OK;
}

void site_load_single(struct arena *arena, struct source_set *sources,
		      struct diag_queue *diags, const struct site_options *options,
		      const struct source *main_cf, struct site **out_site)
{
	struct model *m = model_new(arena, sources, diags, options);

	m->is_single = true;
	m->site.main = cf_parse(&m->parse, main_cf);
	load(m);
	*out_site = &m->site;
}
