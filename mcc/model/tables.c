/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables that values name. A database is never opened: what counts is its
 * source text, which belongs to the site. Each table is loaded and complained
 * about once; what only a default mentions is loaded without complaints.
 */
#include "mcc/model/private.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/source.h"
#include "base/status.h"
#include "base/strmap.h"
#include "grammar/aliases.h"
#include "grammar/list.h"
#include "grammar/table.h"

#include <fcntl.h>

/* A diagnostic at the mention of a table; NULL for mentions in defaults. */
static struct diag *complain(struct model *m, struct text at, enum rule rule,
			     const char *message)
{
	struct span span = text_full_span(at);
	struct diag *d;

	if (!span.file)
		return NULL;
	d = diag_add(m->site.diags, rule, span, "%s", message);
	diag_relate_via(m->site.diags, d, text_via_at(at, 0));
	return d;
}

static void report_no_type(struct model *m, struct text text)
{
	struct str type = m->site.settings[PARAM_default_database_type].value.str;
	const char *fixed = arena_printf(m->site.arena, "%.*s:%.*s", STR_ARG(type),
					 STR_ARG(text.str));
	struct diag *d = complain(
		m, text, RULE_MC406,
		arena_printf(m->site.arena,
			     "'%.*s' has no table type: every lookup fails and mail "
			     "is deferred",
			     STR_ARG(text.str)));

	if (!d)
		return;
	diag_fix(m->site.diags, d, "write %s", fixed);
	if (!text_via_at(text, 0))
		diag_edit(m->site.diags, d, text_full_span(text), fixed);
}

/* An IPv6 address in a list reads as a table; that has a rule of its own. */
static bool is_ipv6(struct str word)
{
	char buf[INET6_ADDRSTRLEN];
	uint8_t bytes[16];
	ptrdiff_t slash = str_chr(word, '/');

	if (slash >= 0)
		word = str_slice(word, 0, (size_t)slash);
	if (word.len >= sizeof(buf))
		return false;
	memcpy(buf, word.ptr, word.len);
	buf[word.len] = '\0';
	return inet_pton(AF_INET6, buf, bytes) == 1;
}

static void check_type(struct model *m, const struct site_table *t)
{
	const struct map_type *near;
	struct text word;
	struct diag *d;

	if (!t->type && is_ipv6(t->text.str))
		return;
	if (t->type && pf_version_reached(m->site.options.version, t->type->since))
		return;
	if (t->type) {
		complain(m, t->text, RULE_MC407,
			 arena_printf(
				 m->site.arena,
				 "table type %s came with Postfix %s; every lookup fails",
				 t->type->name, t->type->since));
		return;
	}
	near = map_type_nearest(t->type_name);
	d = complain(
		m, t->text, RULE_MC407,
		arena_printf(m->site.arena,
			     "Postfix has no table type '%.*s': every lookup fails and "
			     "mail is deferred%s%s%s",
			     STR_ARG(t->type_name), near ? ". Did you mean " : "",
			     near ? near->name : "", near ? "?" : ""));
	if (!d || !near)
		return;
	diag_fix(m->site.diags, d, "write %s", near->name);
	word = text_slice(m->site.arena, t->text, 0, t->type_name.len);
	if (!text_via_at(t->text, 0) && str_eq(word.str, t->type_name))
		diag_edit(m->site.diags, d, text_full_span(word), near->name);
}

static void parse_table(struct model *m, struct site_table *t)
{
	t->state = TABLE_LOADED;
	if (t->is_aliases)
		t->aliases = aliases_parse(&m->parse, t->src);
	else if (t->type->access != MAP_SEQUENTIAL)
		t->rows = table_parse(&m->parse, t->src);
}

static void report_missing(struct model *m, const struct site_table *t)
{
	const char *compiled =
		arena_printf(m->site.arena, "%s%s", t->fs_path, t->type->suffix);

	if (t->type->suffix[0] && fs_exists(AT_FDCWD, compiled))
		complain(m, t->text, RULE_MC1303,
			 arena_printf(m->site.arena,
				      "table %.*s:%.*s has no source text here, only a "
				      "database; its rows were not checked",
				      STR_ARG(t->type_name), STR_ARG(t->name)));
	else
		complain(m, t->text, RULE_MC410,
			 arena_printf(
				 m->site.arena,
				 "table %.*s:%.*s does not exist: every lookup in it "
				 "fails, and the mail or session is answered with 451",
				 STR_ARG(t->type_name), STR_ARG(t->name)));
}

/* The text is too large to be read for nothing: its database will do. */
static bool database_will_do(const struct model *m, const struct site_table *t)
{
	struct stat text, database;

	if (m->site.options.text_max == 0 || !t->type->suffix[0])
		return false;
	return stat(t->fs_path, &text) == 0 && text.st_size > 0 &&
	       (size_t)text.st_size > m->site.options.text_max &&
	       stat(arena_printf(m->site.arena, "%s%s", t->fs_path, t->type->suffix),
		    &database) == 0 &&
	       database.st_mtime >= text.st_mtime;
}

