/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Live servers as a source: one thread, one epoll descriptor, any number of
 * questions. Each question is a live_query that is in exactly one state:
 * waiting for room in a server's window, under way by UDP, or by TCP. Its one
 * timer is the end of the current try, or of the question's budget.
 *
 * What an answer means: a definite one ends the question; SERVFAIL and its
 * kind make the next server asked, each at most once; silence makes the next
 * try, longer each time. Whatever does not match is dropped as if it had never
 * come, and the clock runs on.
 */
#include "dnscheck/live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/status.h"
#include "dnscheck/answer.h"
#include "dnscheck/record.h"
#include "dnscheck/secure.h"

enum {
	DEFAULT_TIMEOUT_MS = 2000,
	DEFAULT_TRIES = 3,
	DEFAULT_BUDGET_MS = 10000,
	SPARE_MAX = 2000,
	EVENT_BATCH = 64
};

static const char no_answer[] = "no answer from the resolver";

void live_random(struct live *live, void *out, size_t len)
{
	ssize_t n;

	if (live->random_left < len) {
		n = getrandom(live->random, sizeof(live->random), 0);
		MCC_ASSERT(n == (ssize_t)sizeof(live->random));
		live->random_left = sizeof(live->random);
	}
	live->random_left -= len;
	memcpy(out, live->random + live->random_left, len);
}

void live_write_query(struct live *live, struct live_query *query, bool with_case)
{
	const struct server *server = &live->servers[query->server];
	uint8_t bits[DNS_NAME_WIRE / 8 + 1];
	uint16_t id;
	struct packet_query pq = {.name = &query->question->name,
				  .type = query->question->type,
				  .case_bits = with_case ? bits : NULL,
				  .dnssec = query->question->wants_proof,
				  /* Who validates wants to see what is bogus. */
				  .checking_disabled = query->checking_disabled ||
						       query->question->wants_proof};

	query->with_edns = !server->no_edns;
	pq.edns = query->with_edns;
	live_random(live, &id, sizeof(id));
	if (with_case)
		live_random(live, bits, (size_t)pq.name->len / 8 + 1);
	pq.id = id;
	query->wire_len = packet_write_query(&pq, query->wire);
}

/* --- the waiting ones --------------------------------------------------- */

static void wait_append(struct live *live, struct live_query *q)
{
	q->next = NULL;
	q->prev = live->waiting_last;
	*(q->prev != NULL ? &q->prev->next : &live->waiting_first) = q;
	live->waiting_last = q;
}

static void wait_remove(struct live *live, struct live_query *q)
{
	*(q->prev != NULL ? &q->prev->next : &live->waiting_first) = q->next;
	*(q->next != NULL ? &q->next->prev : &live->waiting_last) = q->prev;
	q->next = q->prev = NULL;
}

static bool is_waiting(const struct live *live, const struct live_query *q)
{
	return q->prev != NULL || live->waiting_first == q;
}

/* --- ends --------------------------------------------------------------- */

static void forget_try(struct live *live, struct live_query *q)
{
	if (q->state == QUERY_UDP)
		live_udp_forget(live, q);
	else if (q->state == QUERY_TCP)
		live_tcp_forget(live, q);
	if (is_waiting(live, q))
		wait_remove(live, q);
}

static void query_free(struct live *live, struct live_query *q)
{
	forget_try(live, q);
	timer_clear(&live->timers, &q->timer);
	if (live->spare_count == SPARE_MAX) {
		free(q);
		return;
	}
	q->next = live->spare;
	live->spare = q;
	live->spare_count++;
}

static struct live_query *query_new(struct live *live)
{
	struct live_query *q = live->spare;

	if (q == NULL)
		return dns_alloc(sizeof(*q));
	live->spare = q->next;
	live->spare_count--;
	memset(q, 0, sizeof(*q));
	return q;
}

static void finish_failed(struct live *live, struct live_query *q)
{
	struct dns_question *question = q->question;
	enum dns_status status = q->worst;
	const char *detail = q->detail;
	const char *server = live->servers[q->server].name;

	if (status == DNS_ANSWER) {
		status = q->was_malformed ? DNS_SERVFAIL : DNS_TIMEOUT;
		detail = q->was_malformed ? "the answers are malformed" : no_answer;
	}
	query_free(live, q);
	dns_question_fail(question, status, server, detail);
}

/* --- tries -------------------------------------------------------------- */

static bool all_failed(const struct live *live, const struct live_query *q)
{
	return q->failed_servers == (1u << live->server_count) - 1;
}

/*
 * All servers have refused or failed. One more question can tell a broken
 * signature from a broken server: without validation it is answered.
 */
static bool probe_for_bogus(struct live_query *q)
{
	if (q->worst != DNS_SERVFAIL || q->checking_disabled || q->tcp_next ||
	    q->question->wants_proof)
		return false;
	q->checking_disabled = true;
	q->failed_servers &= ~(1u << q->server);
	return true;
}

