/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One attempt at one message, from reading its file to recording what came of
 * it. The order of writes at the end: results, then notices to the sender,
 * then "reported" - and the file goes only when all of that is on disk. What
 * fails to be written is tried again later; nothing is ever taken as done that
 * is not recorded.
 */
#include "mccd/queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/status.h"
#include "runtime/config.h"

/* Seconds after a failure of our own (disk, memory) until the next try. */
#define OWN_TROUBLE_MS 10000
/* Until a destination with too many waiting jobs is asked for room again. */
#define POSTPONED_MS 5000

/* ---- results ---- */

const char *queue_sender_of(const struct spool_message *message,
			    const struct spool_target *target)
{
	/* The null sender stays: an owner must not turn bounces into mail. */
	return message->sender[0] && target->owner[0] ? target->owner : message->sender;
}

const char *queue_address_of(const struct spool_message *message,
			     const struct spool_target *target)
{
	bool is_address = target->kind == SPOOL_ADDRESS || target->kind == SPOOL_ERROR;

	return is_address ? target->address : message->recipients[target->recipient];
}

static const char *word_of(enum spool_target_state state)
{
	return state == SPOOL_DONE	? "sent"
	       : state == SPOOL_PENDING ? "deferred"
					: "bounced";
}

void queue_set_result(struct queue_active *active, size_t target,
		      const struct queue_outcome *outcome)
{
	struct spool_message *message = active->message;
	struct spool_target *t = &message->targets[target];
	const char *original = message->recipients[t->recipient];
	const char *address = queue_address_of(message, t);
	int64_t delay = queue_wall() - message->arrived;

	t->state = outcome->state;
	t->dsn = arena_strdup(message->arena, outcome->dsn);
	t->text = arena_strdup(message->arena, outcome->text);
	t->remote = arena_strdup(message->arena, outcome->remote);
	t->busy = false;
	active->was_deferred = active->was_deferred || t->state == SPOOL_PENDING;
	active->changed[target] = true;
	log_info("%s: to=<%s>%s%s%s, relay=%s, delay=%" PRId64 ", dsn=%s, status=%s (%s)",
		 message->id, address, strcmp(original, address) ? ", orig_to=<" : "",
		 strcmp(original, address) ? original : "",
		 strcmp(original, address) ? ">" : "", outcome->relay,
		 delay < 0 ? 0 : delay, t->dsn, word_of(t->state), t->text);
}

bool queue_record(struct queue_active *active, bool with_state)
{
	struct spool_message *message = active->message;
	struct spool_record record;
	int status;

	/* What recipients became stands before the first result of it. */
	spool_record_init(&record);
	strbuf_addstr(&record.buf, strbuf_view(&active->expansion.buf));
	spool_add_results(&record, message, active->changed);
	if (with_state) {
		message->age = queue_age(active->queue, active->entry);
		message->recorded = queue_wall();
		message->hold = active->entry->is_held;
		spool_add_state(&record, message);
	}
	if (record.buf.len == 0) {
		strbuf_fini(&record.buf);
		return true;
	}
	status = spool_flush(active->queue->spool, active->fd, message, &record);
	if (status != 0) {
		log_error("%s: cannot be recorded: %s", message->id,
			  mcc_status_text(status));
		return false;
	}
	strbuf_fini(&active->expansion.buf);
	spool_record_init(&active->expansion);
	memset(active->changed, 0, active->changed_room * sizeof(bool));
	return true;
}

/* ---- beginning ---- */

static void unload(struct queue_active *active)
{
	active->entry->active = NULL;
	active->queue->active_count--;
	child_generation_release(active->generation);
	close(active->fd);
	strbuf_fini(&active->expansion.buf);
	arena_free(active->message->arena);
}

static int load(struct queue *queue, struct queue_entry *entry, struct arena *arena,
		struct spool_message **out_message, int *out_fd)
{
	char err[200] = "";
	int fd;
	int status = spool_load(queue->spool, arena, entry->id, out_message, &fd, err,
				sizeof(err));

