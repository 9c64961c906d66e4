/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Next hops as smtp(8) takes them apart. What it cannot take apart makes it
 * end with an error, and the mail stays in the queue.
 */
#include "lint/hop.h"

#include <sys/socket.h>

#include "grammar/master.h"
#include "lint/label.h"
#include "lint/net.h"
#include "mcc/model/site.h"

enum { PORT_MAX = 65535 };

const char *hop_port_fault(struct str port)
{
	uint64_t number;

	if (!str_is_digits(port))
		return NULL; /* a name, or empty: the usual one */
	if (!str_to_u64(port, &number) || number < 1 || number > PORT_MAX)
		return "has a port that is none of 1 to 65535";
	return NULL;
}

/* An address, or a name as RFC 1123 has it. */
static const char *host_fault(struct str host)
{
	struct net net;
	bool is_v6 = host.len > 5 && str_caseeqc(str_slice(host, 0, 5), "ipv6:");

	if (!host.len)
		return "has no host";
	for (size_t i = 0; i < host.len; i++)
		if ((unsigned char)host.ptr[i] >= 0x80)
			return NULL; /* becomes ASCII before it is looked at */
	if (is_v6)
		host = str_slice(host, 5, host.len);
	if (net_parse_address(host, &net) && (!is_v6 || net.family == AF_INET6))
		return NULL;
	return is_v6 || label_problem(host) ? "names no host and has no address" : NULL;
}

const char *hop_fault(struct str hop)
{
	const char *fault;
	ptrdiff_t at;

	if (hop.len && hop.ptr[0] == '[') {
		at = str_chr(hop, ']');
		if (at < 0)
			return "has no ']'";
		fault = host_fault(str_slice(hop, 1, (size_t)at));
		hop = str_slice(hop, (size_t)at + 1, hop.len);
		if (!fault && hop.len && hop.ptr[0] != ':')
			return "goes on behind the ']', where only ':port' may stand";
		if (fault || !hop.len)
			return fault;
		return hop_port_fault(str_slice(hop, 1, hop.len));
	}
	at = str_rchr(hop, ':');
	fault = host_fault(str_slice(hop, 0, at < 0 ? hop.len : (size_t)at));
	if (fault || at < 0)
		return fault;
	return hop_port_fault(str_slice(hop, (size_t)at + 1, hop.len));
}

const char *hop_list_fault(struct str hops, enum hop_agent agent)
{
	const char *fault = NULL;
	struct str hop;

	/* lmtp(8) knows two more forms. */
	if (agent == HOP_LMTP && str_starts(hops, "unix:"))
		return NULL;
	if (agent == HOP_LMTP && str_starts(hops, "inet:"))
		hops = str_slice(hops, strlen("inet:"), hops.len);
	while (agent != HOP_OTHER && !fault && str_token(&hops, ", \t\r\n", &hop))
		fault = hop_fault(hop);
	return fault;
}

struct route route_parse(struct str value)
{
	ptrdiff_t colon = str_chr(value, ':');

	if (colon < 0)
		return (struct route){value, {value.ptr + value.len, 0}};
	return (struct route){str_slice(value, 0, (size_t)colon),
			      str_slice(value, (size_t)colon + 1, value.len)};
}

bool route_is_known(const struct site *site, struct str transport)
{
	for (size_t i = 0; i < site->service_count; i++)
		if (str_eq(site->services[i].node->fields[MASTER_NAME], transport))
			return true;
	return false;
}

static enum hop_agent agent_of_program(struct str program)
{
	if (str_eqc(program, "lmtp"))
		return HOP_LMTP;
	return str_eqc(program, "smtp") ? HOP_SMTP : HOP_OTHER;
}

enum hop_agent hop_agent_of(const struct site *site, struct str transport)
{
	for (size_t i = 0; site && i < site->service_count; i++) {
		const struct master_service *service = site->services[i].node;

		if (str_eq(service->fields[MASTER_NAME], transport) &&
		    !str_eqc(service->fields[MASTER_TYPE], "inet"))
			return agent_of_program(service->fields[MASTER_COMMAND]);
	}
	return str_eqc(transport, "relay") ? HOP_SMTP : agent_of_program(transport);
}
