/* SPDX-License-Identifier: BSD-2-Clause */
/* What a table is for: it decides what its keys and results have to be. */
#ifndef MCC_LINT_USES_H
#define MCC_LINT_USES_H

#include <stddef.h>

#include "base/str.h"

struct site;
struct site_table;

/* One bit each: a table may serve several. */
enum lint_use {
	USE_ACCESS = 1 << 0, /* access(5), any of the check_*_access */
	USE_ACCESS_HELO = 1 << 1,
	USE_VIRTUAL = 1 << 2,	/* virtual_alias_maps */
	USE_CANONICAL = 1 << 3, /* canonical(5), generic(5) */
	USE_TRANSPORT = 1 << 4, /* transport(5) and *_transport_maps */
	USE_BY_SENDER = 1 << 5, /* sender_dependent_*: keys are senders */
	USE_RELAYHOST = 1 << 6, /* results are relay hosts */
	USE_HEADER = 1 << 7,	/* header_checks(5) of cleanup(8) */
	USE_HEADER_SMTP = 1 << 8,
	USE_HEADER_MILTER = 1 << 9,
	USE_POSTSCREEN = 1 << 10,
	USE_TLS_POLICY = 1 << 11,
	USE_SASL_PASSWORD = 1 << 12,
	/* access(5) by what the DNS of a stranger says: no row may permit */
	USE_ACCESS_UNTRUSTED = 1 << 13,
	USE_BODY = 1 << 14 /* also header_checks(5), of the lines of a body */
};

#define USES_HEADER (USE_HEADER | USE_HEADER_SMTP | USE_HEADER_MILTER)

/* For each table of the site, in its order; in the site's arena. */
unsigned *lint_uses(const struct site *site);
/* The table that `type:name` mentions, or NULL. */
const struct site_table *lint_find_table(const struct site *site, struct str mention);
/* What the name of a single file says; 0: nothing. */
unsigned lint_uses_of_name(const char *path);

#endif
