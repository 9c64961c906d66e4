/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network process: SMTP sessions on one event loop. Private to net*.c.
 *
 *	net.c		the process: hooks, resolver, queue
 *	net_accept.c	listeners, limits, out of descriptors
 *	net_count.c	sessions per client address
 *	net_session.c	bytes and timers of one session
 *	net_params.c	what it takes from the generation
 *	net_event.c	what the SMTP machine asks
 *	net_policy.c	evaluation, with questions to the DNS
 *	net_answers.c	what the DNS has answered to a session
 *	net_client.c	the client's name
 *	net_hosts.c	etc/hosts
 *	net_message.c	content, Received, hand-over to the queue
 */
#ifndef MCC_MCCD_NET_H
#define MCC_MCCD_NET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "dnscheck/resolver.h"
#include "mccd/child.h"
#include "mccd/smtp.h"
#include "runtime/policy.h"

struct arena;
struct strmap;

enum {
	NET_READ_MAX = 64 << 10,
	/* Sessions at once, when descriptors allow. */
	NET_SESSIONS_MAX = 10000,
	NET_RESERVED_FDS = 32,
	NET_LISTEN_MAX = 64,
	/* Content of messages that are being received; beyond it no further
	 * transaction begins. */
	NET_CONTENT_MAX = 512 << 20,
	/* The header section of one message, which is held in memory. */
	NET_HEAD_MAX = 1 << 20,
	/* Addresses of one message; they must fit into one packet. */
	NET_RECIPIENT_BYTES_MAX = 320 << 10,
	/* Rounds of questions of one decision. */
	NET_ROUNDS_MAX = 64,
	NET_BUCKETS = 4096
};

/* Sessions of one address (IPv6: of one /64). */
struct net_count {
	struct net_count *next;
	uint8_t key[16];
	unsigned sessions;
};

struct net_listener {
	struct net *net;
	struct loop_watch watch;
	char service[64];
};

struct net_session;

/* A question under way; session NULL: nobody waits any more. */
struct net_lookup {
	struct net_lookup *next;
	struct net_lookup **back;
	struct net_session *session;
	void (*done)(struct net_session *session, const struct dns_answer *answer);
};

struct net_answer {
	struct net_answer *next;
	const char *name;
	const char *type;
	struct policy_answer answer;
};

enum net_timer {
	NET_TIMER_COMMAND, /* the client is to send a command or content */
	NET_TIMER_SLEEP,   /* pause before a reply */
	NET_TIMER_ANSWER,  /* DNS or queue is to answer */
	NET_TIMER_LINGER   /* all is said; the client is to close */
};

struct net_message {
	int fd; /* memfd; -1: none */
	bool has_failed;
	uint64_t bytes;
	struct strbuf head; /* until has_head: the header section so far */
	size_t head_at;	    /* of it, what has been looked at */
	bool has_head;	    /* written */
	uint64_t submit_id; /* 0: not under way */
	char queue_id[32];
	const char *sender;
	bool eight_bit;
	const char **recipients;
	size_t recipient_count;
	size_t recipient_cap;
	size_t recipient_bytes;
};

struct net_session {
	struct net *net;
	struct net_session *next;
	struct net_session **back;
	struct loop_watch watch;
	struct loop_timer timer;
	enum net_timer timer_kind;
	struct smtp smtp;
	struct arena *arena; /* of the session */
	struct arena *trans; /* of the transaction; NULL: not needed yet */
	struct child_generation *generation;
	const struct rt_service *service;
	const char *service_name;
	bool is_stale; /* connect and HELO were judged by an older generation */
	/* the client */
	struct sockaddr_storage peer;
	struct net_count *count;
	const char *client;   /* "name[address]" */
	const char *ptr_name; /* while its addresses are looked up */
	struct policy_session policy;
	const char *helo; /* as sent */
	/* the event that is being decided */
	struct smtp_event event;
	unsigned rounds;
	unsigned waiting; /* questions without answer */
	struct net_lookup *lookups;
	struct net_answer *answers;
	struct net_message message;
	struct net_session *submit_next;
	/* bytes */
	char *rest; /* input not consumed */
	size_t rest_len;
	bool is_eof;
	bool is_sleeping;
	bool is_closing; /* flush, then close */
	bool is_lingering;
	bool is_working; /* events are being handed out; nobody resumes it */
};

