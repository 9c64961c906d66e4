/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sending process, for the files send*.c only.
 *
 * A job is one message for some recipients at one next hop. Its way: names to
 * addresses (send_mx.c), then session after session (send_session.c) until
 * every recipient has a final result or no address is left, then the answer to
 * the queue. All on one loop; nothing blocks but reading the content's file.
 */
#ifndef MCC_MCCD_SEND_H
#define MCC_MCCD_SEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "mccd/child.h"
#include "mccd/client.h"
#include "mccd/peer.h"
#include "mccd/send_nexthop.h"
#include "mccd/wire.h"

struct resolver;
struct send_session;

enum {
	SEND_JOBS_MAX = 200, /* twice what the queue sends */
	SEND_MX_MAX = 50,    /* hosts of one domain that are looked at */
	SEND_HOST_ADDRESSES_MAX = 20
};

struct send {
	struct child child;
	struct peer queue;
	struct resolver *resolver;
	struct loop_watch dns_watch;
	struct loop_timer dns_timer;
	struct send_job *jobs; /* list */
	size_t job_count;
	struct send_session *sessions; /* list */
	const char **own_addresses;    /* of the interfaces; heap */
	size_t own_address_count;
	uint64_t random;
};

struct send_address {
	struct sockaddr_storage address;
	socklen_t size;
	const char *host; /* name, for texts */
};

struct send_result {
	enum wire_outcome outcome;
	bool is_settled;
	const char *dsn;
	const char *text;
	const char *remote;
};

/* One MX host, or the next hop itself. */
struct send_host {
	struct send_job *job;
	const char *name;
	unsigned preference;
	uint32_t order; /* random, among equals */
	struct send_address v4[SEND_HOST_ADDRESSES_MAX];
	struct send_address v6[SEND_HOST_ADDRESSES_MAX];
	size_t v4_count;
	size_t v6_count;
};

struct send_job {
	struct send *send;
	struct send_job *next;
	struct arena *arena;
	struct child_generation *generation;
	uint64_t id;
	struct wire_sending w;
	int fd; /* the content */
	struct send_nexthop nexthop;
	struct send_host *hosts;
	size_t host_count;
	unsigned questions; /* under way */
	bool dns_failed;    /* one of them: cannot be told now */
	bool is_dropped;    /* the queue is gone; freed with the last answer */
	struct send_address *addresses;
	size_t address_count;
	size_t next_address;
	unsigned sessions;
	struct send_session *session;
	struct send_result *results; /* per recipient */
};

/* send.c */
/* Sets the result of all recipients that have no final one. */
void send_job_fail(struct send_job *job, enum wire_outcome outcome, const char *dsn,
		   const char *text);
/* Reports the results and frees the job. */
void send_job_report(struct send_job *job);

/* send_mx.c: calls send_job_try() with addresses, or reports. */
void send_job_resolve(struct send_job *job);

/* send_session.c */
/* The next address, or the report when there is none or no need. */
void send_job_try(struct send_job *job);
/* Closes all sessions of the job (NULL: of every job) without results. */
void send_sessions_drop(struct send *send, const struct send_job *job);

#endif
