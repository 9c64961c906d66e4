/* SPDX-License-Identifier: BSD-2-Clause */
/* Where smtp(8) and lmtp(8) are told to go, and what speaks to other servers. */
#ifndef MCC_LINT_HOP_H
#define MCC_LINT_HOP_H

#include <stdbool.h>

#include "base/str.h"

struct site;

/* `transport:nexthop`; either part may be empty. */
struct route {
	struct str transport;
	struct str nexthop;
};

struct route route_parse(struct str value);
/* Whether master.cf has a service of that name. */
bool route_is_known(const struct site *site, struct str transport);

/* Who carries mail of a transport to next hops. */
enum hop_agent { HOP_OTHER, HOP_SMTP, HOP_LMTP };

/* The program of the service; without such a service what its name says. */
enum hop_agent hop_agent_of(const struct site *site, struct str transport);

/*
 * What smtp(8) says of `host`, `[host]`, `host:port` or `[host]:port`, to go
 * on after "'...'"; NULL: it takes it.
 */
const char *hop_fault(struct str hop);
/* The same of a port. */
const char *hop_port_fault(struct str port);
/* The same of each hop of a list, as `agent` reads it. */
const char *hop_list_fault(struct str hops, enum hop_agent agent);

#endif
