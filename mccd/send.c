/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Jobs from the queue and answers to it; the resolver on the loop. When the
 * queue goes away its jobs end at once: it will start them again, and two
 * sessions with the same message would be two copies.
 */
#include "mccd/send.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/status.h"
#include "dnscheck/resolver.h"

enum { SEND_RESOLVERS_MAX = 8, SEND_INTERFACES_MAX = 4096 };

/* ---- jobs ---- */

static void job_free(struct send_job *job)
{
	struct send_job **at = &job->send->jobs;

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	job->send->job_count--;
	close(job->fd);
	child_generation_release(job->generation);
	arena_free(job->arena);
}

void send_job_fail(struct send_job *job, enum wire_outcome outcome, const char *dsn,
		   const char *text)
{
	for (size_t i = 0; i < job->w.recipient_count; i++) {
		struct send_result *r = &job->results[i];

		if (r->is_settled)
			continue;
		r->outcome = outcome;
		r->dsn = dsn;
		r->text = text;
		r->remote = "";
	}
}

void send_job_report(struct send_job *job)
{
	struct wire_out out;

	wire_begin(&out, WIRE_SENT);
	wire_put_u64(&out, job->id);
	for (size_t i = 0; i < job->w.recipient_count; i++) {
		const struct send_result *r = &job->results[i];
		struct wire_result result = {r->outcome, r->dsn, r->text, r->remote};

		wire_put_result(&out, &result);
	}
	/* A queue that is gone asks again. */
	(void)!peer_send(&job->send->queue, &out, -1);
	job_free(job);
}

static struct send_job *job_new(struct send *send, struct arena *arena, uint64_t id,
				const struct wire_sending *w)
{
	struct send_job *job = arena_alloc(arena, sizeof(*job));

	job->send = send;
	job->arena = arena;
	job->id = id;
	job->w = *w;
	job->generation = child_generation_hold(&send->child);
	job->results = arena_array(arena, w->recipient_count, sizeof(*job->results));
	job->next = send->jobs;
	send->jobs = job;
	send->job_count++;
	send_job_fail(job, WIRE_DEFERRED, "4.3.0", "not tried");
	return job;
}

static bool on_sending(struct send *send, struct wire_in *in)
{
	struct arena *arena = arena_new(0);
	uint64_t id = wire_get_u64(in);
	struct wire_sending w;
	struct send_job *job;

	if (!wire_get_sending(in, arena, &w) || !wire_end(in) || in->fd < 0 ||
	    w.recipient_count == 0 || w.content_at > INT64_MAX / 2 ||
	    w.content_size > INT64_MAX / 2 || send->job_count >= SEND_JOBS_MAX) {
		arena_free(arena);
		return false;
	}
	job = job_new(send, arena, id, &w);
	job->fd = in->fd;
	in->fd = -1;
	if (w.is_lmtp ? send_nexthop_parse_lmtp(w.nexthop, &job->nexthop)
		      : send_nexthop_parse(w.nexthop, &job->nexthop)) {
		send_job_resolve(job);
		return true;
	}
	send_job_fail(job, WIRE_FAILED, "5.1.2",
		      arena_printf(arena, "bad destination \"%.200s\"", w.nexthop));
	send_job_report(job);
	return true;
}

/* ---- the queue ---- */

static bool on_packet(void *arg, struct wire_in *in)
{
	return in->type == WIRE_SEND && on_sending(arg, in);
}

static void on_gone(void *arg)
{
	struct send *send = arg;
	struct send_job *job = send->jobs;

	send_sessions_drop(send, NULL);
	while (job) {
		struct send_job *next = job->next;

		job->is_dropped = true;
		job->session = NULL;
		if (job->questions == 0)
			job_free(job);
		job = next;
	}
}

static void on_peer(void *arg, const char *name, int fd)
{
	struct send *send = arg;

	if (strcmp(name, "queue") != 0) {
		close(fd);
		return;
	}
	if (send->queue.is_open) {
		peer_close(&send->queue);
		on_gone(send);
	}
	if (peer_open(&send->queue, fd) != 0) {
		log_error("cannot open the socket to the queue");
		close(fd);
	}
}

/* ---- DNS ---- */

