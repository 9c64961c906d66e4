/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The catalogue of rules, from rules.def. Holds data only: what a rule looks
 * at is written where it is checked.
 */
#include "base/diag.h"

static const struct rule_info rules[RULE_COUNT] = {
#define RULE(id, name, severity, subject) [RULE_##id] = {#id, #name, severity, subject},
#include "base/rules.def"
#undef RULE
};

const struct rule_info *rule_info(enum rule rule)
{
	MCC_ASSERT(rule < RULE_COUNT);
	return &rules[rule];
}

bool rule_find(struct str id_or_name, enum rule *out_rule)
{
	for (unsigned i = 0; i < RULE_COUNT; i++) {
		if (!str_caseeqc(id_or_name, rules[i].id) &&
		    !str_caseeqc(id_or_name, rules[i].name))
			continue;
		*out_rule = (enum rule)i;
		return true;
	}
	return false;
}

const char *diag_severity_name(enum diag_severity severity)
{
	static const char *const names[] = {
		[DIAG_ERROR] = "error", [DIAG_WARNING] = "warning",
		[DIAG_NOTE] = "note",	[DIAG_UNVERIFIED] = "unverified",
		[DIAG_OFF] = "off",
	};

	MCC_ASSERT(severity < array_len(names));
	return names[severity];
}
