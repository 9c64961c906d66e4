/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every child of the daemon shares: its sockets, the options of the run,
 * its event loop and the generation in force.
 */
#ifndef MCCD_CHILD_H
#define MCCD_CHILD_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct rt_config;

/* Options of `mccd run`; the same in every process, constant. */
struct run_options {
	const char *generation; /* -g */
	const char *spool; /* --spool: queue folder (default: queue_directory) */
	const char *root; /* --root: prefix of home folders, mailbox bases and etc/passwd; "" none */
	const char *const *listen; /* --listen ADDR:PORT, repeated; none: the services' ports */
	unsigned listen_count;
	const char *user; /* --user: whom the unprivileged processes become when started as root */
	const char *control; /* --control: socket of reload, stop, status, queue */
	const char *const *resolvers; /* --resolver IP@PORT; none: /etc/resolv.conf */
	unsigned resolver_count;
	uint16_t smtp_port; /* --smtp-port: remote port for MX delivery (tests); 25 */
	bool debug;
};

/* A generation that this process has opened. Counted: transactions that began
 * with it keep it until they end. */
struct child_generation {
	uint64_t serial;
	const char *name;
	struct arena *arena;
	struct rt_config *config; /* tables are open */
	unsigned users;
	bool retired; /* freed when users reaches 0 */
};

/* The children's main functions; parent_sock is the socket to the parent. They
 * return an exit status and never return to the parent's code. */
int net_main(const struct run_options *options, int parent_sock);
int queue_main(const struct run_options *options, int parent_sock);
int send_main(const struct run_options *options, int parent_sock);
int deliver_main(const struct run_options *options, int parent_sock);

#endif
