/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Start, signals and end of the daemon. What can fail for the operator's
 * reasons (generation, spool, ports) is tried before anything is forked, so
 * that `mccd run` says what is wrong and ends with status 3.
 *
 * The end goes from the outside to the inside: net stops accepting and waits
 * for commits in flight, then the queue, then send and deliver.
 */
#include "mccd/parent.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/status.h"
#include "runtime/config.h"

enum {
	/* Net: commits in flight have 5 s; queue: one sync of a slow disk. */
	STOP_NET_MS = 6000,
	STOP_QUEUE_MS = 15000,
	STOP_REST_MS = 6000
};

static void send_stop(struct parent *parent, enum parent_role role)
{
	struct parent_child *child = &parent->children[role];
	struct wire_out out;

	if (child->pid == 0)
		return;
	wire_begin(&out, WIRE_STOP);
	if (peer_send(&child->peer, &out, -1) < 0)
		parent_child_signal(child, SIGKILL);
}

static bool is_running(const struct parent *parent, enum parent_role role)
{
	return parent->children[role].pid != 0;
}

static void on_stop_timeout(void *arg)
{
	struct parent *parent = arg;
	int role;

	for (role = 0; role < PARENT_ROLES; role++) {
		bool is_due =
			(parent->stop == PARENT_STOP_NET && role == PARENT_NET) ||
			(parent->stop == PARENT_STOP_QUEUE && role == PARENT_QUEUE) ||
			parent->stop == PARENT_STOP_REST;

		if (!is_due || !is_running(parent, (enum parent_role)role))
			continue;
		log_warn("%s does not end; killed",
			 parent_role_name((enum parent_role)role));
		parent_child_signal(&parent->children[role], SIGKILL);
	}
}

static void enter_stop(struct parent *parent, enum parent_stop stop, uint64_t ms)
{
	parent->stop = stop;
	loop_timer_set(parent->loop, &parent->stop_timeout, ms);
}

/* Called when a stop begins and whenever a child has ended. */
void parent_stop_check(struct parent *parent)
{
	if (parent->stop == PARENT_STOP_NET && !is_running(parent, PARENT_NET)) {
		enter_stop(parent, PARENT_STOP_QUEUE, STOP_QUEUE_MS);
		send_stop(parent, PARENT_QUEUE);
	}
	if (parent->stop == PARENT_STOP_QUEUE && !is_running(parent, PARENT_QUEUE)) {
		enter_stop(parent, PARENT_STOP_REST, STOP_REST_MS);
		send_stop(parent, PARENT_SEND);
		send_stop(parent, PARENT_DELIVER);
	}
	if (parent->stop == PARENT_STOP_REST && !is_running(parent, PARENT_SEND) &&
	    !is_running(parent, PARENT_DELIVER))
		loop_stop(parent->loop);
}

void parent_stop(struct parent *parent)
{
	int role;

	if (parent->stop != PARENT_RUNS)
		return;
	log_info("stopping");
	for (role = 0; role < PARENT_ROLES; role++)
		loop_timer_cancel(parent->loop, &parent->children[role].restart);
	enter_stop(parent, PARENT_STOP_NET, STOP_NET_MS);
	send_stop(parent, PARENT_NET);
	parent_stop_check(parent);
}

static void on_signal(void *arg, uint32_t events)
{
	struct parent *parent = arg;
	struct signalfd_siginfo info;

	(void)events;
	while (read(parent->signals.fd, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGCHLD:
			parent_children_reap(parent);
			break;
		case SIGHUP:
			parent_reload(parent, NULL);
			break;
		default:
			parent_stop(parent);
			break;
		}
	}
}

static int open_signals(struct parent *parent)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	parent->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (parent->signals.fd < 0)
		return mcc_status_from_errno(errno);
	parent->signals.events = EPOLLIN;
	parent->signals.ready = on_signal;
	parent->signals.arg = parent;
	return loop_watch(parent->loop, &parent->signals);
}

/* Each session needs two descriptors: its socket and the message's. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		log_write_errno(LOG_LEVEL_WARN, "descriptor limit");
}

/* Everything that can fail for reasons the operator can mend. */
static int prepare(struct parent *parent)
{
	char err[PARENT_ERROR_MAX] = "";
	int status;

	status = parent_generation_open(parent, &parent->current, err, sizeof(err));
	if (status < 0) {
		if (err[0] != '\0')
			log_error("%s", err); /* names the generation */
		else
			log_error("%s: %s", parent->options->generation,
				  mcc_status_text(status));
		return status;
	}
	status = parent_spool_open(parent);
	if (status == 0)
		status = parent_listen_open(parent);
	if (status == 0)
		status = control_open(parent);
	if (status == 0)
		status = parent_listen_write(parent);
	return status;
}

static int start_children(struct parent *parent)
{
	int role;
	int status = 0;

	for (role = 0; role < PARENT_ROLES && status == 0; role++)
		status = parent_child_start(parent, (enum parent_role)role);
	return status;
}

static void close_all(struct parent *parent)
{
	size_t i;

	control_close(parent);
	for (i = 0; i < parent->listener_count; i++)
		close(parent->listeners[i].fd);
	for (i = 0; i < PARENT_ROLES; i++)
		peer_close(&parent->children[i].peer);
	parent_generation_close(&parent->current);
	parent_generation_close(&parent->pending);
	if (parent->signals.fd >= 0)
		close(parent->signals.fd);
	if (parent->options->spool_fd >= 0)
		close(parent->options->spool_fd);
	loop_free(parent->loop);
}

int parent_run(struct run_options *options)
{
	struct parent *parent = calloc(1, sizeof(*parent));
	int status;

	if (parent == NULL)
		return PARENT_FAILED;
	parent->options = options;
	parent->signals.fd = -1;
	parent->control.fd = -1;
	options->spool_fd = -1;
	parent->loop = loop_new();
	if (parent->loop == NULL) {
		free(parent);
		return PARENT_FAILED;
	}
	parent->began = loop_now(parent->loop);
	parent->stop_timeout.expired = on_stop_timeout;
	parent->stop_timeout.arg = parent;
	raise_descriptor_limit();
	status = open_signals(parent);
	if (status == 0)
		status = prepare(parent);
	if (status == 0)
		status = start_children(parent);
	if (status < 0) {
		parent->status = PARENT_FAILED;
		parent_stop(parent);
	}
	/* With nothing running parent_stop() has stopped the loop for good. */
	if (parent->stop == PARENT_RUNS || is_running(parent, PARENT_SEND) ||
	    is_running(parent, PARENT_QUEUE) || is_running(parent, PARENT_DELIVER) ||
	    is_running(parent, PARENT_NET)) {
		if (loop_run(parent->loop) < 0)
			parent->status = PARENT_FAILED;
	}
	log_info("stopped");
	status = parent->status;
	close_all(parent);
	free(parent);
	return status;
}
