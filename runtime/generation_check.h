/* SPDX-License-Identifier: BSD-2-Clause */
/* Verification of a generation folder, for its readers and its writer. */
#ifndef MCC_RUNTIME_GENERATION_CHECK_H
#define MCC_RUNTIME_GENERATION_CHECK_H

#include <stddef.h>

#include "base/attr.h"

struct arena;
struct manifest;
struct manifest_file;

/*
 * Reads the manifest and verifies every artefact. MCC_EFORMAT (MCC_EIO when
 * the disk fails) with a text that names the file.
 */
int generation_check(struct arena *arena, int dirfd, struct manifest **out_manifest,
		     char *err, size_t err_size) MCC_MUST_CHECK;

#endif
