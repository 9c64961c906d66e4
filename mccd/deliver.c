/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The deliverer: the only process that may act as the owner of a mailbox. What
 * comes in one turn of the loop is written, then synced together, then
 * answered. It keeps nothing: whatever happens to it, the queue asks again.
 *
 * Where a mailbox lies is decided by the queue from the tables; here the path
 * is judged once more, since this process has the rights.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/status.h"
#include "mccd/child.h"
#include "mccd/deliver_task.h"
#include "mccd/deliver_user.h"
#include "mccd/maildir.h"
#include "mccd/wire.h"
#include "runtime/address.h"
#include "runtime/config.h"

/* Deliveries that are synced together; descriptors are three for each. */
#define BATCH_MAX 64

struct item {
	uint64_t job;
	struct deliver_user user;
	struct maildir_delivery delivery;
	struct deliver_result result;
	bool is_settled;
};

struct deliver {
	struct child child;
	struct peer queue;
	struct arena *arena; /* of one delivery */
	struct item batch[BATCH_MAX];
	size_t count;
	struct deliver_tasks tasks; /* mailboxes of one file, commands */
	struct loop_timer stop_timer;
};

/* While the daemon stops, what is being written may end. */
#define STOP_MS 3000

static const char deferred_config[] = "4.3.5";

static void stop_now(struct deliver *d)
{
	(void)!peer_drain(&d->queue, 1000);
	loop_stop(d->child.loop);
}

/* The folder below which the mailbox lies, and whose it is. */
static bool find_owner(const struct deliver *d, const struct wire_delivery *w,
		       struct deliver_user *out_user, char *base, size_t base_size,
		       struct deliver_result *result)
{
	const char *root = d->child.options->root;
	const char *below = w->base;

	*out_user = (struct deliver_user){.uid = (uid_t)w->uid, .gid = (gid_t)w->gid};
	if (w->user[0]) {
		int status = deliver_user_find(root, w->user, out_user);

		if (status != 0) {
			bool is_unknown = status == MCC_ENOENT;

			deliver_fail(result,
				     is_unknown ? DELIVER_FAILED : DELIVER_DEFERRED,
				     is_unknown ? "5.1.1" : "4.3.0", "%s: \"%.100s\"",
				     is_unknown ? "unknown user" : "cannot look up user",
				     w->user);
			return false;
		}
		if (!below[0])
			below = out_user->home;
	}
	if (w->place == WIRE_COMMAND)
		return true;
	if (below[0] != '/' ||
	    (size_t)snprintf(base, base_size, "%s%s", root, below) >= base_size) {
		deliver_fail(result, DELIVER_DEFERRED, deferred_config,
			     "folder %.100s of the mailbox is no absolute path", below);
		return false;
	}
	return true;
}

static bool owner_is_allowed(const struct deliver *d, const struct wire_delivery *w,
			     const struct deliver_user *user,
			     struct deliver_result *result)
{
	int64_t minimum = d->child.generation->config->settings.virtual_minimum_uid;

	if (getuid() != 0)
		return true;
	if (user->uid == 0) {
		deliver_fail(result, DELIVER_DEFERRED, deferred_config,
			     "no delivery with the rights of root; make an alias");
		return false;
	}
	if (!w->user[0] && (int64_t)w->uid < minimum) {
		deliver_fail(result, DELIVER_DEFERRED, deferred_config,
			     "uid %u is below virtual_minimum_uid", (unsigned)user->uid);
		return false;
	}
	return true;
}

static bool write_as_owner(const struct wire_delivery *w, const struct maildir_job *job,
			   const char *base, struct item *item)
{
	int base_fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char what[256];
	bool ok = false;
	int fd;

	if (base_fd < 0) {
		snprintf(what, sizeof(what), "cannot open folder %.200s", base);
		deliver_fail_errno(&item->result, errno, what);
		return false;
	}
	if (maildir_open(base_fd, w->mailbox, &fd, &item->result)) {
		ok = maildir_write(fd, job, &item->delivery, &item->result);
		close(fd);
	}
	close(base_fd);
	return ok;
}

static enum deliver_text_form form_of(enum wire_place place)
{
	if (place == WIRE_MAILDIR)
		return DELIVER_TEXT_MAILDIR;
	return place == WIRE_COMMAND ? DELIVER_TEXT_COMMAND : DELIVER_TEXT_MBOX;
}

