/* SPDX-License-Identifier: BSD-2-Clause */
/* A bare IPv6 address has colons too; it needs brackets to be one. */
#include "mccd/send_nexthop.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "runtime/address.h"

static bool parse_port(struct str text, uint16_t *out)
{
	static const struct {
		const char *name;
		uint16_t port;
	} services[] = {{"smtp", 25},
			{"smtps", 465},
			{"submissions", 465},
			{"submission", 587},
			{"lmtp", 24}};
	uint64_t n;

	for (size_t i = 0; i < array_len(services); i++) {
		if (str_eqc(text, services[i].name)) {
			*out = services[i].port;
			return true;
		}
	}
	if (!str_to_u64(text, &n) || n == 0 || n > UINT16_MAX)
		return false;
	*out = (uint16_t)n;
	return true;
}

static bool set_host(struct send_nexthop *out, struct str host)
{
	struct str literal = out->is_bracketed ? hostaddr_of_literal(host) : STR_LIT("");

	out->is_address = literal.len > 0;
	if (out->is_address)
		host = literal;
	else if (!hostname_is_valid(host))
		return false;
	if (host.len == 0 || host.len >= sizeof(out->host))
		return false;
	memcpy(out->host, host.ptr, host.len);
	out->host[host.len] = '\0';
	return true;
}

bool send_nexthop_parse(const char *text, struct send_nexthop *out)
{
	struct str rest = str_of(text);
	struct str host;
	ptrdiff_t end;

	*out = (struct send_nexthop){0};
	if (str_starts(rest, "[")) {
		end = str_chr(rest, ']');
		if (end < 0)
			return false;
		out->is_bracketed = true;
		host = str_slice(rest, 1, (size_t)end);
		rest = str_slice(rest, (size_t)end + 1, rest.len);
		if (rest.len > 0 && rest.ptr[0] != ':')
			return false;
	} else {
		end = str_chr(rest, ':');
		if (end < 0)
			end = (ptrdiff_t)rest.len;
		host = str_slice(rest, 0, (size_t)end);
		rest = str_slice(rest, (size_t)end, rest.len);
	}
	if (rest.len > 0 && !parse_port(str_slice(rest, 1, rest.len), &out->port))
		return false;
	return set_host(out, host);
}

bool send_nexthop_parse_lmtp(const char *nexthop, struct send_nexthop *out)
{
	struct str rest = str_of(nexthop);
	char text[512];

	if (str_starts(rest, "unix:")) {
		rest = str_slice(rest, 5, rest.len);
		*out = (struct send_nexthop){.is_path = true};
		if (rest.len == 0 || rest.len >= sizeof(out->host))
			return false;
		memcpy(out->host, rest.ptr, rest.len);
		return true;
	}
	if (str_starts(rest, "inet:"))
		rest = str_slice(rest, 5, rest.len);
	if (!str_starts(rest, "[")) {
		/* In brackets a numeric address is one, and MX plays no part. */
		ptrdiff_t colon = str_chr(rest, ':');
		size_t len = colon < 0 ? rest.len : (size_t)colon;
		int n = snprintf(text, sizeof(text), "[%.*s]%.*s", (int)len, rest.ptr,
				 (int)(rest.len - len), rest.ptr + len);

		return n > 0 && (size_t)n < sizeof(text) && send_nexthop_parse(text, out);
	}
	return rest.len < sizeof(text) && send_nexthop_parse(rest.ptr, out);
}
