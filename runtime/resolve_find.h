/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Look-ups in lists of tables, and the derived keys of an address that Postfix
 * tries one after the other. Private to runtime/.
 */
#ifndef MCC_RUNTIME_RESOLVE_FIND_H
#define MCC_RUNTIME_RESOLVE_FIND_H

#include <stdbool.h>

#include "base/str.h"
#include "runtime/map.h"

struct rt_context;
struct rt_maps;
struct rt_origin;

/* Reports a step when somebody listens. Any of table, key may be empty. */
void rt_trace(const struct rt_context *ctx, const char *what,
	      const struct rt_origin *origin, const char *result);

/*
 * One key in the tables of a list, left to right; the first answer wins, the
 * first failure ends the search. `partial` keys are not tried in tables that
 * are matched as a whole (regexp, pcre, cidr, static). An empty value counts
 * as a failure. `what` names the parameter in the trace.
 */
enum rt_found rt_maps_find(const struct rt_context *ctx, const struct rt_maps *maps,
			   const char *what, struct str key, bool partial,
			   struct str *out_value);
/* The same in one table, by its index in rt_config.maps; values may be empty. */
enum rt_found rt_table_find(const struct rt_context *ctx, size_t map, const char *what,
			    struct str key, bool partial, struct str *out_value);

/* Keys that are tried, in this order. */
enum rt_find_keys {
	RT_FIND_FULL = 1,		/* user+ext@domain */
	RT_FIND_NOEXT = 2,		/* user@domain */
	RT_FIND_LOCALPART_IF_LOCAL = 4, /* user+ext, user; own domains only */
	RT_FIND_AT_DOMAIN = 8,		/* @domain */
	RT_FIND_DOMAIN = 16,		/* domain, parents */
	RT_FIND_PARENT_IS_DOT = 32,	/* parents as ".domain" */
	RT_FIND_LOCALPART_AT = 64,	/* user+ext@, user@ */
	RT_FIND_EXTERNAL_ONLY = 128,	/* never with the unquoted key */
	RT_FIND_DEFAULT = RT_FIND_FULL | RT_FIND_NOEXT | RT_FIND_LOCALPART_IF_LOCAL |
			  RT_FIND_AT_DOMAIN
};

struct rt_find {
	const struct rt_context *ctx;
	const struct rt_maps *maps;
	const char *what;
	unsigned keys;
};

/*
 * Looks an address (internal form) up. out_extension (may be NULL) gets the
 * part that was left out of the matching key, with its delimiter, else empty.
 */
enum rt_found rt_find_address(const struct rt_find *find, struct str address,
			      struct str *out_value, struct str *out_extension);

/* Is the domain one of the site itself (mydestination, own addresses)? */
enum rt_found rt_domain_is_local(const struct rt_context *ctx, struct str domain);
/* A numeric address is one of inet_interfaces. */
bool rt_address_is_interface(const struct rt_context *ctx, struct str address);
/* A numeric address is one of the site's interfaces or of its proxies. */
bool rt_address_is_own(const struct rt_context *ctx, struct str address);
/* The list of that name matches parent domains (parent_domain_matches_...). */
bool rt_parent_matches(const struct rt_context *ctx, const char *list);

/* NUL-terminated copy in the context's arena. */
const char *rt_text(const struct rt_context *ctx, struct str s);

#endif