static struct deliver_text text_of(struct deliver *d, const struct wire_delivery *w,
				   int fd)
{
	return (struct deliver_text){
		.content_fd = fd,
		.content_at = w->content_at,
		.content_size = w->content_size,
		.sender = str_dup0(d->arena, address_quote(d->arena, str_of(w->sender))),
		.recipient = w->recipient,
		.original = w->original,
		.form = form_of(w->place),
	};
}

static int start_mbox(struct deliver *d, const struct wire_delivery *w, int fd,
		      const struct item *item, const char *base)
{
	const char *slash = str_ends(str_of(base), "/") ? "" : "/";
	struct mbox_job job = {
		.path = arena_printf(d->arena, "%s%s%s", base, slash, w->mailbox),
		.uid = item->user.uid,
		.gid = item->user.gid,
		.is_spool = w->place == WIRE_SPOOL_MBOX,
		.is_file = w->place == WIRE_FILE,
		.size_limit = w->size_limit,
		.text = text_of(d, w, fd),
	};

	if (!maildir_path_is_safe(arena_printf(d->arena, "%s/", w->mailbox)))
		return MCC_EINVAL;
	return deliver_task_mbox(&d->tasks, item->job, &job);
}

static int start_command(struct deliver *d, const struct wire_delivery *w, int fd,
			 const struct item *item)
{
	const struct rt_settings *s = &d->child.generation->config->settings;
	const struct deliver_text text = text_of(d, w, fd);
	const struct command_job job = {
		.command = w->mailbox,
		.uid = item->user.uid,
		.gid = item->user.gid,
		.user = w->user,
		.home = arena_printf(d->arena, "%s%s", d->child.options->root,
				     item->user.home),
		.sender = w->sender,
		.recipient = w->recipient,
		.original = w->original,
		.delimiters = s->recipient_delimiter,
		.client_address = w->client_address,
		.client_name = w->client_name,
		.helo = w->helo,
		.file_limit = w->size_limit,
	};

	return deliver_task_command(&d->tasks, item->job, &job, &text,
				    (uint64_t)s->command_time_limit * 1000);
}

static bool become(struct item *item)
{
	if (getuid() != 0 || deliver_user_become(item->user.uid, item->user.gid))
		return true;
	deliver_fail_errno(&item->result, errno, "cannot act as the owner");
	return false;
}

enum next { ANSWER, SYNC, WAIT };

/* ANSWER: its result is final; SYNC: the item waits for the syncs; WAIT: a
 * process has it. */
static enum next deliver_one(struct deliver *d, const struct wire_delivery *w, int fd,
			     struct item *item)
{
	struct maildir_job job = {
		.text = text_of(d, w, fd),
		.queue_id = w->queue_id,
		.hostname = d->child.generation->config->settings.myhostname,
		.arrived = w->arrived,
		.size_limit = w->size_limit,
		.replay = w->replay,
	};
	char base[4096];
	bool ok;
	int status;

	if (!find_owner(d, w, &item->user, base, sizeof(base), &item->result) ||
	    !owner_is_allowed(d, w, &item->user, &item->result))
		return ANSWER;
	if (w->place != WIRE_MAILDIR) {
		status = w->place == WIRE_COMMAND ? start_command(d, w, fd, item)
						  : start_mbox(d, w, fd, item, base);
		if (status != 0)
			deliver_fail(&item->result, DELIVER_DEFERRED, "4.3.0",
				     "cannot start the delivery: %s",
				     mcc_status_text(status));
		return status == 0 ? WAIT : ANSWER;
	}
	if (!become(item))
		return ANSWER;
	ok = write_as_owner(w, &job, base, item);
	deliver_user_return();
	return ok ? SYNC : ANSWER;
}

static void send_result(struct deliver *d, uint64_t job, const struct deliver_result *r)
{
	static const enum wire_outcome outcomes[] = {
		[DELIVER_DONE] = WIRE_DONE,
		[DELIVER_DEFERRED] = WIRE_DEFERRED,
		[DELIVER_FAILED] = WIRE_FAILED,
	};
	struct wire_result result = {outcomes[r->outcome], r->dsn, r->text, ""};
	struct wire_out out;

	wire_begin(&out, WIRE_DELIVERED);
	wire_put_u64(&out, job);
	wire_put_result(&out, &result);
	/* Lost with the peer: then the queue asks again. */
	(void)!peer_send(&d->queue, &out, -1);
}

static void answer(struct deliver *d, const struct item *item)
{
	send_result(d, item->job, &item->result);
}

