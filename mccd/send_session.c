/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection to one address: connects, moves bytes between the socket and
 * the state machine of client.h, reads the content when it is wanted, and
 * watches the clock. The time runs anew only with a whole step of the server,
 * not with each byte it sends. When the results are known the job goes on
 * without the session, which only says goodbye.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/log.h"
#include "base/status.h"
#include "mccd/send.h"
#include "runtime/address.h"
#include "runtime/config.h"

/* Bytes read from the server in one turn: the others want theirs too. */
#define READ_MAX 16384
#define WRITES_MAX 16

struct send_session {
	struct send *send;
	struct send_job *job; /* NULL: the results are told */
	struct send_session *next;
	struct arena *arena;
	struct client *client; /* NULL: not yet connected */
	struct client_options options;
	size_t *targets; /* recipient of the session -> of the job */
	struct loop_watch watch;
	struct loop_timer timer;
	const char *remote; /* "mx.example[192.0.2.1]:25" */
	uint64_t content_at;
	unsigned moves;
};

static void session_free(struct send_session *session)
{
	struct send *send = session->send;
	struct send_session **at = &send->sessions;

	while (*at != session)
		at = &(*at)->next;
	*at = session->next;
	loop_timer_cancel(send->child.loop, &session->timer);
	loop_unwatch(send->child.loop, &session->watch);
	if (session->watch.fd >= 0)
		close(session->watch.fd);
	client_free(session->client);
	if (session->job)
		session->job->session = NULL;
	arena_free(session->arena);
}

void send_sessions_drop(struct send *send, const struct send_job *job)
{
	struct send_session *session = send->sessions;

	while (session) {
		struct send_session *next = session->next;

		if (!job || session->job == job)
			session_free(session);
		session = next;
	}
}

/* ---- results ---- */

static void take_result(struct send_session *session, size_t i)
{
	struct send_job *job = session->job;
	struct send_result *r = &job->results[session->targets[i]];
	const struct client_recipient *c = client_result(session->client, i);

	r->outcome = c->outcome == CLIENT_SENT	   ? WIRE_DONE
		     : c->outcome == CLIENT_FAILED ? WIRE_FAILED
						   : WIRE_DEFERRED;
	r->is_settled = !c->may_try_next;
	r->dsn = arena_strdup(job->arena, c->dsn);
	r->text = arena_strdup(job->arena, c->text);
	r->remote = arena_strdup(job->arena, session->remote);
}

/* The job goes on; the session has only QUIT left, if that. */
static void hand_back(struct send_session *session)
{
	struct send_job *job = session->job;

	if (!job)
		return;
	for (size_t i = 0; i < session->options.recipient_count; i++)
		take_result(session, i);
	job->session = NULL;
	session->job = NULL;
	send_job_try(job);
}

static void fail_connect(struct send_session *session, const char *why)
{
	struct send_job *job = session->job;

	send_job_fail(
		job, WIRE_DEFERRED, "4.4.1",
		arena_printf(job->arena, "connect to %s: %s", session->remote, why));
	log_info("%s: connect to %s: %s", job->w.queue_id, session->remote, why);
	session_free(session);
	send_job_try(job);
}

/* ---- moving bytes ---- */

/* False: the content cannot be read. */
static bool feed(struct send_session *session)
{
	const struct send_job *job = session->job;
	char buf[32768];
	uint64_t left = job->w.content_size - session->content_at;
	size_t n = left < sizeof(buf) ? (size_t)left : sizeof(buf);

	if (left == 0) {
		client_content_end(session->client);
		return true;
	}
	if (fs_read_at(job->fd, buf, n, job->w.content_at + session->content_at) != 0)
		return false;
	session->content_at += n;
	client_content(session->client, (struct str){buf, n});
	return true;
}

static void fill(struct send_session *session)
{
	while (session->job && client_wants_content(session->client)) {
		if (!feed(session)) {
			log_error("%s: content cannot be read", session->job->w.queue_id);
			client_content_failed(session->client);
			return;
		}
	}
}

