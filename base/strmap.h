/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hash map from byte strings to pointers, in an arena without a cap; no
 * removal.
 */
#ifndef MCC_BASE_STRMAP_H
#define MCC_BASE_STRMAP_H

#include "base/str.h"

struct arena;
struct strmap;

struct strmap *strmap_new(struct arena *arena);
/* The value, or NULL. */
void *strmap_find(const struct strmap *map, struct str key);
/* Sets the value; the key is borrowed and must live as long as the arena.
 * Returns the previous value, or NULL. The value must not be NULL. */
void *strmap_put(struct strmap *map, struct str key, void *value);
/* The hash that the map uses (64 bits), for keys that are made of hashes. */
uint64_t strmap_hash(struct str key);
size_t strmap_count(const struct strmap *map);
/* Calls fn for every entry in insertion order. */
void strmap_each(const struct strmap *map,
		 void (*fn)(struct str key, void *value, void *arg), void *arg);

#endif
