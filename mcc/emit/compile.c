/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From model to resolved configuration: the frame, the settings, and places.
 * Every row of settings.def takes the model's value of the same name; what it
 * means was settled by the model, what a list or table in it means is settled
 * by the other files of this folder.
 */
#include "mcc/emit/compile.h"

#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/strmap.h"
#include "grammar/list.h"
#include "mcc/emit/compiler.h"
#include "runtime/config_rows.h"

const struct setting *compiler_setting(const struct compiler *c, enum param_id id)
{
	return site_service_setting(c->site, c->service, id);
}

/* ---- places ---- */

struct rt_origin compiler_origin(const struct compiler *c, struct span span)
{
	const struct source *src;

	if (!span.file)
		return (struct rt_origin){"", 0};
	src = source_get(c->site->sources, span.file);
	return (struct rt_origin){src->path, source_position(src, span.lo).line};
}

struct rt_origin compiler_setting_origin(const struct compiler *c,
					 const struct setting *setting)
{
	return compiler_origin(c, setting->name_span);
}

struct span compiler_span(struct text text, const struct setting *setting)
{
	struct span span = text_full_span(text);

	return span.file ? span : setting->name_span;
}

struct rt_origin compiler_text_origin(const struct compiler *c, struct text text,
				      const struct setting *setting)
{
	return compiler_origin(c, compiler_span(text, setting));
}

/* ---- settings ---- */

static void fill_words(struct compiler *c, const struct setting *setting,
		       struct rt_words *out)
{
	const struct list *list = site_list(c->site, setting);
	const char **words = arena_array(c->arena, list->count + 1, sizeof(*words));

	for (size_t i = 0; i < list->count; i++)
		words[i] = str_dup0(c->arena, list->items[i].text.str);
	out->words = words;
	out->count = list->count;
	out->origin = compiler_setting_origin(c, setting);
}

static void fill_maps(struct compiler *c, const struct setting *setting,
		      struct rt_maps *out)
{
	const struct list *list = site_list(c->site, setting);
	size_t *maps = arena_array(c->arena, list->count + 1, sizeof(*maps));
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct text text = list->items[i].text;

		/* Part of alias_maps' default; hosts without NIS do without. */
		if (!setting->entry && str_starts(text.str, "nis:"))
			continue;
		maps[count++] = compiler_map(c, text, setting, true);
	}
	out->maps = maps;
	out->count = count;
	out->origin = compiler_setting_origin(c, setting);
}

/* Text with the one meaning that it has beyond its letters. */
static const char *text_value(struct compiler *c, const struct setting *setting)
{
	struct str value = setting->value.str;

	if (setting->param->id == PARAM_myorigin)
		value = site_origin(c->site);
	return str_dup0(c->arena, value);
}

static void fill_setting(struct compiler *c, const struct rt_setting_row *row,
			 const struct setting *setting, void *field)
{
	switch (row->kind) {
	case RT_KIND_STR:
		*(const char **)field = text_value(c, setting);
		return;
	case RT_KIND_BOOL:
		*(bool *)field = setting->boolean;
		return;
	case RT_KIND_INT:
	case RT_KIND_TIME:
		*(int64_t *)field = setting->number;
		return;
	case RT_KIND_WORDS:
		fill_words(c, setting, field);
		return;
	case RT_KIND_MATCH:
	case RT_KIND_NETS:
		compiler_match(c, setting, row->kind == RT_KIND_NETS, field);
		return;
	case RT_KIND_MAPS:
		fill_maps(c, setting, field);
		return;
	}
}

bool compiler_is_mains(const struct compiler *c, enum param_id id)
{
	return compiler_setting(c, id) == site_setting(c->site, id);
}

bool compiler_has_mains_names(const struct compiler *c)
{
	const struct site_service *service = c->service;

	for (size_t i = 0; service && i < service->override_count; i++)
		if (!service->overrides[i].param)
			return false;
	return compiler_is_mains(c, PARAM_smtpd_restriction_classes);
}

/* Lists are read by the light of one other setting. */
static bool is_shared(const struct compiler *c, const struct rt_setting_row *row,
		      enum param_id id)
{
	if (!c->service || !compiler_is_mains(c, id))
		return false;
	return row->kind != RT_KIND_MATCH ||
	       compiler_is_mains(c, PARAM_parent_domain_matches_subdomains);
}

/*
 * What a service has of main.cf it shares with all others: the lists of a large
 * site times its services would be more than a machine holds.
 */
void compiler_settings(struct compiler *c, struct rt_settings *out)
{
	if (c->service)
		*out = c->config->settings;
	for (size_t i = 0; i < rt_setting_row_count(); i++) {
		const struct rt_setting_row *row = rt_setting_row(i);
		const struct param *param = param_find(str_of(row->name));

		MCC_ASSERT(param);
		if (!is_shared(c, row, param->id))
			fill_setting(c, row, compiler_setting(c, param->id),
				     rt_setting_field(out, row));
	}
}

/* ---- site ---- */

static const char *release_line(struct arena *arena, struct pf_version v)
{
	return arena_printf(arena, "%d.%d", v.major, v.minor);
}

struct rt_config *compile_site(struct arena *arena, struct site *site,
			       struct diag_queue *diags)
{
	struct compiler c = {.arena = arena, .site = site, .diags = diags};

	c.parse = (struct parse_ctx){arena, site->sources,
				     diags ? diags : diag_queue_new(arena)};
	c.refs = strmap_new(arena);
	c.paths = strmap_new(arena);
	c.config = arena_alloc(arena, sizeof(*c.config));
	c.config->mcc_version = MCC_VERSION;
	c.config->postfix = release_line(arena, site->options.version);
	compiler_settings(&c, &c.config->settings);
	compiler_services(&c);
	compiler_classes(&c);
	return c.config;
}
