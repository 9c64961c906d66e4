/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network process: reads from strangers, has no rights and no files. It
 * talks to the parent (generation, listening sockets), to the queue (messages)
 * and to the DNS; everything else is memory.
 */
#include "mccd/net.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/status.h"

enum {
	NET_FAILED = 3,
	/* Commits in flight when the daemon stops. */
	NET_STOP_MS = 5000,
	NET_DNS_BUDGET_MS = 8000,
	/* The parent starts a dead process within a second. */
	NET_RELINK_MS = 20000,
	NET_RESOLVERS_MAX = 16
};

/* ---- DNS ---- */

static void on_dns(void *arg, uint32_t events)
{
	struct net *net = arg;

	(void)events;
	dns_process(net->resolver);
}

static void on_dns_timer(void *arg)
{
	on_dns(arg, 0);
}

/* Before each wait: the resolver's next time-out is only known now. */
static void on_idle(void *arg)
{
	struct net *net = arg;
	int ms;

	if (net->resolver == NULL)
		return;
	ms = dns_timeout(net->resolver);
	if (ms < 0)
		loop_timer_cancel(net->child.loop, &net->dns_timer);
	else
		loop_timer_set(net->child.loop, &net->dns_timer, (uint64_t)ms);
}

static void open_resolver(struct net *net)
{
	const struct run_options *options = net->child.options;
	struct sockaddr_storage servers[NET_RESOLVERS_MAX];
	struct resolver_options o = {.servers = servers, .budget_ms = NET_DNS_BUDGET_MS};
	char err[256] = "";
	unsigned i;

	for (i = 0; i < options->resolver_count && i < NET_RESOLVERS_MAX; i++)
		if (resolver_parse_server(options->resolvers[i],
					  &servers[o.server_count]))
			o.server_count++;
	if (resolver_open_live(&o, &net->resolver, err, sizeof(err)) < 0) {
		log_warn("no resolver, names stay unknown: %s", err);
		net->resolver = NULL;
		return;
	}
	net->dns_timer.expired = on_dns_timer;
	net->dns_timer.arg = net;
	net->dns_watch = (struct loop_watch){.fd = dns_fd(net->resolver),
					     .events = EPOLLIN,
					     .ready = on_dns,
					     .arg = net};
	if (net->dns_watch.fd >= 0 && loop_watch(net->child.loop, &net->dns_watch) < 0)
		log_warn("resolver cannot be watched");
}

/* ---- queue ---- */

static bool on_queue_packet(void *arg, struct wire_in *in)
{
	return in->type == WIRE_SUBMITTED && net_on_submitted(arg, in);
}

static void on_no_queue(void *arg)
{
	struct net *net = arg;

	log_error("no queue process comes back; starting anew");
	loop_stop(net->child.loop);
}

/* A new queue process comes with a new socket. When none comes it was this
 * process that talked nonsense, and only a new start makes new sockets. */
static void on_queue_gone(void *arg)
{
	struct net *net = arg;

	log_warn("the queue process is gone");
	net->relink.expired = on_no_queue;
	net->relink.arg = net;
	loop_timer_set(net->child.loop, &net->relink, NET_RELINK_MS);
	net_on_queue_gone(net);
}

/* ---- hooks ---- */

static void hook_peer(void *arg, const char *name, int fd)
{
	struct net *net = arg;

	if (strcmp(name, "queue") != 0) {
		close(fd);
		return;
	}
	loop_timer_cancel(net->child.loop, &net->relink);
	if (net->queue.is_open) {
		peer_close(&net->queue);
		net_on_queue_gone(net);
	}
	if (peer_open(&net->queue, fd) < 0) {
		log_error("queue: cannot be watched");
		close(fd);
	}
}

static void hook_listen(void *arg, const char *address, const char *service, int fd)
{
	log_debug("listening on %s for %s", address, service);
	net_listen(arg, service, fd);
}

static void check_stopped(struct net *net)
{
	if (net->child.is_stopping && net->session_count == 0)
		loop_stop(net->child.loop);
}

static void on_stop_timer(void *arg)
{
	struct net *net = arg;

	loop_stop(net->child.loop);
}

/* Sessions that wait for the queue get their answer, the others their 421. */
static void hook_stop(void *arg)
{
	struct net *net = arg;
	struct net_session *session = net->sessions;

	net_listen_close(net);
	while (session != NULL) {
		struct net_session *next = session->next;

		net_session_shutdown(session);
		session = next;
	}
	net->stop_timer.expired = on_stop_timer;
	net->stop_timer.arg = net;
	loop_timer_set(net->child.loop, &net->stop_timer, NET_STOP_MS);
	check_stopped(net);
}

static void on_turn_end(void *arg)
{
	on_idle(arg);
	check_stopped(arg);
}

static const struct child_hooks hooks = {
	.peer = hook_peer,
	.listen = hook_listen,
	.stop = hook_stop,
};

/* ---- process ---- */

static unsigned session_limit(void)
{
	struct rlimit limit;
	rlim_t places;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur < 2 * NET_RESERVED_FDS)
		return NET_RESERVED_FDS / 2;
	/* A socket and a message each. */
	places = (limit.rlim_cur - NET_RESERVED_FDS) / 2;
	return places < NET_SESSIONS_MAX ? (unsigned)places : NET_SESSIONS_MAX;
}

static void net_fini(struct net *net)
{
	while (net->sessions != NULL)
		net_session_free(net->sessions);
	/* What was counted up must be counted down on every path. */
	MCC_ASSERT(net->session_count == 0 && net->content_bytes == 0);
	net_listen_close(net);
	peer_close(&net->queue);
	if (net->resolver != NULL)
		loop_unwatch(net->child.loop, &net->dns_watch);
	resolver_close(net->resolver);
	child_fini(&net->child);
	arena_free(net->arena);
	free(net);
}

int net_main(const struct run_options *options, int parent_sock)
{
	struct net *net = calloc(1, sizeof(*net));
	int status = NET_FAILED;

	if (net == NULL)
		return NET_FAILED;
	net->arena = arena_new(0);
	net->session_max = session_limit();
	net->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (getrandom(&net->id_salt, sizeof(net->id_salt), 0) < 0)
		net->id_salt = (unsigned)getpid();
	if (child_start(&net->child, options, parent_sock, &hooks, net) == 0) {
		net->queue.loop = net->child.loop;
		net->queue.name = "queue";
		net->queue.packet = on_queue_packet;
		net->queue.gone = on_queue_gone;
		net->queue.arg = net;
		net_hosts_read(net);
		open_resolver(net);
		loop_set_idle(net->child.loop, on_turn_end, net);
		status = child_run(&net->child);
	}
	net_fini(net);
	return status;
}
