/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The event loop: order of timers, changes from within callbacks, watches
 * removed while their event is under way; and peers on top of it: packets that
 * wait, bursts, broken sockets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/status.h"
#include "mccd/loop.h"
#include "mccd/peer.h"

enum { TIMERS = 500 };

struct clock_test {
	struct loop *loop;
	struct loop_timer timers[TIMERS];
	uint64_t last;
	unsigned fired;
};

static struct clock_test *clocks; /* the callbacks know only their timer */

static void on_timer(void *arg)
{
	struct loop_timer *t = arg;

	assert_true(t->timer.due_ms >= clocks->last);
	assert_true(loop_now(clocks->loop) >= t->timer.due_ms);
	clocks->last = t->timer.due_ms;
	if (++clocks->fired == TIMERS / 2)
		loop_stop(clocks->loop);
}

static void test_timers_in_order(void **state)
{
	unsigned seed = 7;

	(void)state;
	clocks = calloc(1, sizeof(*clocks));
	clocks->loop = loop_new();
	for (int i = 0; i < TIMERS; i++) {
		struct loop_timer *t = &clocks->timers[i];

		t->expired = on_timer;
		t->arg = t;
		seed = seed * 1103515245u + 12345u;
		loop_timer_set(clocks->loop, t, (seed >> 16) % 60);
	}
	/* Set anew, and every second one cancelled. */
	for (int i = 0; i < TIMERS; i++) {
		seed = seed * 1103515245u + 12345u;
		loop_timer_set(clocks->loop, &clocks->timers[i], (seed >> 16) % 60);
	}
	for (int i = 0; i < TIMERS; i += 2) {
		loop_timer_cancel(clocks->loop, &clocks->timers[i]);
		loop_timer_cancel(clocks->loop, &clocks->timers[i]);
	}
	assert_int_equal(loop_run(clocks->loop), 0);
	assert_int_equal(clocks->fired, TIMERS / 2);
	for (int i = 0; i < TIMERS; i++)
		assert_false(loop_timer_is_on(&clocks->timers[i]));
	loop_free(clocks->loop);
	free(clocks);
}

struct again {
	struct loop *loop;
	struct loop_timer timer;
	struct loop_watch watch;
	unsigned turns;
};

static void on_again(void *arg)
{
	struct again *a = arg;

	loop_timer_set(a->loop, &a->timer, 0);
}

static void on_readable(void *arg, uint32_t events)
{
	struct again *a = arg;

	assert_true((events & EPOLLIN) != 0);
	if (++a->turns == 5)
		loop_stop(a->loop);
}

/* A timer that sets itself for "now" does not keep descriptors waiting. */
static void test_timer_does_not_starve(void **state)
{
	struct again a = {.loop = loop_new()};
	int pipes[2];

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(write(pipes[1], "x", 1), 1);
	a.timer.expired = on_again;
	a.timer.arg = &a;
	a.watch = (struct loop_watch){
		.fd = pipes[0], .events = EPOLLIN, .ready = on_readable, .arg = &a};
	assert_int_equal(loop_watch(a.loop, &a.watch), 0);
	loop_timer_set(a.loop, &a.timer, 0);
	assert_int_equal(loop_run(a.loop), 0);
	assert_int_equal(a.turns, 5);
	loop_unwatch(a.loop, &a.watch);
	loop_free(a.loop);
	close(pipes[0]);
	close(pipes[1]);
}

struct pair {
	struct loop *loop;
	struct loop_watch *other; /* whoever comes first frees both */
	struct loop_watch *self;
	unsigned *calls;
};

static void on_first(void *arg, uint32_t events)
{
	struct pair *p = arg;

	(void)events;
	++*p->calls;
	loop_unwatch(p->loop, p->other);
	memset(p->other, 0xff, sizeof(*p->other));
	free(p->other);
	loop_unwatch(p->loop, p->self);
	free(p->self);
	loop_stop(p->loop);
}

/* Both are ready in one turn; the second is gone when its turn comes. */
static void test_removed_while_ready(void **state)
{
	struct loop *loop = loop_new();
	struct loop_watch *watches[2];
	struct pair pairs[2];
	unsigned calls = 0;
	int pipes[2][2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pipe(pipes[i]), 0);
		assert_int_equal(write(pipes[i][1], "x", 1), 1);
		watches[i] = calloc(1, sizeof(*watches[i]));
	}
	for (int i = 0; i < 2; i++) {
		pairs[i] = (struct pair){loop, watches[1 - i], watches[i], &calls};
		*watches[i] = (struct loop_watch){.fd = pipes[i][0],
						  .events = EPOLLIN,
						  .ready = on_first,
						  .arg = &pairs[i]};
		assert_int_equal(loop_watch(loop, watches[i]), 0);
	}
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(calls, 1);
	for (int i = 0; i < 2; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
	loop_free(loop);
}