static int send_now(struct live *live, struct live_query *q, uint64_t now)
{
	const struct server *server = &live->servers[q->server];
	unsigned wait = live_try_timeout(live, server, q->backoff);
	uint64_t due;
	int status;

	status = q->tcp_next ? live_tcp_start(live, q) : live_udp_send(live, q);
	if (status == MCC_EUNAVAIL && q->tcp_next)
		return status;
	if (status != 0) {
		/* Not even sent: the server counts as failed for this question. */
		q->failed_servers |= 1u << q->server;
		q->tcp_next = false;
		q->worst = DNS_UNVERIFIED;
		q->detail = "the resolver cannot be reached";
		return status;
	}
	if (q->tcp_next || wait >= live->timeout_ms) {
		wait = live->timeout_ms;
		q->long_tries++;
	}
	q->sent_ms = now;
	due = now + wait < q->deadline_ms ? now + wait : q->deadline_ms;
	MCC_ASSERT(timer_set(&live->timers, &q->timer, due) == 0);
	return 0;
}

/* Starts the next try or puts the query among the waiting; false: it is over
 * (and gone). */
static bool dispatch(struct live *live, struct live_query *q)
{
	uint64_t now = dns_now_ms();
	bool room = false;
	int server, status;

	do {
		server = q->tcp_next ? (int)q->server
				     : live_choose_server(live, q, now, &room);
		if (server < 0) {
			finish_failed(live, q);
			return false;
		}
		q->server = (unsigned)server;
		if (!q->tcp_next && !room) {
			status = MCC_EUNAVAIL;
			break;
		}
		status = send_now(live, q, now);
	} while (status != 0 && status != MCC_EUNAVAIL);
	if (status == MCC_EUNAVAIL) {
		wait_append(live, q);
		MCC_ASSERT(timer_set(&live->timers, &q->timer, q->deadline_ms) == 0);
	}
	return true;
}

void live_try_failed(struct live *live, struct live_query *q, enum dns_status status,
		     const char *detail)
{
	forget_try(live, q);
	if (status != DNS_ANSWER) {
		q->failed_servers |= 1u << q->server;
		q->tcp_next = false;
		if (q->worst == DNS_ANSWER || q->worst == DNS_UNVERIFIED) {
			q->worst = status;
			q->detail = detail;
		}
		if (all_failed(live, q) && !probe_for_bogus(q)) {
			finish_failed(live, q);
			return;
		}
	}
	(void)dispatch(live, q);
}

static void try_timed_out(struct live *live, struct live_query *q, uint64_t now)
{
	bool was_sent = q->state != QUERY_WAITING;

	if (was_sent)
		live_server_timed_out(&live->servers[q->server], now);
	if (now >= q->deadline_ms || q->long_tries >= live->tries ||
	    (!was_sent && live_all_dead(live, now))) {
		finish_failed(live, q);
		return;
	}
	forget_try(live, q);
	q->tcp_next = false;
	q->backoff++;
	(void)dispatch(live, q);
}

/* --- answers ------------------------------------------------------------ */

/* What the probe says: an answer to it means that only validation fails. */
static void take_probe(struct live *live, struct live_query *q,
		       const struct packet_reply *reply)
{
	q->failed_servers |= 1u << q->server;
	if (dns_status_is_final(reply->answer.status)) {
		q->worst = DNS_BOGUS;
		q->detail = "DNSSEC validation failed";
	}
	finish_failed(live, q);
}

static bool take_edns_refusal(struct live *live, struct live_query *q,
			      const struct packet_reply *reply)
{
	struct server *server = &live->servers[q->server];

	if (!reply->edns_refused || !q->with_edns)
		return false;
	server->no_edns = true;
	live_try_failed(live, q, DNS_ANSWER, NULL);
	return true;
}

static void finish_answered(struct live *live, struct live_query *q,
			    struct packet_reply *reply, uint64_t now)
{
	const struct server *server = &live->servers[q->server];
	struct dns_question *question = q->question;

	reply->answer.server = server->name;
	reply->answer.authenticated = reply->has_ad && server->is_loopback;
	reply->answer.elapsed_ms = (unsigned)(now - question->started_ms);
	query_free(live, q);
	dns_question_done(question, &reply->answer, reply->is_open);
}

void live_take_reply(struct live *live, struct live_query *q, const uint8_t *wire,
		     size_t len)
{
	struct server *server = &live->servers[q->server];
	uint64_t now = dns_now_ms();
	struct packet_reply reply;

	live_server_answered(server, now - q->sent_ms, now);
	if (packet_is_truncated(wire)) {
		q->tcp_next = true;
		live_try_failed(live, q, DNS_ANSWER, NULL);
		return;
	}
	arena_reset(live->scratch);
	if (!packet_read_reply(live->scratch, wire, len, &q->question->name,
			       q->question->type, &reply)) {
		q->was_malformed = true;
		if (q->state == QUERY_TCP)
			live_try_failed(live, q, DNS_SERVFAIL,
					"the answers are malformed");
		return;
	}
	if (take_edns_refusal(live, q, &reply))
		return;
	q->question->wire = wire;
	q->question->wire_len = len;
	if (q->checking_disabled)
		take_probe(live, q, &reply);
	else if (dns_status_is_final(reply.answer.status))
		finish_answered(live, q, &reply, now);
	else
		live_try_failed(live, q, reply.answer.status, reply.answer.detail);
}

