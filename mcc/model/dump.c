/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The model as text, one fact a line, in an order that depends on nothing but
 * the files. For tests and `--dump=model`.
 */
#include "mcc/model/private.h"

#include <inttypes.h>

#include "base/source.h"

static void dump_place(struct strbuf *out, const struct site *site, struct span span)
{
	const struct source *src;
	struct position at;

	if (!span.file)
		return;
	src = source_get(site->sources, span.file);
	at = source_position(src, span.lo);
	strbuf_addf(out, " @%s:%" PRIu32 ":%" PRIu32, src->path, at.line, at.column);
}

static void dump_setting(struct strbuf *out, const struct site *site, const char *indent,
			 const struct setting *s)
{
	strbuf_addf(out, "%s%.*s =", indent, STR_ARG(s->name));
	if (s->value.str.len)
		strbuf_addf(out, " %.*s", STR_ARG(s->value.str));
	dump_place(out, site, s->name_span);
	if (!s->is_valid)
		strbuf_addf(out, " (wrong: %.*s)", STR_ARG(s->written.str));
	strbuf_addc(out, '\n');
}

static void dump_service(struct strbuf *out, const struct site *site,
			 const struct site_service *service)
{
	strbuf_addf(out, "service %.*s\n", STR_ARG(service->key));
	for (size_t i = 0; i < service->override_count; i++)
		dump_setting(out, site, "  ", &service->overrides[i]);
	for (size_t i = 0; i < service->derived_count; i++)
		dump_setting(out, site, "  derived ", service->derived[i]);
}

static const char *state_name(enum table_state state)
{
	switch (state) {
	case TABLE_LOADED:
		return "loaded";
	case TABLE_MISSING:
		return "missing";
	case TABLE_OUTSIDE:
		return "outside";
	case TABLE_UNREADABLE:
		return "unreadable";
	case TABLE_NOT_FILE:
		return "no file";
	}
	return "?";
}

void site_dump(struct strbuf *out, const struct site *site)
{
	for (size_t i = 0; i < PARAM_COUNT; i++)
		if (site->settings[i].entry ||
		    param_in_version(site->settings[i].param, site->options.version))
			dump_setting(out, site, "", &site->settings[i]);
	for (size_t i = 0; i < site->own_count; i++)
		dump_setting(out, site, "own ", &site->own[i]);
	for (size_t i = 0; i < site->service_count; i++)
		dump_service(out, site, &site->services[i]);
	for (size_t i = 0; i < site->table_count; i++) {
		const struct site_table *t = site->tables[i];

		strbuf_addf(out, "table %.*s:%.*s %s%s", STR_ARG(t->type_name),
			    STR_ARG(t->name), state_name(t->state),
			    t->is_aliases ? " aliases" : "");
		dump_place(out, site, text_full_span(t->text));
		strbuf_addc(out, '\n');
	}
}
