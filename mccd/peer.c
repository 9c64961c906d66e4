/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A socket to another process on an event loop. Reads at most PEER_BURST
 * packets a turn, so that a busy peer does not starve the others. Writes that
 * would block are queued up to a bound: a stopped process (SIGSTOP) must
 * neither block this one nor fill its memory.
 */
#include "mccd/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"

enum { PEER_BURST = 64 };

struct peer_packet {
	struct peer_packet *next;
	struct wire_out out;
	int fd;
};

static void packet_free(struct peer_packet *packet)
{
	if (packet->fd >= 0)
		close(packet->fd);
	strbuf_fini(&packet->out.buf);
	free(packet);
}

void peer_close(struct peer *peer)
{
	if (!peer->is_open)
		return;
	loop_unwatch(peer->loop, &peer->watch);
	close(peer->watch.fd);
	while (peer->waiting != NULL) {
		struct peer_packet *packet = peer->waiting;

		peer->waiting = packet->next;
		packet_free(packet);
	}
	peer->last = NULL;
	peer->waiting_bytes = 0;
	free(peer->buf);
	peer->buf = NULL;
	peer->is_open = false;
	peer->turn++;
}

static void lose(struct peer *peer)
{
	peer_close(peer);
	if (peer->gone != NULL)
		peer->gone(peer->arg);
}

/* Sends what waits until the socket is full. False: the socket is broken. */
static bool flush(struct peer *peer)
{
	while (peer->waiting != NULL) {
		struct peer_packet *packet = peer->waiting;
		int status = wire_push(peer->watch.fd, &packet->out, packet->fd);

		if (status == MCC_EUNAVAIL)
			break;
		if (status < 0)
			return false;
		peer->waiting = packet->next;
		if (peer->waiting == NULL)
			peer->last = NULL;
		peer->waiting_bytes -= packet->out.buf.len;
		packet_free(packet);
	}
	loop_watch_events(peer->loop, &peer->watch,
			  EPOLLIN | (peer->waiting != NULL ? (uint32_t)EPOLLOUT : 0));
	return true;
}

/* False: no more to read this turn, or the peer is closed. */
static bool read_one(struct peer *peer)
{
	struct wire_in in = {.fd = -1};
	unsigned turn = peer->turn;
	int status = wire_recv(peer->watch.fd, peer->buf, &in);
	bool good;

	if (status == MCC_EUNAVAIL)
		return false;
	if (status <= 0) {
		if (status < 0)
			log_warn("%s: %s", peer->name, mcc_status_text(status));
		lose(peer);
		return false;
	}
	good = peer->packet(peer->arg, &in);
	if (in.fd >= 0)
		close(in.fd);
	if (peer->turn != turn)
		return false;
	if (!good) {
		log_error("%s: packet of type %d does not parse", peer->name,
			  (int)in.type);
		lose(peer);
	}
	return good;
}

static void peer_ready(void *arg, uint32_t events)
{
	struct peer *peer = arg;
	int burst = PEER_BURST;

	if ((events & EPOLLOUT) != 0 && !flush(peer)) {
		lose(peer);
		return;
	}
	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0)
		return;
	peer->is_yielding = false;
	while (burst-- > 0 && read_one(peer) && !peer->is_yielding)
		;
}

int peer_open(struct peer *peer, int sock)
{
	int status;

	peer->buf = malloc(WIRE_PACKET_MAX);
	if (peer->buf == NULL)
		return MCC_ENOMEM;
	if (fcntl(sock, F_SETFL, O_NONBLOCK) != 0) {
		free(peer->buf);
		return mcc_status_from_errno(errno);
	}
	peer->watch = (struct loop_watch){
		.fd = sock, .events = EPOLLIN, .ready = peer_ready, .arg = peer};
	status = loop_watch(peer->loop, &peer->watch);
	if (status < 0) {
		free(peer->buf);
		return status;
	}
	peer->is_open = true;
	return 0;
}

static int enqueue(struct peer *peer, struct wire_out *out, int fd)
{
	struct peer_packet *packet = calloc(1, sizeof(*packet));

	if (packet == NULL)
		return MCC_ENOMEM;
	packet->fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (fd >= 0 && packet->fd < 0) {
		free(packet);
		return MCC_EUNAVAIL;
	}
	packet->out = *out;
	strbuf_init(&out->buf, WIRE_PACKET_MAX);
	peer->waiting_bytes += packet->out.buf.len;
	if (peer->last != NULL)
		peer->last->next = packet;
	else
		peer->waiting = packet;
	peer->last = packet;
	return 0;
}

int peer_send(struct peer *peer, struct wire_out *out, int fd)
{
	int status = MCC_EUNAVAIL;

	if (out->buf.failed)
		status = MCC_ETOOBIG;
	else if (peer->is_open && peer->waiting == NULL)
		status = wire_push(peer->watch.fd, out, fd);
	/* A broken socket is seen again by the loop, which then reports it. */
	if (status == MCC_EUNAVAIL && peer->is_open &&
	    peer->waiting_bytes <= PEER_WAITING_MAX) {
		status = enqueue(peer, out, fd);
		loop_watch_events(peer->loop, &peer->watch, EPOLLIN | EPOLLOUT);
	}
	strbuf_fini(&out->buf);
	return status;
}

bool peer_drain(struct peer *peer, int ms)
{
	while (peer->is_open && peer->waiting != NULL && ms > 0) {
		struct pollfd p = {.fd = peer->watch.fd, .events = POLLOUT};
		int step = ms < 50 ? ms : 50;

		(void)poll(&p, 1, step);
		ms -= step;
		if (!flush(peer))
			return false;
	}
	return peer->waiting == NULL;
}
