/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages between the daemon's processes:
 *
 *   parent   keeps the rights: binds ports, opens folders and the generation,
 *            forks, hands over descriptors, reaps, answers the control socket
 *   net      unprivileged: SMTP server; evaluates policies
 *   queue    unprivileged: owns the spool, schedules, expands aliases, bounces
 *   send     unprivileged: SMTP client, DNS
 *   deliver  may change to the recipient's user: Maildir
 *
 * Each pair that talks has one SOCK_SEQPACKET socket: parent with all, queue
 * with net, send and deliver. A message is one packet: a fixed header, then
 * fields, each length-checked; at most one descriptor travels with it. What
 * does not parse is a broken peer: the reader ends, and the parent starts it
 * again.
 */
#ifndef MCCD_WIRE_H
#define MCCD_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

enum wire_type {
	/* parent -> child: a generation (descriptor: its folder). The child
	 * verifies and opens it beside the old one and answers. */
	WIRE_GENERATION = 1,   /* u64 serial, str name */
	WIRE_GENERATION_READY, /* child -> parent: u64 serial, str error ("" ready) */
	/* parent -> child, after all children are ready (or one has failed) */
	WIRE_GENERATION_SWITCH, /* u64 serial */
	WIRE_GENERATION_DROP,	/* u64 serial */
	WIRE_STOP,		/* finish or keep what there is, then exit 0 */
	WIRE_LISTEN, /* parent -> net: str address with port, str service; descriptor */
	WIRE_PEER, /* parent -> child: str name of the peer; descriptor: the socket to it */

	/* net -> queue: a message. Descriptor: a sealed memfd with the content
	 * (LF line ends, headers with Received on top). */
	WIRE_SUBMIT, /* u64 id, submission (struct wire_submission) */
	WIRE_SUBMITTED, /* queue -> net: u64 id, u64 enum wire_verdict, str queue id or reason */

	/* queue -> deliver; descriptor: a file with the content, read-only */
	WIRE_DELIVER,	/* u64 job, struct wire_delivery */
	WIRE_DELIVERED, /* deliver -> queue: u64 job, struct wire_result */

	/* queue -> send; descriptor: a file with the content, read-only */
	WIRE_SEND, /* u64 job, struct wire_sending */
	WIRE_SENT, /* send -> queue: u64 job, one struct wire_result per recipient */

	/* parent <-> queue: the operator's commands; answers are texts */
	WIRE_CONTROL,	   /* u64 id, str command, str argument */
	WIRE_CONTROL_REPLY /* u64 id, u64 exit status, str text; u64 more (1: goes on) */
};

/* Largest packet. A socket without privileges takes no more than twice
 * net.core.wmem_max (416 KiB); net keeps the recipients of one message below
 * 320 KiB. */
#define WIRE_PACKET_MAX (384 * 1024)

/* Addresses in one packet: what a client may give, and BCC actions add. */
#define WIRE_RECIPIENTS_MAX 2000

/* Builder and reader of one packet. */
struct wire_out {
	struct strbuf buf;
};

struct wire_in {
	struct str rest;
	bool bad; /* a field ran past the end */
	enum wire_type type;
	int fd; /* -1: none; the reader's to close */
};

void wire_begin(struct wire_out *out, enum wire_type type);
void wire_put_u64(struct wire_out *out, uint64_t n);
void wire_put_str(struct wire_out *out, struct str s);
void wire_put_cstr(struct wire_out *out, const char *s); /* NULL is "" */
/* Sends and frees the builder; fd -1: none (never closed here). Blocks only
 * when the socket is blocking. MCC_EUNAVAIL: the socket is full. */
int wire_send(int sock, struct wire_out *out, int fd) MCC_MUST_CHECK;
/* The same without freeing the builder, for a second try. Most processes use
 * peer.h, which queues. */
int wire_push(int sock, const struct wire_out *out, int fd) MCC_MUST_CHECK;

/*
 * Receives one packet into buf (WIRE_PACKET_MAX bytes). 1: a packet; 0: the
 * peer has closed; negative: MCC_EUNAVAIL (nothing there), MCC_EFORMAT.
 */
