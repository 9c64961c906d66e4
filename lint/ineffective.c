/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Settings that do nothing, because another one is asked first, because what
 * they belong to is off, or because they are read from elsewhere; and what was
 * left on from a search for a fault or a migration.
 */
#include <string.h>

#include "base/attr.h"
#include "lint/checks.h"
#include "lint/say.h"

/* ---- one setting hides another ---- */

struct shadow {
	enum param_id hidden;
	enum param_id by; /* when that is not empty */
	const char *why;
};

/* local(8) asks its ways of delivery in this order. */
#define DELIVERY "is asked first by local(8), so this is never used"

static const struct shadow shadows[] = {
	{PARAM_mynetworks_style, PARAM_mynetworks,
	 "is set, so this is not used to make it"},
	{PARAM_home_mailbox, PARAM_mailbox_transport, DELIVERY},
	{PARAM_home_mailbox, PARAM_mailbox_command, DELIVERY},
	{PARAM_mailbox_command, PARAM_mailbox_transport, DELIVERY},
	{PARAM_mailbox_command_maps, PARAM_mailbox_transport, DELIVERY},
	{PARAM_mail_spool_directory, PARAM_mailbox_transport, DELIVERY},
	{PARAM_mail_spool_directory, PARAM_mailbox_command, DELIVERY},
	{PARAM_mail_spool_directory, PARAM_home_mailbox, DELIVERY},
};

static void check_shadows(const struct lint_run *run)
{
	bool is_told[PARAM_COUNT] = {false};

	for (size_t i = 0; i < array_len(shadows); i++) {
		const struct setting *hidden = site_setting(run->site, shadows[i].hidden);
		const struct setting *by = site_setting(run->site, shadows[i].by);
		struct diag *d;

		if (hidden->origin == ORIGIN_DEFAULT || !hidden->value.str.len ||
		    by->origin == ORIGIN_DEFAULT || !by->value.str.len ||
		    is_told[shadows[i].hidden])
			continue;
		is_told[shadows[i].hidden] = true;
		d = diag_add(run->diags, RULE_MC340, hidden->name_span, "%s %s",
			     by->param->name, shadows[i].why);
		lint_relate_setting(run, d, by);
		diag_fix(run->diags, d, "delete this line, or the one of %s",
			 by->param->name);
	}
}

static void check_config_directory(const struct lint_run *run)
{
	const struct setting *setting = site_setting(run->site, PARAM_config_directory);

	if (setting->origin != ORIGIN_DEFAULT && setting->name_span.file)
		diag_add(
			run->diags, RULE_MC340, setting->name_span,
			"config_directory in main.cf comes too late: Postfix has found this "
			"file by then; what counts is MAIL_CONFIG, the option -c, or the "
			"default");
}

/* postconf(5), luser_relay: smtpd refuses unknown users before it is asked. */
static void check_luser_relay(const struct lint_run *run)
{
	const struct setting *setting = site_setting(run->site, PARAM_luser_relay);

	if (setting->origin == ORIGIN_DEFAULT || !setting->value.str.len ||
	    !lint_value(run->site, PARAM_local_recipient_maps).len ||
	    !lint_value(run->site, PARAM_mydestination).len)
		return;
	lint_say(run, RULE_MC343, lint_place_of(setting),
		 "luser_relay gets no mail from outside: smtpd refuses unknown users by "
		 "local_recipient_maps before; write 'local_recipient_maps =' to take "
		 "mail for every name");
}

/* ---- logins that are prepared and not made ---- */

static bool has_client_login(const struct site *site)
{
	if (lint_is_on(site, PARAM_smtp_sasl_auth_enable))
		return true;
	for (size_t i = 0; i < site->service_count; i++)
		if (site_service_setting(site, &site->services[i],
					 PARAM_smtp_sasl_auth_enable)
			    ->boolean)
			return true;
	return false;
}

static void check_passwords(const struct lint_run *run)
{
	const struct setting *maps =
		site_setting(run->site, PARAM_smtp_sasl_password_maps);
	const struct setting *auth = site_setting(run->site, PARAM_smtp_sasl_auth_enable);

	if (maps->origin != ORIGIN_DEFAULT && maps->value.str.len &&
	    !has_client_login(run->site))
		/* A main.cf by itself: master.cf may switch it on. */
		lint_say_as(run, RULE_MC344, run->site->master ? DIAG_WARNING : DIAG_NOTE,
			    lint_place_of(maps),
			    "there are passwords for other servers, but "
			    "smtp_sasl_auth_enable is off: Postfix never logs in; set "
			    "smtp_sasl_auth_enable = yes");
	if (auth->origin != ORIGIN_DEFAULT && auth->boolean && !maps->value.str.len)
		lint_say(
			run, RULE_MC746, lint_place_of(auth),
			"smtp_sasl_auth_enable = yes without smtp_sasl_password_maps: "
			"smtp(8) ends with an error each time it is started, and no mail "
			"leaves this host");
}

/* ---- left on ---- */

static void check_left_on(const struct lint_run *run, const struct setting *setting,
			  const struct site_service *service)
{
	(void)service;
	if (setting->param && setting->param->id == PARAM_soft_bounce && setting->boolean)
		lint_say(
			run, RULE_MC328, lint_place_of(setting),
			"soft_bounce is for tests: nothing is refused for good, mail for "
			"unknown users stays in queues for days, and spammers come back; set "
			"it to no");
}

static void check_banner(const struct lint_run *run, const struct setting *setting,
			 const struct site_service *service)
{
	struct str name;

	if (!setting->param || setting->param->id != PARAM_smtpd_banner)
		return;
	name = site_service_setting(run->site, service, PARAM_myhostname)->value.str;
	if (str_starts(setting->raw.str, "$myhostname") ||
	    str_starts(setting->raw.str, "${myhostname}") ||
	    str_starts(setting->raw.str, "$(myhostname)") ||
	    str_caseeq(str_slice(setting->value.str, 0, name.len), name))
		return;
	lint_say(run, RULE_MC327, lint_place_of(setting),
		 "RFC 5321 wants the name of the host as the first word of the banner; "
		 "begin it with $myhostname");
}

void lint_ineffective(const struct site *site, struct diag_queue *diags)
{
	const struct lint_run run = {site, diags};

	check_shadows(&run);
	check_config_directory(&run);
	check_luser_relay(&run);
	check_passwords(&run);
	lint_each_setting(&run, check_left_on);
	lint_each_setting(&run, check_banner);
}
