/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes and time of one session. Input is read only while nothing is decided
 * and all output is sent: a client that does not read its replies stops being
 * read itself.
 *
 * Time: a command has smtpd_timeout from the moment we wait for it, whatever
 * trickles in; message text must come at NET_RATE_MIN bytes a second after the
 * first smtpd_timeout. When most session places are taken both shrink to
 * NET_STRESS_S.
 */
#include "mccd/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"

enum { NET_STRESS_S = 10, NET_RATE_MIN = 500, NET_LINGER_MS = 2000 };

/* ---- time ---- */

static uint64_t timeout_ms(const struct net_session *session)
{
	int64_t seconds = session->service->settings->smtpd_timeout;
	const struct net *net = session->net;

	if (net->session_count > net->session_max - net->session_max / 5 &&
	    seconds > NET_STRESS_S)
		seconds = NET_STRESS_S;
	return (uint64_t)(seconds > 0 ? seconds : 1) * 1000;
}

static void set_timer(struct net_session *session, enum net_timer kind, uint64_t ms)
{
	session->timer_kind = kind;
	loop_timer_set(session->net->child.loop, &session->timer, ms);
}

/* Message text earns time by its bytes, never more than a full timeout. */
static void earn_time(struct net_session *session, size_t bytes)
{
	uint64_t left = loop_timer_left(session->net->child.loop, &session->timer);
	uint64_t full = timeout_ms(session);

	left += bytes * 1000 / NET_RATE_MIN;
	set_timer(session, NET_TIMER_COMMAND, left < full ? left : full);
}

/* ---- end ---- */

void net_session_free(struct net_session *session)
{
	struct net *net = session->net;

	if (session->client != NULL)
		log_info("disconnect from %s", session->client);
	net_forget_lookups(session);
	net_message_drop(session);
	loop_timer_cancel(net->child.loop, &session->timer);
	loop_unwatch(net->child.loop, &session->watch);
	close(session->watch.fd);
	smtp_fini(&session->smtp);
	net_count_release(net, session->count);
	if (session->generation != NULL)
		child_generation_release(session->generation);
	arena_free(session->trans);
	arena_free(session->arena);
	free(session->rest);
	*session->back = session->next;
	if (session->next != NULL)
		session->next->back = session->back;
	net->session_count--;
	free(session);
}

/* All is said. Data that still comes is read and thrown away for a moment:
 * closing with unread input would reset the connection, and the client would
 * lose the reply. */
