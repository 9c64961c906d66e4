/* SPDX-License-Identifier: BSD-2-Clause */
/* Which addresses the world can reach (RFC 6890 and its registries). */
#ifndef MCC_DNSCHECK_SCOPE_H
#define MCC_DNSCHECK_SCOPE_H

#include <stdint.h>

enum address_scope {
	SCOPE_GLOBAL,
	SCOPE_LOOPBACK,
	SCOPE_PRIVATE, /* RFC 1918, RFC 6598, link-local, unique local, unspecified */
	SCOPE_DOCUMENTATION /* RFC 5737, RFC 3849, RFC 9637 */
};

enum address_scope address_scope_of(int family, const uint8_t *address);

#endif
