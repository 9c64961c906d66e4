/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Next hops as transport(5), relayhost and smtp(8) write them: `host`,
 * `host:port`, `[host]`, `[host]:port`, `[address]`, `[IPv6:address]`,
 * `[address]:port`. Brackets: no MX look-up.
 */
#ifndef MCC_MCCD_SEND_NEXTHOP_H
#define MCC_MCCD_SEND_NEXTHOP_H

#include <stdbool.h>
#include <stdint.h>

struct send_nexthop {
	char host[256]; /* name, or numeric address, or path */
	uint16_t port;	/* 0: none given */
	bool is_bracketed;
	bool is_address;
	bool is_path;
};

/* False: none of the forms. Service names: smtp, smtps, submission. */
bool send_nexthop_parse(const char *text, struct send_nexthop *out);
/* Those of lmtp(8): also `unix:path` and `inet:` before the others, and never
 * a look-up of MX records. */
bool send_nexthop_parse_lmtp(const char *nexthop, struct send_nexthop *out);

#endif
