/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opens the tables of a compiled configuration over the texts that the model
 * holds: a trace needs no database, and knows the line of each row.
 */
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/source.h"
#include "grammar/parse.h"
#include "mcc/emit/compiler.h"
#include "mcc/emit/table_database.h"
#include "mcc/emit/table_inline.h"
#include "mcc/emit/table_rows.h"
#include "runtime/map.h"

struct opener {
	struct arena *arena;
	const struct site *site;
	struct parse_ctx ctx; /* its complaints were made while loading */
};

static struct rt_map *open_rows(struct opener *o, const struct site_table *t,
				const struct rt_map_ref *ref)
{
	const struct rt_keys keys = table_keys(o->site, ref->fold_keys);
	struct rt_row *rows = NULL;
	size_t count;

	if (t->aliases)
		count = table_rows_of_aliases(o->arena, t->aliases, keys, &rows);
	else
		count = table_rows_of_file(o->arena, t->rows, keys, &rows);
	return rt_map_of_rows(o->arena, ref->name, rows, count, keys);
}

static struct rt_map *open_inline(struct opener *o, const struct site_table *t,
				  const struct rt_map_ref *ref)
{
	const struct rt_keys keys = table_keys(o->site, ref->fold_keys);
	struct rt_row *rows = NULL;
	size_t count = 0;

	if (table_inline_rows(o->arena, t->name, keys, &rows, &count))
		return rt_map_fail(o->arena, ref->name);
	return rt_map_of_rows(o->arena, ref->name, rows, count, keys);
}

static struct rt_map *open_text(struct opener *o, const struct site_table *t,
				const struct rt_map_ref *ref)
{
	struct rt_map *map = NULL;
	struct str text = {"", 0};

	if (t->src)
		text = t->src->text;
	else if (table_inline_text(o->arena, t->name, &text))
		return rt_map_fail(o->arena, ref->name);

	if ((t->type->has_file && !t->src && !str_starts(t->name, "{")) ||
	    rt_map_of_text(o->arena,
			   &(struct rt_map_text){ref->type, ref->name, text,
						 ref->no_substitution},
			   NULL, &map) != 0)
		return NULL;
	return map;
}

/* Without a password file every name counts as a user: the machine of the
 * trace is not the mail server. */
static struct rt_map *open_passwd(struct opener *o, const struct rt_map_ref *ref)
{
	const char *file = site_resolve_path(o->site, "/etc/passwd");

	if (file)
		return rt_map_passwd(o->arena, ref->name, file);
	/* Empty answers count as failures. */
	return rt_map_static(o->arena, ref->name, STR_LIT("a user, as far as is known"));
}

static struct rt_map *open_parts(struct opener *o, const struct rt_config *config,
				 const struct rt_map_ref *ref)
{
	struct rt_map **parts = arena_array(o->arena, ref->part_count, sizeof(*parts));

	for (size_t i = 0; i < ref->part_count; i++)
		parts[i] = config->maps[ref->parts[i]].map;
	return rt_map_of_parts(o->arena, strcmp(ref->type, "unionmap") == 0, ref->name,
			       parts, ref->part_count);
}

static struct rt_map *open_map(struct opener *o, const struct rt_map_ref *ref)
{
	const struct site_table *t = compiler_table(o->site, ref);
	struct rt_map *map = NULL;
	char err[300]; /* what is not there was reported while loading */

	if (!t || strcmp(ref->type, "fail") == 0)
		return NULL;
	if (strcmp(ref->type, "static") == 0)
		map = rt_map_static(o->arena, ref->name, str_of(ref->argument));
	else if (strcmp(ref->type, "unix") == 0 &&
		 strcmp(ref->argument, "passwd.byname") == 0)
		map = open_passwd(o, ref);
	else if (strcmp(ref->type, "inline") == 0)
		map = open_inline(o, t, ref);
	else if (rt_map_is_text_type(ref->type))
		map = open_text(o, t, ref);
	else if (strcmp(ref->type, "randmap") == 0)
		map = rt_map_random(o->arena, ref->name, str_of(ref->argument));
	else if (t->aliases || t->rows)
		map = open_rows(o, t, ref);
	else if (t->state == TABLE_MISSING && table_has_database(ref->type))
		map = table_open_database(o->arena, ref->type, ref->name, t->fs_path, err,
					  sizeof(err));
	return map;
}

void compile_open_sources(struct arena *arena, const struct site *site,
			  struct rt_config *config)
{
	struct opener o = {.arena = arena, .site = site};

	o.ctx = (struct parse_ctx){arena, site->sources, diag_queue_new(arena)};
	for (size_t i = 0; i < config->map_count; i++) {
		struct rt_map_ref *ref = &config->maps[i];

		ref->map =
			ref->part_count ? open_parts(&o, config, ref) : open_map(&o, ref);
		if (!ref->map)
			ref->map = rt_map_fail(arena, ref->name);
		ref->map->keys.is_utf8 = config->settings.smtputf8_enable;
	}
}
