/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts with places. A text is built once and then only read; slices share
 * its bytes and copy the few pieces they need. An empty text or slice keeps
 * one piece without bytes, so that "this value is empty" has a place too.
 */
#include "base/text.h"

#include <string.h>

#include "base/arena.h"

static bool is_verbatim(const struct text_piece *p)
{
	return p->src.file && p->src.hi - p->src.lo == p->len;
}

/* Source of bytes [from, to) of a piece; whole when it is not verbatim. */
static struct span piece_span(const struct text_piece *p, size_t from, size_t to)
{
	struct span span = p->src;

	if (is_verbatim(p)) {
		span.hi = span.lo + (uint32_t)to;
		span.lo += (uint32_t)from;
	}
	return span;
}

struct text text_of_span(struct arena *arena, const struct source_set *set,
			 struct span span)
{
	struct text_builder b;

	text_builder_init(&b, arena);
	text_builder_add(&b, source_span_text(set, span), span, NULL);
	return text_builder_done(&b);
}

struct text text_of_builtin(struct arena *arena, struct str s)
{
	struct text_builder b;

	text_builder_init(&b, arena);
	text_builder_add(&b, s, SPAN_NONE, NULL);
	return text_builder_done(&b);
}

/* Number of the piece that holds byte `at`; the last one for the end. */
static size_t piece_at(struct text t, size_t at)
{
	size_t lo = 0;
	size_t hi = t.piece_count;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (t.pieces[mid].at <= at)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

struct text text_slice(struct arena *arena, struct text t, size_t from, size_t to)
{
	struct text_builder b;

	if (to > t.str.len)
		to = t.str.len;
	if (from > to)
		from = to;
	text_builder_init(&b, arena);
	for (size_t i = t.piece_count ? piece_at(t, from) : 0; i < t.piece_count; i++) {
		const struct text_piece *p = &t.pieces[i];
		size_t lo = from > p->at ? from - p->at : 0;
		size_t hi = to > p->at ? to - p->at : 0;

		if (p->at >= to && b.piece_count)
			break;
		if (hi > p->len)
			hi = p->len;
		text_builder_add(&b, str_slice(t.str, p->at + lo, p->at + hi),
				 piece_span(p, lo, hi), p->via);
	}
	return text_builder_done(&b);
}

/*
 * Pieces that came in by the same `$name` as the first one are joined, what
 * other names brought in between is passed over: the span of `a $b c` is all
 * of it, where it was written.
 */
struct span text_span(struct text t, size_t from, size_t to)
{
	struct span span = SPAN_NONE;
	const struct text_via *via = NULL;

	if (to > t.str.len)
		to = t.str.len;
	if (from > to)
		from = to;
	for (size_t i = t.piece_count ? piece_at(t, from) : 0; i < t.piece_count; i++) {
		const struct text_piece *p = &t.pieces[i];
		size_t lo = from > p->at ? from - p->at : 0;
		size_t hi = to > p->at ? to - p->at : 0;

		if (p->at > from && p->at >= to)
			break;
		if (!p->src.file ||
		    (span.file && (p->via != via || p->src.file != span.file)))
			continue;
		via = p->via;
		span = span_join(span, piece_span(p, lo, hi < p->len ? hi : p->len));
	}
	return span;
}

struct span text_full_span(struct text t)
{
	return text_span(t, 0, t.str.len);
}

const struct text_via *text_via_at(struct text t, size_t at)
{
	return t.piece_count ? t.pieces[piece_at(t, at)].via : NULL;
}

/* Growing lists leave as much behind as they hold; each piece that goes into
 * another text takes a longer chain along. */
size_t text_cost(struct text t)
{
	size_t cost = 2 * sizeof(struct text_piece) + sizeof(struct text_via);

	for (const struct text_via *via = text_via_at(t, t.str.len); via; via = via->up)
		cost += sizeof(*via);
	return 2 * t.str.len + t.piece_count * cost;
}

void text_builder_init(struct text_builder *b, struct arena *arena)
{
	*b = (struct text_builder){.arena = arena};
}

static void append_bytes(struct text_builder *b, struct str s)
{
	if (b->len + s.len + 1 > b->room) {
		/* Most texts are made of one piece. */
		size_t room = b->room * 2;
		char *grown;

		if (room < b->len + s.len + 1)
			room = b->len + s.len + 1;
		grown = arena_alloc(b->arena, room);
		MCC_ASSERT(grown);
		if (b->len)
			memcpy(grown, b->bytes, b->len);
		b->bytes = grown;
		b->room = room;
	}
	if (s.len)
		memcpy(b->bytes + b->len, s.ptr, s.len);
	b->len += s.len;
	b->bytes[b->len] = '\0';
}

/* Whether `next` goes on exactly where `last` ends. */
static bool continues(const struct text_piece *last, const struct text_piece *next)
{
	if (last->via != next->via || last->src.file != next->src.file)
		return false;
	return !next->src.file ||
	       (is_verbatim(last) && is_verbatim(next) && last->src.hi == next->src.lo);
}

void text_builder_add(struct text_builder *b, struct str s, struct span src,
		      const struct text_via *via)
{
	struct text_piece piece = {b->len, s.len, src, via};
	struct text_piece *last = NULL;

	if (b->piece_count)
		last = &b->pieces[b->piece_count - 1];
	append_bytes(b, s);
	if (last && !s.len)
		return;
	if (last && !last->len) {
		*last = piece;
	} else if (last && continues(last, &piece)) {
		last->len += s.len;
		last->src.hi = src.hi;
	} else {
		last = arena_push(b->arena, &b->pieces, b->piece_count, &b->piece_room,
				  sizeof(*last));
		MCC_ASSERT(last);
		*last = piece;
		b->piece_count++;
	}
}

/* A copy of the chain with `outer` around it. */
static const struct text_via *via_within(struct arena *arena, const struct text_via *via,
					 const struct text_via *outer)
{
	struct text_via *first = NULL;
	struct text_via *last = NULL;

	for (; via; via = via->up) {
		struct text_via *copy = arena_alloc(arena, sizeof(*copy));

		MCC_ASSERT(copy);
		copy->ref = via->ref;
		if (last)
			last->up = copy;
		else
			first = copy;
		last = copy;
	}
	if (!last)
		return outer;
	last->up = outer;
	return first;
}

void text_builder_add_text(struct text_builder *b, struct text t,
			   const struct text_via *via)
{
	const struct text_via *from = NULL;
	const struct text_via *made = via;

	for (size_t i = 0; i < t.piece_count; i++) {
		const struct text_piece *p = &t.pieces[i];

		/* Neighbours with one chain keep sharing one. */
		if (via && p->via != from) {
			from = p->via;
			made = via_within(b->arena, from, via);
		}
		text_builder_add(b, str_slice(t.str, p->at, p->at + p->len), p->src,
				 via ? made : p->via);
	}
}

struct text text_builder_done(struct text_builder *b)
{
	if (!b->bytes)
		append_bytes(b, str_of(NULL));
	return (struct text){{b->bytes, b->len}, b->pieces, b->piece_count};
}
