/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One end of a socket between two processes, on an event loop: packets that
 * do not fit into the socket now wait here, in order, and leave when there is
 * room. A peer that is gone or talks nonsense is reported once.
 */
#ifndef MCC_MCCD_PEER_H
#define MCC_MCCD_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include "mccd/loop.h"
#include "mccd/wire.h"

struct peer_packet;

struct peer {
	struct loop *loop;
	struct loop_watch watch;
	const char *name; /* for the log; borrowed */
	/* A packet; what it does not take of in->fd is closed afterwards (set
	 * in->fd to -1 to keep it). False: the packet is wrong. May close the
	 * peer. */
	bool (*packet)(void *arg, struct wire_in *in);
	/* The other end is gone; the peer is closed already. May be NULL. */
	void (*gone)(void *arg);
	void *arg;
	/* The peer's own. */
	char *buf;
	struct peer_packet *waiting;
	struct peer_packet *last;
	size_t waiting_bytes;
	bool is_open;
	bool is_yielding; /* set by packet(): no more packets this turn */
	unsigned turn;	  /* changes when the peer is closed */
};

/* Takes sock and makes it non-blocking. The members loop, name, packet, gone
 * and arg are set by the caller, the rest is zero or of a closed peer. */
int peer_open(struct peer *peer, int sock) MCC_MUST_CHECK;
/* Closes the socket and forgets what waits; no callback. Closed is allowed. */
void peer_close(struct peer *peer);
/*
 * Sends, or keeps until it can be sent; frees the builder in any case. fd is
 * duplicated when it has to wait and stays the caller's. Status:
 * MCC_EUNAVAIL the peer is closed or more than PEER_WAITING_MAX bytes wait,
 * MCC_ETOOBIG. A connection that breaks is told by `gone`, not here.
 */
int peer_send(struct peer *peer, struct wire_out *out, int fd) MCC_MUST_CHECK;
/* Tries to send what waits, blocking at most `ms`; true: nothing waits. */
bool peer_drain(struct peer *peer, int ms);

#define PEER_WAITING_MAX ((size_t)64 << 20)

#endif
