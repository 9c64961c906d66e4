/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Destinations take turns: each one with waiting jobs is in a ring and may
 * start one job per round within its window, so neither a large message nor a
 * slow site holds up the rest. A job that is in flight belongs to the process
 * that has it until its result comes or that process is gone.
 */
#include "mccd/queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/status.h"

/* ---- starting ---- */

static void put_job(struct wire_out *out, const struct queue_job *job)
{
	const struct spool_message *m = job->active->message;
	const char *recipients[QUEUE_JOB_RECIPIENTS];
	struct wire_sending sending = {
		.queue_id = m->id,
		.sender = job->sender,
		.recipients = recipients,
		.recipient_count = job->target_count,
		.nexthop = job->nexthop,
		.eight_bit = m->eight_bit,
		.is_lmtp = job->is_lmtp,
		.content_at = (uint64_t)m->content_at,
		.content_size = m->content_size,
	};

	if (job->destination->via == QUEUE_VIA_DELIVER) {
		wire_begin(out, WIRE_DELIVER);
		wire_put_u64(out, job->id);
		wire_put_delivery(out, &job->delivery);
		return;
	}
	for (size_t i = 0; i < job->target_count; i++)
		recipients[i] = m->targets[job->targets[i]].address;
	wire_begin(out, WIRE_SEND);
	wire_put_u64(out, job->id);
	wire_put_sending(out, &sending);
}

static int start_job(struct queue *queue, struct queue_job *job)
{
	struct peer *peer = job->destination->via == QUEUE_VIA_DELIVER ? &queue->deliver
								       : &queue->send;
	struct wire_out out;
	int status;
	int fd;

	status = spool_open_content(queue->spool, job->active->message->id, &fd);
	if (status != 0)
		return status;
	put_job(&out, job);
	status = peer_send(peer, &out, fd);
	close(fd);
	if (status != 0)
		return status;
	job->next = queue->in_flight;
	queue->in_flight = job;
	queue->in_flight_send += job->destination->via == QUEUE_VIA_SEND;
	return 0;
}

static void set_all(struct queue_job *job, const struct queue_outcome *outcome)
{
	for (size_t i = 0; i < job->target_count; i++)
		queue_set_result(job->active, job->targets[i], outcome);
}

/* The job is out of all lists. */
static void finish_job(struct queue_job *job)
{
	struct queue_active *active = job->active;

	free(job);
	queue_job_over(active);
}

static void lose_job(struct queue_job *job)
{
	job->active->was_lost = true;
	for (size_t i = 0; i < job->target_count; i++)
		job->active->message->targets[job->targets[i]].busy = false;
	finish_job(job);
}

/* What waits for a dead site is deferred unasked. */
static void defer_waiting(struct queue_destination *d)
{
	struct queue_outcome outcome = {SPOOL_PENDING, d->dsn, d->text, "", d->name + 5};

	while (d->first) {
		struct queue_job *job = queue_job_take(d);

		set_all(job, &outcome);
		finish_job(job);
	}
}

static bool may_start(const struct queue *queue, const struct queue_destination *d)
{
	if (d->via == QUEUE_VIA_DELIVER)
		return queue->deliver.is_open;
	return queue->send.is_open && queue->in_flight_send < QUEUE_SEND_MAX;
}

/* True: something was started or settled. */
static bool serve(struct queue *queue, struct queue_destination *d)
{
	uint64_t now = loop_now(queue->child.loop);
	struct queue_job *job;

	if (schedule_is_dead(&d->window, now)) {
		defer_waiting(d);
		return true;
	}
	if (!may_start(queue, d) || !schedule_start(&d->window, now))
		return false;
	job = queue_job_take(d);
	if (start_job(queue, job) != 0) {
		schedule_finish(&d->window, SCHEDULE_OK, now);
		log_warn("%s: cannot be handed over", job->active->message->id);
		lose_job(job);
	}
	return true;
}

/* Takes the destination behind the ring's last one out. */
static void leave_ring(struct queue *queue)
{
	struct queue_destination *last = queue->ring;
	struct queue_destination *d = last->next;

	last->next = d->next;
	if (d == last)
		queue->ring = NULL;
	d->next = NULL;
	d->in_ring = false;
	queue->ring_size--;
	queue_destination_done(queue, d);
}

void queue_dispatch(struct queue *queue)
{
	size_t idle = 0;

	/* One round in which nobody could start a job is enough. */
	while (queue->ring && !queue->is_stopping && idle < queue->ring_size) {
		struct queue_destination *d = queue->ring->next;

		idle = serve(queue, d) ? 0 : idle + 1;
		if (d->waiting == 0)
			leave_ring(queue);
		else
			queue->ring = d;
	}
}

