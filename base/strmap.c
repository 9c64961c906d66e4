/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open addressing over an array of entries in insertion order. The slots hold
 * entry numbers plus one; the load stays under 2/3. A map of a few entries has
 * no slots: many are made for one message, and hold one or two. The hash is
 * quick and no secret: the keys are the user's own files, so an attacker who
 * picks them only slows his own run.
 */
#include "base/strmap.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"

enum { WITHOUT_SLOTS = 8 };

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

/* The high half of a product is where all bits of the word come together. */
static uint64_t mix(uint64_t hash, uint64_t word)
{
	uint64_t product = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);

	return product ^ product >> 32;
}

uint64_t strmap_hash(struct str key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ key.len, word;

	for (; key.len >= sizeof(word); key = str_slice(key, sizeof(word), key.len)) {
		memcpy(&word, key.ptr, sizeof(word));
		h = mix(h, word);
	}
	word = 0;
	for (size_t i = 0; i < key.len; i++)
		word = word << 8 | (unsigned char)key.ptr[i];
	return mix(h, word);
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

static struct entry *find_entry(const struct strmap *map, struct str key, uint64_t hash)
{
	uint32_t slot;

	if (map->slot_count) {
		slot = map->slots[slot_of(map, key, hash)];
		return slot ? &map->entries[slot - 1] : NULL;
	}
	for (size_t i = 0; i < map->count; i++)
		if (map->entries[i].hash == hash && str_eq(map->entries[i].key, key))
			return &map->entries[i];
	return NULL;
}

void *strmap_find(const struct strmap *map, struct str key)
{
	const struct entry *e;

	if (!map->count)
		return NULL;
	e = find_entry(map, key, strmap_hash(key));
	return e ? e->value : NULL;
}

/* The newest entry gets its slot. */
static void add_slot(struct strmap *map)
{
	const struct entry *e = &map->entries[map->count - 1];

	if (map->count <= WITHOUT_SLOTS)
		return;
	if (map->count * 3 > map->slot_count * 2)
		rehash(map);
	else
		map->slots[slot_of(map, e->key, e->hash)] = (uint32_t)map->count;
}

void *strmap_put(struct strmap *map, struct str key, void *value)
{
	uint64_t hash = strmap_hash(key);
	struct entry *e = find_entry(map, key, hash);

	MCC_ASSERT(value);
	if (e) {
		void *previous = e->value;

		e->value = value;
		return previous;
	}
	MCC_ASSERT(map->count < UINT32_MAX);
	e = arena_push(map->arena, &map->entries, map->count, &map->room, sizeof(*e));
	MCC_ASSERT(e);
	*e = (struct entry){key, hash, value};
	map->count++;
	add_slot(map);
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
