/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * manifest.json: which files a generation is made of and from what. Its own
 * digest is in it, and a text that is not byte for byte what manifest_write()
 * would make of its content is refused: no flipped bit goes unnoticed.
 */
#ifndef MCC_RUNTIME_MANIFEST_H
#define MCC_RUNTIME_MANIFEST_H

#include <stddef.h>

#include "base/attr.h"
#include "base/digest.h"
#include "base/str.h"
#include "runtime/generation.h"

#define MANIFEST_FORMAT_VERSION 1
#define MANIFEST_NAME "manifest.json"
#define RUNTIME_NAME "runtime.json"
#define MAPS_NAME "maps"

/* In the arena; out_digest is the manifest's own. */
struct str manifest_write(struct arena *arena, const struct manifest *manifest,
			  char out_digest[DIGEST_HEX_SIZE]);
/* MCC_EFORMAT with a text in err. */
int manifest_read(struct arena *arena, struct str json, struct manifest **out_manifest,
		  char *err, size_t err_size) MCC_MUST_CHECK;
/* The artefact of that path, or NULL. */
const struct manifest_file *manifest_find(const struct manifest *manifest,
					  const char *path);

#endif
