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

/* What other servers are told, and refuse. */
static void check_announced(const struct setting *setting, struct diag_queue *diags)
{
	struct str name = setting->value.str;
	struct diag *d;

	if (setting->origin == ORIGIN_DEFAULT || !name.len || label_problem(name))
		return;
	if (str_chr(name, '.') >= 0 && !str_ends(name, ".localdomain"))
		return;
	d = diag_add(diags, RULE_MC307, text_full_span(setting->value),
		     "'%.*s' is no name that the world knows: other servers are told it "
		     "in HELO, and many refuse mail from a name without a domain",
		     STR_ARG(name));
	diag_relate_via(diags, d, text_via_at(setting->value, 0));
}

/* ---- what was switched on to find a fault ---- */

static void check_loglevel(const struct setting *setting, struct diag_queue *diags)
{
	struct str level = setting->value.str;

	if (level.len == 1 && level.ptr[0] >= '2' && level.ptr[0] <= '9')
		diag_add(diags, RULE_MC329, text_full_span(setting->value),
			 "%s = %.*s logs what TLS says in detail: much text, and no help "
			 "but while a fault is looked for",
			 setting->param->name, STR_ARG(level));
}

static void check_peers(const struct setting *setting, struct diag_queue *diags)
{
	if (setting->value.str.len)
		diag_add(diags, RULE_MC329, text_full_span(setting->value),
			 "debug_peer_list makes logs grow by every line of these "
			 "sessions, passwords included");
}

static void check_debugging(const struct setting *setting, struct diag_queue *diags)
{
	if (setting->origin == ORIGIN_DEFAULT || !setting->param)
		return;
	if (setting->param->kind == PARAM_KIND_tls_loglevel)
		check_loglevel(setting, diags);
	if (setting->param->id == PARAM_debug_peer_list)
		check_peers(setting, diags);
}

void lint_debugging(const struct site *site, struct diag_queue *diags)
{
	for (size_t i = 0; i < PARAM_COUNT; i++)
		check_debugging(&site->settings[i], diags);
	for (size_t i = 0; i < site->service_count; i++)
		for (size_t k = 0; k < site->services[i].override_count; k++)
			check_debugging(&site->services[i].overrides[k], diags);
}

void lint_names(const struct site *site, struct diag_queue *diags)
{
	check_name(site_setting(site, PARAM_myhostname), diags);
	check_announced(site_setting(site, PARAM_myhostname), diags);
	check_name(site_setting(site, PARAM_mydomain), diags);
}