/* --- source ------------------------------------------------------------- */

static void live_start(struct dns_source *source, struct dns_question *question)
{
	struct live *live = (struct live *)source;
	struct live_query *q = query_new(live);
	uint64_t now = dns_now_ms();
	unsigned i;
	bool may_probe = false;

	q->question = question;
	q->timer.owner = q;
	q->deadline_ms = question->started_ms + live->budget_ms;
	for (i = 0; i < live->server_count; i++)
		may_probe = may_probe || live->servers[i].down_until_ms <= now;
	if (!may_probe && live_all_dead(live, now))
		finish_failed(live, q);
	else
		(void)dispatch(live, q);
}

/* Gives the room that answers have made to those that wait. */
static void serve_waiting(struct live *live, uint64_t now)
{
	struct live_query *q, *next;
	bool room, dead = live_all_dead(live, now);

	for (q = live->waiting_first; q != NULL; q = next) {
		next = q->next;
		if (dead) {
			finish_failed(live, q);
			continue;
		}
		room = live->tcp_count < LIMIT_DNS_TCP;
		if (!q->tcp_next && live_choose_server(live, q, now, &room) >= 0 && !room)
			return;
		if (q->tcp_next && !room)
			continue;
		wait_remove(live, q);
		(void)dispatch(live, q);
	}
}

static void run_timers(struct live *live)
{
	uint64_t now = dns_now_ms();
	struct timer *t;

	while ((t = timers_first(&live->timers)) != NULL && t->due_ms <= now)
		try_timed_out(live, t->owner, now);
}

static void live_process(struct dns_source *source)
{
	struct live *live = (struct live *)source;
	struct epoll_event events[EVENT_BATCH];
	int i, count = epoll_wait(live->epoll_fd, events, EVENT_BATCH, 0);
	enum live_fd_kind *kind;

	for (i = 0; i < count; i++) {
		kind = events[i].data.ptr;
		if (*kind == LIVE_UDP)
			live_udp_readable(live, events[i].data.ptr);
		else
			live_tcp_ready(live, events[i].data.ptr);
	}
	run_timers(live);
	serve_waiting(live, dns_now_ms());
	live_udp_sweep(live);
	live_tcp_sweep(live);
}

static int live_fd(const struct dns_source *source)
{
	return ((const struct live *)source)->epoll_fd;
}

static int live_timeout(const struct dns_source *source)
{
	const struct timer *t = timers_first(&((const struct live *)source)->timers);
	uint64_t now = dns_now_ms();

	if (t == NULL)
		return -1;
	return t->due_ms <= now ? 0 : (int)(t->due_ms - now);
}

static void live_close(struct dns_source *source)
{
	struct live *live = (struct live *)source;
	struct live_query *q;
	struct timer *t;

	/* Each query under way has its timer set. */
	while ((t = timers_first(&live->timers)) != NULL)
		query_free(live, t->owner);
	while ((q = live->spare) != NULL) {
		live->spare = q->next;
		free(q);
	}
	live_tcp_close_all(live);
	live_udp_close_all(live);
	timers_fini(&live->timers);
	if (live->epoll_fd >= 0)
		close(live->epoll_fd);
	arena_free(live->scratch);
	free(live->batch);
	free(live);
}

static const struct dns_source_ops live_ops = {.start = live_start,
					       .fd = live_fd,
					       .timeout = live_timeout,
					       .process = live_process,
					       .close = live_close};

static void live_init_servers(struct live *live)
{
	uint64_t now = dns_now_ms();
	unsigned i;

	for (i = 0; i < live->server_count; i++)
		live_server_init(&live->servers[i], now);
}

int resolver_open_live(const struct resolver_options *options, struct resolver **out_r,
		       char *err, size_t err_size)
{
	struct live *live = dns_alloc(sizeof(*live));
	struct dns_source *source = &live->source;
	int status;

	live->source.ops = &live_ops;
	live->scratch = arena_new(0);
	live->batch = dns_alloc((size_t)UDP_BATCH * UDP_BUFFER);
	live->timeout_ms =
		options->timeout_ms != 0 ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
	live->tries = options->tries != 0 ? options->tries : DEFAULT_TRIES;
	live->budget_ms =
		options->budget_ms != 0 ? options->budget_ms : DEFAULT_BUDGET_MS;
	live->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	status = live->epoll_fd < 0 ? mcc_status_from_errno(errno) : 0;
	if (status != 0)
		snprintf(err, err_size, "epoll: %s", mcc_status_text(status));
	else
		status = live_configure(live, options, err, err_size);
	if (status != 0) {
		live_close(&live->source);
		return status;
	}
	live_init_servers(live);
	if (options->anchor_file != NULL) {
		status = secure_new(&live->source, options->anchor_file, &source, err,
				    err_size);
		if (status != 0) {
			live_close(&live->source);
			return status;
		}
	}
	*out_r = resolver_new(source, options);
	if (options->record_file != NULL)
		resolver_set_recording(*out_r, recording_new(options->record_file));
	return 0;
}
