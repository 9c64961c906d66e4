/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The queue process, for the files queue*.c only.
 *
 * In memory is one small entry per message of the spool. A message whose time
 * has come becomes active: its file is read, recipients are expanded where
 * that has not been done, what is pending is cut into jobs, and the jobs wait
 * at their destinations. When the last job has its result the attempt is over:
 * results, bounces and the next try are recorded, and only the entry is left,
 * or nothing.
 */
#ifndef MCC_MCCD_QUEUE_H
#define MCC_MCCD_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/timer.h"
#include "mccd/child.h"
#include "mccd/peer.h"
#include "mccd/schedule.h"
#include "mccd/spool.h"
#include "mccd/wire.h"
#include "runtime/resolve.h"

enum {
	/* Messages in work: descriptors, and memory for their recipients. */
	QUEUE_ACTIVE_MAX = 500,
	/* Jobs that wait at one destination; more messages for it come later,
	 * so that it does not fill the active set. */
	QUEUE_WAITING_MAX = 200,
	/* Deliveries that share their syncs. */
	QUEUE_DELIVER_WINDOW = 64,
	QUEUE_TASK_WINDOW = 20,
	QUEUE_SEND_WINDOW = 20,
	/* Sessions of the sender, all destinations together. */
	QUEUE_SEND_MAX = 100,
	/* Recipients of one SMTP transaction. */
	QUEUE_JOB_RECIPIENTS = 50,
	/* Destinations without work that are remembered for their failures;
	 * beyond this the live ones among them are forgotten. */
	QUEUE_SWEEP = 1000,
	/* Submissions that share one sync of the folder. */
	QUEUE_BATCH_MAX = 64,
	/* What must stay free on the disk for records and bounces. */
	QUEUE_RESERVE_BYTES = 1 << 20,
	QUEUE_STOP_MS = 5000,
	/* Until the removal of messages is synced when nothing else is. */
	QUEUE_SYNC_MS = 50
};

struct queue_active;
struct queue_job;

struct queue_entry {
	char id[SPOOL_ID_MAX + 1];
	struct timer due;
	struct queue_active *active; /* NULL: only on disk */
	int64_t age;		     /* seconds, as of age_at */
	uint64_t age_at;	     /* ms */
	unsigned lost;		     /* attempts that ended with a process */
	bool is_verified;	     /* content compared with its checksum */
	bool is_recovered;	     /* from an earlier run */
	bool is_held;
	bool is_deleted; /* while active: goes when the attempt is over */
	bool is_again;	 /* while active: flushed, due at once */
};

struct queue_active {
	struct queue *queue;
	struct queue_entry *entry;
	struct spool_message *message; /* in its own arena */
	struct child_generation *generation;
	int fd;
	/* What recipients became, not yet on disk: before the first result it
	 * need not be, and most messages are gone by then. */
	struct spool_record expansion;
	bool *changed; /* per target: result not yet recorded */
	size_t changed_room;
	/* Of recipients that cannot be expanded now. */
	const char **reason_dsn;
	const char **reason_text;
	unsigned jobs;
	bool was_lost;
	bool was_postponed; /* a destination had no room, or the disk */
	bool was_deferred;
};

enum queue_via { QUEUE_VIA_DELIVER, QUEUE_VIA_SEND };

struct queue_destination {
	char *name; /* "deliver", "smtp:[mx.example]" */
	enum queue_via via;
	struct schedule_window window;
	struct queue_job *first;
	struct queue_job *last;
	size_t waiting;
	struct queue_destination *next; /* ring of those with waiting jobs */
	bool in_ring;
	char dsn[8]; /* of the last failure of the site */
	char text[512];
};

struct queue_job {
	uint64_t id;
	struct queue_active *active;
	struct queue_destination *destination;
	struct queue_job *next;	       /* at the destination, or in flight */
	struct wire_delivery delivery; /* VIA_DELIVER; texts in the message's arena */
	const char *relay;	       /* for the log */
	const char *sender;
	const char *nexthop;
	bool is_lmtp;
	size_t targets[QUEUE_JOB_RECIPIENTS];
	size_t target_count;
};

/* A submission that is written but whose name is not yet synced. */
struct queue_submission {
	uint64_t id;
	struct queue_entry *entry; /* NULL: nothing was kept (DISCARD) */
};