/* False: the socket takes no more now, or is broken. */
static bool write_some(struct send_session *session)
{
	struct str out = client_output(session->client);
	ssize_t n;

	if (out.len == 0)
		return false;
	n = send(session->watch.fd, out.ptr, out.len, MSG_NOSIGNAL);
	if (n >= 0) {
		client_written(session->client, (size_t)n);
		return true;
	}
	if (errno == EINTR)
		return true;
	/* The server may have said why before it closed: reading comes first
	 * to that, then to the end of the connection. */
	return false;
}

static void read_some(struct send_session *session)
{
	char buf[READ_MAX];
	ssize_t n = recv(session->watch.fd, buf, sizeof(buf), 0);

	if (n > 0)
		client_input(session->client, (struct str){buf, (size_t)n});
	else if (n == 0)
		client_lost(session->client, "closed by the other side");
	else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
		client_lost(session->client, strerror(errno));
}

static void set_timer(struct send_session *session)
{
	int64_t seconds = client_timeout(session->client);

	if (seconds < 1)
		seconds = 1;
	loop_timer_set(session->send->child.loop, &session->timer,
		       (uint64_t)seconds * 1000);
}

/* After anything happened: what leads on from here. Frees the session at its
 * end. */
static void go_on(struct send_session *session)
{
	unsigned writes = 0;

	fill(session);
	while (writes++ < WRITES_MAX && write_some(session))
		fill(session);
	if (client_has_results(session->client))
		hand_back(session);
	if (client_is_over(session->client)) {
		session_free(session);
		return;
	}
	if (client_moves(session->client) != session->moves) {
		session->moves = client_moves(session->client);
		set_timer(session);
	}
	loop_watch_events(session->send->child.loop, &session->watch,
			  EPOLLIN | (client_output(session->client).len > 0
					     ? (uint32_t)EPOLLOUT
					     : 0));
}

static void on_ready(void *arg, uint32_t events)
{
	struct send_session *session = arg;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		read_some(session);
	go_on(session);
}

static void on_timeout(void *arg)
{
	struct send_session *session = arg;

	client_timed_out(session->client);
	go_on(session);
}

/* ---- connecting ---- */

static struct client_timeouts timeouts_of(const struct rt_settings *s)
{
	return (struct client_timeouts){
		.helo = s->smtp_helo_timeout,
		.mail = s->smtp_mail_timeout,
		.rcpt = s->smtp_rcpt_timeout,
		.data_init = s->smtp_data_init_timeout,
		.data_xfer = s->smtp_data_xfer_timeout,
		.data_done = s->smtp_data_done_timeout,
	};
}

/* Copies: the session may outlive the job. */
static void fill_options(struct send_session *session)
{
	const struct send_job *job = session->job;
	const struct rt_settings *s = &job->generation->config->settings;
	struct arena *arena = session->arena;
	const char **recipients =
		arena_array(arena, job->w.recipient_count, sizeof(*recipients));
	size_t count = 0;

	session->targets = arena_array(arena, job->w.recipient_count, sizeof(size_t));
	for (size_t i = 0; i < job->w.recipient_count; i++) {
		if (job->results[i].is_settled)
			continue;
		session->targets[count] = i;
		recipients[count++] = str_dup0(
			arena, address_quote(arena, str_of(job->w.recipients[i])));
	}
	session->options = (struct client_options){
		.helo = arena_strdup(arena, s->smtp_helo_name[0] ? s->smtp_helo_name
								 : s->myhostname),
		.sender = str_dup0(arena, address_quote(arena, str_of(job->w.sender))),
		.recipients = recipients,
		.recipient_count = count,
		.size = job->w.content_size,
		.eight_bit = job->w.eight_bit,
		.is_lmtp = job->w.is_lmtp,
		.timeouts = timeouts_of(s),
	};
}

static void begin_session(struct send_session *session)
{
	session->watch.ready = on_ready;
	session->timer.expired = on_timeout;
	fill_options(session);
	session->client = client_new(&session->options);
	session->job->sessions++;
	set_timer(session);
	loop_watch_events(session->send->child.loop, &session->watch, EPOLLIN);
}