static void on_task_done(void *arg, uint64_t job, const struct deliver_result *result)
{
	struct deliver *d = arg;

	send_result(d, job, result);
	if (d->child.is_stopping && !d->tasks.first)
		stop_now(d);
}

static void publish(struct item *item)
{
	if (item->result.outcome != DELIVER_DONE || !become(item))
		return;
	maildir_publish(&item->delivery, &item->result);
	deliver_user_return();
}

/* Each folder once, for everybody who shares it: a sync that has failed tells
 * nothing when it is tried again. */
static void settle(struct deliver *d, size_t at)
{
	struct item *item = &d->batch[at];

	if (item->is_settled || item->result.outcome != DELIVER_DONE)
		return;
	maildir_settle(&item->delivery, &item->result);
	for (size_t i = at + 1; i < d->count; i++) {
		struct item *other = &d->batch[i];

		if (other->result.outcome != DELIVER_DONE ||
		    !maildir_shares_folder(&item->delivery, &other->delivery))
			continue;
		other->is_settled = true;
		if (item->result.outcome != DELIVER_DONE)
			other->result = item->result;
	}
}

static void finish_batch(struct deliver *d)
{
	for (size_t i = 0; i < d->count; i++)
		maildir_start(&d->batch[i].delivery);
	for (size_t i = 0; i < d->count; i++)
		maildir_sync(&d->batch[i].delivery, &d->batch[i].result);
	for (size_t i = 0; i < d->count; i++)
		publish(&d->batch[i]);
	for (size_t i = 0; i < d->count; i++)
		settle(d, i);
	for (size_t i = 0; i < d->count; i++) {
		maildir_end(&d->batch[i].delivery);
		answer(d, &d->batch[i]);
	}
	d->count = 0;
}

static void on_turn(void *arg)
{
	finish_batch(arg);
}

static bool on_delivery(struct deliver *d, struct wire_in *in)
{
	struct item *item = &d->batch[d->count];
	struct wire_delivery w;

	arena_reset(d->arena);
	*item = (struct item){.job = wire_get_u64(in)};
	if (!wire_get_delivery(in, d->arena, &w) || !wire_end(in) || in->fd < 0 ||
	    w.content_at > INT64_MAX / 2 || w.content_size > INT64_MAX / 2)
		return false;
	switch (deliver_one(d, &w, in->fd, item)) {
	case ANSWER:
		answer(d, item);
		break;
	case SYNC:
		if (++d->count == BATCH_MAX)
			finish_batch(d);
		break;
	case WAIT:
		break;
	}
	return true;
}

static bool on_packet(void *arg, struct wire_in *in)
{
	return in->type == WIRE_DELIVER && on_delivery(arg, in);
}

static void on_peer(void *arg, const char *name, int fd)
{
	struct deliver *d = arg;

	if (strcmp(name, "queue") != 0) {
		close(fd);
		return;
	}
	peer_close(&d->queue);
	if (peer_open(&d->queue, fd) != 0) {
		log_error("cannot open the socket to the queue");
		close(fd);
	}
}

/* What was taken is answered already; the answers must leave. */
static void on_stop(void *arg)
{
	struct deliver *d = arg;

	finish_batch(d);
	if (!d->tasks.first)
		stop_now(d);
	else if (!loop_timer_is_on(&d->stop_timer))
		loop_timer_set(d->child.loop, &d->stop_timer, STOP_MS);
}

static void on_stop_timeout(void *arg)
{
	stop_now(arg);
}

int deliver_main(const struct run_options *options, int parent_sock)
{
	static const struct child_hooks hooks = {.peer = on_peer, .stop = on_stop};
	struct deliver d = {.arena = arena_new(0)};
	int status = 3;

	if (child_start(&d.child, options, parent_sock, &hooks, &d) == 0) {
		d.queue.loop = d.tasks.loop = d.child.loop;
		d.tasks.done = on_task_done;
		d.tasks.arg = d.stop_timer.arg = &d;
		d.stop_timer.expired = on_stop_timeout;
		d.queue.name = "queue";
		d.queue.packet = on_packet;
		d.queue.arg = &d;
		loop_set_idle(d.child.loop, on_turn, &d);
		status = child_run(&d.child);
	}
	deliver_tasks_free(&d.tasks);
	peer_close(&d.queue);
	child_fini(&d.child);
	arena_free(d.arena);
	return status;
}
