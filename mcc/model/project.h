/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc.cf: a project's own settings, beside main.cf and in its syntax. Options
 * on the command line win over it. This header is the interface that the
 * command line (mcc/cli_site.c, mcc/check.c) uses.
 */
#ifndef MCC_MODEL_PROJECT_H
#define MCC_MODEL_PROJECT_H

#include <stddef.h>

#include "base/diag.h"

struct arena;
struct source_set;

struct project_severity {
	enum rule rule;
	enum diag_severity severity; /* DIAG_OFF: disabled */
};

/* NULL or zero: not set. */
struct project_options {
	const char *postfix_version;
	const char *platform;
	const char *hostname;
	const char *profile;
	const struct project_severity *severities; /* disable, enable, severity */
	size_t severity_count;
	const char *const *public_addresses;
	size_t public_address_count;
};

/*
 * Reads dir/mcc.cf; without the file everything is unset. Never NULL. Unknown
 * names, unknown rules and bad words are diagnostics (MC201, MC304).
 */
const struct project_options *project_load(struct arena *arena,
					   struct source_set *sources,
					   struct diag_queue *diags, const char *dir);

/*
 * The host name a site is for: `name` or, when NULL, this host's, made fully
 * qualified as Postfix does (".localdomain" when it has no dot). In the arena.
 */
const char *site_qualify_hostname(struct arena *arena, const char *name);

#endif