	if (status == 0 && !entry->is_verified) {
		status = spool_verify(fd, *out_message);
		if (status == MCC_EFORMAT)
			snprintf(err, sizeof(err), "content is damaged");
		if (status != 0)
			close(fd);
	}
	if (status == MCC_EFORMAT) {
		queue_set_aside(queue, entry->id, err);
		queue_forget(queue, entry);
	} else if (status == MCC_ENOENT) {
		log_warn("%s: was removed from the queue folder", entry->id);
		(void)!spool_remove(queue->spool, entry->id);
		queue_forget(queue, entry);
	} else if (status != 0) {
		log_error("%s: cannot be read: %s", entry->id, mcc_status_text(status));
		queue_schedule(queue, entry, OWN_TROUBLE_MS);
	} else {
		entry->is_verified = true;
		*out_fd = fd;
	}
	return status;
}

static void activate(struct queue *queue, struct queue_entry *entry)
{
	struct arena *arena = arena_new(0);
	struct queue_active *active = arena_alloc(arena, sizeof(*active));
	struct spool_message *message;
	int fd;

	timer_clear(&queue->due, &entry->due);
	if (load(queue, entry, arena, &message, &fd) != 0) {
		arena_free(arena);
		return;
	}
	active->queue = queue;
	active->entry = entry;
	active->message = message;
	active->fd = fd;
	active->generation = child_generation_hold(&queue->child);
	active->reason_dsn = arena_array(arena, message->recipient_count, sizeof(char *));
	active->reason_text =
		arena_array(arena, message->recipient_count, sizeof(char *));
	spool_record_init(&active->expansion);
	entry->active = active;
	queue->active_count++;
	active->jobs = 1;
	queue_route(active);
	queue_job_over(active);
}

void queue_activate_due(struct queue *queue)
{
	uint64_t now = loop_now(queue->child.loop);

	while (!queue->is_stopping && queue->active_count < QUEUE_ACTIVE_MAX) {
		const struct timer *first = timers_first(&queue->due);

		if (!first || first->due_ms > now)
			break;
		activate(queue, first->owner);
	}
}

/* ---- ending ---- */

struct tally {
	size_t pending; /* targets, and recipients that cannot be expanded */
	size_t failed;
};

static struct tally count(const struct spool_message *message)
{
	struct tally tally = {0};

	for (size_t i = 0; i < message->target_count; i++) {
		tally.pending += message->targets[i].state == SPOOL_PENDING;
		tally.failed += message->targets[i].state == SPOOL_FAILED;
	}
	for (size_t i = 0; i < message->recipient_count; i++)
		tally.pending += !message->has_targets[i];
	return tally;
}

bool queue_is_finished(const struct queue_active *active)
{
	struct tally tally = count(active->message);

	return tally.pending == 0 && tally.failed == 0;
}

static void remove_message(struct queue_active *active)
{
	struct queue *queue = active->queue;
	struct queue_entry *entry = active->entry;
	int status = spool_remove(queue->spool, entry->id);

	if (status != 0 && status != MCC_ENOENT) {
		log_error("%s: cannot be removed: %s", entry->id,
			  mcc_status_text(status));
		unload(active);
		queue_schedule(queue, entry, OWN_TROUBLE_MS);
		return;
	}
	log_info("%s: removed", entry->id);
	unload(active);
	queue_forget(queue, entry);
}

/* A recipient that could never be expanded gets a target to be bounced by. */
static bool expire_recipient(struct queue_active *active, size_t i,
			     struct spool_record *record)
{
	struct spool_message *message = active->message;
	struct spool_target *t = spool_new_target(message);

	if (!t)
		return false;
	t->kind = SPOOL_ERROR;
	t->state = SPOOL_FAILED;
	t->recipient = i;
	t->address = message->recipients[i];
	t->dsn = active->reason_dsn[i] ? active->reason_dsn[i] : "4.3.0";
	t->text = active->reason_text[i] ? active->reason_text[i] : "cannot be resolved";
	message->has_targets[i] = true;
	spool_add_targets(record, message, i, message->target_count - 1, 1);
	return true;
}

