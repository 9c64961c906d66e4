/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Datagrams. An answer is believed only when it comes from the address asked
 * (the sockets are connected), to the port asked from, with the id and exactly
 * the question of a query under way. The port is random because each query
 * takes a random socket of a pool, every socket has a port of the kernel's
 * random choice, and is replaced after a number of queries (RFC 5452 9.2).
 *
 * Sockets are freed only in live_udp_sweep(), outside of the loop over epoll's
 * events, which may still name them.
 */
#include "dnscheck/live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/status.h"
#include "dnscheck/answer.h"

enum { SOCKET_USES = 200, DRAIN_ROUNDS = 64 };

static size_t slot_of(const struct udp_socket *sock, const uint8_t *wire)
{
	unsigned id = (unsigned)wire[0] << 8 | wire[1];

	return (id ^ (unsigned)sock->fd * 2654435761u >> 20) % LIVE_HASH;
}

static void retire(struct live *live, struct udp_socket *sock)
{
	sock->is_retired = true;
	if (sock->in_flight != 0)
		return;
	sock->next = live->udp_graveyard;
	live->udp_graveyard = sock;
}

void live_udp_sweep(struct live *live)
{
	struct udp_socket *sock;

	while ((sock = live->udp_graveyard) != NULL) {
		live->udp_graveyard = sock->next;
		close(sock->fd);
		free(sock);
	}
}

void live_udp_close_all(struct live *live)
{
	unsigned i, j;
	struct udp_socket *sock;

	for (i = 0; i < live->server_count; i++) {
		for (j = 0; j < UDP_POOL; j++) {
			sock = live->servers[i].pool[j];
			live->servers[i].pool[j] = NULL;
			if (sock != NULL)
				retire(live, sock);
		}
	}
	live_udp_sweep(live);
}

static int open_socket(struct live *live, struct server *server,
		       struct udp_socket **out_sock)
{
	struct epoll_event ev = {.events = EPOLLIN};
	struct udp_socket *sock;
	int fd = socket(server->addr.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			0);

	if (fd < 0)
		return mcc_status_from_errno(errno);
	sock = dns_alloc(sizeof(*sock));
	sock->kind = LIVE_UDP;
	sock->fd = fd;
	sock->server = server;
	ev.data.ptr = sock;
	if (connect(fd, (const struct sockaddr *)&server->addr, server->addr_len) < 0 ||
	    epoll_ctl(live->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0) {
		int status = mcc_status_from_errno(errno);

		close(fd);
		free(sock);
		return status;
	}
	*out_sock = sock;
	return 0;
}

static int take_socket(struct live *live, struct server *server,
		       struct udp_socket **out_sock)
{
	struct udp_socket **slot, *fresh = NULL;
	uint8_t r;
	int status;