struct net {
	struct child child;
	struct peer queue;
	struct resolver *resolver;
	struct loop_watch dns_watch;
	struct loop_timer dns_timer;
	struct strmap *hosts;
	struct arena *arena;
	struct net_listener listeners[NET_LISTEN_MAX];
	size_t listener_count;
	bool is_paused; /* not accepting: no descriptors */
	struct loop_timer pause;
	int spare_fd;
	struct net_session *sessions;
	unsigned session_count;
	unsigned session_max;
	uint64_t content_bytes;
	struct net_count *counts[NET_BUCKETS];
	struct net_session *submitters[NET_BUCKETS]; /* by submit_id */
	uint64_t last_submit;
	unsigned last_id; /* part of queue ids */
	unsigned id_salt;
	struct loop_timer stop_timer;
	struct loop_timer relink; /* the queue is gone */
	char input[NET_READ_MAX];
	char room[SMTP_CONTENT_ROOM(NET_READ_MAX)];
};

/* net_accept.c */
void net_listen(struct net *net, const char *service, int fd);
void net_listen_close(struct net *net);

/* net_count.c */
struct net_count *net_count_get(struct net *net, const struct sockaddr_storage *peer);
void net_count_release(struct net *net, struct net_count *count);

/* net_session.c */
void net_session_new(struct net *net, struct net_listener *listener, int fd,
		     const struct sockaddr_storage *peer);
void net_session_free(struct net_session *session);
/* An event was answered, or more can be done for another reason. */
void net_session_resume(struct net_session *session);
void net_session_shutdown(struct net_session *session);

/* net_params.c */
struct rt_context net_context(const struct net_session *session, struct arena *arena);
/* Takes over the parameters of the generation in force. */
void net_session_configure(struct net_session *session);
/* The SMTP machine's parameters anew, for the client's name and address. */
void net_session_params(struct net_session *session);

/* net_event.c */
void net_event(struct net_session *session, const struct smtp_event *event);
void net_answer_with(struct net_session *session, const struct policy_reply *reply);
void net_answer(struct net_session *session, int code, const char *dsn, const char *text);
void net_transaction_reset(struct net_session *session);

/* net_policy.c: decides session->event, now or when the DNS has answered. */
void net_policy_run(struct net_session *session);

/* net_answers.c */
void net_ask(struct net_session *session, const char *name, enum dns_type type,
	     void (*done)(struct net_session *, const struct dns_answer *));
void net_ask_ptr(struct net_session *session, int family, const uint8_t *address,
		 void (*done)(struct net_session *, const struct dns_answer *));
void net_forget_lookups(struct net_session *session);
void net_answers_add(struct net_session *session, const struct dns_answer *answer);
const struct policy_answer *net_answers_find(void *session, const char *name,
					     const char *type);

/* net_client.c: finds the client's name, then resumes the session. */
void net_client_begin(struct net_session *session);
void net_client_xclient(struct net_session *session, const struct smtp_xclient *x);

/* net_hosts.c */
void net_hosts_read(struct net *net);
/* First name of an address, or NULL. */
const char *net_hosts_find(const struct net *net, const char *address);

/* net_message.c */
bool net_message_begin(struct net_session *session);
/* The sender of the envelope as cleanup(8) writes it; in the transaction. NULL:
 * a table has no answer. */
const char *net_message_sender(struct net_session *session);

/* net_content.c */
void net_content_begin(struct net_session *session);
/* False: the header section is too long. */
bool net_content_end(struct net_session *session);
void net_message_content(struct net_session *session, struct str chunk);
bool net_message_add_recipient(struct net_session *session, const char *recipient);
void net_message_submit(struct net_session *session);
void net_message_drop(struct net_session *session);
bool net_on_submitted(struct net *net, struct wire_in *in);
void net_on_queue_gone(struct net *net);

#endif
