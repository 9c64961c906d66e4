/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chunks in a list; an object is cut from the newest chunk, an object too
 * large for a standard chunk gets a chunk of its own. Chunks come from calloc
 * and are never handed out twice without being cleared, so every object is
 * zeroed without a memset of its own.
 *
 * With AddressSanitizer the room that was not handed out is poisoned and a
 * gap is left behind each object: overruns within a chunk are found too.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define arena_poison(ptr, len) ASAN_POISON_MEMORY_REGION(ptr, len)
#define arena_unpoison(ptr, len) ASAN_UNPOISON_MEMORY_REGION(ptr, len)
enum { ARENA_GAP = 16 };
#else
#define arena_poison(ptr, len) ((void)(ptr), (void)(len))
#define arena_unpoison(ptr, len) ((void)(ptr), (void)(len))
enum { ARENA_GAP = 0 };
#endif

enum {
	ARENA_ALIGN = alignof(max_align_t),
	/* First chunk small: the daemon has one arena per session. */
	ARENA_CHUNK_MIN = 16 << 10,
	ARENA_CHUNK_MAX = 1 << 20,
	/* Room of a list that has just begun: most have one or two elements. */
	ARENA_FIRST_PUSH = 8,
	ARENA_FIRST_BYTES = 64,
	/* Most texts are shorter and printed once only. */
	ARENA_PRINTED = 256
};

struct chunk {
	struct chunk *next;
	size_t room;
	size_t used;
	alignas(max_align_t) char data[];
};

struct cleanup {
	struct cleanup *next;
	void (*fn)(void *);
	void *arg;
};

struct arena {
	struct chunk *chunks; /* the newest first */
	struct arena *spare;  /* scratch arenas to be used again */
	struct arena *next_spare;
	struct cleanup *cleanups;
	size_t cap;
	size_t used;
	size_t next_room;
};

static void oom_default(size_t size)
{
	fprintf(stderr, "mcc: out of memory (%zu bytes wanted)\n", size);
	_exit(3);
}

static void (*oom_hook)(size_t size) = oom_default;

void arena_set_oom_hook(void (*hook)(size_t size))
{
	oom_hook = hook ? hook : oom_default;
}

/* NULL for an arena with a cap, the end of the program for one without. */
static void *out_of_memory(bool capped, size_t size)
{
	if (!capped) {
		oom_hook(size);
		mcc_assert_fail("the hook for lack of memory returned", __FILE__,
				__LINE__);
	}
	return NULL;
}

struct arena *arena_new(size_t cap)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (!arena)
		return out_of_memory(cap != 0, sizeof(*arena));
	arena->cap = cap;
	arena->next_room = ARENA_CHUNK_MIN;
	return arena;
}

static void run_cleanups(struct arena *arena)
{
	while (arena->cleanups) {
		struct cleanup *c = arena->cleanups;

		arena->cleanups = c->next;
		c->fn(c->arg);
		free(c);
	}
}

static void chunk_free(struct chunk *chunk)
{
	arena_unpoison(chunk->data, chunk->room);
	free(chunk);
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	run_cleanups(arena);
	while (arena->spare) {
		struct arena *scratch = arena->spare;

		arena->spare = scratch->next_spare;
		arena_free(scratch);
	}
	while (arena->chunks) {
		struct chunk *chunk = arena->chunks;

		arena->chunks = chunk->next;
		chunk_free(chunk);
	}
	free(arena);
}

/* Keeps the smallest chunk, if it is small: memory stays flat over sessions. */
void arena_reset(struct arena *arena)
{
	struct chunk *kept = NULL;

	run_cleanups(arena);
	while (arena->chunks) {
		struct chunk *chunk = arena->chunks;

		arena->chunks = chunk->next;
		if (kept && kept->room <= chunk->room) {
			chunk_free(chunk);
			continue;
		}
		if (kept)
			chunk_free(kept);
		kept = chunk;
	}
	if (kept && kept->room > ARENA_CHUNK_MAX) {
		chunk_free(kept);
		kept = NULL;
	}
	if (kept) {
		arena_unpoison(kept->data, kept->room);
		memset(kept->data, 0, kept->used);
		arena_poison(kept->data, kept->room);
		kept->used = 0;
		kept->next = NULL;
		arena->chunks = kept;
	}
	arena->used = 0;
	arena->next_room = ARENA_CHUNK_MIN;
}

/*
 * Large blocks are filled from end to end (the text of a table, its rows):
 * fetching them page by page would take longer than filling them.
 */
static void ask_huge_pages(char *block, size_t size)
{
#ifdef MADV_HUGEPAGE
	enum { HUGE = 2 << 20 };
	uintptr_t first = ((uintptr_t)block + HUGE - 1) / HUGE * HUGE;
	uintptr_t end = ((uintptr_t)block + size) / HUGE * HUGE;

	if (end > first)
		madvise(block + (first - (uintptr_t)block), end - first, MADV_HUGEPAGE);
#else
	(void)block;
	(void)size;
#endif
}

