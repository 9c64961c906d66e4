/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the typed model to the resolved configuration: settings, match lists,
 * decision programs, tables. `mcc build` writes the result, `mcc trace` walks
 * through it in memory.
 */
#ifndef MCC_EMIT_COMPILE_H
#define MCC_EMIT_COMPILE_H

#include <stdbool.h>

struct arena;
struct diag_queue;
struct rt_config;
struct site;

/*
 * Never NULL; what cannot be expressed is in the object as RT_OP_BROKEN,
 * RT_OP_UNSUPPORTED, RT_MATCH_ERROR or a failing table, as Postfix would fail
 * there. Restriction and match list mistakes are reported to diags where the
 * model has not done so (NULL: nothing is reported).
 */
struct rt_config *compile_site(struct arena *arena, struct site *site,
			       struct diag_queue *diags);

/*
 * Opens the tables of a compiled configuration over the source texts that the
 * model holds (no database is needed); what is not there fails at look-up.
 * Without a password file below --root every name counts as a user.
 */
void compile_open_sources(struct arena *arena, const struct site *site,
			  struct rt_config *config);

/*
 * What the site sets and the daemon does not honour: MC1301 where nothing is
 * lost by it, MC1302 where leaving it out would let someone in or lose mail.
 */
void compile_report_daemon(const struct site *site, const struct rt_config *config,
			   struct diag_queue *diags);

/*
 * Takes the listeners out of the configuration that mccd leaves out because
 * they demand TLS; said by compile_report_daemon().
 */
void compile_drop_unserved(const struct site *site, struct rt_config *config);

#endif
