/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers that do not fit each other or what the world expects: sizes of
 * messages and mailboxes, times of retries, reply codes.
 */
#include <inttypes.h>

#include "base/attr.h"
#include "lint/checks.h"
#include "lint/say.h"

enum { SIZE_ABSURD = 1 << 30, DAY = 86400 };

static int64_t number(const struct lint_run *run, enum param_id id)
{
	return site_setting(run->site, id)->number;
}

/* The one of two settings that main.cf sets, the second when it sets both. */
static const struct setting *set_one(const struct lint_run *run, enum param_id first,
				     enum param_id second)
{
	return site_setting(run->site, lint_is_set(run->site, second) ? second : first);
}

/* ---- sizes ---- */

static bool names_service(struct str transport, const char *service)
{
	ptrdiff_t colon = str_chr(transport, ':');

	return str_eqc(str_slice(transport, 0, colon < 0 ? transport.len : (size_t)colon),
		       service);
}

static void check_mailbox(const struct lint_run *run, enum param_id mailbox_id,
			  const char *program)
{
	int64_t message = number(run, PARAM_message_size_limit);
	int64_t mailbox = number(run, mailbox_id);
	const struct setting *at = set_one(run, mailbox_id, PARAM_message_size_limit);
	struct diag *d;

	if (!mailbox || (message && message <= mailbox) || at->origin == ORIGIN_DEFAULT)
		return;
	d = lint_say(run, RULE_MC310, lint_place_of(at),
		     "message_size_limit = %" PRId64 "%s is more than %s = %" PRId64
		     ": %s ends with an error each time it is started, and no mail is "
		     "delivered to mailboxes; set %s = 0 or to a larger number",
		     message, message ? "" : ", without limit,",
		     site_setting(run->site, mailbox_id)->param->name, mailbox, program,
		     site_setting(run->site, mailbox_id)->param->name);
	if (at->param->id != mailbox_id)
		lint_relate_setting(run, d, site_setting(run->site, mailbox_id));
}

static void check_sizes(const struct lint_run *run)
{
	const struct setting *message = site_setting(run->site, PARAM_message_size_limit);
	int64_t minfree = number(run, PARAM_queue_minfree);

	if (lint_value(run->site, PARAM_mydestination).len &&
	    names_service(lint_value(run->site, PARAM_local_transport), "local"))
		check_mailbox(run, PARAM_mailbox_size_limit, "local(8)");
	if (lint_value(run->site, PARAM_virtual_mailbox_domains).len &&
	    names_service(lint_value(run->site, PARAM_virtual_transport), "virtual"))
		check_mailbox(run, PARAM_virtual_mailbox_limit, "virtual(8)");
	if (message->origin != ORIGIN_DEFAULT &&
	    (message->number == 0 || message->number > SIZE_ABSURD))
		lint_say(run, RULE_MC312, lint_place_of(message),
			 "message_size_limit = %" PRId64
			 "%s: one message may fill the disk "
			 "of the queue, and then no mail is taken at all",
			 message->number, message->number ? " bytes" : " means no limit");
	if (minfree > 0 && minfree / 3 * 2 < message->number &&
	    (message->origin != ORIGIN_DEFAULT ||
	     lint_is_set(run->site, PARAM_queue_minfree)))
		lint_say(run, RULE_MC311,
			 lint_place_of(set_one(run, PARAM_message_size_limit,
					       PARAM_queue_minfree)),
			 "queue_minfree = %" PRId64 " is less than one and a half times "
			 "message_size_limit = %" PRId64
			 ": Postfix warns, and takes the larger number",
			 minfree, message->number);
}

/* ---- times ---- */

struct order {
	enum param_id small;
	enum param_id large;
	const char *effect;
};

static const struct order orders[] = {
	{PARAM_minimal_backoff_time, PARAM_maximal_backoff_time,
	 "the first retry waits longer than the last may"},
	{PARAM_queue_run_delay, PARAM_minimal_backoff_time,
	 "retries come later than the backoff times say"},
	{PARAM_bounce_queue_lifetime, PARAM_maximal_queue_lifetime,
	 "bounces are kept longer than mail"},
	{PARAM_delay_warning_time, PARAM_maximal_queue_lifetime,
	 "the warning of a delay comes after the mail was given up"},
};

static void check_times(const struct lint_run *run)
{
	const struct setting *life =
		site_setting(run->site, PARAM_maximal_queue_lifetime);

	for (size_t i = 0; i < array_len(orders); i++) {
		const struct order *o = &orders[i];
		const struct setting *at = set_one(run, o->large, o->small);

		if (at->origin != ORIGIN_DEFAULT &&
		    number(run, o->small) > number(run, o->large))
			lint_say(run, RULE_MC322, lint_place_of(at),
				 "%s is more than %s: %s",
				 site_setting(run->site, o->small)->param->name,
				 site_setting(run->site, o->large)->param->name,
				 o->effect);
	}
	if (life->origin != ORIGIN_DEFAULT && life->is_valid && life->number < 2 * DAY)
		lint_say_as(
			run, RULE_MC323, life->number ? DIAG_NOTE : DIAG_WARNING,
			lint_place_of(life),
			life->number
				? "mail is given up sooner than in two days: a "
				  "weekend without the other server is enough to lose "
				  "it; RFC 5321 asks for four to five days"
				: "each message is tried once and then bounces, "
				  "whatever the reason");
}

/* ---- reply codes ---- */

/* Those that say "never" by name; a 4xx makes the sender try for days. */
static bool is_for_good(enum param_id id)
{
	return id == PARAM_unknown_local_recipient_reject_code ||
	       id == PARAM_unknown_virtual_alias_reject_code ||
	       id == PARAM_unknown_virtual_mailbox_reject_code ||
	       id == PARAM_unknown_relay_recipient_reject_code ||
	       id == PARAM_relay_domains_reject_code || id == PARAM_reject_code ||
	       id == PARAM_access_map_reject_code || id == PARAM_maps_rbl_reject_code;
}

static void check_code(const struct lint_run *run, const struct setting *setting,
		       const struct site_service *service)
{
	(void)service;
	if (!setting->param || setting->param->kind != PARAM_KIND_smtp_code ||
	    !setting->is_valid || setting->param->id == PARAM_fault_injection_code)
		return;
	if (setting->number < 400 || setting->number > 599)
		lint_say(run, RULE_MC326, lint_place_of(setting),
			 "%s = %" PRId64
			 " is no code of a refusal: Postfix logs an error and "
			 "answers 450 instead",
			 setting->param->name, setting->number);
	else if (setting->number < 500 && is_for_good(setting->param->id))
		lint_say_as(
			run, RULE_MC326, DIAG_WARNING, lint_place_of(setting),
			"%s = %" PRId64 " is a setting for the days of a migration: what "
			"is refused is tried again for days, and the sender learns of "
			"his mistake only then; set it back to 5xx",
			setting->param->name, setting->number);
}

void lint_limits(const struct site *site, struct diag_queue *diags)
{
	const struct lint_run run = {site, diags};

	check_sizes(&run);
	check_times(&run);
	lint_each_setting(&run, check_code);
}
