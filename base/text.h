/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text that remembers where each of its bytes came from. A logical line of
 * main.cf is put together from several physical lines; an expanded value from
 * several parameters. Each piece keeps its place, so a message about the
 * third word of an expanded list can point into the file that holds it, and
 * can say through which `$name` it got there.
 */
#ifndef MCC_BASE_TEXT_H
#define MCC_BASE_TEXT_H

#include "base/source.h"
#include "base/str.h"

struct arena;

/* Why a piece stands in a text: the `$name` that brought it in. */
struct text_via {
	struct span ref;	   /* place of the `$name` */
	const struct text_via *up; /* the one around it, or NULL */
};

/* Bytes [at, at + len) of the text; src.hi - src.lo == len when verbatim. */
struct text_piece {
	size_t at;
	size_t len;
	struct span src; /* SPAN_NONE for built-in text */
	const struct text_via *via;
};

struct text {
	struct str str;			 /* NUL-terminated in the arena */
	const struct text_piece *pieces; /* ordered, gap-free */
	size_t piece_count;
};

/* One-piece text over a span (verbatim). */
struct text text_of_span(struct arena *arena, const struct source_set *set,
			 struct span span);
/* Text without a place. */
struct text text_of_builtin(struct arena *arena, struct str s);

/* Part [from, to) with its places. */
struct text text_slice(struct arena *arena, struct text t, size_t from, size_t to);

/*
 * Span in the sources of bytes [from, to). When they come from several files
 * the span of the first piece with a place; SPAN_NONE when none has.
 */
struct span text_span(struct text t, size_t from, size_t to);
struct span text_full_span(struct text t);
/* The chain of `$name` through which byte `at` came in, or NULL. */
const struct text_via *text_via_at(struct text t, size_t at);

/* About the bytes of memory that appending it to another text takes. */
size_t text_cost(struct text t);

/* Builder. */
struct text_builder {
	struct arena *arena;
	char *bytes;
	size_t len;
	size_t room;
	struct text_piece *pieces;
	size_t piece_count;
	size_t piece_room;
};

void text_builder_init(struct text_builder *b, struct arena *arena);
void text_builder_add(struct text_builder *b, struct str s, struct span src,
		      const struct text_via *via);
/* Appends t; pieces get `via` put above their own chain when non-NULL. */
void text_builder_add_text(struct text_builder *b, struct text t,
			   const struct text_via *via);
struct text text_builder_done(struct text_builder *b);

#endif
