/* SPDX-License-Identifier: BSD-2-Clause */
/* Second half of rt_resolve(): class, transport, next hop. Private. */
#ifndef MCC_RUNTIME_RESOLVE_ROUTE_H
#define MCC_RUNTIME_RESOLVE_ROUTE_H

#include <stdbool.h>

#include "base/str.h"

struct rt_context;
struct rt_route;

struct rt_route_request {
	const struct rt_context *ctx;
	struct str recipient; /* with a valid domain */
	struct str domain;
	struct str sender;
	bool is_local;
};

/* Fills class, transport, nexthop, decided_by; status when a table fails. */
void rt_route_choose(const struct rt_route_request *request, struct rt_route *route);

#endif