static void load_file(struct model *m, struct site_table *t)
{
	int status;

	t->fs_path = site_resolve_path(&m->site, str_dup0(m->site.arena, t->name));
	if (!t->fs_path) {
		t->state = TABLE_OUTSIDE;
		complain(m, t->text, RULE_MC1303,
			 arena_printf(
				 m->site.arena,
				 "table %.*s:%.*s lies outside the checked folder and no "
				 "--root was given; its rows were not checked",
				 STR_ARG(t->type_name), STR_ARG(t->name)));
		return;
	}
	if (database_will_do(m, t)) {
		t->state = TABLE_MISSING;
		t->is_unread = true;
		return;
	}
	status = source_add_file(
		m->site.sources, t->fs_path,
		site_shown_path(&m->site, t->fs_path, str_dup0(m->site.arena, t->name)),
		&t->src);
	if (status == MCC_OK) {
		parse_table(m, t);
	} else if (status == MCC_ENOENT) {
		t->state = TABLE_MISSING;
		report_missing(m, t);
	} else {
		t->state = TABLE_UNREADABLE;
		complain(m, t->text, RULE_MC001,
			 arena_printf(m->site.arena,
				      "%s cannot be read: %s; its rows were "
				      "not checked",
				      t->fs_path, mcc_status_text(status)));
	}
}

/* The tables inside "pipemap:{...}" and "unionmap:{...}". */
static void load_parts(struct model *m, struct site_table *t, bool is_aliases)
{
	size_t from = t->type_name.len + 1;
	struct text name = text_slice(m->site.arena, t->text, from, t->text.str.len);
	const struct list *outer = list_parse(&m->parse, name, true);
	const struct list *inner;

	if (outer->count != 1 || !outer->items[0].is_group ||
	    m->table_depth >= LIMIT_BRACE_DEPTH)
		return;
	inner = list_parse(&m->parse, outer->items[0].inner, true);
	t->parts =
		arena_array(m->site.arena, inner->count + 1, sizeof(struct site_table *));
	m->table_depth++;
	for (size_t i = 0; i < inner->count; i++) {
		struct site_table *part =
			model_add_table(m, inner->items[i].text, is_aliases);

		if (part)
			t->parts[t->part_count++] = part;
	}
	m->table_depth--;
}

static void load(struct model *m, struct site_table *t, bool is_aliases)
{
	t->state = TABLE_NOT_FILE;
	check_type(m, t);
	if (!t->type)
		return;
	if (strcmp(t->type->name, "pipemap") == 0 ||
	    strcmp(t->type->name, "unionmap") == 0)
		load_parts(m, t, is_aliases);
	else if (t->type->has_file && !str_starts(t->name, "{"))
		load_file(m, t);
}

/* Text behind any number of "proxy:" and "debug:". */
static struct text unwrapped(struct model *m, struct text text, bool *out_is_proxied)
{
	size_t at = 0;

	for (;;) {
		struct str rest = str_slice(text.str, at, text.str.len);
		bool is_proxy = str_starts(rest, "proxy:");

		if (!is_proxy && !str_starts(rest, "debug:"))
			return at ? text_slice(m->site.arena, text, at, text.str.len)
				  : text;
		*out_is_proxied |= is_proxy;
		at += strlen("proxy:");
	}
}

struct site_table *model_add_table(struct model *m, struct text text, bool is_aliases)
{
	bool is_proxied = false;
	struct text inner = unwrapped(m, text, &is_proxied);
	ptrdiff_t colon = str_chr(inner.str, ':');
	struct site_table *t = strmap_find(m->tables, inner.str);
	struct site_table **slot;

	if (t)
		return t;
	if (colon < 0) {
		report_no_type(m, inner);
		return NULL;
	}
	t = arena_alloc(m->site.arena, sizeof(*t));
	slot = arena_push(m->site.arena, &m->site.tables, m->site.table_count,
			  &m->table_room, sizeof(*slot));
	MCC_ASSERT(t && slot);
	*slot = t;
	m->site.table_count++;
	strmap_put(m->tables, inner.str, t);
	t->type_name = str_slice(inner.str, 0, (size_t)colon);
	t->name = str_slice(inner.str, (size_t)colon + 1, inner.str.len);
	t->type = map_type_find(t->type_name);
	t->text = inner;
	t->is_proxied = is_proxied;
	is_aliases = is_aliases || strmap_find(m->alias_tables, inner.str) != NULL;
	/* postalias(1) makes databases; what is read as text is no aliases(5). */
	t->is_aliases = is_aliases && t->type && t->type->is_compiled;
	load(m, t, is_aliases);
	return t;
}

const struct site_table *site_table_of(struct site *site, struct text type_name,
				       bool is_aliases)
{
	/* A word without a type was told of when the site was loaded. */
	if (str_chr(type_name.str, ':') < 0)
		return NULL;
	return model_add_table(model_of(site), type_name, is_aliases);
}
