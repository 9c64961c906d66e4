/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets between the daemon's processes: every compound message there and
 * back over a real socket, and every way in which a packet can be wrong.
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

#include "base/arena.h"
#include "base/limits.h"
#include "base/status.h"
#include "mccd/wire.h"

struct link {
	int sock[2];
	char *buf;
	struct arena *arena;
};

static int setup(void **state)
{
	struct link *link = calloc(1, sizeof(*link));
	const int room = WIRE_PACKET_MAX;

	assert_non_null(link);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, link->sock), 0);
	assert_int_equal(
		setsockopt(link->sock[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)), 0);
	link->buf = malloc(WIRE_PACKET_MAX);
	link->arena = arena_new(0);
	*state = link;
	return 0;
}

static int teardown(void **state)
{
	struct link *link = *state;

	close(link->sock[0]);
	if (link->sock[1] >= 0)
		close(link->sock[1]);
	arena_free(link->arena);
	free(link->buf);
	free(link);
	return 0;
}

static struct wire_in receive(struct link *link)
{
	struct wire_in in = {.fd = -1};

	assert_int_equal(wire_recv(link->sock[1], link->buf, &in), 1);
	return in;
}

static void test_submission(void **state)
{
	static const char *const to[] = {"a@example.com", "", "\"x y\"@example.org"};
	struct link *link = *state;
	const struct wire_submission s = {.sender = "",
					  .recipients = to,
					  .recipient_count = 3,
					  .client_address = "192.0.2.1",
					  .client_name = "unknown",
					  .helo = "h",
					  .queue_id = "ABC",
					  .eight_bit = true,
					  .discard = true};
	struct wire_submission got;
	struct wire_out out;
	struct wire_in in;

	wire_begin(&out, WIRE_SUBMIT);
	wire_put_u64(&out, UINT64_MAX);
	wire_put_submission(&out, &s);
	assert_int_equal(wire_send(link->sock[0], &out, -1), 0);
	in = receive(link);
	assert_int_equal(in.type, WIRE_SUBMIT);
	assert_int_equal(in.fd, -1);
	assert_true(wire_get_u64(&in) == UINT64_MAX);
	assert_true(wire_get_submission(&in, link->arena, &got));
	assert_true(wire_end(&in));
	assert_string_equal(got.sender, "");
	assert_int_equal(got.recipient_count, 3);
	assert_string_equal(got.recipients[2], to[2]);
	assert_string_equal(got.queue_id, "ABC");
	assert_true(got.eight_bit && got.discard && !got.hold);
	assert_string_equal(got.redirect, "");
}

static void test_delivery_and_result(void **state)
{
	struct link *link = *state;
	const struct wire_delivery d = {.place = WIRE_MBOX,
					.client_address = "192.0.2.1",
					.client_name = "n",
					.helo = "h",
					.queue_id = "Q",
					.sender = "s",
					.recipient = "r",
					.original = "o",
					.user = "u",
					.mailbox = "Maildir/",
					.base = "/b",
					.uid = 1000,
					.gid = 1001,
					.size_limit = 5,
					.arrived = 77,
					.replay = true,
					.content_at = 9,
					.content_size = 10};
	const struct wire_result r = {WIRE_DEFERRED, "4.4.1", "no", "mx"};
	struct wire_delivery got;
	struct wire_result result;
	struct wire_out out;
	struct wire_in in;

	wire_begin(&out, WIRE_DELIVER);
	wire_put_delivery(&out, &d);
	wire_put_result(&out, &r);
	assert_int_equal(wire_send(link->sock[0], &out, -1), 0);
	in = receive(link);
	assert_true(wire_get_delivery(&in, link->arena, &got));
	assert_true(wire_get_result(&in, link->arena, &result));
	assert_true(wire_end(&in));
	assert_string_equal(got.mailbox, "Maildir/");
	assert_int_equal(got.gid, 1001);
	assert_int_equal(got.arrived, 77);
	assert_true(got.replay);
	assert_int_equal(got.content_at, 9);
	assert_int_equal(got.content_size, 10);
	assert_int_equal(result.outcome, WIRE_DEFERRED);
	assert_string_equal(result.remote, "mx");
}

static void test_largest_message_fits(void **state)
{
	struct link *link = *state;
	const char *to[LIMIT_RECIPIENTS];
	char address[300];
	struct wire_submission s = {.recipients = to,
				    .recipient_count = LIMIT_RECIPIENTS};
	struct wire_submission got;
	struct wire_out out;
	struct wire_in in;

	memset(address, 'a', sizeof(address) - 1);
	address[sizeof(address) - 1] = '\0';
	for (size_t i = 0; i < LIMIT_RECIPIENTS; i++)
		to[i] = address;
	wire_begin(&out, WIRE_SUBMIT);
	wire_put_submission(&out, &s);
	assert_int_equal(wire_send(link->sock[0], &out, -1), 0);
	in = receive(link);
	assert_true(wire_get_submission(&in, link->arena, &got));
	assert_int_equal(got.recipient_count, LIMIT_RECIPIENTS);
	assert_string_equal(got.recipients[LIMIT_RECIPIENTS - 1], address);
}

static void test_too_large_is_said(void **state)
{
	struct link *link = *state;
	char *text = calloc(1, WIRE_PACKET_MAX);
	struct wire_out out;

	memset(text, 'x', WIRE_PACKET_MAX - 1);
	wire_begin(&out, WIRE_PEER);
	wire_put_cstr(&out, text);
	assert_int_equal(wire_send(link->sock[0], &out, -1), MCC_ETOOBIG);
	free(text);
}