	live_random(live, &r, 1);
	slot = &server->pool[r % UDP_POOL];
	if (*slot == NULL || (*slot)->uses >= SOCKET_USES) {
		status = open_socket(live, server, &fresh);
		if (status != 0)
			return status;
		if (*slot != NULL)
			retire(live, *slot);
		*slot = fresh;
	}
	(*slot)->uses++;
	*out_sock = *slot;
	return 0;
}

/*
 * A datagram that the kernel drops is one lost on the way: the time-out sees
 * to it. A refusal is about an earlier one; it is taken off and comes again,
 * to be read as an error of the socket.
 */
static bool send_datagram(const struct udp_socket *sock, const struct live_query *query)
{
	ssize_t n = send(sock->fd, query->wire, query->wire_len, MSG_NOSIGNAL);

	if (n < 0 && errno == ECONNREFUSED)
		n = send(sock->fd, query->wire, query->wire_len, MSG_NOSIGNAL);
	return n >= 0 || errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS ||
	       errno == EINTR || errno == ECONNREFUSED;
}

int live_udp_send(struct live *live, struct live_query *query)
{
	struct server *server = &live->servers[query->server];
	struct live_query **slot;
	struct udp_socket *sock;
	int status = take_socket(live, server, &sock);

	if (status != 0)
		return status;
	live_write_query(live, query, true);
	if (!send_datagram(sock, query))
		return mcc_status_from_errno(errno);
	query->state = QUERY_UDP;
	query->socket = sock;
	sock->in_flight++;
	server->in_flight++;
	slot = &live->hash[slot_of(sock, query->wire)];
	query->hash_next = *slot;
	*slot = query;
	return 0;
}

void live_udp_forget(struct live *live, struct live_query *query)
{
	struct udp_socket *sock = query->socket;
	struct live_query **slot = &live->hash[slot_of(sock, query->wire)];

	while (*slot != query)
		slot = &(*slot)->hash_next;
	*slot = query->hash_next;
	query->hash_next = NULL;
	query->socket = NULL;
	query->state = QUERY_WAITING;
	sock->server->in_flight--;
	sock->in_flight--;
	if (sock->is_retired && sock->in_flight == 0)
		retire(live, sock);
}

/* The query that a message on this socket answers, or NULL. */
static struct live_query *match(struct live *live, const struct udp_socket *sock,
				const uint8_t *wire, size_t len, bool *out_case_only)
{
	struct live_query *q;

	*out_case_only = false;
	if (len < PACKET_HEADER)
		return NULL;
	for (q = live->hash[slot_of(sock, wire)]; q != NULL; q = q->hash_next) {
		if (q->socket != sock)
			continue;
		if (packet_is_reply(wire, len, q->wire, out_case_only) || *out_case_only)
			return q;
	}
	return NULL;
}

static void take_datagram(struct live *live, const struct udp_socket *sock,
			  const uint8_t *wire, size_t len)
{
	bool case_only;
	struct live_query *q = match(live, sock, wire, len, &case_only);

	if (q == NULL)
		return;
	if (case_only) {
		/* Guessed, or from a server that does not keep the case: only
		 * a connection can tell. */
		q->tcp_next = true;
		live_try_failed(live, q, DNS_ANSWER, NULL);
	} else {
		live_take_reply(live, q, wire, len);
	}
}

/* Nobody listens at the server's port: everything sent there is lost. */
static void refuse_all(struct live *live, const struct udp_socket *sock, int error)
{
	struct live_query *q, *next;
	size_t i;

	live_server_refused(sock->server, dns_now_ms());
	for (i = 0; i < LIVE_HASH; i++) {
		for (q = live->hash[i]; q != NULL; q = next) {
			next = q->hash_next;
			if (q->socket != sock)
				continue;
			live_try_failed(live, q, DNS_UNVERIFIED,
					error == ECONNREFUSED
						? "nothing listens at the resolver's port"
						: "the resolver cannot be reached");
			/* What came of it may have moved this chain. */
			i--;
			break;
		}
	}
}

void live_udp_readable(struct live *live, struct udp_socket *sock)
{
	struct mmsghdr messages[UDP_BATCH];
	struct iovec vectors[UDP_BATCH];
	unsigned i, rounds;
	int count;

	for (i = 0; i < UDP_BATCH; i++) {
		vectors[i] =
			(struct iovec){live->batch + (size_t)i * UDP_BUFFER, UDP_BUFFER};
		memset(&messages[i], 0, sizeof(messages[i]));
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	for (rounds = 0; rounds < DRAIN_ROUNDS; rounds++) {
		count = recvmmsg(sock->fd, messages, UDP_BATCH, MSG_DONTWAIT, NULL);
		if (count < 0) {
			if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
				refuse_all(live, sock, errno);
			return;
		}
		for (i = 0; i < (unsigned)count; i++) {
			/* Longer than we said we take: not for us. */
			if ((messages[i].msg_hdr.msg_flags & MSG_TRUNC) == 0)
				take_datagram(live, sock, vectors[i].iov_base,
					      messages[i].msg_len);
		}
		if (count < UDP_BATCH)
			return;
	}
}
