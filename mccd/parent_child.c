/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The children's lives: fork, give up rights, first generation, sockets to one
 * another, death and new start.
 *
 * A child counts as up when it has said that the generation in force is open
 * and was told to use it. Whenever a child comes up, new sockets are made to
 * each of its peers that is up; both ends get one, so a peer of a dead process
 * learns of the new one by the new socket.
 */
#include "mccd/parent.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/status.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#include <sys/prctl.h>
#endif

enum {
	RESTART_MS = 50,
	RESTART_MAX_MS = 1000,
	/* A child that lived this long did not die of its start. */
	SETTLED_MS = 5000
};

typedef int child_main(const struct run_options *options, int parent_sock);

struct role {
	const char *name;
	const char *log_name;
	child_main *main;
	bool keep_root;
	bool has_spool;
};

static const struct role roles[PARENT_ROLES] = {
	[PARENT_NET] = {"net", "mccd/net", net_main, false, false},
	[PARENT_QUEUE] = {"queue", "mccd/queue", queue_main, false, true},
	[PARENT_SEND] = {"send", "mccd/send", send_main, false, false},
	[PARENT_DELIVER] = {"deliver", "mccd/deliver", deliver_main, true, false},
};

/* Who talks with whom. */
static const enum parent_role links[][2] = {
	{PARENT_NET, PARENT_QUEUE},
	{PARENT_SEND, PARENT_QUEUE},
	{PARENT_DELIVER, PARENT_QUEUE},
};

const char *parent_role_name(enum parent_role role)
{
	return roles[role].name;
}

void parent_child_signal(struct parent_child *child, int signal)
{
	if (child->pid > 0)
		(void)kill(child->pid, signal);
}

/* ---- the forked process ---- */

/* A child holds nothing of the others'. */
static void close_inherited(struct parent *parent, const struct role *role)
{
	size_t i;

	loop_detach(parent->loop);
	for (i = 0; i < PARENT_ROLES; i++)
		peer_close(&parent->children[i].peer);
	for (i = 0; i < parent->listener_count; i++)
		close(parent->listeners[i].fd);
	control_close(parent);
	parent_generation_close(&parent->current);
	parent_generation_close(&parent->pending);
	close(parent->signals.fd);
	if (!role->has_spool) {
		close(parent->options->spool_fd);
		parent->options->spool_fd = -1;
	}
	loop_free(parent->loop);
	parent->loop = NULL;
}

static void reset_signals(void)
{
	sigset_t none;

	/* The terminal's Ctrl-C and hang-up go to the whole group; only the
	 * parent answers them. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int run_child(struct parent *parent, const struct role *role, int sock)
{
	struct run_options *options = parent->options;

	log_open(role->log_name, STDERR_FILENO,
		 options->debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	close_inherited(parent, role);
	reset_signals();
	if (child_drop_privileges(options, role->keep_root) < 0)
		return PARENT_FAILED;
	return role->main(options, sock);
}

/*
 * _exit() runs no leak check; here the child has closed everything, while what
 * the parent had is still held by the stack below. A change of user id forbids
 * tracing, by which the check looks around.
 */
static int without_leaks(int status)
{
#ifdef __SANITIZE_ADDRESS__
	if (prctl(PR_SET_DUMPABLE, 1) == 0 && __lsan_do_recoverable_leak_check() != 0)
		return PARENT_FAILED;
#endif
	return status;
}

/* ---- the parent's side ---- */

static bool on_packet(void *arg, struct wire_in *in)
{
	struct parent_child *child = arg;

	switch ((int)in->type) {
	case WIRE_GENERATION_READY:
		return parent_on_ready(child, in);
	case WIRE_CONTROL_REPLY:
		return child->role == PARENT_QUEUE &&
		       control_on_queue_reply(child->parent, in);
	default:
		return false;
	}
}

/* The socket broke: either it is dying, or it talked nonsense. Who was told to
 * stop may close it in peace. */
static void on_gone(void *arg)
{
	struct parent_child *child = arg;

	if (child->parent->stop == PARENT_RUNS)
		parent_child_signal(child, SIGKILL);
}

static void on_restart(void *arg)
{
	struct parent_child *child = arg;
	int status = parent_child_start(child->parent, child->role);

	if (status == 0) {
		child->restarts++;
		return;
	}
	log_error("%s: cannot be started: %s", roles[child->role].name,
		  mcc_status_text(status));
	loop_timer_set(child->parent->loop, &child->restart, RESTART_MAX_MS);
}

int parent_child_start(struct parent *parent, enum parent_role role)
{
	struct parent_child *child = &parent->children[role];
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return mcc_status_from_errno(errno);
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		/* The parent's stack ends here: nothing of it may run twice. */
		_exit(without_leaks(run_child(parent, &roles[role], pair[1])));
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return mcc_status_from_errno(errno);
	}
	child->parent = parent;
	child->role = role;
	child->pid = pid;
	child->is_up = false;
	child->is_ready = false;
	child->started = loop_now(parent->loop);
	child->restart.expired = on_restart;
	child->restart.arg = child;
	child->peer.loop = parent->loop;
	child->peer.name = roles[role].name;
	child->peer.packet = on_packet;
	child->peer.gone = on_gone;
	child->peer.arg = child;
	if (peer_open(&child->peer, pair[0]) < 0 ||
	    parent_send_generation(child, &parent->current) < 0) {
		parent_child_signal(child, SIGKILL);
		return MCC_EUNAVAIL;
	}
	return 0;
}