static void dns_turn(struct send *send)
{
	int ms = dns_timeout(send->resolver);

	if (ms < 0)
		loop_timer_cancel(send->child.loop, &send->dns_timer);
	else
		loop_timer_set(send->child.loop, &send->dns_timer, (uint64_t)ms);
}

static void on_dns(void *arg, uint32_t events)
{
	struct send *send = arg;

	(void)events;
	dns_process(send->resolver);
}

static void on_dns_timer(void *arg)
{
	struct send *send = arg;

	dns_process(send->resolver);
}

static int open_resolver(struct send *send)
{
	const struct run_options *o = send->child.options;
	struct sockaddr_storage servers[SEND_RESOLVERS_MAX];
	struct resolver_options options = {.servers = servers};
	char err[300] = "";
	int status;

	for (unsigned i = 0; i < o->resolver_count && i < SEND_RESOLVERS_MAX; i++) {
		if (!resolver_parse_server(o->resolvers[i],
					   &servers[options.server_count])) {
			log_error("--resolver %s: not an address", o->resolvers[i]);
			return MCC_EINVAL;
		}
		options.server_count++;
	}
	status = resolver_open_live(&options, &send->resolver, err, sizeof(err));
	if (status != 0) {
		log_error("resolver: %s", err[0] ? err : mcc_status_text(status));
		return status;
	}
	send->dns_watch = (struct loop_watch){.fd = dns_fd(send->resolver),
					      .events = EPOLLIN,
					      .ready = on_dns,
					      .arg = send};
	if (send->dns_watch.fd >= 0)
		status = loop_watch(send->child.loop, &send->dns_watch);
	return status;
}

static void on_turn(void *arg)
{
	dns_turn(arg);
}

/* ---- start and end ---- */

static void find_own_addresses(struct send *send)
{
	struct ifaddrs *list = NULL;
	size_t room = 0;

	if (getifaddrs(&list) != 0)
		return;
	for (struct ifaddrs *i = list; i && room < SEND_INTERFACES_MAX; i = i->ifa_next)
		room++;
	send->own_addresses = calloc(room + 1, sizeof(char *));
	for (struct ifaddrs *i = list; i && send->own_addresses; i = i->ifa_next) {
		char text[INET6_ADDRSTRLEN];
		const void *a;

		if (!i->ifa_addr || send->own_address_count == room)
			continue;
		if (i->ifa_addr->sa_family == AF_INET)
			a = &((const struct sockaddr_in *)(const void *)i->ifa_addr)
				     ->sin_addr;
		else if (i->ifa_addr->sa_family == AF_INET6)
			a = &((const struct sockaddr_in6 *)(const void *)i->ifa_addr)
				     ->sin6_addr;
		else
			continue;
		if (inet_ntop(i->ifa_addr->sa_family, a, text, sizeof(text)))
			send->own_addresses[send->own_address_count++] = strdup(text);
	}
	freeifaddrs(list);
}

static int start(struct send *send, const struct run_options *options, int parent_sock)
{
	static const struct child_hooks hooks = {.peer = on_peer};
	int status = child_start(&send->child, options, parent_sock, &hooks, send);

	if (status != 0)
		return status;
	send->queue.loop = send->child.loop;
	find_own_addresses(send);
	return open_resolver(send);
}

static void fini(struct send *send)
{
	on_gone(send);
	resolver_close(send->resolver);
	/* Those that waited for answers which do not come any more. */
	while (send->jobs)
		job_free(send->jobs);
	for (size_t i = 0; i < send->own_address_count; i++)
		free((void *)(uintptr_t)send->own_addresses[i]);
	free(send->own_addresses);
	peer_close(&send->queue);
	child_fini(&send->child);
}

int send_main(const struct run_options *options, int parent_sock)
{
	struct send send = {
		.queue = {.name = "queue", .packet = on_packet, .gone = on_gone},
		.dns_timer = {.expired = on_dns_timer}};
	struct timespec now;
	int status = 3;

	clock_gettime(CLOCK_REALTIME, &now);
	send.random = (uint64_t)now.tv_nsec ^ ((uint64_t)getpid() << 32);
	send.queue.arg = send.dns_timer.arg = &send;
	if (start(&send, options, parent_sock) == 0) {
		loop_set_idle(send.child.loop, on_turn, &send);
		status = child_run(&send.child);
	}
	fini(&send);
	return status;
}