void queue_grow_changed(struct queue_active *active)
{
	bool *changed = arena_array(active->message->arena,
				    active->message->target_count + 1, sizeof(bool));

	if (active->changed_room > 0)
		memcpy(changed, active->changed, active->changed_room * sizeof(bool));
	active->changed = changed;
	active->changed_room = active->message->target_count;
}

/* Everything still pending has failed now. */
static bool expire(struct queue_active *active)
{
	struct spool_message *message = active->message;
	struct spool_record record;

	if (!queue_record(active, false))
		return false;
	spool_record_init(&record);
	for (size_t i = 0; i < message->recipient_count; i++) {
		if (!message->has_targets[i] && !expire_recipient(active, i, &record))
			break;
	}
	queue_grow_changed(active);
	for (size_t i = 0; i < message->target_count; i++) {
		if (message->targets[i].state != SPOOL_PENDING)
			continue;
		message->targets[i].state = SPOOL_FAILED;
		active->changed[i] = true;
	}
	log_info("%s: from=<%s>, status=expired, returned to sender", message->id,
		 message->sender);
	if (record.buf.len == 0) {
		strbuf_fini(&record.buf);
		return true;
	}
	return spool_flush(active->queue->spool, active->fd, message, &record) == 0;
}

static void reschedule(struct queue_active *active)
{
	struct queue *queue = active->queue;
	struct queue_entry *entry = active->entry;
	struct spool_message *message = active->message;
	struct schedule_policy policy = queue_policy(queue);
	uint64_t delay;

	if (active->was_postponed && !active->was_lost && !active->was_deferred) {
		delay = POSTPONED_MS;
	} else if (active->was_lost) {
		/* Not the peer's fault nor the recipient's: soon again, but a
		 * message that ends our processes must not do it in a circle. */
		unsigned shift = entry->lost < 10 ? entry->lost : 10;

		entry->lost++;
		delay = (uint64_t)500 << shift;
	} else {
		message->attempts++;
		delay = (uint64_t)schedule_backoff(&policy, message->attempts,
						   queue_random(queue)) *
			1000;
	}
	if (entry->is_again)
		delay = 0;
	entry->is_again = false;
	message->next_try = queue_wall() + (int64_t)(delay / 1000);
	if (!queue_record(active, true))
		delay = delay > OWN_TROUBLE_MS ? delay : OWN_TROUBLE_MS;
	unload(active);
	queue_schedule(queue, entry, delay);
}

/* True: a try that came to an end and may expire or be warned about. */
static bool was_tried(const struct queue_active *active)
{
	return !active->was_lost && !active->was_postponed;
}

static void end_attempt(struct queue_active *active)
{
	struct queue *queue = active->queue;
	struct queue_entry *entry = active->entry;
	struct schedule_policy policy = queue_policy(queue);
	int64_t age = queue_age(queue, entry);
	struct tally tally = count(active->message);

	if (entry->is_deleted) {
		remove_message(active);
		return;
	}
	if (tally.pending > 0 && was_tried(active) &&
	    schedule_is_expired(&policy, age, active->message->sender[0] == '\0')) {
		if (!expire(active)) {
			active->was_postponed = true;
			reschedule(active);
			return;
		}
		tally = count(active->message);
	}
	if (tally.failed > 0 && !queue_bounce(active)) {
		active->was_postponed = true;
		reschedule(active);
		return;
	}
	if (tally.pending == 0) {
		remove_message(active);
		return;
	}
	if (was_tried(active) &&
	    schedule_wants_warning(&policy, age, active->message->warned))
		(void)queue_warn(active);
	reschedule(active);
}

void queue_job_over(struct queue_active *active)
{
	MCC_ASSERT(active->jobs > 0);
	if (--active->jobs == 0)
		end_attempt(active);
}
