/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The queue of diagnostics. Everything lives in the arena of the run.
 * Invariants: no two kept diagnostics have the same rule, span and message;
 * none has the severity DIAG_OFF; those beyond LIMIT_DIAG_KEPT are counted by
 * severity, so the exit status of a run does not depend on the limit.
 *
 * A dropped or silenced diagnostic is still returned to the caller, outside
 * the queue, so that no caller needs a second path.
 */
#include "base/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/strmap.h"
#include "base/text.h"

struct diag_queue {
	struct arena *arena;
	struct strmap *seen; /* rule, span and message -> diag */
	struct diag **items;
	size_t count;
	size_t room;
	size_t added;
	size_t lost[DIAG_SEVERITY_COUNT]; /* beyond the limit */
	bool has_severity[RULE_COUNT];
	enum diag_severity severities[RULE_COUNT]; /* set by the user */
};

struct diag_queue *diag_queue_new(struct arena *arena)
{
	struct diag_queue *queue = arena_alloc(arena, sizeof(*queue));

	MCC_ASSERT(queue);
	queue->arena = arena;
	queue->seen = strmap_new(arena);
	return queue;
}

/* The key of `seen`; those with one key but other messages are chained. */
struct key {
	uint32_t rule;
	struct span span;
	uint64_t message; /* its hash: a message may be longer than its line */
};

static struct key key_of(const struct diag *d)
{
	uint64_t hash = strmap_hash(str_of(d->message));

	return (struct key){(uint32_t)d->rule, d->span, hash};
}

static struct diag *find_same(const struct diag_queue *queue, const struct diag *d)
{
	struct key key = key_of(d);
	struct diag *same =
		strmap_find(queue->seen, (struct str){(const char *)&key, sizeof(key)});

	while (same && strcmp(same->message, d->message) != 0)
		same = same->same;
	return same;
}

static void remember(struct diag_queue *queue, struct diag *d)
{
	struct key *key = arena_alloc(queue->arena, sizeof(*key));

	MCC_ASSERT(key);
	*key = key_of(d);
	d->same =
		strmap_put(queue->seen, (struct str){(const char *)key, sizeof(*key)}, d);
}

static void keep(struct diag_queue *queue, struct diag *d)
{
	struct diag **slot;

	if (queue->count >= LIMIT_DIAG_KEPT) {
		queue->lost[d->severity]++;
		return;
	}
	slot = arena_push(queue->arena, &queue->items, queue->count, &queue->room,
			  sizeof(*slot));
	MCC_ASSERT(slot);
	*slot = d;
	queue->count++;
	remember(queue, d);
}

static struct diag *add(struct diag_queue *queue, struct diag proto, const char *fmt,
			va_list ap) MCC_PRINTF(3, 0);

static struct diag *add(struct diag_queue *queue, struct diag proto, const char *fmt,
			va_list ap)
{
	struct diag *d;

	MCC_ASSERT(proto.rule < RULE_COUNT && proto.severity < DIAG_OFF);
	if (queue->has_severity[proto.rule])
		proto.severity = queue->severities[proto.rule];
	proto.message = arena_vprintf(queue->arena, fmt, ap);
	d = find_same(queue, &proto);
	if (d)
		return d;
	d = arena_alloc(queue->arena, sizeof(*d));
	MCC_ASSERT(d);
	*d = proto;
	d->order = queue->added++;
	if (d->severity != DIAG_OFF)
		keep(queue, d);
	return d;
}

struct diag *diag_add(struct diag_queue *queue, enum rule rule, struct span span,
		      const char *fmt, ...)
{
	struct diag proto = {
		.rule = rule, .severity = rule_info(rule)->severity, .span = span};
	struct diag *d;
	va_list ap;

	va_start(ap, fmt);
	d = add(queue, proto, fmt, ap);
	va_end(ap);
	return d;
}

struct diag *diag_add_as(struct diag_queue *queue, enum rule rule,
			 enum diag_severity severity, struct span span, const char *fmt,
			 ...)
{
	struct diag proto = {.rule = rule, .severity = severity, .span = span};
	struct diag *d;
	va_list ap;

	va_start(ap, fmt);
	d = add(queue, proto, fmt, ap);
	va_end(ap);
	return d;
}

static bool is_related(const struct diag *d, struct span span, const char *message)
{
	for (size_t i = 0; i < d->related_count; i++) {
		const struct diag_related *r = &d->related[i];

		if (span_eq(r->span, span) && !strcmp(r->message, message))
			return true;
	}
	return false;
}

