/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Results that say where mail goes: transport(5) and its like, relay hosts by
 * sender. `transport:nexthop`; either part may be missing.
 */
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "lint/hop.h"
#include "lint/net.h"
#include "lint/results.h"
#include "mcc/model/site.h"

static bool speaks_smtp(struct str transport)
{
	static const char *const names[] = {"", "smtp", "lmtp", "relay"};

	for (size_t i = 0; i < array_len(names); i++)
		if (str_eqc(transport, names[i]))
			return true;
	return false;
}

/* 192.0.2.1 or 192.0.2.1:25, without brackets. */
static bool is_bare_address(struct str nexthop)
{
	ptrdiff_t colon = str_chr(nexthop, ':');
	struct net net;

	if (colon > 0 && str_rchr(nexthop, ':') == colon)
		nexthop = str_slice(nexthop, 0, (size_t)colon);
	return net_parse_address(nexthop, &net);
}

static void check_nexthop(const struct lint_results *r, const struct lint_row *row,
			  struct route route)
{
	const char *fault =
		hop_list_fault(route.nexthop, hop_agent_of(r->site, route.transport));

	if (fault)
		diag_add(
			r->ctx->diags, RULE_MC1044, row->value_span,
			"'%.*s' %s: the transport ends with an error, and mail that goes "
			"this way stays in the queue",
			STR_ARG(route.nexthop), fault);
	else if (speaks_smtp(route.transport) && is_bare_address(route.nexthop))
		diag_add(
			r->ctx->diags, RULE_MC1027, row->value_span,
			"'%.*s' is taken for a domain, whose mail exchanger is asked for; "
			"an address stands in brackets",
			STR_ARG(route.nexthop));
	else if ((str_eqc(route.transport, "error") ||
		  str_eqc(route.transport, "retry")) &&
		 !route.nexthop.len)
		diag_add(r->ctx->diags, RULE_MC1032, row->value_span,
			 "without a text behind the ':' senders are told no reason");
}

void lint_transport_result(const struct lint_results *r, const struct lint_row *row)
{
	struct route route = route_parse(row->value);

	if (row->is_rule && str_chr(row->value, '$') >= 0)
		return;
	if (route.transport.len &&
	    memchr(route.transport.ptr, ' ', route.transport.len)) {
		diag_add(r->ctx->diags, RULE_MC1043, row->value_span,
			 "'%.*s' is no name of a transport: a result is "
			 "transport:nexthop, without blanks",
			 STR_ARG(route.transport));
		return;
	}
	if (!route.transport.len && route.nexthop.len && route.nexthop.ptr[0] == ' ') {
		diag_add(r->ctx->diags, RULE_MC1043, row->value_span,
			 "nothing stands before the ':', so the transport stays as it is "
			 "and '%.*s' is the host; a transport's name comes first",
			 STR_ARG(str_trim(route.nexthop)));
		return;
	}
	if (r->site && r->site->master && route.transport.len &&
	    !route_is_known(r->site, route.transport))
		diag_add(r->ctx->diags, RULE_MC1025, row->value_span,
			 "master.cf has no service '%.*s': mail that goes this way stays "
			 "in the queue",
			 STR_ARG(route.transport));
	check_nexthop(r, row, route);
}

void lint_relayhost_result(const struct lint_results *r, const struct lint_row *row)
{
	struct route route = route_parse(row->value);

	if (row->is_rule && str_chr(row->value, '$') >= 0)
		return;
	if (str_starts(route.nexthop, "//") || str_starts(route.nexthop, "["))
		diag_add(r->ctx->diags, RULE_MC330, row->value_span,
			 "a relay host is host, host:port, [host] or [host]:port, "
			 "without a transport: '%.*s' would be the host here",
			 STR_ARG(route.transport));
	else if (hop_list_fault(row->value, HOP_SMTP) && !is_bare_address(row->value))
		diag_add(r->ctx->diags, RULE_MC330, row->value_span,
			 "'%.*s' %s: smtp ends with an error, and mail of this sender "
			 "stays in the queue",
			 STR_ARG(row->value), hop_list_fault(row->value, HOP_SMTP));
	else if (is_bare_address(row->value))
		diag_add(
			r->ctx->diags, RULE_MC1027, row->value_span,
			"'%.*s' is taken for a domain, whose mail exchanger is asked for; "
			"an address stands in brackets",
			STR_ARG(row->value));
}
