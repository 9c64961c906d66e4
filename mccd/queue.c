/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The queue process: owns the spool, decides what is tried when, and talks
 * with the network process (messages come), the deliverer and the sender (jobs
 * go and results come). All work hangs on one loop; at the end of each turn
 * what came in is made durable, what is due begins, and jobs leave.
 */
#include "mccd/queue.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/status.h"

static void set_wake(struct queue *queue)
{
	const struct timer *first = timers_first(&queue->due);
	uint64_t now = loop_now(queue->child.loop);

	/* Due but no room: the next result makes room and ends the turn. */
	if (!first || queue->is_stopping ||
	    (first->due_ms <= now && queue->active_count >= QUEUE_ACTIVE_MAX))
		loop_timer_cancel(queue->child.loop, &queue->wake);
	else
		loop_timer_set(queue->child.loop, &queue->wake,
			       first->due_ms > now ? first->due_ms - now : 0);
}

static void check_stop(struct queue *queue)
{
	if (queue->is_stopping && !queue->in_flight)
		loop_stop(queue->child.loop);
}

static void on_turn(void *arg)
{
	struct queue *queue = arg;

	queue_commit(queue);
	queue_activate_due(queue);
	queue_dispatch(queue);
	/* Results of what could not start may have made messages due. */
	set_wake(queue);
	if (spool_is_dirty(queue->spool) && !loop_timer_is_on(&queue->sync_timer))
		loop_timer_set(queue->child.loop, &queue->sync_timer, QUEUE_SYNC_MS);
	check_stop(queue);
}

static void on_wake(void *arg)
{
	(void)arg; /* the end of the turn does the rest */
}

static void on_sync(void *arg)
{
	struct queue *queue = arg;

	/* A failure is logged below and met again by the next message. */
	(void)!spool_sync(queue->spool);
}

/* ---- peers ---- */

static bool on_net_packet(void *arg, struct wire_in *in)
{
	return in->type == WIRE_SUBMIT && queue_on_submit(arg, in);
}

static bool on_deliver_packet(void *arg, struct wire_in *in)
{
	return in->type == WIRE_DELIVERED && queue_on_delivered(arg, in);
}

static bool on_send_packet(void *arg, struct wire_in *in)
{
	return in->type == WIRE_SENT && queue_on_sent(arg, in);
}

static void on_deliver_gone(void *arg)
{
	queue_lost(arg, QUEUE_VIA_DELIVER);
}

static void on_send_gone(void *arg)
{
	queue_lost(arg, QUEUE_VIA_SEND);
}

static void replace_peer(struct queue *queue, struct peer *peer, int fd)
{
	if (peer->is_open) {
		peer_close(peer);
		if (peer->gone)
			peer->gone(queue);
	}
	if (peer_open(peer, fd) != 0) {
		log_error("cannot open the socket to %s", peer->name);
		close(fd);
	}
}

static void on_peer(void *arg, const char *name, int fd)
{
	struct queue *queue = arg;
	struct peer *const peers[] = {&queue->net, &queue->send, &queue->deliver};

	for (size_t i = 0; i < array_len(peers); i++) {
		if (strcmp(peers[i]->name, name) == 0) {
			replace_peer(queue, peers[i], fd);
			return;
		}
	}
	close(fd);
}

static bool on_control(void *arg, struct wire_in *in)
{
	return queue_on_control(arg, in);
}

/* ---- stopping ---- */

static void on_stop_timeout(void *arg)
{
	struct queue *queue = arg;

	log_warn("stopping with deliveries under way; they will be repeated");
	loop_stop(queue->child.loop);
}

/* What waits is on disk; only what others are doing now is waited for. */
static void on_stop(void *arg)
{
	struct queue *queue = arg;

	if (queue->is_stopping)
		return;
	queue_commit(queue);
	queue->is_stopping = true;
	loop_timer_set(queue->child.loop, &queue->stop_timer, QUEUE_STOP_MS);
	check_stop(queue);
}

/* ---- start and end ---- */

static void init(struct queue *queue)
{
	struct timespec now;

	*queue = (struct queue){
		.scratch = arena_new(0),
		.net = {.name = "net", .packet = on_net_packet},
		.send = {.name = "send", .packet = on_send_packet, .gone = on_send_gone},
		.deliver = {.name = "deliver",
			    .packet = on_deliver_packet,
			    .gone = on_deliver_gone},
		.wake = {.expired = on_wake},
		.stop_timer = {.expired = on_stop_timeout},
		.sync_timer = {.expired = on_sync},
	};
	queue->net.arg = queue->send.arg = queue->deliver.arg = queue;
	queue->wake.arg = queue->stop_timer.arg = queue->sync_timer.arg = queue;
	clock_gettime(CLOCK_REALTIME, &now);
	queue->random = (uint64_t)now.tv_nsec ^ ((uint64_t)getpid() << 32);
}

static void free_active(struct queue_entry *entry, void *arg)
{
	(void)arg;
	if (!entry->active)
		return;
	child_generation_release(entry->active->generation);
	close(entry->active->fd);
	strbuf_fini(&entry->active->expansion.buf);
	arena_free(entry->active->message->arena);
}

static int start(struct queue *queue, const struct run_options *options, int parent_sock)
{
	static const struct child_hooks hooks = {
		.peer = on_peer, .control = on_control, .stop = on_stop};
	int status = child_start(&queue->child, options, parent_sock, &hooks, queue);

	if (status != 0)
		return status;
	queue->net.loop = queue->send.loop = queue->deliver.loop = queue->child.loop;
	status = spool_open(options->spool_fd, &queue->spool);
	if (status == 0)
		status = queue_recover(queue);
	if (status != 0)
		log_error("queue folder: %s", mcc_status_text(status));
	return status;
}

int queue_main(const struct run_options *options, int parent_sock)
{
	struct queue queue;
	int status = 3;

	init(&queue);
	if (start(&queue, options, parent_sock) == 0) {
		loop_set_idle(queue.child.loop, on_turn, &queue);
		loop_timer_set(queue.child.loop, &queue.wake, 0);
		status = child_run(&queue.child);
	}
	queue_jobs_free(&queue);
	queue_each(&queue, free_active, NULL);
	peer_close(&queue.net);
	peer_close(&queue.send);
	peer_close(&queue.deliver);
	queue_index_free(&queue);
	spool_close(queue.spool);
	child_fini(&queue.child);
	arena_free(queue.scratch);
	return status;
}
