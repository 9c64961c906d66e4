/* SPDX-License-Identifier: BSD-2-Clause */
/* runtime.json from anywhere: what is accepted is a fixed point of writing. */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "runtime/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(0);
	struct str text = {(const char *)data, size};
	struct rt_config *config = NULL;
	struct rt_config *again = NULL;
	char err[256];

	if (rt_config_read(arena, text, &config, err, sizeof(err)) == 0) {
		struct str first = rt_config_write(arena, config);

		MCC_ASSERT(rt_config_read(arena, first, &again, err, sizeof(err)) == 0);
		MCC_ASSERT(str_eq(first, rt_config_write(arena, again)));
	}
	arena_free(arena);
	return 0;
}
