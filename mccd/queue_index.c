/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entries of the queue: found by id, ordered by due time, filled from the
 * folder at start. A file that cannot be read as a message goes to corrupt/
 * with a line in the log; nothing in the folder may stop the start.
 */
#include "mccd/queue.h"

#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/status.h"
#include "runtime/config.h"

static int by_id(const void *a, const void *b)
{
	const struct queue_entry *x = a;
	const struct queue_entry *y = b;

	return strcmp(x->id, y->id);
}

struct queue_entry *queue_find(const struct queue *queue, const char *id)
{
	struct queue_entry key;
	void *node;

	if (!spool_id_is_valid(id))
		return NULL;
	snprintf(key.id, sizeof(key.id), "%s", id);
	node = tfind(&key, &queue->entries, by_id);
	return node ? *(struct queue_entry **)node : NULL;
}

struct queue_entry *queue_add(struct queue *queue, const char *id)
{
	struct queue_entry *entry = calloc(1, sizeof(*entry));
	void *node;

	if (!entry)
		return NULL;
	snprintf(entry->id, sizeof(entry->id), "%s", id);
	node = tsearch(entry, &queue->entries, by_id);
	if (!node || *(struct queue_entry **)node != entry) {
		free(entry);
		return NULL;
	}
	entry->due.owner = entry;
	entry->age_at = loop_now(queue->child.loop);
	queue->entry_count++;
	return entry;
}

void queue_forget(struct queue *queue, struct queue_entry *entry)
{
	timer_clear(&queue->due, &entry->due);
	tdelete(entry, &queue->entries, by_id);
	queue->entry_count--;
	free(entry);
}

struct each {
	void (*fn)(struct queue_entry *entry, void *arg);
	void *arg;
};

static void visit(const void *node, VISIT which, void *closure)
{
	const struct each *each = closure;

	if (which == postorder || which == leaf)
		each->fn(*(struct queue_entry *const *)node, each->arg);
}

void queue_each(struct queue *queue, void (*fn)(struct queue_entry *entry, void *arg),
		void *arg)
{
	struct each each = {fn, arg};

	twalk_r(queue->entries, visit, &each);
}

void queue_index_free(struct queue *queue)
{
	while (queue->entries) {
		struct queue_entry *entry = *(struct queue_entry **)queue->entries;

		tdelete(entry, &queue->entries, by_id);
		free(entry);
	}
	timers_fini(&queue->due);
}

/* ---- time ---- */

int64_t queue_wall(void)
{
	return (int64_t)time(NULL);
}

uint32_t queue_random(struct queue *queue)
{
	/* Spreads load, protects nothing: a linear congruence will do. */
	queue->random = queue->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(queue->random >> 33);
}

struct schedule_policy queue_policy(const struct queue *queue)
{
	const struct rt_settings *s = &queue->child.generation->config->settings;

	return (struct schedule_policy){
		.minimal_backoff = s->minimal_backoff_time,
		.maximal_backoff = s->maximal_backoff_time,
		.queue_run_delay = s->queue_run_delay,
		.lifetime = s->maximal_queue_lifetime,
		.bounce_lifetime = s->bounce_queue_lifetime,
		.delay_warning = s->delay_warning_time,
	};
}

int64_t queue_age(const struct queue *queue, const struct queue_entry *entry)
{
	return entry->age +
	       (int64_t)((loop_now(queue->child.loop) - entry->age_at) / 1000);
}

void queue_schedule(struct queue *queue, struct queue_entry *entry, uint64_t delay_ms)
{
	uint64_t due = loop_now(queue->child.loop) + delay_ms;

	if (entry->is_held)
		return;
	if (timer_set(&queue->due, &entry->due, due) != 0)
		log_error("%s: no memory to schedule; waits for the next start",
			  entry->id);
}

/*
 * Time, process and a counter: unique on this host as long as the clock goes
 * forward, and when it does not the spool refuses the name.
 */
void queue_make_id(struct queue *queue, char out[SPOOL_ID_MAX + 1])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(out, SPOOL_ID_MAX + 1, "N%" PRIX64 "%05lX%" PRIX64, (uint64_t)now.tv_sec,
		 (unsigned long)(now.tv_nsec / 1000), ++queue->last_id);
}

/* ---- recovery ---- */

