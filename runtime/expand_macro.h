/* SPDX-License-Identifier: BSD-2-Clause */
/* `$name` of values that are expanded when they are used. Private to runtime/. */
#ifndef MCC_RUNTIME_EXPAND_MACRO_H
#define MCC_RUNTIME_EXPAND_MACRO_H

#include "base/str.h"

struct arena;

/* The values; names that are not known are empty. */
struct expand_macros {
	struct str (*value)(const void *state, struct str name);
	const void *state;
};

/*
 * Expands $name, ${name}, $(name), ${name?text}, ${name:text} and
 * ${name?{text}:{text}}.
 */
struct str expand_macro_text(struct arena *arena, const char *text,
			     const struct expand_macros *macros);

#endif
