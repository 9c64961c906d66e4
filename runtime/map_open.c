/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opens the tables of a generation. In a generation a table is a database
 * (hash, btree, lmdb, cdb; texthash and inline are compiled to one), a text of rules, or
 * nothing but an argument (static, fail, unix, randmap), or made of tables that
 * come before it (pipemap, unionmap). What a build refuses cannot
 * stand in it; a table of another type answers every look-up with an error.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/status.h"
#include "runtime/config.h"
#include "runtime/map.h"

static int open_text(struct arena *arena, int dirfd, const struct rt_map_ref *ref,
		     struct rt_map **out_map, char *err, size_t err_size)
{
	struct str text;
	int status = fs_read_file(arena, dirfd, ref->path, LIMIT_SOURCE_FILE, &text);

	if (status == MCC_OK)
		status = rt_map_of_text(arena,
					&(struct rt_map_text){ref->type, ref->name, text,
							      ref->no_substitution},
					NULL, out_map);
	if (status != MCC_OK)
		snprintf(err, err_size, "%s: %s", ref->path, mcc_status_text(status));
	return status;
}

static struct rt_map *open_parts(struct arena *arena, const struct rt_config *config,
				 const struct rt_map_ref *ref)
{
	struct rt_map **parts = arena_array(arena, ref->part_count, sizeof(*parts));

	for (size_t i = 0; i < ref->part_count; i++)
		parts[i] = config->maps[ref->parts[i]].map;
	return rt_map_of_parts(arena, strcmp(ref->type, "unionmap") == 0, ref->name,
			       parts, ref->part_count);
}

static struct rt_map *open_argument(struct arena *arena, const struct rt_map_ref *ref,
				    const char *passwd_file)
{
	if (strcmp(ref->type, "static") == 0)
		return rt_map_static(arena, ref->name, str_of(ref->argument));
	if (strcmp(ref->type, "unix") == 0 && strcmp(ref->argument, "passwd.byname") == 0)
		return rt_map_passwd(arena, ref->name, passwd_file);
	if (strcmp(ref->type, "randmap") == 0)
		return rt_map_random(arena, ref->name, str_of(ref->argument));
	return rt_map_fail(arena, ref->name);
}

int rt_maps_open(struct arena *arena, struct rt_config *config, int generation_fd,
		 const char *passwd_file, char *err, size_t err_size)
{
	for (size_t i = 0; i < config->map_count; i++) {
		struct rt_map_ref *ref = &config->maps[i];
		int status = MCC_OK;

		if (ref->part_count)
			ref->map = open_parts(arena, config, ref);
		else if (!ref->path)
			ref->map = open_argument(arena, ref, passwd_file);
		else if (rt_map_is_text_type(ref->type))
			status = open_text(arena, generation_fd, ref, &ref->map, err,
					   err_size);
		else
			status = rt_map_open_database(arena, generation_fd, ref,
						      &ref->map, err, err_size);
		if (status != MCC_OK) {
			rt_maps_close(config);
			return status;
		}
		ref->map->keys.is_utf8 = config->settings.smtputf8_enable;
	}
	return MCC_OK;
}

void rt_maps_close(struct rt_config *config)
{
	for (size_t i = 0; i < config->map_count; i++) {
		rt_map_close(config->maps[i].map);
		config->maps[i].map = NULL;
	}
}
