/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The front door of every look-up, and the tables that need no file: static,
 * fail, and rows in memory.
 */
#include "runtime/map.h"

#include <stddef.h>

#include "base/arena.h"
#include "base/strmap.h"
#include "base/utf8.h"

struct str rt_keys_fold(struct rt_keys keys, struct arena *arena, struct str key)
{
	if (!keys.is_folded)
		return key;
	return keys.is_utf8 && !utf8_is_ascii(key) ? utf8_fold(arena, key)
						   : str_folded(arena, key);
}

static bool is_in_no_table(struct rt_keys keys, struct str s)
{
	return keys.is_utf8 && !utf8_is_valid(s);
}

enum rt_found rt_map_lookup(struct rt_map *map, struct str key, struct arena *arena,
			    struct str *out_value, unsigned *out_line)
{
	enum rt_found found = RT_NOT_FOUND;
	unsigned line = 0;

	if (!is_in_no_table(map->keys, key))
		found = map->class->lookup(map, rt_keys_fold(map->keys, arena, key),
					   arena, out_value, &line);
	if (found == RT_FOUND && is_in_no_table(map->keys, *out_value))
		found = RT_LOOKUP_ERROR;
	if (out_line)
		*out_line = line;
	return found;
}

void rt_map_close(struct rt_map *map)
{
	if (map && map->class->close)
		map->class->close(map);
}

/* ---- rows ---- */

struct rows_map {
	struct rt_map map;
	struct strmap *by_key; /* key -> const struct rt_row */
};

static enum rt_found rows_lookup(struct rt_map *map, struct str key,
				 MCC_UNUSED struct arena *arena, struct str *out_value,
				 unsigned *out_line)
{
	const struct rows_map *self = (const struct rows_map *)map;
	const struct rt_row *row = strmap_find(self->by_key, key);

	if (!row)
		return RT_NOT_FOUND;
	*out_value = row->value;
	*out_line = row->line;
	return RT_FOUND;
}

static const struct rt_map_class rows_class = {"rows", rows_lookup, NULL};

struct rt_map *rt_map_of_rows(struct arena *arena, const char *name,
			      const struct rt_row *rows, size_t count,
			      struct rt_keys keys)
{
	struct rows_map *self = arena_alloc(arena, sizeof(*self));
	struct rt_row *copies = arena_array(arena, count ? count : 1, sizeof(*copies));

	self->map = (struct rt_map){&rows_class, name, RT_MAP_PARTIAL_KEYS, keys};
	self->by_key = strmap_new(arena);
	for (size_t i = 0; i < count; i++) {
		struct str key = rt_keys_fold(keys, arena, rows[i].key);
		struct rt_row *earlier;

		if (is_in_no_table(keys, key) || is_in_no_table(keys, rows[i].value))
			continue;
		copies[i] = rows[i];
		earlier = strmap_put(self->by_key, key, &copies[i]);
		if (earlier)
			strmap_put(self->by_key, key, earlier);
	}
	return &self->map;
}

/* ---- static ---- */

struct static_map {
	struct rt_map map;
	struct str value;
};

static enum rt_found static_lookup(struct rt_map *map, MCC_UNUSED struct str key,
				   MCC_UNUSED struct arena *arena, struct str *out_value,
				   MCC_UNUSED unsigned *out_line)
{
	*out_value = ((const struct static_map *)map)->value;
	return RT_FOUND;
}

static const struct rt_map_class static_class = {"static", static_lookup, NULL};

struct rt_map *rt_map_static(struct arena *arena, const char *name, struct str value)
{
	struct static_map *self = arena_alloc(arena, sizeof(*self));

	self->map = (struct rt_map){&static_class, name, 0, {false, false}};
	self->value = value;
	return &self->map;
}

/* ---- fail ---- */

static enum rt_found fail_lookup(MCC_UNUSED struct rt_map *map, MCC_UNUSED struct str key,
				 MCC_UNUSED struct arena *arena,
				 MCC_UNUSED struct str *out_value,
				 MCC_UNUSED unsigned *out_line)
{
	return RT_LOOKUP_ERROR;
}

static const struct rt_map_class fail_class = {"fail", fail_lookup, NULL};

struct rt_map *rt_map_fail(struct arena *arena, const char *name)
{
	struct rt_map *map = arena_alloc(arena, sizeof(*map));

	*map = (struct rt_map){&fail_class, name, 0, {false, false}};
	return map;
}
