/* SPDX-License-Identifier: BSD-2-Clause */
/* manifest.json from anywhere: only what the writer would write passes. */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "runtime/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(0);
	struct str text = {(const char *)data, size};
	struct manifest *manifest = NULL;
	char digest[DIGEST_HEX_SIZE];
	char err[256];

	if (manifest_read(arena, text, &manifest, err, sizeof(err)) == 0)
		MCC_ASSERT(str_eq(text, manifest_write(arena, manifest, digest)));
	arena_free(arena);
	return 0;
}
