/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Region allocator. One arena holds everything of one compilation (text,
 * trees, model, diagnostics), or of one session in the daemon, and is freed
 * as a whole; there is no free of single objects.
 */
#ifndef MCC_BASE_ARENA_H
#define MCC_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/attr.h"

struct arena;

/*
 * A new arena that may hand out at most `cap` bytes (0: no cap). Never NULL
 * without a cap: when the machine has no memory left the process ends with
 * status 3 and a message (see arena_set_oom_hook).
 */
struct arena *arena_new(size_t cap);

/* Frees the arena and runs its cleanups, the latest first. NULL is allowed. */
void arena_free(struct arena *arena);

/* Back to empty, keeping one chunk; cleanups run. For reuse by sessions. */
void arena_reset(struct arena *arena);

/*
 * `size` zeroed bytes, aligned for any type. With a cap: NULL once the cap is
 * reached; without: never NULL.
 */
void *arena_alloc(struct arena *arena, size_t size);

/* Zeroed array, overflow-checked. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/*
 * Grows an array that was allocated in the arena: when *cap equals len, a new
 * array of twice the room (at first: some
 * for small elements, one for large ones) replaces *items. Returns the address of element
 * `len` (zeroed) - the caller increments its own length.
 */
void *arena_push(struct arena *arena, void *items_ptr, size_t len, size_t *cap,
		 size_t size);

/* NUL-terminated copies, in the arena. */
char *arena_strdup(struct arena *arena, const char *s);
char *arena_memdup0(struct arena *arena, const void *data, size_t len);
char *arena_printf(struct arena *arena, const char *fmt, ...) MCC_PRINTF(2, 3);
char *arena_vprintf(struct arena *arena, const char *fmt, va_list ap) MCC_PRINTF(2, 0);

/* Registers `fn(arg)` to run when the arena is freed or reset. */
void arena_on_free(struct arena *arena, void (*fn)(void *), void *arg);

/*
 * An arena for what is needed only while something is made in `arena`, and is
 * given back with arena_scratch_done(). Cheap: those given back are used again.
 * No cap; it need not be given back before `arena` is freed.
 */
struct arena *arena_scratch(struct arena *arena);
void arena_scratch_done(struct arena *arena, struct arena *scratch);

/* Bytes handed out so far. */
size_t arena_used(const struct arena *arena);

/* Replaces what happens when memory runs out; the hook must not return. */
void arena_set_oom_hook(void (*hook)(size_t size));

#endif