struct queue {
	struct child child;
	struct peer net;
	struct peer send;
	struct peer deliver;
	struct spool *spool;
	struct arena *scratch;
	void *entries; /* tsearch(3) by id */
	size_t entry_count;
	struct timers due;
	size_t active_count;
	void *destinations; /* tsearch(3) by name */
	size_t destination_count;
	struct queue_destination *ring; /* the last one; the next is first */
	size_t ring_size;
	struct queue_job *in_flight;
	size_t in_flight_send;
	uint64_t last_job;
	struct queue_submission batch[QUEUE_BATCH_MAX];
	size_t batch_count;
	struct loop_timer wake;
	struct loop_timer stop_timer;
	struct loop_timer sync_timer;
	uint64_t random;
	uint64_t last_id;
	bool is_stopping;
};

/* queue_index.c */
struct queue_entry *queue_find(const struct queue *queue, const char *id);
struct queue_entry *queue_add(struct queue *queue, const char *id);
void queue_forget(struct queue *queue, struct queue_entry *entry);
/* In the order of their ids. */
void queue_each(struct queue *queue, void (*fn)(struct queue_entry *entry, void *arg),
		void *arg);
void queue_schedule(struct queue *queue, struct queue_entry *entry, uint64_t delay_ms);
int64_t queue_age(const struct queue *queue, const struct queue_entry *entry);
struct schedule_policy queue_policy(const struct queue *queue);
uint32_t queue_random(struct queue *queue);
int64_t queue_wall(void);
/* A queue id of our own, for notices. */
void queue_make_id(struct queue *queue, char out[SPOOL_ID_MAX + 1]);
/* Fills the index from the folder. */
int queue_recover(struct queue *queue) MCC_MUST_CHECK;
void queue_set_aside(struct queue *queue, const char *name, const char *why);
void queue_index_free(struct queue *queue);

/* queue_submit.c */
bool queue_on_submit(struct queue *queue, struct wire_in *in);
/* Makes the batch durable and answers. */
void queue_commit(struct queue *queue);

/* queue_active.c */
/* Begins attempts while messages are due and there is room. */
void queue_activate_due(struct queue *queue);
/* One job less; ends the attempt with the last one. */
void queue_job_over(struct queue_active *active);
/* Sets the result of a target and logs it. */
struct queue_outcome {
	enum spool_target_state state;
	const char *dsn; /* copied */
	const char *text;
	const char *remote;
	const char *relay;
};
void queue_set_result(struct queue_active *active, size_t target,
		      const struct queue_outcome *outcome);
/* Room for marks of all targets there are now. */
void queue_grow_changed(struct queue_active *active);
/* Writes the changed results; false: they could not be written (logged). */
bool queue_record(struct queue_active *active, bool with_state);
/* Nothing is left to be tried or told. */
bool queue_is_finished(const struct queue_active *active);
/* How a target is called to the outside: commands and files stay unsaid. */
const char *queue_address_of(const struct spool_message *message,
			     const struct spool_target *target);
const char *queue_sender_of(const struct spool_message *message,
			    const struct spool_target *target);

/* queue_route.c */
/* Expands and cuts into jobs; results without a job are set at once. */
void queue_route(struct queue_active *active);

/* The destination of which deliveries share their syncs; others of the deliverer
 * have a process each. */
#define QUEUE_MAILDIRS "deliver"

/* queue_destination.c */
struct queue_destination *queue_destination(struct queue *queue, const char *name,
					    enum queue_via via);
/* Clears what is known of failures: the operator wants everything tried. */
void queue_forgive(struct queue *queue);
/* The job waits at its destination, which takes its turn in the ring. */
void queue_job_wait(struct queue *queue, struct queue_job *job);
/* The first of the waiting ones, of which there are some. */
struct queue_job *queue_job_take(struct queue_destination *d);
/* Nothing goes there for now: forgets it unless it failed. */
void queue_destination_done(struct queue *queue, struct queue_destination *d);
/* With all jobs that wait. */
void queue_destinations_free(struct queue *queue);

/* queue_job.c */
void queue_dispatch(struct queue *queue);
bool queue_on_delivered(struct queue *queue, struct wire_in *in);
bool queue_on_sent(struct queue *queue, struct wire_in *in);
/* The process at the other end is gone: its jobs have no result. */
void queue_lost(struct queue *queue, enum queue_via via);
void queue_jobs_free(struct queue *queue);

/* queue_bounce.c */
/* Tells the senders of all failed targets; false: could not, try again. */
bool queue_bounce(struct queue_active *active);
bool queue_warn(struct queue_active *active);

/* queue_control.c */
bool queue_on_control(struct queue *queue, struct wire_in *in);

#endif
