/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DNS over TCP (RFC 7766), for answers that did not fit or could not be
 * trusted by UDP. One connection carries one query; their number is bounded by
 * LIMIT_DNS_TCP. A message is read to its stated length and no further.
 */
#include "dnscheck/live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/status.h"
#include "dnscheck/answer.h"

int live_tcp_start(struct live *live, struct live_query *query)
{
	struct server *server = &live->servers[query->server];
	struct epoll_event ev = {.events = EPOLLOUT};
	struct tcp_conn *conn;
	int fd, status;

	if (live->tcp_count >= LIMIT_DNS_TCP)
		return MCC_EUNAVAIL;
	fd = socket(server->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    0);
	if (fd < 0)
		return mcc_status_from_errno(errno);
	conn = dns_alloc(sizeof(*conn));
	conn->kind = LIVE_TCP;
	conn->fd = fd;
	ev.data.ptr = conn;
	if ((connect(fd, (const struct sockaddr *)&server->addr, server->addr_len) < 0 &&
	     errno != EINPROGRESS) ||
	    epoll_ctl(live->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0) {
		status = mcc_status_from_errno(errno);
		close(fd);
		free(conn);
		return status;
	}
	live_write_query(live, query, false);
	conn->out[0] = (uint8_t)(query->wire_len >> 8);
	conn->out[1] = (uint8_t)query->wire_len;
	memcpy(conn->out + 2, query->wire, query->wire_len);
	conn->out_len = query->wire_len + 2;
	conn->query = query;
	conn->next = live->tcp_all;
	conn->back = &live->tcp_all;
	if (conn->next != NULL)
		conn->next->back = &conn->next;
	live->tcp_all = conn;
	live->tcp_count++;
	query->tcp = conn;
	query->state = QUERY_TCP;
	return 0;
}

/* Its query waits again; the sweep closes the socket. */
static void bury(struct live *live, struct tcp_conn *conn)
{
	conn->query->tcp = NULL;
	conn->query->state = QUERY_WAITING;
	conn->query = NULL;
	*conn->back = conn->next;
	if (conn->next != NULL)
		conn->next->back = conn->back;
	conn->next = live->tcp_graveyard;
	live->tcp_graveyard = conn;
	live->tcp_count--;
}

void live_tcp_forget(struct live *live, struct live_query *query)
{
	bury(live, query->tcp);
}

void live_tcp_sweep(struct live *live)
{
	struct tcp_conn *conn;

	while ((conn = live->tcp_graveyard) != NULL) {
		live->tcp_graveyard = conn->next;
		close(conn->fd);
		free(conn->in);
		free(conn);
	}
}

void live_tcp_close_all(struct live *live)
{
	struct tcp_conn *conn, *next;

	for (conn = live->tcp_all; conn != NULL; conn = next) {
		next = conn->next;
		bury(live, conn);
	}
	live_tcp_sweep(live);
}

static void conn_failed(struct live *live, struct tcp_conn *conn)
{
	live_try_failed(live, conn->query, DNS_SERVFAIL,
			"the answer is too long for UDP, and TCP fails");
}

/* True when all is sent; else waits for the next event, or has failed. */
static bool conn_send(struct live *live, struct tcp_conn *conn)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = conn};
	ssize_t n;

	while (conn->out_done < conn->out_len) {
		n = send(conn->fd, conn->out + conn->out_done,
			 conn->out_len - conn->out_done, MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
			return false;
		if (n < 0) {
			conn_failed(live, conn);
			return false;
		}
		conn->out_done += (size_t)n;
	}
	if (conn->in != NULL)
		return true;
	conn->in = dns_alloc(2 + UINT16_MAX);
	conn->in_len = 2;
	if (epoll_ctl(live->epoll_fd, EPOLL_CTL_MOD, conn->fd, &ev) < 0) {
		conn_failed(live, conn);
		return false;
	}
	return true;
}

static void conn_complete(struct live *live, struct tcp_conn *conn)
{
	bool case_only;
	const uint8_t *wire = conn->in + 2;
	size_t len = conn->in_len - 2;

	/* The case of letters guards against forgers, who cannot be here. */
	if (len < PACKET_HEADER ||
	    (!packet_is_reply(wire, len, conn->query->wire, &case_only) && !case_only))
		live_try_failed(live, conn->query, DNS_SERVFAIL,
				"the answer is to another question");
	else if (packet_is_truncated(wire))
		live_try_failed(live, conn->query, DNS_SERVFAIL,
				"the answer is cut off even over TCP");
	else
		live_take_reply(live, conn->query, wire, len);
}

static void conn_receive(struct live *live, struct tcp_conn *conn)
{
	ssize_t n;

	for (;;) {
		n = recv(conn->fd, conn->in + conn->in_done, conn->in_len - conn->in_done,
			 0);
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
			return;
		if (n <= 0) {
			conn_failed(live, conn);
			return;
		}
		conn->in_done += (size_t)n;
		if (conn->in_done < conn->in_len)
			continue;
		if (conn->in_len > 2) {
			conn_complete(live, conn);
			return;
		}
		conn->in_len = 2 + ((size_t)conn->in[0] << 8 | conn->in[1]);
		if (conn->in_len == 2) {
			conn_failed(live, conn);
			return;
		}
	}
}

void live_tcp_ready(struct live *live, struct tcp_conn *conn)
{
	if (conn->query != NULL && conn_send(live, conn))
		conn_receive(live, conn);
}
