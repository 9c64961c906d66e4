/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The deliverer: the only process that may act as the owner of a mailbox. It
 * takes one delivery after the other from the queue, says how it went, and
 * keeps nothing: whatever happens to it, the queue asks again.
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
#include "mccd/deliver_user.h"
#include "mccd/maildir.h"
#include "mccd/wire.h"
#include "runtime/address.h"
#include "runtime/config.h"

struct deliver {
	struct child child;
	struct peer queue;
	struct arena *arena; /* of one delivery */
};

static const char deferred_config[] = "4.3.5";

/* The folder below which the mailbox lies, and whose it is. */
static bool find_owner(const struct deliver *d, const struct wire_delivery *w,
		       struct deliver_user *out_user, char *base, size_t base_size,
		       struct maildir_result *result)
{
	const char *root = d->child.options->root;
	const char *below = w->base;

	*out_user = (struct deliver_user){.uid = (uid_t)w->uid, .gid = (gid_t)w->gid};
	if (w->user[0]) {
		int status = deliver_user_find(root, w->user, out_user);

		if (status != 0) {
			bool is_unknown = status == MCC_ENOENT;

			maildir_fail(result,
				     is_unknown ? MAILDIR_FAILED : MAILDIR_DEFERRED,
				     is_unknown ? "5.1.1" : "4.3.0", "%s: \"%.100s\"",
				     is_unknown ? "unknown user" : "cannot look up user",
				     w->user);
			return false;
		}
		if (!below[0])
			below = out_user->home;
	}
	if (below[0] != '/' ||
	    (size_t)snprintf(base, base_size, "%s%s", root, below) >= base_size) {
		maildir_fail(result, MAILDIR_DEFERRED, deferred_config,
			     "folder %.100s of the mailbox is no absolute path", below);
		return false;
	}
	return true;
}

static bool owner_is_allowed(const struct deliver *d, const struct wire_delivery *w,
			     const struct deliver_user *user,
			     struct maildir_result *result)
{
	int64_t minimum = d->child.generation->config->settings.virtual_minimum_uid;

	if (getuid() != 0)
		return true;
	if (user->uid == 0) {
		maildir_fail(result, MAILDIR_DEFERRED, deferred_config,
			     "no delivery with the rights of root; make an alias");
		return false;
	}
	if (!w->user[0] && (int64_t)w->uid < minimum) {
		maildir_fail(result, MAILDIR_DEFERRED, deferred_config,
			     "uid %u is below virtual_minimum_uid", (unsigned)user->uid);
		return false;
	}
	return true;
}

static void deliver_as_owner(const struct wire_delivery *w, const struct maildir_job *job,
			     const char *base, struct maildir_result *result)
{
	int base_fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char what[256];
	int fd;

	snprintf(what, sizeof(what), "cannot open folder %.200s", base);
	if (base_fd < 0) {
		maildir_fail_errno(result, errno, what);
		return;
	}
	if (maildir_open(base_fd, w->mailbox, &fd, result)) {
		maildir_deliver(fd, job, result);
		close(fd);
	}
	close(base_fd);
}

static void deliver_one(const struct deliver *d, const struct wire_delivery *w, int fd,
			struct maildir_result *result)
{
	struct str sender = address_quote(d->arena, str_of(w->sender));
	struct maildir_job job = {
		.content_fd = fd,
		.content_at = w->content_at,
		.content_size = w->content_size,
		.sender = str_dup0(d->arena, sender),
		.recipient = w->recipient,
		.original = w->original,
		.queue_id = w->queue_id,
		.hostname = d->child.generation->config->settings.myhostname,
		.arrived = w->arrived,
		.size_limit = w->size_limit,
		.replay = w->replay,
	};
	struct deliver_user user;
	char base[4096];

	if (!find_owner(d, w, &user, base, sizeof(base), result) ||
	    !owner_is_allowed(d, w, &user, result))
		return;
	if (getuid() == 0 && !deliver_user_become(user.uid, user.gid)) {
		maildir_fail_errno(result, errno, "cannot act as the owner");
		return;
	}
	deliver_as_owner(w, &job, base, result);
	deliver_user_return();
}

static bool on_delivery(struct deliver *d, struct wire_in *in)
{
	static const enum wire_outcome outcomes[] = {
		[MAILDIR_DONE] = WIRE_DONE,
		[MAILDIR_DEFERRED] = WIRE_DEFERRED,
		[MAILDIR_FAILED] = WIRE_FAILED,
	};
	struct maildir_result result;
	struct wire_result answer;
	struct wire_delivery w;
	struct wire_out out;
	uint64_t job;

	arena_reset(d->arena);
	job = wire_get_u64(in);
	if (!wire_get_delivery(in, d->arena, &w) || !wire_end(in) || in->fd < 0 ||
	    w.content_at > INT64_MAX / 2 || w.content_size > INT64_MAX / 2)
		return false;
	deliver_one(d, &w, in->fd, &result);
	answer = (struct wire_result){outcomes[result.outcome], result.dsn, result.text,
				      ""};
	wire_begin(&out, WIRE_DELIVERED);
	wire_put_u64(&out, job);
	wire_put_result(&out, &answer);
	/* Lost with the peer: then the queue asks again. */
	(void)!peer_send(&d->queue, &out, -1);
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

	(void)!peer_drain(&d->queue, 1000);
	loop_stop(d->child.loop);
}

int deliver_main(const struct run_options *options, int parent_sock)
{
	static const struct child_hooks hooks = {.peer = on_peer, .stop = on_stop};
	struct deliver d = {.arena = arena_new(0)};
	int status = 3;

	if (child_start(&d.child, options, parent_sock, &hooks, &d) == 0) {
		d.queue.loop = d.child.loop;
		d.queue.name = "queue";
		d.queue.packet = on_packet;
		d.queue.arg = &d;
		status = child_run(&d.child);
	}
	peer_close(&d.queue);
	child_fini(&d.child);
	arena_free(d.arena);
	return status;
}
