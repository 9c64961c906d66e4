/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every child of the daemon shares: its sockets, the options of the run,
 * its event loop and the generation in force.
 */
#ifndef MCC_MCCD_CHILD_H
#define MCC_MCCD_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "mccd/loop.h"
#include "mccd/peer.h"

struct arena;
struct rt_config;

/* Options of `mccd run`; the same in every process, constant. */
struct run_options {
	const char *generation; /* -g */
	const char *spool;	/* --spool: queue folder (default: queue_directory) */
	const char *
		root; /* --root: prefix of home folders, mailbox bases and etc/passwd; "" none */
	const char *const
		*listen; /* --listen ADDR:PORT, repeated; none: the services' ports */
	unsigned listen_count;
	const char *
		user; /* --user: whom the unprivileged processes become when started as root */
	const char *control; /* --control: socket of reload, stop, status, queue */
	const char *const *resolvers; /* --resolver IP@PORT; none: /etc/resolv.conf */
	unsigned resolver_count;
	uint16_t smtp_port; /* --smtp-port: remote port for MX delivery (tests); 25 */
	bool debug;
	/* Filled by the parent before it forks. */
	int spool_fd; /* the spool's folder, locked; -1 in net and send */
	uid_t uid;    /* what the unprivileged processes run as */
	gid_t gid;
};

/* A generation that this process has opened. Counted: transactions that began
 * with it keep it until they end. */
struct child_generation {
	uint64_t serial;
	const char *name;
	struct arena *arena;
	struct rt_config *config; /* tables are open */
	int dirfd;
	unsigned users;
	bool retired; /* freed when users reaches 0 */
};

/* What a child does about the parent's messages; members may be NULL. */
struct child_hooks {
	/* WIRE_PEER: a new socket to "net", "queue", "send" or "deliver"; an
	 * earlier one of the same name is dead. Takes fd. */
	void (*peer)(void *arg, const char *name, int fd);
	/* WIRE_LISTEN. Takes fd. */
	void (*listen)(void *arg, const char *address, const char *service, int fd);
	/* WIRE_CONTROL; false: does not parse. Answers go to child->parent. */
	bool (*control)(void *arg, struct wire_in *in);
	/* child->generation is a new one. */
	void (*switched)(void *arg);
	/* WIRE_STOP, or the parent is gone: finish or keep what there is, then
	 * loop_stop(). NULL: stop at once. May be called again. */
	void (*stop)(void *arg);
};

struct child {
	const struct run_options *options;
	struct loop *loop;
	struct peer parent;
	struct child_generation *generation; /* in force; never NULL after start */
	struct child_generation *pending;    /* opened, not yet in force */
	const struct child_hooks *hooks;
	void *arg; /* of the hooks */
	bool is_stopping;
};

/*
 * Opens the loop and the socket to the parent and waits for the first
 * generation; hooks are not called before this returns. `child` is zeroed.
 * A negative status, logged: the child must end.
 */
int child_start(struct child *child, const struct run_options *options, int parent_sock,
		const struct child_hooks *hooks, void *arg) MCC_MUST_CHECK;
/* Runs the loop until it is stopped; returns the exit status. */
int child_run(struct child *child);
void child_fini(struct child *child);

/* The generation in force, kept until it is released. */
struct child_generation *child_generation_hold(struct child *child);
void child_generation_release(struct child_generation *generation);

/*
 * What the process may still do, in a forked process before it reads a byte;
 * as an ordinary user no_new_privs is set. `keep_root` (deliver): the real
 * rights stay, to become the recipient; the others run no programs, start no
 * processes and write no files but below the spool. Status, logged.
 */
int child_drop_privileges(const struct run_options *options,
			  bool keep_root) MCC_MUST_CHECK;

/* The children's main functions; parent_sock is the socket to the parent. They
 * return an exit status and never return to the parent's code. */
int net_main(const struct run_options *options, int parent_sock);
int queue_main(const struct run_options *options, int parent_sock);
int send_main(const struct run_options *options, int parent_sock);
int deliver_main(const struct run_options *options, int parent_sock);

#endif
