/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lock file of mcc spf flatten: JSON, schema "mcc-spf-lock/1", with what
 * was flattened and what came of it. No times, so that equal answers give
 * equal bytes.
 */
#ifndef MCC_SPF_LOCK_H
#define MCC_SPF_LOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct arena;
struct spf_flat;

enum { SPF_LOCK_NAMES = 64 };

/* Lives in the arena. */
struct spf_lock {
	const char *source;	  /* the record before */
	const char *product;	  /* the record after */
	const char *const *names; /* --include; none: all */
	size_t name_count;
	const char *const *networks;
	size_t network_count;
	const char *const *records; /* "NAME TEXT" */
	size_t record_count;
};

/* Status: as fs_read_file(), MCC_EFORMAT; a message in err. */
int spf_lock_read(struct arena *arena, const char *path, struct spf_lock *out, char *err,
		  size_t err_size) MCC_MUST_CHECK;
/* Status: as fs_write_file(). */
int spf_lock_write(struct arena *arena, const char *path, const char *domain,
		   const char *source, const char *const *names, size_t name_count,
		   const struct spf_flat *flat) MCC_MUST_CHECK;
/* Prints "- network" and "+ network" on standard output; true: it differs. */
bool spf_lock_print_changes(struct arena *arena, const struct spf_lock *lock,
			    const struct spf_flat *flat);

#endif
