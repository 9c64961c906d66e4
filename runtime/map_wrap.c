/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables made of other tables (pipemap, unionmap), of chance (randmap) and of
 * the process' environment (environ). As in Postfix the first part of a
 * composed table says whether partial keys are tried, each part folds keys in
 * its own way, and a part that fails makes the whole fail.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "runtime/map.h"
#include "runtime/map_brace.h"

/* ---- pipemap, unionmap ---- */

struct parts_map {
	struct rt_map map;
	struct rt_map **parts;
	size_t count;
};

static enum rt_found pipe_lookup(struct rt_map *map, struct str key, struct arena *arena,
				 struct str *out_value, unsigned *out_line)
{
	const struct parts_map *self = (const struct parts_map *)map;

	for (size_t i = 0; i < self->count; i++) {
		enum rt_found found =
			rt_map_lookup(self->parts[i], key, arena, out_value, out_line);

		if (found != RT_FOUND)
			return found;
		key = *out_value;
	}
	return RT_FOUND;
}

/* The answers of all parts with commas between; empty ones at the beginning do
 * not count. */
static enum rt_found union_lookup(struct rt_map *map, struct str key, struct arena *arena,
				  struct str *out_value, unsigned *out_line)
{
	const struct parts_map *self = (const struct parts_map *)map;
	struct strbuf buf;
	enum rt_found found = RT_NOT_FOUND;
	const char *copy;

	strbuf_init(&buf, LIMIT_EXPANDED_VALUE);
	for (size_t i = 0; i < self->count && found != RT_LOOKUP_ERROR; i++) {
		struct str value;
		enum rt_found part =
			rt_map_lookup(self->parts[i], key, arena, &value, out_line);

		if (part == RT_LOOKUP_ERROR)
			found = part;
		if (part != RT_FOUND)
			continue;
		if (buf.len)
			strbuf_addc(&buf, ',');
		strbuf_addstr(&buf, value);
		if (buf.len && found == RT_NOT_FOUND)
			found = RT_FOUND;
	}
	if (buf.failed)
		found = RT_LOOKUP_ERROR;
	if (found == RT_FOUND) {
		copy = arena_memdup0(arena, buf.ptr, buf.len);
		*out_value = (struct str){copy, buf.len};
		found = copy ? RT_FOUND : RT_LOOKUP_ERROR;
	}
	strbuf_fini(&buf);
	return found;
}

static const struct rt_map_class pipe_class = {"pipemap", pipe_lookup, NULL};
static const struct rt_map_class union_class = {"unionmap", union_lookup, NULL};

struct rt_map *rt_map_of_parts(struct arena *arena, bool is_union, const char *name,
			       struct rt_map *const *parts, size_t count)
{
	struct parts_map *self = arena_alloc(arena, sizeof(*self));

	MCC_ASSERT(count > 0);
	self->map = (struct rt_map){is_union ? &union_class : &pipe_class,
				    name,
				    parts[0]->flags,
				    {false, false}};
	self->parts = arena_array(arena, count, sizeof(struct rt_map *));
	for (size_t i = 0; i < count; i++)
		self->parts[i] = parts[i];
	self->count = count;
	return &self->map;
}

/* ---- randmap ---- */

struct random_map {
	struct rt_map map;
	struct str *values;
	size_t count;
	size_t room;
	size_t picked; /* RT_MAP_BY_CHANCE: each look-up throws the dice */
};

static enum rt_found random_lookup(struct rt_map *map, MCC_UNUSED struct str key,
				   MCC_UNUSED struct arena *arena, struct str *out_value,
				   MCC_UNUSED unsigned *out_line)
{
	const struct random_map *self = (const struct random_map *)map;
	size_t n = self->picked;

	if (n == RT_MAP_BY_CHANCE)
		n = arc4random_uniform((uint32_t)self->count);
	*out_value = self->values[n % self->count];
	return RT_FOUND;
}

static const struct rt_map_class random_class = {"randmap", random_lookup, NULL};

struct rt_map *rt_map_random(struct arena *arena, const char *name, struct str list)
{
	struct random_map *self = arena_alloc(arena, sizeof(*self));
	struct str rest, value;

	if (!brace_inner(str_trim(list), &rest))
		return rt_map_fail(arena, name);
	self->map = (struct rt_map){&random_class, name, 0, {false, false}};
	self->picked = RT_MAP_BY_CHANCE;
	while (self->count < LIMIT_RANDMAP_VALUES && brace_word(&rest, &value))
		*(struct str *)arena_push(arena, &self->values, self->count++,
					  &self->room, sizeof(value)) =
			str_of(str_dup0(arena, value));
	return self->count ? &self->map : rt_map_fail(arena, name);
}

size_t rt_map_outcomes(const struct rt_map *map)
{
	return map && map->class == &random_class
		       ? ((const struct random_map *)map)->count
		       : 1;
}

void rt_map_pick(struct rt_map *map, size_t outcome)
{
	if (map && map->class == &random_class)
		((struct random_map *)map)->picked = outcome;
}

/* ---- environ ---- */

static enum rt_found environ_lookup(MCC_UNUSED struct rt_map *map, struct str key,
				    struct arena *arena, struct str *out_value,
				    MCC_UNUSED unsigned *out_line)
{
	const char *value = getenv(str_dup0(arena, key));

	if (!value)
		return RT_NOT_FOUND;
	*out_value = str_of(arena_strdup(arena, value));
	return RT_FOUND;
}

static const struct rt_map_class environ_class = {"environ", environ_lookup, NULL};

struct rt_map *rt_map_environ(struct arena *arena, const char *name, bool fold_keys)
{
	struct rt_map *map = arena_alloc(arena, sizeof(*map));

	*map = (struct rt_map){
		&environ_class, name, RT_MAP_PARTIAL_KEYS, {fold_keys, false}};
	return map;
}