static void on_connected(void *arg, uint32_t events)
{
	struct send_session *session = arg;
	int error = 0;
	socklen_t size = sizeof(error);

	(void)events;
	if (getsockopt(session->watch.fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
		error = errno;
	if (error != 0)
		fail_connect(session, strerror(error));
	else
		begin_session(session);
}

static void on_connect_timeout(void *arg)
{
	fail_connect(arg, "timed out");
}

static void bind_source(const struct send_session *session, int family)
{
	const char *text = session->job->generation->config->settings.smtp_bind_address;
	struct sockaddr_in sin = {.sin_family = AF_INET};

	if (family != AF_INET || !text || !text[0])
		return;
	if (inet_pton(AF_INET, text, &sin.sin_addr) != 1 ||
	    bind(session->watch.fd, (const struct sockaddr *)(const void *)&sin,
		 sizeof(sin)) != 0)
		log_warn("smtp_bind_address %s cannot be used", text);
}

static const char *name_of(struct arena *arena, const struct send_address *address)
{
	char host[INET6_ADDRSTRLEN] = "?";
	uint16_t port;

	if (address->address.ss_family == AF_UNIX)
		return arena_strdup(arena, address->host);
	if (address->address.ss_family == AF_INET) {
		const struct sockaddr_in *sin =
			(const struct sockaddr_in *)(const void *)&address->address;

		inet_ntop(AF_INET, &sin->sin_addr, host, sizeof(host));
		port = ntohs(sin->sin_port);
	} else {
		const struct sockaddr_in6 *sin6 =
			(const struct sockaddr_in6 *)(const void *)&address->address;

		inet_ntop(AF_INET6, &sin6->sin6_addr, host, sizeof(host));
		port = ntohs(sin6->sin6_port);
	}
	return arena_printf(arena, "%s[%s]:%u", address->host, host, (unsigned)port);
}

static struct send_session *session_new(struct send_job *job,
					const struct send_address *address)
{
	struct arena *arena = arena_new(0);
	struct send_session *session = arena_alloc(arena, sizeof(*session));

	session->send = job->send;
	session->job = job;
	session->arena = arena;
	session->remote = name_of(arena, address);
	session->watch.fd = -1;
	session->watch.ready = on_connected;
	session->watch.arg = session;
	session->watch.events = EPOLLOUT;
	session->timer.expired = on_connect_timeout;
	session->timer.arg = session;
	session->next = job->send->sessions;
	job->send->sessions = session;
	job->session = session;
	return session;
}

static bool start_connect(struct send_session *session,
			  const struct send_address *address)
{
	int family = address->address.ss_family;

	session->watch.fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (session->watch.fd < 0)
		return false;
	bind_source(session, family);
	if (connect(session->watch.fd,
		    (const struct sockaddr *)(const void *)&address->address,
		    address->size) != 0 &&
	    errno != EINPROGRESS)
		return false;
	errno = EMFILE;
	return loop_watch(session->send->child.loop, &session->watch) == 0;
}

static bool may_go_on(const struct send_job *job)
{
	int64_t limit = job->generation->config->settings.smtp_mx_session_limit;

	if (job->next_address >= job->address_count ||
	    (limit > 0 && (int64_t)job->sessions >= limit))
		return false;
	for (size_t i = 0; i < job->w.recipient_count; i++) {
		if (!job->results[i].is_settled)
			return true;
	}
	return false;
}

void send_job_try(struct send_job *job)
{
	const struct rt_settings *s = &job->generation->config->settings;
	int64_t timeout = s->smtp_connect_timeout > 0 ? s->smtp_connect_timeout : 30;
	const struct send_address *address;
	struct send_session *session;

	if (!may_go_on(job)) {
		send_job_report(job);
		return;
	}
	address = &job->addresses[job->next_address++];
	session = session_new(job, address);
	if (!start_connect(session, address)) {
		fail_connect(session, strerror(errno));
		return;
	}
	loop_timer_set(job->send->child.loop, &session->timer, (uint64_t)timeout * 1000);
}
