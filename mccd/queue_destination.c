/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Destinations by name, each with its window and the jobs that wait for it.
 * Those with waiting jobs are in a ring and take turns. One is forgotten when
 * it is idle, unless it failed: that is worth remembering for a while.
 */
#include "mccd/queue.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
	const struct queue_destination *x = a;
	const struct queue_destination *y = b;

	return strcmp(x->name, y->name);
}

static void forget(struct queue *queue, struct queue_destination *d)
{
	tdelete(d, &queue->destinations, by_name);
	queue->destination_count--;
	free(d->name);
	free(d);
}

static bool is_idle(const struct queue_destination *d)
{
	return d->waiting == 0 && d->window.in_flight == 0 && !d->in_ring;
}

void queue_destination_done(struct queue *queue, struct queue_destination *d)
{
	if (is_idle(d) && d->window.failures == 0)
		forget(queue, d);
}

struct sweep {
	struct queue_destination *found[QUEUE_SWEEP];
	size_t count;
	uint64_t now;
};

static void visit(const void *node, VISIT which, void *closure)
{
	struct queue_destination *d = *(struct queue_destination *const *)node;
	struct sweep *sweep = closure;

	if ((which == postorder || which == leaf) && sweep->count < QUEUE_SWEEP &&
	    is_idle(d) && !schedule_is_dead(&d->window, sweep->now))
		sweep->found[sweep->count++] = d;
}

/* Sites that failed once and were never heard of again. */
static void sweep_destinations(struct queue *queue)
{
	struct sweep sweep = {.now = loop_now(queue->child.loop)};

	if (queue->destination_count < QUEUE_SWEEP)
		return;
	twalk_r(queue->destinations, visit, &sweep);
	for (size_t i = 0; i < sweep.count; i++)
		forget(queue, sweep.found[i]);
}

struct queue_destination *queue_destination(struct queue *queue, const char *name,
					    enum queue_via via)
{
	struct queue_destination *d;
	void *node;

	sweep_destinations(queue);
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->name = strdup(name);
	node = d->name ? tsearch(d, &queue->destinations, by_name) : NULL;
	if (!node || *(struct queue_destination **)node != d) {
		free(d->name);
		free(d);
		return node ? *(struct queue_destination **)node : NULL;
	}
	queue->destination_count++;
	d->via = via;
	if (via == QUEUE_VIA_DELIVER) {
		/* One process on one disk: nothing to find out about it. */
		unsigned size = strcmp(name, QUEUE_MAILDIRS) == 0 ? QUEUE_DELIVER_WINDOW
								  : QUEUE_TASK_WINDOW;

		schedule_window_init(&d->window, size);
		d->window.size = size;
	} else {
		schedule_window_init(&d->window, QUEUE_SEND_WINDOW);
	}
	return d;
}

static void forgive(const void *node, VISIT which, void *closure)
{
	struct queue_destination *d = *(struct queue_destination *const *)node;

	(void)closure;
	if (which == postorder || which == leaf)
		d->window.dead_until = 0;
}

void queue_forgive(struct queue *queue)
{
	twalk_r(queue->destinations, forgive, NULL);
}

void queue_job_wait(struct queue *queue, struct queue_job *job)
{
	struct queue_destination *d = job->destination;

	job->next = NULL;
	if (d->last)
		d->last->next = job;
	else
		d->first = job;
	d->last = job;
	d->waiting++;
	if (d->in_ring)
		return;
	d->in_ring = true;
	queue->ring_size++;
	if (queue->ring) {
		d->next = queue->ring->next;
		queue->ring->next = d;
	} else {
		d->next = d;
	}
	queue->ring = d;
}

struct queue_job *queue_job_take(struct queue_destination *d)
{
	struct queue_job *job = d->first;

	d->first = job->next;
	if (!d->first)
		d->last = NULL;
	d->waiting--;
	job->next = NULL;
	return job;
}

static void free_destination(void *node)
{
	struct queue_destination *d = node;

	while (d->first)
		free(queue_job_take(d));
	free(d->name);
	free(d);
}

void queue_destinations_free(struct queue *queue)
{
	tdestroy(queue->destinations, free_destination);
	queue->destinations = NULL;
	queue->ring = NULL;
}
