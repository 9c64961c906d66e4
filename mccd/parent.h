/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parent process: keeps the rights and the descriptors (ports, spool,
 * generation), starts the others, hands descriptors over, and never reads a
 * byte from the network. Private to parent*.c and control.c, except
 * parent_run().
 */
#ifndef MCC_MCCD_PARENT_H
#define MCC_MCCD_PARENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "mccd/child.h"
#include "mccd/loop.h"
#include "mccd/peer.h"

struct arena;
struct rt_config;

enum parent_role { PARENT_NET, PARENT_QUEUE, PARENT_SEND, PARENT_DELIVER, PARENT_ROLES };

enum {
	PARENT_LISTEN_MAX = 32,
	PARENT_CLIENTS_MAX = 16,
	PARENT_ERROR_MAX = 512,
	PARENT_FAILED = 3 /* exit status */
};

struct parent;

struct parent_child {
	struct parent *parent;
	enum parent_role role;
	pid_t pid; /* 0: not running */
	struct peer peer;
	bool is_up;	  /* works by the generation in force */
	bool is_ready;	  /* has opened the pending generation */
	uint64_t started; /* loop_now() */
	unsigned restarts;
	unsigned quick_deaths; /* in a row */
	struct loop_timer restart;
};

struct parent_generation {
	uint64_t serial;
	struct arena *arena; /* NULL: none */
	const char *name;
	struct rt_config *config; /* tables closed */
	int dirfd;
};

struct parent_listener {
	int fd;
	char address[96]; /* "127.0.0.1:25", "[::1]:25" */
	char service[64];
};

/* One operator at the control socket. */
struct control_client {
	struct parent *parent;
	struct peer peer;
	struct loop_timer timeout;
	uint64_t id; /* of the forwarded command; 0: none */
};

enum parent_stop { PARENT_RUNS, PARENT_STOP_NET, PARENT_STOP_QUEUE, PARENT_STOP_REST };

struct parent {
	struct run_options *options;
	struct loop *loop;
	struct parent_child children[PARENT_ROLES];
	struct parent_generation current;
	struct parent_generation pending;
	uint64_t last_serial;
	struct loop_timer switch_timeout;
	bool reload_again;		      /* asked for while one was under way */
	struct control_client *reload_client; /* who waits for the result */
	struct parent_listener listeners[PARENT_LISTEN_MAX];
	size_t listener_count;
	struct control_client clients[PARENT_CLIENTS_MAX];
	struct loop_watch control; /* listening socket */
	uint64_t last_id;
	struct loop_watch signals;
	enum parent_stop stop;
	struct loop_timer stop_timeout;
	uint64_t began;	   /* loop_now() */
	bool is_announced; /* all processes were up once */
	int status;	   /* of the exit */
};

/* Runs the daemon; returns the exit status. Fills the parent's members of
 * options. */
int parent_run(struct run_options *options) MCC_MUST_CHECK;

const char *parent_role_name(enum parent_role role);

/* parent_child.c */
int parent_child_start(struct parent *parent, enum parent_role role) MCC_MUST_CHECK;
void parent_children_reap(struct parent *parent);
void parent_child_up(struct parent_child *child);
void parent_child_signal(struct parent_child *child, int signal);

/* parent_switch.c: two-phase change of the generation. */
int parent_generation_open(struct parent *parent, struct parent_generation *out_g,
			   char *err, size_t err_size) MCC_MUST_CHECK;
void parent_generation_close(struct parent_generation *g);
/* The result is logged, and told to the client (NULL: a signal asked). */
void parent_reload(struct parent *parent, struct control_client *client);
bool parent_on_ready(struct parent_child *child, struct wire_in *in);
void parent_switch_check(struct parent *parent);
int parent_send_generation(struct parent_child *child,
			   const struct parent_generation *g) MCC_MUST_CHECK;

/* parent_spool.c */
int parent_spool_open(struct parent *parent) MCC_MUST_CHECK;

/* parent_listen.c */
int parent_listen_open(struct parent *parent) MCC_MUST_CHECK;
int parent_listen_write(struct parent *parent) MCC_MUST_CHECK;
/* The first thing that the second configuration would have us listen on
 * otherwise, for a message; NULL: nothing. */
const char *parent_listen_change(const struct rt_config *now,
				 const struct rt_config *next);

/* parent.c */
void parent_stop(struct parent *parent);
void parent_stop_check(struct parent *parent);

/* control.c */
int control_open(struct parent *parent) MCC_MUST_CHECK;
void control_close(struct parent *parent);
void control_reply(struct control_client *client, int status, const char *text);
/* WIRE_CONTROL_REPLY of the queue. */
bool control_on_queue_reply(struct parent *parent, struct wire_in *in);
void control_queue_gone(struct parent *parent);

#endif