static void end_session(struct net_session *session)
{
	char byte;

	if (session->is_eof ||
	    (session->rest_len == 0 &&
	     recv(session->watch.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0)) {
		net_session_free(session);
		return;
	}
	session->is_lingering = true;
	(void)shutdown(session->watch.fd, SHUT_WR);
	loop_watch_events(session->net->child.loop, &session->watch, EPOLLIN);
	set_timer(session, NET_TIMER_LINGER, NET_LINGER_MS);
}

/* ---- output ---- */

/* False: the connection is broken. */
static bool send_output(struct net_session *session)
{
	struct strbuf *out = &session->smtp.out;
	size_t sent = 0;

	while (sent < out->len) {
		ssize_t n = send(session->watch.fd, out->ptr + sent, out->len - sent,
				 MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n < 0)
			return false;
		sent += (size_t)n;
	}
	if (sent == out->len) {
		strbuf_clear(out);
	} else {
		memmove(out->ptr, out->ptr + sent, out->len - sent + 1);
		out->len -= sent;
	}
	return true;
}

/* ---- work ---- */

/* Hands out events until more input, an answer or a pause is needed. */
static void work(struct net_session *session, struct str *in)
{
	struct net *net = session->net;

	session->is_working = true;
	for (;;) {
		struct smtp_event event;

		if (net->child.is_stopping && !smtp_is_pending(&session->smtp) &&
		    !session->is_closing)
			smtp_shutdown(&session->smtp);
		else if (!smtp_in_transaction(&session->smtp) &&
			 !smtp_is_pending(&session->smtp))
			net_session_configure(session);
		if (session->trans == NULL)
			session->trans = arena_new(0);
		event = smtp_next(&session->smtp, session->trans, in, net->room);
		if (event.type == SMTP_EVENT_NONE)
			break;
		if (event.type == SMTP_EVENT_CLOSE) {
			session->is_closing = true;
			break;
		}
		if (event.type == SMTP_EVENT_SLEEP) {
			session->is_sleeping = true;
			break;
		}
		net_event(session, &event);
	}
	session->is_working = false;
}

static bool keep_rest(struct net_session *session, struct str in)
{
	char *old = session->rest;

	session->rest = NULL;
	session->rest_len = in.len;
	if (in.len > 0) {
		session->rest = malloc(in.len);
		if (session->rest != NULL)
			memcpy(session->rest, in.ptr, in.len);
	}
	free(old);
	return in.len == 0 || session->rest != NULL;
}

/* What to wait for after the work is done. May free the session. */
static void settle(struct net_session *session)
{
	struct loop *loop = session->net->child.loop;

	if (session->is_sleeping) {
		int64_t s = session->service->settings->smtpd_error_sleep_time;

		loop_watch_events(loop, &session->watch, 0);
		set_timer(session, NET_TIMER_SLEEP, s > 0 ? (uint64_t)s * 1000 : 0);
		return;
	}
	if (!send_output(session)) {
		net_session_free(session);
		return;
	}
	if (session->smtp.out.len > 0) {
		loop_watch_events(loop, &session->watch, EPOLLOUT);
		set_timer(session, NET_TIMER_COMMAND, timeout_ms(session));
		return;
	}
	if (session->is_closing ||
	    (session->is_eof && !smtp_is_pending(&session->smtp))) {
		end_session(session);
		return;
	}
	if (smtp_is_pending(&session->smtp)) {
		loop_watch_events(loop, &session->watch, 0);
		set_timer(session, NET_TIMER_ANSWER, timeout_ms(session));
		return;
	}
	loop_watch_events(loop, &session->watch, EPOLLIN);
}

/* The session goes on with the input it has. May free it. */
static void go_on(struct net_session *session, struct str in, bool is_new_command)
{
	bool was_data = smtp_in_data(&session->smtp);
	size_t before = in.len;

	work(session, &in);
	if (!keep_rest(session, in)) {
		net_session_free(session);
		return;
	}
	if (was_data && smtp_in_data(&session->smtp))
		earn_time(session, before - in.len);
	else if ((before != in.len && !session->smtp.is_skipping) || is_new_command)
		set_timer(session, NET_TIMER_COMMAND, timeout_ms(session));
	/* Idle sessions hold no memory of a transaction. */
	if (!smtp_in_transaction(&session->smtp) && !smtp_is_pending(&session->smtp) &&
	    session->rest_len == 0) {
		session->answers = NULL;
		arena_free(session->trans);
		session->trans = NULL;
	}
	settle(session);
}

void net_session_resume(struct net_session *session)
{
	struct net *net = session->net;
	struct str in;

	if (session->is_working || session->is_sleeping || session->is_lingering)
		return;
	memcpy(net->input, session->rest_len > 0 ? session->rest : "", session->rest_len);
	in = (struct str){net->input, session->rest_len};
	go_on(session, in, true);
}

void net_session_shutdown(struct net_session *session)
{
	if (session->is_lingering || session->is_closing)
		return;
	if (session->message.submit_id != 0)
		return; /* it has its answer first; then work() says goodbye */
	net_forget_lookups(session);
	session->is_sleeping = false;
	session->smtp.pending = SMTP_EVENT_NONE;
	net_session_resume(session);
}

/* ---- events of the loop ---- */

static void read_input(struct net_session *session)
{
	struct net *net = session->net;
	size_t have = session->rest_len;
	ssize_t n;

	if (have > 0)
		memcpy(net->input, session->rest, have);
	n = recv(session->watch.fd, net->input + have, sizeof(net->input) - have, 0);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return;
	if (n < 0) {
		net_session_free(session);
		return;
	}
	if (n == 0)
		session->is_eof = true;
	go_on(session, (struct str){net->input, have + (size_t)n}, false);
}

static void drain_input(struct net_session *session)
{
	ssize_t n = recv(session->watch.fd, session->net->input,
			 sizeof(session->net->input), 0);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		net_session_free(session);
}

static void on_ready(void *arg, uint32_t events)
{
	struct net_session *session = arg;

	if (session->is_lingering) {
		drain_input(session);
		return;
	}
	if ((events & EPOLLERR) != 0 ||
	    ((events & EPOLLHUP) != 0 && (events & EPOLLIN) == 0)) {
		/* The client is gone; a message at the queue stays there. */
		net_session_free(session);
		return;
	}
	if ((events & EPOLLOUT) != 0) {
		net_session_resume(session);
		return;
	}
	if ((events & EPOLLIN) != 0)
		read_input(session);
}

/* The DNS or the queue did not answer in time. */
static void give_up_waiting(struct net_session *session)
{
	static const struct policy_reply late = {.verdict = POLICY_DEFER,
						 .code = 451,
						 .dsn = "4.3.0",
						 .text = "Error: queue file write error"};

	net_forget_lookups(session);
	log_warn("%s: no answer in time",
		 session->client ? session->client : session->policy.client_address);
	net_answer_with(session, &late);
	net_session_resume(session);
}

static void on_timer(void *arg)
{
	struct net_session *session = arg;

	switch (session->timer_kind) {
	case NET_TIMER_LINGER:
		net_session_free(session);
		break;
	case NET_TIMER_SLEEP:
		session->is_sleeping = false;
		net_session_resume(session);
		break;
	case NET_TIMER_ANSWER:
		give_up_waiting(session);
		break;
	case NET_TIMER_COMMAND:
		if (session->smtp.out.len > 0) {
			net_session_free(session); /* does not read */
			break;
		}
		log_info("timeout after %s from %s",
			 smtp_in_data(&session->smtp) ? "DATA" : "command",
			 session->client);
		smtp_timeout(&session->smtp);
		net_session_resume(session);
		break;
	}
}

/* ---- beginning ---- */

static void link_session(struct net_session *session)
{
	struct net *net = session->net;

	session->next = net->sessions;
	session->back = &net->sessions;
	if (session->next != NULL)
		session->next->back = &session->next;
	net->sessions = session;
	net->session_count++;
}

void net_session_new(struct net *net, struct net_listener *listener, int fd,
		     const struct sockaddr_storage *peer)
{
	struct net_session *session = calloc(1, sizeof(*session));
	const struct smtp_params none = {.hostname = ""};
	char address[INET6_ADDRSTRLEN] = "unknown";
	const void *bytes = &((const struct sockaddr_in *)peer)->sin_addr;

	if (session == NULL) {
		close(fd);
		return;
	}
	if (peer->ss_family == AF_INET6)
		bytes = &((const struct sockaddr_in6 *)peer)->sin6_addr;
	(void)inet_ntop(peer->ss_family, bytes, address, sizeof(address));
	session->net = net;
	session->arena = arena_new(0);
	session->peer = *peer;
	session->message.fd = -1;
	session->service_name = listener->service;
	session->watch = (struct loop_watch){
		.fd = fd, .events = 0, .ready = on_ready, .arg = session};
	session->timer.expired = on_timer;
	session->timer.arg = session;
	session->policy.client_address = arena_strdup(session->arena, address);
	session->policy.client_name = "unknown";
	session->policy.reverse_name = "unknown";
	smtp_init(&session->smtp, &none);
	link_session(session);
	net_session_configure(session);
	session->count = net_count_get(net, peer);
	if (session->count == NULL || loop_watch(net->child.loop, &session->watch) < 0) {
		net_session_free(session);
		return;
	}
	set_timer(session, NET_TIMER_ANSWER, timeout_ms(session));
	net_client_begin(session);
}
