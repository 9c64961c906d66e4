/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys and results of tables, judged by what the table is for. */
#ifndef MCC_LINT_RESULTS_H
#define MCC_LINT_RESULTS_H

#include <stdbool.h>

#include "grammar/parse.h"
#include "base/source.h"
#include "base/str.h"

struct pattern_file;
struct site;
struct table_file;

/* One row of any kind of table. */
struct lint_row {
	bool is_rule; /* the key is an expression or a network: no key to judge */
	struct str key;
	struct span key_span;
	struct str value;
	struct span value_span;
};

struct lint_results {
	const struct parse_ctx *ctx;
	const struct site *site; /* NULL: a file by itself */
	unsigned uses;
};

void lint_result_rows(const struct lint_results *r, const struct table_file *file);
void lint_result_rules(const struct lint_results *r, const struct pattern_file *file);

/* keys.c: MC906..MC910, MC912..MC916, MC1036. */
void lint_key(const struct lint_results *r, const struct lint_row *row);
/* access.c: MC622..MC627. */
/* What the argument of an action of access(5) or header_checks(5) has to be;
 * NULL: it is, or it is not looked at. */
const char *lint_action_fault(const char *action, struct str text);
void lint_access_result(const struct lint_results *r, const struct lint_row *row);
/* routes.c: MC330, MC1025, MC1027, MC1032, MC1043, MC1044. */
void lint_transport_result(const struct lint_results *r, const struct lint_row *row);
void lint_relayhost_result(const struct lint_results *r, const struct lint_row *row);
/* policies.c: MC722, MC927, MC935, MC936. */
void lint_header_result(const struct lint_results *r, const struct lint_row *row);
void lint_tls_policy_result(const struct lint_results *r, const struct lint_row *row);
void lint_password_result(const struct lint_results *r, const struct lint_row *row);
void lint_postscreen_result(const struct lint_results *r, const struct lint_row *row);

#endif
