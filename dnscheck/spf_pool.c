/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pool hangs on its resolver by a closer. It keeps evaluations that have
 * ended, and shelves of parsed records: the same few includes are met by one
 * check after another.
 *
 * Invariants: an evaluation is in exactly one of the two lists. A shelf that
 * is full takes nothing more and makes way for a new one; it is freed with the
 * last evaluation that holds it, so that no record moves while it is read.
 */
#include "dnscheck/spf_pool.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/strmap.h"
#include "dnscheck/answer.h"
#include "dnscheck/spf_eval.h"

enum {
	IDLE_MAX = 1024, /* evaluations kept for later */
	/* Bytes of records on a shelf: some thousands of them. */
	SHELF_BYTES = 2 << 20
};

struct spf_shelf {
	struct arena *arena;
	struct strmap *records; /* by text */
	size_t bytes;
	size_t holders; /* evaluations, and the pool while it is the newest */
};

struct spf_pool {
	struct dns_closer closer; /* first */
	struct spf_eval *busy;
	struct spf_eval *idle;
	size_t idle_count;
	struct spf_shelf *shelf;
	struct arena *scratch; /* of the parser */
};

static struct spf_shelf *shelf_new(void)
{
	struct spf_shelf *shelf = dns_alloc(sizeof(*shelf));

	shelf->arena = arena_new(0);
	shelf->records = strmap_new(shelf->arena);
	shelf->holders = 1;
	return shelf;
}

static void shelf_drop(struct spf_shelf *shelf)
{
	if (--shelf->holders != 0)
		return;
	arena_free(shelf->arena);
	free(shelf);
}

static void eval_free(struct spf_eval *e)
{
	shelf_drop(e->shelf);
	arena_free(e->arena);
	free(e);
}

/* The questions are dropped with the resolver, so no answer finds us gone. */
static void pool_close(struct dns_closer *closer)
{
	struct spf_pool *pool = (struct spf_pool *)closer;
	struct spf_eval *e;

	while ((e = pool->busy) != NULL) {
		pool->busy = e->next;
		eval_free(e);
	}
	while ((e = pool->idle) != NULL) {
		pool->idle = e->next;
		arena_free(e->arena);
		free(e);
	}
	shelf_drop(pool->shelf);
	arena_free(pool->scratch);
	free(pool);
}

static struct spf_pool *pool_of(struct resolver *r)
{
	struct spf_pool *pool = (struct spf_pool *)dns_closer_find(r, pool_close);

	if (pool != NULL)
		return pool;
	pool = dns_alloc(sizeof(*pool));
	pool->closer.fn = pool_close;
	pool->shelf = shelf_new();
	pool->scratch = arena_new(0);
	dns_closer_add(r, &pool->closer);
	return pool;
}

struct spf_eval *spf_pool_take(struct resolver *r)
{
	struct spf_pool *pool = pool_of(r);
	struct spf_eval *e = pool->idle;
	struct arena *arena = NULL;

	if (e != NULL) {
		pool->idle = e->next;
		pool->idle_count--;
		arena = e->arena;
		arena_reset(arena);
	} else {
		e = dns_alloc(sizeof(*e));
		arena = arena_new(0);
	}
	*e = (struct spf_eval){.resolver = r,
			       .pool = pool,
			       .arena = arena,
			       .shelf = pool->shelf,
			       .next = pool->busy,
			       .back = &pool->busy};
	e->shelf->holders++;
	if (e->next != NULL)
		e->next->back = &e->next;
	pool->busy = e;
	return e;
}

void spf_pool_give(struct spf_eval *e)
{
	struct spf_pool *pool = e->pool;

	*e->back = e->next;
	if (e->next != NULL)
		e->next->back = e->back;
	if (pool->idle_count == IDLE_MAX) {
		eval_free(e);
		return;
	}
	shelf_drop(e->shelf);
	e->shelf = NULL;
	e->next = pool->idle;
	pool->idle = e;
	pool->idle_count++;
}

/* Puts a record on the newest shelf, which is the evaluation's or a newer one. */
static const struct spf_record *shelve(struct spf_eval *e,
				       const struct spf_record *record)
{
	struct spf_shelf *shelf = e->shelf;
	struct spf_record *copy;

	if (shelf->bytes >= SHELF_BYTES) {
		if (shelf == e->pool->shelf) {
			shelf_drop(shelf);
			e->pool->shelf = shelf_new();
		}
		return spf_record_copy(e->arena, record);
	}
	copy = spf_record_copy(shelf->arena, record);
	shelf->bytes +=
		sizeof(*copy) + copy->text.len + copy->term_count * sizeof(*copy->terms);
	(void)strmap_put(shelf->records, copy->text, copy);
	return copy;
}

const struct spf_record *spf_pool_parse(struct spf_eval *e, struct str text,
					struct spf_error *out_error)
{
	const struct spf_record *known = strmap_find(e->shelf->records, text);
	struct spf_record *fresh = NULL;

	if (known != NULL)
		return known;
	if (spf_parse(e->pool->scratch, text, &fresh, out_error, 1) == 0) {
		known = shelve(e, fresh);
	} else {
		out_error->message = arena_strdup(e->arena, out_error->message);
	}
	arena_reset(e->pool->scratch);
	return known;
}
