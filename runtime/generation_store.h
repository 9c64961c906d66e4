/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The folder OUT with its generations: names, numbers, the lock and the
 * symlink `current`. What publishing and rolling back share.
 */
#ifndef MCC_RUNTIME_GENERATION_STORE_H
#define MCC_RUNTIME_GENERATION_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct arena;

#define STORE_CURRENT "current"
#define STORE_GENERATIONS "generations"

struct store {
	const char *out_dir; /* for messages; borrowed */
	int out_fd;
	int generations_fd;
	int lock_fd;
};

struct store_entry {
	unsigned long number;
	const char *name; /* NNNNNN-DIGEST */
};

/* Opens (with `create` makes) the folder and takes the lock; MCC_EUNAVAIL when
 * another process holds it. On failure nothing stays open. */
int store_open(struct store *store, const char *out_dir, bool create, char *err,
	       size_t err_size) MCC_MUST_CHECK;
void store_close(struct store *store);

/* Generations by ascending number; other names are passed over. */
int store_list(struct arena *arena, const struct store *store,
	       struct store_entry **out_entries, size_t *out_count) MCC_MUST_CHECK;
/* The name that `current` points to, or NULL: none, or not one of ours. */
const char *store_current(struct arena *arena, const struct store *store);
/* Points `current` at a generation, atomically and durably. */
int store_switch(struct arena *arena, const struct store *store,
		 const char *name) MCC_MUST_CHECK;
/* Removes the oldest beyond LIMIT_GENERATIONS, never the current one. */
void store_prune(struct arena *arena, const struct store *store);

#endif