void diag_relate(struct diag_queue *queue, struct diag *d, struct span span,
		 const char *fmt, ...)
{
	struct diag_related *slot;
	const char *message;
	va_list ap;

	if (d->related_count == DIAG_RELATED_MAX)
		return;
	va_start(ap, fmt);
	message = arena_vprintf(queue->arena, fmt, ap);
	va_end(ap);
	/* A diagnostic that is found twice is related twice. */
	if (is_related(d, span, message))
		return;
	slot = arena_push(queue->arena, &d->related, d->related_count, &d->related_room,
			  sizeof(*slot));
	MCC_ASSERT(slot);
	*slot = (struct diag_related){span, message};
	d->related_count++;
}

void diag_relate_via(struct diag_queue *queue, struct diag *d, const struct text_via *via)
{
	for (; via; via = via->up)
		diag_relate(queue, d, via->ref, "expanded from here");
}

void diag_fix(struct diag_queue *queue, struct diag *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	d->fix = arena_vprintf(queue->arena, fmt, ap);
	va_end(ap);
}

static bool is_edited(const struct diag *d, struct span span, const char *text)
{
	for (size_t i = 0; i < d->edit_count; i++) {
		const struct diag_edit *e = &d->edits[i];

		if (span_eq(e->span, span) && !strcmp(e->text, text))
			return true;
	}
	return false;
}

/* More edits than there is room for are our bug: half a fix breaks a file. */
void diag_edit(struct diag_queue *queue, struct diag *d, struct span span,
	       const char *text)
{
	struct diag_edit *slot;

	if (is_edited(d, span, text))
		return;
	MCC_ASSERT(d->edit_count < DIAG_EDIT_MAX && span.file);
	slot = arena_push(queue->arena, &d->edits, d->edit_count, &d->edit_room,
			  sizeof(*slot));
	MCC_ASSERT(slot);
	*slot = (struct diag_edit){span, arena_strdup(queue->arena, text)};
	d->edit_count++;
}

void diag_filter(struct diag_queue *queue,
		 bool (*keep_it)(const struct diag *d, void *arg), void *arg)
{
	size_t count = 0;

	for (size_t i = 0; i < queue->count; i++) {
		if (keep_it(queue->items[i], arg))
			queue->items[count++] = queue->items[i];
	}
	queue->count = count;
}

void diag_clear(struct diag_queue *queue)
{
	queue->count = 0;
	memset(queue->lost, 0, sizeof(queue->lost));
}

static bool is_not_off(const struct diag *d, void *arg)
{
	(void)arg;
	return d->severity != DIAG_OFF;
}

void diag_set_severity(struct diag_queue *queue, enum rule rule,
		       enum diag_severity severity)
{
	MCC_ASSERT(rule < RULE_COUNT && severity <= DIAG_OFF);
	queue->has_severity[rule] = true;
	queue->severities[rule] = severity;
	for (size_t i = 0; i < queue->count; i++) {
		if (queue->items[i]->rule == rule)
			queue->items[i]->severity = severity;
	}
	diag_filter(queue, is_not_off, NULL);
}

static int order(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int compare(const void *a, const void *b)
{
	const struct diag *x = *(struct diag *const *)a;
	const struct diag *y = *(struct diag *const *)b;
	int cmp = order(x->span.file, y->span.file);

	if (!cmp)
		cmp = order(x->span.lo, y->span.lo);
	if (!cmp)
		cmp = order(x->rule, y->rule);
	return cmp ? cmp : order(x->order, y->order);
}

void diag_sort(struct diag_queue *queue)
{
	if (queue->count)
		qsort(queue->items, queue->count, sizeof(struct diag *), compare);
}

size_t diag_count(const struct diag_queue *queue)
{
	return queue->count;
}

const struct diag *diag_get(const struct diag_queue *queue, size_t i)
{
	MCC_ASSERT(i < queue->count);
	return queue->items[i];
}

void diag_count_all(const struct diag_queue *queue,
		    size_t out_counts[DIAG_SEVERITY_COUNT])
{
	memcpy(out_counts, queue->lost, sizeof(queue->lost));
	for (size_t i = 0; i < queue->count; i++)
		out_counts[queue->items[i]->severity]++;
}

size_t diag_count_severity(const struct diag_queue *queue, enum diag_severity severity)
{
	size_t counts[DIAG_SEVERITY_COUNT];

	MCC_ASSERT(severity < DIAG_OFF);
	diag_count_all(queue, counts);
	return counts[severity];
}