static void log_death(const struct parent_child *child, int wait_status)
{
	const char *name = roles[child->role].name;

	if (WIFSIGNALED(wait_status))
		log_warn("%s[%d] was ended by signal %d", name, (int)child->pid,
			 WTERMSIG(wait_status));
	else if (child->parent->stop == PARENT_RUNS || WEXITSTATUS(wait_status) != 0)
		log_warn("%s[%d] ended with status %d", name, (int)child->pid,
			 WEXITSTATUS(wait_status));
}

static void on_death(struct parent_child *child, int wait_status)
{
	struct parent *parent = child->parent;
	uint64_t lived = loop_now(parent->loop) - child->started;
	uint64_t delay;

	log_death(child, wait_status);
	child->pid = 0;
	child->is_up = false;
	child->is_ready = false;
	peer_close(&child->peer);
	if (child->role == PARENT_QUEUE)
		control_queue_gone(parent);
	if (parent->stop != PARENT_RUNS) {
		parent_stop_check(parent);
		return;
	}
	if (!parent->is_announced) {
		log_error("%s did not start", roles[child->role].name);
		parent->status = PARENT_FAILED;
		parent_stop(parent);
		return;
	}
	child->quick_deaths = lived >= SETTLED_MS ? 0 : child->quick_deaths + 1;
	delay = child->quick_deaths > 4 ? RESTART_MAX_MS
					: (uint64_t)RESTART_MS << child->quick_deaths;
	loop_timer_set(parent->loop, &child->restart, delay);
	parent_switch_check(parent);
}

void parent_children_reap(struct parent *parent)
{
	int role;

	for (role = 0; role < PARENT_ROLES; role++) {
		struct parent_child *child = &parent->children[role];
		int wait_status;

		if (child->pid > 0 &&
		    waitpid(child->pid, &wait_status, WNOHANG) == child->pid)
			on_death(child, wait_status);
	}
}

/* ---- up ---- */

static int send_peer(struct parent_child *to, enum parent_role other, int fd)
{
	struct wire_out out;

	wire_begin(&out, WIRE_PEER);
	wire_put_cstr(&out, roles[other].name);
	return peer_send(&to->peer, &out, fd);
}

static void link_children(struct parent *parent, enum parent_role a, enum parent_role b)
{
	/* As much as a socket may have: one packet must fit (wire.h). */
	const int room = WIRE_PACKET_MAX;
	int pair[2];
	int i;

	if (!parent->children[a].is_up || !parent->children[b].is_up)
		return;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		log_write_errno(LOG_LEVEL_ERROR, "socketpair");
		parent_child_signal(&parent->children[a], SIGKILL);
		return;
	}
	for (i = 0; i < 2; i++)
		(void)setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (send_peer(&parent->children[a], b, pair[0]) < 0)
		parent_child_signal(&parent->children[a], SIGKILL);
	if (send_peer(&parent->children[b], a, pair[1]) < 0)
		parent_child_signal(&parent->children[b], SIGKILL);
	close(pair[0]);
	close(pair[1]);
}

static void send_listeners(struct parent *parent)
{
	struct parent_child *net = &parent->children[PARENT_NET];
	size_t i;

	for (i = 0; i < parent->listener_count; i++) {
		const struct parent_listener *l = &parent->listeners[i];
		struct wire_out out;

		wire_begin(&out, WIRE_LISTEN);
		wire_put_cstr(&out, l->address);
		wire_put_cstr(&out, l->service);
		if (peer_send(&net->peer, &out, l->fd) < 0)
			parent_child_signal(net, SIGKILL);
	}
}

static bool all_up(const struct parent *parent)
{
	int role;

	for (role = 0; role < PARENT_ROLES; role++)
		if (!parent->children[role].is_up)
			return false;
	return true;
}

void parent_child_up(struct parent_child *child)
{
	struct parent *parent = child->parent;
	size_t i;

	child->is_up = true;
	for (i = 0; i < array_len(links); i++)
		if (links[i][0] == child->role || links[i][1] == child->role)
			link_children(parent, links[i][0], links[i][1]);
	if (parent->is_announced) {
		log_info("%s[%d] is up again", roles[child->role].name, (int)child->pid);
		if (child->role == PARENT_NET)
			send_listeners(parent);
		return;
	}
	if (!all_up(parent))
		return;
	/* The first time: nobody may connect before the queue can answer. */
	parent->is_announced = true;
	send_listeners(parent);
	log_info("generation %s in force", parent->current.name);
	for (i = 0; i < parent->listener_count; i++)
		log_info("listening on %s", parent->listeners[i].address);
}
