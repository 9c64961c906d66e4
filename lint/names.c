/* SPDX-License-Identifier: BSD-2-Clause */
/* Host and domain names that Postfix would refuse (RFC 1123 2.1). */
#include "base/diag.h"
#include "base/text.h"
#include "lint/checks.h"
#include "lint/label.h"
#include "mcc/model/site.h"

static void check_name(const struct setting *setting, struct diag_queue *diags)
{
	const char *why;

	/* Defaults are made from the host's name; empty is MC305's business. */
	if (setting->origin == ORIGIN_DEFAULT || setting->value.str.len == 0)
		return;
	why = label_problem(setting->value.str);
	if (why)
		diag_add(diags, RULE_MC306, text_full_span(setting->value),
			 "'%.*s' is no host name: %s; every Postfix program stops at it",
			 STR_ARG(setting->value.str), why);
}

void lint_names(const struct site *site, struct diag_queue *diags)
{
	check_name(site_setting(site, PARAM_myhostname), diags);
	check_name(site_setting(site, PARAM_mydomain), diags);
}