static struct chunk *chunk_new(size_t room)
{
	struct chunk *chunk = calloc(1, sizeof(*chunk) + room);

	if (!chunk)
		return NULL;
	ask_huge_pages((char *)chunk, sizeof(*chunk) + room);
	chunk->room = room;
	arena_poison(chunk->data, room);
	return chunk;
}

/* A new chunk with `size` bytes of room, first in the list unless it is private. */
static struct chunk *chunk_add(struct arena *arena, size_t size)
{
	struct chunk *head = arena->chunks;
	struct chunk *chunk;

	if (size > arena->next_room / 4) {
		chunk = chunk_new(size);
		if (chunk && head) {
			/* The head may still serve small objects. */
			chunk->next = head->next;
			head->next = chunk;
			return chunk;
		}
	} else {
		chunk = chunk_new(arena->next_room);
		if (chunk && arena->next_room < ARENA_CHUNK_MAX)
			arena->next_room *= 2;
	}
	if (chunk) {
		chunk->next = head;
		arena->chunks = chunk;
	}
	return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct chunk *chunk = arena->chunks;
	char *ptr;
	size_t need;

	if (size == 0)
		size = 1;
	if (size > PTRDIFF_MAX - sizeof(*chunk) - ARENA_ALIGN - ARENA_GAP)
		return out_of_memory(arena->cap != 0, size);
	need = (size + ARENA_GAP + ARENA_ALIGN - 1) & ~((size_t)ARENA_ALIGN - 1);
	if (arena->cap && size > arena->cap - arena->used)
		return NULL;
	if (!chunk || chunk->room - chunk->used < need) {
		chunk = chunk_add(arena, need);
		if (!chunk)
			return out_of_memory(arena->cap != 0, size);
	}
	ptr = chunk->data + chunk->used;
	chunk->used += need;
	arena->used += size;
	arena_unpoison(ptr, size);
	return ptr;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		return out_of_memory(arena->cap != 0, SIZE_MAX);
	return arena_alloc(arena, count * size);
}

static size_t first_room(size_t size)
{
	size_t room = size ? ARENA_FIRST_BYTES / size : ARENA_FIRST_PUSH;

	if (room > ARENA_FIRST_PUSH)
		return ARENA_FIRST_PUSH;
	return room ? room : 1;
}

void *arena_push(struct arena *arena, void *items_ptr, size_t len, size_t *cap,
		 size_t size)
{
	char *items;

	/* The caller's pointer has its own type; its bytes are copied. */
	memcpy(&items, items_ptr, sizeof(items));
	if (len >= *cap) {
		size_t room = *cap ? *cap * 2 : first_room(size);
		char *grown = arena_array(arena, room, size);

		if (!grown)
			return NULL;
		if (len)
			memcpy(grown, items, len * size);
		items = grown;
		memcpy(items_ptr, &items, sizeof(items));
		*cap = room;
	}
	memset(items + len * size, 0, size);
	return items + len * size;
}

char *arena_memdup0(struct arena *arena, const void *data, size_t len)
{
	char *copy;

	if (len == SIZE_MAX)
		return out_of_memory(arena->cap != 0, len);
	copy = arena_alloc(arena, len + 1);
	if (copy && len)
		memcpy(copy, data, len);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *s)
{
	return arena_memdup0(arena, s, strlen(s));
}

char *arena_vprintf(struct arena *arena, const char *fmt, va_list ap)
{
	char line[ARENA_PRINTED], *text;
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(line, sizeof(line), fmt, ap);
	MCC_ASSERT(len >= 0);
	if ((size_t)len < sizeof(line)) {
		text = arena_memdup0(arena, line, (size_t)len);
	} else {
		text = arena_alloc(arena, (size_t)len + 1);
		if (text)
			vsnprintf(text, (size_t)len + 1, fmt, again);
	}
	va_end(again);
	return text;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(arena, fmt, ap);
	va_end(ap);
	return text;
}

struct arena *arena_scratch(struct arena *arena)
{
	struct arena *scratch = arena->spare;

	if (!scratch)
		return arena_new(0);
	arena->spare = scratch->next_spare;
	return scratch;
}

void arena_scratch_done(struct arena *arena, struct arena *scratch)
{
	arena_reset(scratch);
	scratch->next_spare = arena->spare;
	arena->spare = scratch;
}

void arena_on_free(struct arena *arena, void (*fn)(void *), void *arg)
{
	/* Not from the arena: a lost cleanup would be a leaked descriptor, so
	 * the cap must not count here. */
	struct cleanup *c = malloc(sizeof(*c));

	if (!c) {
		out_of_memory(false, sizeof(*c));
		return;
	}
	c->fn = fn;
	c->arg = arg;
	c->next = arena->cleanups;
	arena->cleanups = c;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}