int wire_recv(int sock, char *buf, struct wire_in *in) MCC_MUST_CHECK;
uint64_t wire_get_u64(struct wire_in *in);
struct str wire_get_str(struct wire_in *in); /* borrows from buf */
/* True when everything was read and nothing was wrong. */
bool wire_end(const struct wire_in *in);

struct arena;

struct wire_submission {
	const char *sender;	       /* internal form, "" is <> */
	const char *const *recipients; /* as given at RCPT, rewritten */
	size_t recipient_count;
	const char *client_address;
	const char *client_name;
	const char *helo;
	const char *queue_id; /* chosen by net: it stands in Received */
	bool eight_bit;	      /* BODY=8BITMIME */
	bool hold;	      /* access table: HOLD */
	bool discard;	      /* access table: DISCARD: answer 250, keep nothing */
	const char *redirect; /* access table: REDIRECT, or "" */
	const char *filter;   /* FILTER or content_filter, or "" */
	bool unmapped;	      /* no aliases, canonical tables, copies */
};

enum wire_place {
	WIRE_MAILDIR = 1, /* `mailbox` below base or home, ends in "/" */
	WIRE_MBOX,	  /* `mailbox` below base or home */
	WIRE_SPOOL_MBOX,  /* the same, in a folder of the system */
	WIRE_FILE,	  /* `mailbox` below base "/": of an alias */
	WIRE_COMMAND	  /* `mailbox` is the command */
};

struct wire_delivery {
	enum wire_place place;
	const char *queue_id;
	const char *sender;
	const char *recipient; /* address after aliases */
	const char *original;  /* for X-Original-To */
	const char *user;      /* local user whose home holds the mailbox; "": virtual */
	const char *mailbox;   /* local: home_mailbox; virtual: path below base */
	const char *base;      /* virtual_mailbox_base; "" for local */
	uint64_t uid;	       /* virtual: owner; local: looked up by deliver */
	uint64_t gid;
	uint64_t size_limit; /* 0: none */
	uint64_t arrived;    /* seconds since 1970; part of the Maildir name */
	bool replay;	     /* may have been delivered before a crash: search cur/ too */
	uint64_t content_at; /* where the content stands in the descriptor's file */
	uint64_t content_size;
	const char *client_address;
	const char *client_name;
	const char *helo;
};

/* What became of a submission; 250, 451 and 452 to the client. */
enum wire_verdict { WIRE_REFUSED, WIRE_STORED, WIRE_NO_SPACE };

enum wire_outcome { WIRE_DONE = 1, WIRE_DEFERRED, WIRE_FAILED };

struct wire_result {
	enum wire_outcome outcome;
	const char *dsn;    /* "2.0.0", "4.4.1", "5.1.1" */
	const char *text;   /* for logs and bounces; clean */
	const char *remote; /* host that answered, or "" */
};

struct wire_sending {
	const char *queue_id;
	const char *sender;
	const char *const *recipients; /* all for one destination */
	size_t recipient_count;
	const char *nexthop; /* "example.com", "[host]", "[host]:port", "host:port" */
	bool eight_bit;
	bool is_lmtp;	     /* nexthop may be "unix:path" or "inet:host:port" too */
	uint64_t content_at; /* where the content stands in the descriptor's file */
	uint64_t content_size;
};

void wire_put_submission(struct wire_out *out, const struct wire_submission *s);
bool wire_get_submission(struct wire_in *in, struct arena *arena,
			 struct wire_submission *out);
void wire_put_delivery(struct wire_out *out, const struct wire_delivery *d);
bool wire_get_delivery(struct wire_in *in, struct arena *arena,
		       struct wire_delivery *out);
void wire_put_sending(struct wire_out *out, const struct wire_sending *s);
bool wire_get_sending(struct wire_in *in, struct arena *arena, struct wire_sending *out);
void wire_put_result(struct wire_out *out, const struct wire_result *r);
bool wire_get_result(struct wire_in *in, struct arena *arena, struct wire_result *out);

#endif
