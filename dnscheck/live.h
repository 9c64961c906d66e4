/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside of the live source: live.c decides (which server, how often, what an
 * answer means for the question), live_server.c keeps count of the servers'
 * health, live_udp.c and live_tcp.c move bytes. Only these include it.
 */
#ifndef MCC_DNSCHECK_LIVE_H
#define MCC_DNSCHECK_LIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "base/timer.h"
#include "dnscheck/packet.h"
#include "dnscheck/source.h"

struct arena;

enum {
	LIVE_HASH = 4096, /* chains for at most some thousand queries */
	SERVER_NAME = 64, /* "IP@PORT" */
	UDP_POOL = 32,	  /* sockets, hence ports, per server */
	UDP_BATCH = 32,	  /* datagrams taken by one system call */
	UDP_BUFFER = 4096,
	/* What getrandom(2) gives whole even when a signal comes. */
	RANDOM_BUFFER = 256
};

struct live_query;

/* What an epoll event points at. */
enum live_fd_kind { LIVE_UDP, LIVE_TCP };

struct udp_socket {
	enum live_fd_kind kind;
	int fd;
	struct server *server;
	unsigned uses;
	unsigned in_flight;
	bool is_retired;	 /* no longer in the pool: closed with its last query */
	struct udp_socket *next; /* of the graveyard */
};

struct tcp_conn {
	enum live_fd_kind kind;
	int fd;
	struct live_query *query; /* NULL: done with, to be closed */
	uint8_t out[2 + PACKET_QUERY_MAX];
	size_t out_len;
	size_t out_done;
	uint8_t *in; /* length prefix and message */
	size_t in_len;
	size_t in_done;
	struct tcp_conn *next; /* of all, or of the graveyard */
	struct tcp_conn **back;
};

struct server {
	struct sockaddr_storage addr;
	socklen_t addr_len;
	char name[SERVER_NAME];
	bool is_loopback;
	bool no_edns; /* it answered FORMERR to an OPT record */
	/* Health. */
	bool has_rtt;
	double rtt_ms; /* RFC 6298's SRTT and RTTVAR */
	double rtt_var_ms;
	unsigned failures;	/* in a row */
	uint64_t down_until_ms; /* not asked before, when another can be */
	uint64_t last_answer_ms;
	/* Congestion: a burst must not overrun a socket buffer on the way. */
	double window;
	double threshold;
	uint64_t last_cut_ms;
	unsigned in_flight;
	struct udp_socket *pool[UDP_POOL];
};

enum query_state { QUERY_WAITING, QUERY_UDP, QUERY_TCP };

struct live_query {
	struct dns_question *question;
	enum query_state state;
	struct timer timer;
	uint64_t deadline_ms;
	uint64_t sent_ms;
	unsigned server;	 /* the one it is with */
	unsigned long_tries;	 /* tries with a full time-out */
	unsigned backoff;	 /* time-outs so far, for the next one's length */
	uint32_t failed_servers; /* bits: said SERVFAIL, REFUSED, ... */
	enum dns_status worst;	 /* the failure to report; DNS_ANSWER: none yet */
	const char *detail;	 /* static text */
	bool tcp_next;
	bool checking_disabled; /* the probe for DNS_BOGUS */
	bool with_edns;
	bool was_malformed;
	struct udp_socket *socket;
	struct tcp_conn *tcp;
	struct live_query *hash_next;
	struct live_query *next; /* of the waiting ones */
	struct live_query *prev;
	uint8_t wire[PACKET_QUERY_MAX];
	size_t wire_len;
};

struct live {
	struct dns_source source;
	int epoll_fd;
	struct server servers[LIMIT_DNS_SERVERS];
	unsigned server_count;
	unsigned timeout_ms;
	unsigned tries;
	unsigned budget_ms;
	struct timers timers;
	struct live_query *hash[LIVE_HASH]; /* under way by UDP, by socket and id */
	struct live_query *spare;	    /* used again; by `next` */
	unsigned spare_count;
	struct live_query *waiting_first;
	struct live_query *waiting_last;
	struct tcp_conn *tcp_all;
	unsigned tcp_count;
	struct udp_socket *udp_graveyard;
	struct tcp_conn *tcp_graveyard;
	struct arena *scratch;
	uint8_t random[RANDOM_BUFFER];
	size_t random_left;
	uint8_t *batch; /* UDP_BATCH buffers */
};

/* live.c */
/* An untrusted message that matches the query by source, id and question. */
void live_take_reply(struct live *live, struct live_query *query, const uint8_t *wire,
		     size_t len);
/* A try came to nothing for a reason that is known at once. */
void live_try_failed(struct live *live, struct live_query *query, enum dns_status status,
		     const char *detail);
void live_random(struct live *live, void *out, size_t len);
void live_write_query(struct live *live, struct live_query *query, bool with_case);

/* live_server.c */
void live_server_init(struct server *server, uint64_t now);
/* The server to ask next, or -1: all have failed this question. *out_room:
 * whether its window has room now. */
int live_choose_server(struct live *live, const struct live_query *query, uint64_t now,
		       bool *out_room);
void live_server_answered(struct server *server, uint64_t rtt_ms, uint64_t now);
void live_server_timed_out(struct server *server, uint64_t now);
/* Nothing listens there: rest, without a doubt about the network. */
void live_server_refused(struct server *server, uint64_t now);
/* True when no server has answered for so long that waiting is pointless. */
bool live_all_dead(const struct live *live, uint64_t now);
unsigned live_try_timeout(const struct live *live, const struct server *server,
			  unsigned backoff);

/* live_udp.c */
/* Sends; 0 or a status when it cannot be sent at all. */
int live_udp_send(struct live *live, struct live_query *query);
/* Forgets a query that is under way (its late answer will be dropped). */
void live_udp_forget(struct live *live, struct live_query *query);
void live_udp_readable(struct live *live, struct udp_socket *sock);
void live_udp_close_all(struct live *live);
void live_udp_sweep(struct live *live);

/* live_tcp.c */
int live_tcp_start(struct live *live, struct live_query *query);
void live_tcp_forget(struct live *live, struct live_query *query);
void live_tcp_ready(struct live *live, struct tcp_conn *conn);
void live_tcp_close_all(struct live *live);
void live_tcp_sweep(struct live *live);

/* live_conf.c */
/* Fills live->servers from the options or resolv.conf. */
int live_configure(struct live *live, const struct resolver_options *options, char *err,
		   size_t err_size) MCC_MUST_CHECK;

#endif
