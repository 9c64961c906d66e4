/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open addressing over an array of entries in insertion order. The slots hold
 * entry numbers plus one. FNV-1a: the keys are the user's own files, so an
 * attacker who picks them only slows his own run; the load stays under 2/3.
 */
#include "base/strmap.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"

struct entry {
	struct str key;
	uint64_t hash;
	void *value;
};

struct strmap {
	struct arena *arena;
	struct entry *entries;
	size_t count;
	size_t room;
	uint32_t *slots;   /* 0: free, else entry number + 1 */
	size_t slot_count; /* a power of two, or 0 */
};

uint64_t strmap_hash(struct str key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < key.len; i++)
		h = (h ^ (unsigned char)key.ptr[i]) * UINT64_C(0x100000001b3);
	return h ^ h >> 32;
}

struct strmap *strmap_new(struct arena *arena)
{
	struct strmap *map = arena_alloc(arena, sizeof(*map));

	MCC_ASSERT(map);
	map->arena = arena;
	return map;
}

/* The slot that holds the key, or the free slot where it belongs. */
static size_t slot_of(const struct strmap *map, struct str key, uint64_t hash)
{
	size_t mask = map->slot_count - 1;
	size_t at = (size_t)hash & mask;

	while (map->slots[at]) {
		const struct entry *e = &map->entries[map->slots[at] - 1];

		if (e->hash == hash && str_eq(e->key, key))
			break;
		at = (at + 1) & mask;
	}
	return at;
}

static void rehash(struct strmap *map)
{
	map->slot_count = map->slot_count ? map->slot_count * 2 : 16;
	map->slots = arena_array(map->arena, map->slot_count, sizeof(*map->slots));
	MCC_ASSERT(map->slots);
	for (size_t i = 0; i < map->count; i++) {
		const struct entry *e = &map->entries[i];

		map->slots[slot_of(map, e->key, e->hash)] = (uint32_t)i + 1;
	}
}

void *strmap_find(const struct strmap *map, struct str key)
{
	uint32_t slot;

	if (!map->count)
		return NULL;
	slot = map->slots[slot_of(map, key, strmap_hash(key))];
	return slot ? map->entries[slot - 1].value : NULL;
}

void *strmap_put(struct strmap *map, struct str key, void *value)
{
	uint64_t hash = strmap_hash(key);
	struct entry *e;
	size_t at;

	MCC_ASSERT(value);
	if (map->count * 3 >= map->slot_count * 2)
		rehash(map);
	at = slot_of(map, key, hash);
	if (map->slots[at]) {
		void *previous;

		e = &map->entries[map->slots[at] - 1];
		previous = e->value;
		e->value = value;
		return previous;
	}
	MCC_ASSERT(map->count < UINT32_MAX);
	e = arena_push(map->arena, &map->entries, map->count, &map->room, sizeof(*e));
	MCC_ASSERT(e);
	*e = (struct entry){key, hash, value};
	map->count++;
	map->slots[at] = (uint32_t)map->count;
	return NULL;
}

size_t strmap_count(const struct strmap *map)
{
	return map->count;
}

void strmap_each(const struct strmap *map,
		 void (*fn)(struct str key, void *value, void *arg), void *arg)
{
	for (size_t i = 0; i < map->count; i++)
		fn(map->entries[i].key, map->entries[i].value, arg);
}