struct recovery {
	struct queue *queue;
	struct arena *arena;
	size_t damaged;
	int64_t wall;
	/* Notices found, as "id" lists in the arena: they say what of their
	 * origins was reported. */
	const char **notices;
	size_t notice_count;
	size_t notice_room;
};

void queue_set_aside(struct queue *queue, const char *name, const char *why)
{
	char shown[128];
	int status = spool_set_aside(queue->spool, name);

	log_clean(str_of(name), shown, sizeof(shown));
	if (status == 0)
		log_error("%s: damaged queue entry moved to corrupt/: %s", shown, why);
	else
		log_error("%s: damaged queue entry (%s) cannot be moved: %s", shown, why,
			  mcc_status_text(status));
}

static void recover_message(struct recovery *r, const struct spool_message *message)
{
	struct queue *queue = r->queue;
	struct schedule_policy policy = queue_policy(queue);
	struct queue_entry *entry = queue_add(queue, message->id);

	if (!entry) {
		log_error("%s: no memory; waits for the next start", message->id);
		return;
	}
	entry->is_recovered = true;
	entry->is_held = message->hold;
	entry->age = schedule_resume_age(
		&policy, message->age,
		message->recorded ? message->recorded : message->arrived, r->wall);
	queue_schedule(queue, entry,
		       schedule_resume(&policy, message->next_try, r->wall,
				       queue_random(queue)));
	if (message->origin[0]) {
		const char **slot = arena_push(r->arena, &r->notices, r->notice_count,
					       &r->notice_room, sizeof(*slot));

		*slot = arena_strdup(r->arena, message->id);
		r->notice_count++;
	}
}

static void recover_one(const char *name, void *arg)
{
	struct recovery *r = arg;
	struct spool_message *message;
	char err[200];
	int status;

	arena_reset(r->queue->scratch);
	status = spool_load(r->queue->spool, r->queue->scratch, name, &message, NULL, err,
			    sizeof(err));
	if (status == 0) {
		recover_message(r, message);
	} else if (status == MCC_EFORMAT) {
		queue_set_aside(r->queue, name, err);
		r->damaged++;
	} else {
		log_error("%s: cannot be read: %s; waits for the next start", name, err);
	}
}

static bool mark_covered(struct spool_message *origin, const struct spool_message *notice,
			 bool *changed)
{
	bool any = false;

	for (size_t i = 0; i < notice->cover_count; i++) {
		size_t at = notice->covers[i];

		if (at >= origin->target_count ||
		    origin->targets[at].state == SPOOL_REPORTED)
			continue;
		origin->targets[at].state = SPOOL_REPORTED;
		changed[at] = true;
		any = true;
	}
	if (notice->cover_count == 0 && !origin->warned)
		origin->warned = any = true;
	return any;
}

/* A crash came between the notice and the mark in the message it is about. */
static void recover_notice(struct recovery *r, const char *id)
{
	struct queue *queue = r->queue;
	struct spool_message *notice;
	struct spool_message *origin;
	struct spool_record record;
	bool *changed;
	char err[200];
	int fd = -1;

	arena_reset(queue->scratch);
	if (spool_load(queue->spool, queue->scratch, id, &notice, NULL, err,
		       sizeof(err)) != 0 ||
	    !queue_find(queue, notice->origin) ||
	    spool_load(queue->spool, queue->scratch, notice->origin, &origin, &fd, err,
		       sizeof(err)) != 0)
		return;
	changed = arena_array(queue->scratch, origin->target_count + 1, sizeof(bool));
	if (mark_covered(origin, notice, changed)) {
		spool_record_init(&record);
		spool_add_results(&record, origin, changed);
		spool_add_state(&record, origin);
		if (spool_flush(queue->spool, fd, origin, &record) != 0)
			log_error("%s: cannot record its notice", origin->id);
	}
	close(fd);
}

int queue_recover(struct queue *queue)
{
	struct recovery r = {.queue = queue, .arena = arena_new(0), .wall = queue_wall()};
	int status = spool_each(queue->spool, recover_one, &r);

	for (size_t i = 0; status == 0 && i < r.notice_count; i++)
		recover_notice(&r, r.notices[i]);
	arena_free(r.arena);
	if (status == 0 && queue->entry_count + r.damaged > 0)
		log_info("queue has %zu messages, %zu damaged entries were set aside",
			 queue->entry_count, r.damaged);
	return status;
}