/* ---- peers ---- */

struct talk {
	struct peer peer;
	struct loop *loop;
	uint64_t received;
	uint64_t expected;
	bool is_gone;
};

static bool on_packet(void *arg, struct wire_in *in)
{
	struct talk *t = arg;

	assert_int_equal(wire_get_u64(in), t->received);
	(void)wire_get_str(in);
	if (!wire_end(in))
		return false;
	if (++t->received == t->expected)
		loop_stop(t->loop);
	return true;
}

static void on_gone(void *arg)
{
	struct talk *t = arg;

	t->is_gone = true;
	loop_stop(t->loop);
}

static void open_pair(struct talk t[2])
{
	int sock[2];

	memset(t, 0, 2 * sizeof(*t));
	t[0].loop = t[1].loop = loop_new();
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sock), 0);
	for (int i = 0; i < 2; i++) {
		t[i].peer.loop = t[0].loop;
		t[i].peer.name = "peer";
		t[i].peer.packet = on_packet;
		t[i].peer.gone = on_gone;
		t[i].peer.arg = &t[i];
		assert_int_equal(peer_open(&t[i].peer, sock[i]), 0);
	}
}

static void close_pair(struct talk t[2])
{
	peer_close(&t[0].peer);
	peer_close(&t[1].peer);
	loop_free(t[0].loop);
}

static int send_numbered(struct talk *t, uint64_t n, size_t len)
{
	char *text = calloc(1, len + 1);
	struct wire_out out;
	int status;

	memset(text, 'x', len);
	wire_begin(&out, WIRE_SUBMITTED);
	wire_put_u64(&out, n);
	wire_put_cstr(&out, text);
	status = peer_send(&t->peer, &out, -1);
	free(text);
	return status;
}

static void test_packets_wait_in_order(void **state)
{
	struct talk t[2];

	(void)state;
	open_pair(t);
	t[1].expected = 2000;
	for (uint64_t n = 0; n < 2000; n++)
		assert_int_equal(send_numbered(&t[0], n, 2000), 0);
	assert_non_null(t[0].peer.waiting);
	assert_int_equal(loop_run(t[0].loop), 0);
	assert_int_equal(t[1].received, 2000);
	assert_null(t[0].peer.waiting);
	assert_int_equal(t[0].peer.waiting_bytes, 0);
	close_pair(t);
}

static void test_waiting_is_bounded(void **state)
{
	struct talk t[2];
	int status = 0;
	uint64_t n;

	(void)state;
	open_pair(t);
	for (n = 0; n < 10000 && status == 0; n++)
		status = send_numbered(&t[0], n, 100000);
	assert_int_equal(status, MCC_EUNAVAIL);
	assert_true(t[0].peer.waiting_bytes <= PEER_WAITING_MAX + WIRE_PACKET_MAX);
	close_pair(t);
}

static void test_gone(void **state)
{
	struct talk t[2];

	(void)state;
	open_pair(t);
	assert_int_equal(send_numbered(&t[0], 0, 10), 0);
	peer_close(&t[0].peer);
	t[1].expected = 99;
	assert_int_equal(loop_run(t[0].loop), 0);
	/* What was sent before is still received. */
	assert_int_equal(t[1].received, 1);
	assert_true(t[1].is_gone);
	assert_false(t[1].peer.is_open);
	assert_int_equal(send_numbered(&t[1], 0, 10), MCC_EUNAVAIL);
	close_pair(t);
}

static void test_nonsense_ends_the_peer(void **state)
{
	struct talk t[2];

	(void)state;
	log_open("test", -1, LOG_LEVEL_ERROR);
	open_pair(t);
	assert_int_equal(send(t[0].peer.watch.fd, "nonsense", 8, 0), 8);
	assert_int_equal(loop_run(t[0].loop), 0);
	assert_true(t[1].is_gone);
	close_pair(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timers_in_order),
		cmocka_unit_test(test_timer_does_not_starve),
		cmocka_unit_test(test_removed_while_ready),
		cmocka_unit_test(test_packets_wait_in_order),
		cmocka_unit_test(test_waiting_is_bounded),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_nonsense_ends_the_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
