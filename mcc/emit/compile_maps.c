/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables that a site names, each once however often it is mentioned. In a
 * generation every table with a file has a short name of its own in maps/,
 * made from its file's name, so the names stay when other tables come or go.
 */
#include <string.h>

#include "base/arena.h"
#include "base/strmap.h"
#include "grammar/list.h"
#include "mcc/emit/compiler.h"
#include "mcc/emit/table_inline.h"
#include "mcc/emit/table_rows.h"
#include "runtime/map.h"

/* Longest name of a table in maps/, without number and suffix. */
enum { NAME_MAX_LEN = 40 };

const struct site_table *compiler_table(const struct site *site,
					const struct rt_map_ref *ref)
{
	struct str name = str_of(ref->name);

	for (size_t i = 0; i < site->table_count; i++) {
		const struct site_table *t = site->tables[i];
		size_t type = t->type_name.len;

		if (name.len == type + 1 + t->name.len && name.ptr[type] == ':' &&
		    str_eq(str_slice(name, 0, type), t->type_name) &&
		    str_eq(str_slice(name, type + 1, name.len), t->name))
			return t;
	}
	return NULL;
}

/* Letters, digits, '-', '_' and '.' of the file's name; never empty. */
static const char *short_name(struct arena *arena, const struct site_table *t)
{
	ptrdiff_t slash = str_rchr(t->name, '/');
	struct str base = str_slice(t->name, (size_t)(slash + 1), t->name.len);
	char *out = arena_alloc(arena, NAME_MAX_LEN + 1);
	size_t len = 0;

	if (str_starts(t->name, "{") || str_chr(t->name, '=') >= 0)
		base = t->type_name;
	for (size_t i = 0; i < base.len && len < NAME_MAX_LEN; i++) {
		char ch = base.ptr[i];

		if ((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
		    (ch >= '0' && ch <= '9') || ch == '-' || ch == '_' ||
		    (ch == '.' && len))
			out[len++] = ch;
	}
	return len ? out : "table";
}

/* How many paths were made from a name; those with a number are names too. */
static unsigned *taken_of(struct compiler *c, const char *path)
{
	unsigned *taken = strmap_find(c->paths, str_of(path));

	if (taken)
		return taken;
	taken = arena_alloc(c->arena, sizeof(*taken));
	MCC_ASSERT(taken);
	strmap_put(c->paths, str_of(path), taken);
	return taken;
}

static const char *unique_path(struct compiler *c, const struct site_table *t,
			       const char *suffix)
{
	const char *name = short_name(c->arena, t);
	const char *path = arena_printf(c->arena, "maps/%s%s", name, suffix);
	unsigned *first = taken_of(c, path);
	unsigned *taken = first;

	while (*taken) {
		path = arena_printf(c->arena, "maps/%s-%u%s", name, ++*first, suffix);
		taken = taken_of(c, path);
	}
	*taken = 1;
	return path;
}

static bool is_inline(const struct site_table *t)
{
	return str_starts(t->name, "{");
}

/* Where the table will lie in a generation, or what it is without a file. */
static void place(struct compiler *c, const struct site_table *t, struct rt_map_ref *ref)
{
	struct str name = t->name;

	if (t->part_count) {
		ref->argument = ref->name;
	} else if (rt_map_is_text_type(ref->type)) {
		ref->path = unique_path(c, t, arena_printf(c->arena, ".%s", ref->type));
	} else if (strcmp(ref->type, "inline") == 0 ||
		   (t->type && t->type->has_file && !is_inline(t))) {
		ref->path = unique_path(c, t, ".db");
	} else {
		if (strcmp(ref->type, "static") == 0 &&
		    table_inline_static(t->name, &name))
			ref->type = "fail";
		ref->argument = str_dup0(c->arena, name);
	}
}

/* Patterns and addresses are compared as they are. */
static bool folds(const struct site_table *t, bool fold_keys)
{
	if (t->type && (t->type->access == MAP_SEQUENTIAL || t->part_count))
		return false;
	/* Look-ups of match lists are in lower case already; it matters for
	 * tables whose keys are not folded when they are made. */
	if (str_eqc(t->type_name, "texthash") || str_eqc(t->type_name, "inline"))
		return fold_keys;
	return true;
}

static struct rt_map_ref *add_ref(struct compiler *c)
{
	struct rt_config *config = c->config;

	return arena_push(c->arena, &config->maps, config->map_count, &c->map_room,
			  sizeof(*config->maps));
}

/* What makes two references one. A type holds no blank. */
static struct str ref_key(struct compiler *c, const struct rt_map_ref *ref)
{
	return str_of(arena_printf(c->arena, "%d%d %s %s", ref->fold_keys,
				   ref->no_substitution, ref->type, ref->name));
}

/* config->map_count when there is none yet. */
static size_t find_ref(struct compiler *c, const struct rt_map_ref *ref)
{
	const size_t *known = strmap_find(c->refs, ref_key(c, ref));

	return known ? *known : c->config->map_count;
}

static size_t put_ref(struct compiler *c, const struct rt_map_ref *ref)
{
	size_t *number = arena_alloc(c->arena, sizeof(*number));

	MCC_ASSERT(number);
	*number = c->config->map_count;
	strmap_put(c->refs, ref_key(c, ref), number);
	*add_ref(c) = *ref;
	return c->config->map_count++;
}

static size_t failing_map(struct compiler *c, struct text text,
			  const struct setting *setting)
{
	const char *name = str_dup0(c->arena, text.str);
	struct rt_map_ref ref = {.name = name,
				 .type = "fail",
				 .argument = name,
				 .origin = compiler_text_origin(c, text, setting)};
	size_t i = find_ref(c, &ref);

	return i < c->config->map_count ? i : put_ref(c, &ref);
}

/* Parameters whose tables are not read like all others. */
struct table_use {
	enum param_id param;
	/* The answer chooses a transport, a command or a user: Postfix takes no
	 * part of the address that was asked for into it (DICT_FLAG_NO_REGSUB). */
	bool no_substitution;
	/* local(8) and virtual(8) open the table themselves, whatever
	 * proxymap(8) may read. */
	bool no_proxy;
	/* The user's name is in lower case, keys are as they are written
	 * (without DICT_FLAG_FOLD_FIX). */
	bool no_folding;
};

static const struct table_use table_uses[] = {
	{PARAM_transport_maps, .no_substitution = true},
	{PARAM_sender_dependent_relayhost_maps, .no_substitution = true},
	{PARAM_sender_dependent_default_transport_maps, .no_substitution = true},
	{PARAM_mailbox_transport_maps, .no_substitution = true, .no_folding = true},
	{PARAM_fallback_transport_maps, .no_substitution = true, .no_folding = true},
	{PARAM_alias_maps, .no_substitution = true, .no_proxy = true},
	{PARAM_mailbox_command_maps, .no_substitution = true, .no_proxy = true,
	 .no_folding = true},
	{PARAM_virtual_uid_maps, .no_substitution = true, .no_proxy = true},
	{PARAM_virtual_gid_maps, .no_substitution = true, .no_proxy = true},
};

static struct table_use use_of(const struct setting *setting)
{
	if (setting->param)
		for (size_t i = 0; i < array_len(table_uses); i++)
			if (table_uses[i].param == setting->param->id)
				return table_uses[i];
	return (struct table_use){0};
}

static struct str without_proxy(struct str name)
{
	while (str_starts(name, "proxy:"))
		name = str_slice(name, strlen("proxy:"), name.len);
	return name;
}

/* proxymap(8) answers only for tables that proxy_read_maps names. */
static bool is_refused(struct compiler *c, struct text text,
		       const struct setting *setting)
{
	const struct list *list;

	if (!str_starts(text.str, "proxy:") || use_of(setting).no_proxy)
		return false;
	list = site_list(c->site, site_setting(c->site, PARAM_proxy_read_maps));
	for (size_t i = 0; i < list->count; i++) {
		struct str word = list->items[i].text.str;

		if (str_starts(word, "proxy:") &&
		    str_eq(without_proxy(word), without_proxy(text.str)))
			return false;
	}
	return true;
}

/* postmap(1) warns of a key that stands twice; to all others the text is none. */
static bool is_unreadable(struct compiler *c, const struct site_table *t, bool fold_keys)
{
	return str_eqc(t->type_name, "texthash") && t->rows &&
	       table_has_twice(c->arena, t->rows, table_keys(c->site, fold_keys));
}

static size_t use_table(struct compiler *c, const struct site_table *t,
			struct rt_map_ref ref)
{
	bool is_pattern = t->part_count || str_eqc(t->type_name, "regexp") ||
			  str_eqc(t->type_name, "pcre");
	bool fold_keys = ref.fold_keys;
	size_t *parts, i;

	ref.no_substitution = ref.no_substitution && is_pattern;
	ref.fold_keys = folds(t, fold_keys);
	ref.name = arena_printf(c->arena, "%.*s:%.*s", STR_ARG(t->type_name),
				STR_ARG(t->name));
	ref.type = str_dup0(c->arena, t->type_name);
	ref.is_aliases = t->is_aliases;
	if (is_unreadable(c, t, ref.fold_keys)) {
		ref.type = "fail";
		ref.argument = ref.name;
	}
	i = find_ref(c, &ref);
	if (i < c->config->map_count)
		return i;
	parts = arena_array(c->arena, t->part_count + 1, sizeof(*parts));
	for (i = 0; i < t->part_count; i++)
		parts[i] = use_table(
			c, t->parts[i],
			(struct rt_map_ref){.origin = ref.origin,
					    .fold_keys = fold_keys,
					    .no_substitution = ref.no_substitution});
	ref.parts = parts;
	ref.part_count = t->part_count;
	if (!ref.argument)
		place(c, t, &ref);
	return put_ref(c, &ref);
}

size_t compiler_map(struct compiler *c, struct text text, const struct setting *setting,
		    bool fold_keys)
{
	bool is_aliases = setting->param && (setting->param->id == PARAM_alias_maps ||
					     setting->param->id == PARAM_alias_database);
	const struct site_table *t = site_table_of(c->site, text, is_aliases);
	const struct table_use use = use_of(setting);
	struct rt_map_ref ref = {.origin = compiler_text_origin(c, text, setting),
				 .fold_keys = fold_keys && !use.no_folding,
				 .no_substitution = use.no_substitution};

	if (!t || is_refused(c, text, setting))
		return failing_map(c, text, setting);
	return use_table(c, t, ref);
}
