/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all flex scanners of this folder share: input from a string instead of
 * a stdio stream, memory from an arena instead of malloc, and byte offsets as
 * locations. A scanner's yyextra begins with a struct scan.
 */
#ifndef MCC_GRAMMAR_SCAN_H
#define MCC_GRAMMAR_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct arena;

/* Location of a token or nonterminal: bytes [lo, hi) of the scanned text. */
struct scan_loc {
	uint32_t lo;
	uint32_t hi;
};

struct scan {
	struct arena *arena; /* of the scanner's buffers; not of results */
	struct str text;
	size_t read; /* bytes of text that flex has taken */
	uint32_t at; /* offset behind the current token */
	char *pool;  /* room set aside at the start, or NULL */
	size_t pool_left;
};

void scan_init(struct scan *scan, struct arena *arena);
/*
 * Sets aside `size` bytes at once, so that scanning later needs nothing from
 * an arena with a cap. False when the cap does not allow it.
 */
bool scan_reserve(struct scan *scan, size_t size);
/* Starts on another text; flex's buffer must be restarted as well. */
void scan_start(struct scan *scan, struct str text);
/*
 * Copies at most `room` bytes of the text to buf; 0 at its end. A NUL becomes
 * \1, as flex goes over its whole token again for each NUL in it; results are
 * taken from the text itself.
 */
size_t scan_read(struct scan *scan, char *buf, size_t room);
void *scan_alloc(struct scan *scan, size_t size);
void *scan_realloc(struct scan *scan, void *old, size_t size);

/* Moves the location over the token that flex has just matched. */
static inline struct scan_loc scan_advance(struct scan *scan, size_t len)
{
	struct scan_loc loc = {scan->at, scan->at + (uint32_t)len};

	scan->at = loc.hi;
	return loc;
}

/* Where the text ends: location of the token that says so. */
static inline struct scan_loc scan_here(const struct scan *scan)
{
	return (struct scan_loc){scan->at, scan->at};
}

/* Gives back what of the token lies behind its first `keep` bytes (yyless). */
static inline void scan_retreat(struct scan *scan, struct scan_loc *loc, size_t keep)
{
	loc->hi = loc->lo + (uint32_t)keep;
	scan->at = loc->hi;
}

static inline struct str scan_text(const struct scan *scan, struct scan_loc loc)
{
	return (struct str){scan->text.ptr + loc.lo, loc.hi - loc.lo};
}

/* Flex reads in as large blocks as its buffer has room: a token that grows
 * the buffer is then rescanned a logarithmic number of times only. */
#define YY_READ_BUF_SIZE (1 << 30)
#define YY_INPUT(buf, result, room) \
	((result) = (int)scan_read((struct scan *)(void *)yyextra, (buf), (size_t)(room)))
/* Only reached when a scanner is wrong: every byte has a rule, and memory
 * either comes or ends the program in the arena. */
#define YY_FATAL_ERROR(msg) mcc_assert_fail((msg), __FILE__, __LINE__)

/* Bison: a rule's location spans its parts; an empty rule stands behind the
 * symbol before it. */
#define SCAN_LLOC_DEFAULT(cur, rhs, n)                             \
	do {                                                       \
		if (n) {                                           \
			(cur).lo = YYRHSLOC(rhs, 1).lo;            \
			(cur).hi = YYRHSLOC(rhs, n).hi;            \
		} else {                                           \
			(cur).lo = (cur).hi = YYRHSLOC(rhs, 0).hi; \
		}                                                  \
	} while (0)

#endif