static void test_descriptor(void **state)
{
	struct link *link = *state;
	int pipes[2];
	char byte = 0;
	struct wire_out out;
	struct wire_in in;

	assert_int_equal(pipe(pipes), 0);
	wire_begin(&out, WIRE_PEER);
	wire_put_cstr(&out, "queue");
	assert_int_equal(wire_send(link->sock[0], &out, pipes[1]), 0);
	close(pipes[1]);
	in = receive(link);
	assert_true(in.fd >= 0);
	assert_true(str_eqc(wire_get_str(&in), "queue"));
	assert_int_equal(write(in.fd, "z", 1), 1);
	close(in.fd);
	assert_int_equal(read(pipes[0], &byte, 1), 1);
	assert_int_equal(byte, 'z');
	close(pipes[0]);
}

static void test_closed_and_empty(void **state)
{
	struct link *link = *state;
	struct wire_in in;

	assert_int_equal(wire_recv(link->sock[1], link->buf, &in), MCC_EUNAVAIL);
	close(link->sock[1]);
	link->sock[1] = -1;
	assert_int_equal(wire_recv(link->sock[0], link->buf, &in), 0);
}

static int setup_nonblocking(void **state)
{
	struct link *link;

	setup(state);
	link = *state;
	close(link->sock[0]);
	close(link->sock[1]);
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, link->sock);
}

static void test_full_socket(void **state)
{
	struct link *link = *state;
	int status = 0;
	int n;

	for (n = 0; n < 100000 && status == 0; n++) {
		struct wire_out out;

		wire_begin(&out, WIRE_STOP);
		status = wire_send(link->sock[0], &out, -1);
	}
	assert_int_equal(status, MCC_EUNAVAIL);
}

/* Every cut of a good packet is a bad one, and never read past its end. */
static void test_cut_anywhere(void **state)
{
	static const char *const to[] = {"a@example.com"};
	struct link *link = *state;
	const struct wire_submission s = {
		.sender = "b", .recipients = to, .recipient_count = 1, .queue_id = "Q"};
	struct wire_out out;
	size_t len;

	wire_begin(&out, WIRE_SUBMIT);
	wire_put_submission(&out, &s);
	for (len = 1; len <= out.buf.len; len++) {
		/* Of its own size, so that the sanitizer sees each overrun. */
		char *copy = malloc(len);
		struct wire_submission got;
		struct wire_in in = {.fd = -1};
		int status;

		memcpy(copy, out.buf.ptr, len);
		assert_int_equal(send(link->sock[0], copy, len, 0), (ssize_t)len);
		free(copy);
		status = wire_recv(link->sock[1], link->buf, &in);
		if (len < 8) {
			assert_int_equal(status, MCC_EFORMAT);
			continue;
		}
		assert_int_equal(status, 1);
		(void)wire_get_submission(&in, link->arena, &got);
		assert_int_equal(wire_end(&in), len == out.buf.len);
	}
	strbuf_fini(&out.buf);
}

static struct wire_in raw(struct link *link, struct wire_out *out)
{
	assert_int_equal(wire_send(link->sock[0], out, -1), 0);
	return receive(link);
}

static void test_lies(void **state)
{
	struct link *link = *state;
	struct wire_submission submission;
	struct wire_result result;
	struct wire_out out;
	struct wire_in in;

	/* More recipients than there can be. */
	wire_begin(&out, WIRE_SUBMIT);
	wire_put_cstr(&out, "s");
	wire_put_u64(&out, UINT64_MAX / 8);
	in = raw(link, &out);
	assert_false(wire_get_submission(&in, link->arena, &submission));
	/* An outcome that is none. */
	wire_begin(&out, WIRE_DELIVERED);
	wire_put_result(&out, &(struct wire_result){.outcome = (enum wire_outcome)9});
	in = raw(link, &out);
	assert_false(wire_get_result(&in, link->arena, &result));
	/* A number where a text is expected, and the other way round. */
	wire_begin(&out, WIRE_PEER);
	wire_put_u64(&out, 5);
	in = raw(link, &out);
	assert_int_equal(wire_get_str(&in).len, 0);
	assert_false(wire_end(&in));
	wire_begin(&out, WIRE_PEER);
	wire_put_cstr(&out, "12345678");
	in = raw(link, &out);
	assert_int_equal(wire_get_u64(&in), 0);
	assert_false(wire_end(&in));
	/* NUL within a text. */
	wire_begin(&out, WIRE_PEER);
	wire_put_str(&out, (struct str){"a\0b", 3});
	in = raw(link, &out);
	assert_int_equal(wire_get_str(&in).len, 0);
	assert_false(wire_end(&in));
	/* Something left over. */
	wire_begin(&out, WIRE_PEER);
	wire_put_cstr(&out, "a");
	wire_put_cstr(&out, "b");
	in = raw(link, &out);
	assert_true(str_eqc(wire_get_str(&in), "a"));
	assert_false(wire_end(&in));
}

static void test_unknown_type(void **state)
{
	struct link *link = *state;
	struct wire_out out;
	struct wire_in in = {.fd = -1};

	wire_begin(&out, (enum wire_type)99);
	assert_int_equal(wire_send(link->sock[0], &out, link->sock[0]), 0);
	assert_int_equal(wire_recv(link->sock[1], link->buf, &in), MCC_EFORMAT);
	assert_int_equal(in.fd, -1);
}

#define LINKED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define LINKED_NONBLOCKING(test) \
	cmocka_unit_test_setup_teardown(test, setup_nonblocking, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LINKED(test_submission),
		LINKED(test_delivery_and_result),
		LINKED(test_largest_message_fits),
		LINKED(test_too_large_is_said),
		LINKED(test_descriptor),
		LINKED_NONBLOCKING(test_closed_and_empty),
		LINKED_NONBLOCKING(test_full_socket),
		LINKED(test_cut_anywhere),
		LINKED(test_lies),
		LINKED(test_unknown_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