/* ---- results ---- */

static struct queue_job *take_in_flight(struct queue *queue, uint64_t id,
					enum queue_via via)
{
	struct queue_job **at = &queue->in_flight;

	while (*at && ((*at)->id != id || (*at)->destination->via != via))
		at = &(*at)->next;
	if (*at) {
		struct queue_job *job = *at;

		*at = job->next;
		queue->in_flight_send -= via == QUEUE_VIA_SEND;
		return job;
	}
	return NULL;
}

static void apply(struct queue_job *job, size_t i, const struct wire_result *r)
{
	struct queue_outcome outcome = {SPOOL_PENDING, r->dsn, r->text, r->remote,
					r->remote[0] ? r->remote : job->relay};

	if (r->outcome == WIRE_DONE)
		outcome.state = SPOOL_DONE;
	else if (r->outcome == WIRE_FAILED)
		outcome.state = SPOOL_FAILED;
	queue_set_result(job->active, job->targets[i], &outcome);
}

/* A mailbox delivery finds itself again after a crash; anything else must not
 * be repeated, so its result is on disk before the message may go. The last
 * one of a message in the journal is recorded there, by its removal. */
static void record_result(struct queue_job *job)
{
	struct queue_active *active = job->active;

	if (job->destination->via == QUEUE_VIA_DELIVER &&
	    job->delivery.place == WIRE_MAILDIR)
		return;
	if (active->jobs > 1 || !queue_is_finished(active) ||
	    !spool_is_journaled(active->queue->spool, active->message->id))
		(void)queue_record(active, false);
}

bool queue_on_delivered(struct queue *queue, struct wire_in *in)
{
	struct queue_job *job;
	struct wire_result r;
	uint64_t id;

	arena_reset(queue->scratch);
	id = wire_get_u64(in);
	if (!wire_get_result(in, queue->scratch, &r) || !wire_end(in))
		return false;
	job = take_in_flight(queue, id, QUEUE_VIA_DELIVER);
	if (!job)
		return false;
	apply(job, 0, &r);
	schedule_finish(&job->destination->window, SCHEDULE_OK,
			loop_now(queue->child.loop));
	record_result(job);
	finish_job(job);
	return true;
}

/* 4.4.x: connection, routing, DNS - nothing was said about a recipient. */
static enum schedule_verdict judge(struct queue_job *job, const struct wire_result *r)
{
	struct queue_destination *d = job->destination;

	if (r->outcome != WIRE_DEFERRED || strncmp(r->dsn, "4.4.", 4) != 0)
		return SCHEDULE_OK;
	snprintf(d->dsn, sizeof(d->dsn), "%s", r->dsn);
	snprintf(d->text, sizeof(d->text), "destination is not reachable: %.450s",
		 r->text);
	return SCHEDULE_SITE_FAILED;
}

bool queue_on_sent(struct queue *queue, struct wire_in *in)
{
	enum schedule_verdict verdict = SCHEDULE_OK;
	struct queue_job *job;
	uint64_t id;

	arena_reset(queue->scratch);
	id = wire_get_u64(in);
	job = take_in_flight(queue, id, QUEUE_VIA_SEND);
	if (!job)
		return false;
	for (size_t i = 0; i < job->target_count; i++) {
		struct wire_result r;

		if (!wire_get_result(in, queue->scratch, &r)) {
			schedule_finish(&job->destination->window, SCHEDULE_OK, 0);
			lose_job(job);
			return false;
		}
		if (i == 0)
			verdict = judge(job, &r);
		apply(job, i, &r);
	}
	schedule_finish(&job->destination->window, verdict, loop_now(queue->child.loop));
	record_result(job);
	finish_job(job);
	return wire_end(in);
}

void queue_lost(struct queue *queue, enum queue_via via)
{
	struct queue_job *lost = NULL;
	struct queue_job **at = &queue->in_flight;

	while (*at) {
		struct queue_job *job = *at;

		if (job->destination->via != via) {
			at = &job->next;
			continue;
		}
		*at = job->next;
		job->next = lost;
		lost = job;
	}
	if (via == QUEUE_VIA_SEND)
		queue->in_flight_send = 0;
	while (lost) {
		struct queue_job *job = lost;

		lost = job->next;
		schedule_finish(&job->destination->window, SCHEDULE_OK, 0);
		lose_job(job);
	}
}

void queue_jobs_free(struct queue *queue)
{
	while (queue->in_flight) {
		struct queue_job *job = queue->in_flight;

		queue->in_flight = job->next;
		free(job);
	}
	queue_destinations_free(queue);
}
