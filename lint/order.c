/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order of restrictions, and what they need elsewhere. Whether a word is
 * one, has its argument and is reached is judged where lists become programs;
 * here it is about lists that are legal and do not do what they look like.
 */
#include "base/attr.h"
#include "grammar/list.h"
#include "lint/checks.h"
#include "lint/say.h"

/* ---- one list ---- */

struct restriction_list {
	const struct lint_run *run;
	const struct setting *setting;
	const struct site_service *service; /* whose override it is, or NULL */
	const struct list *list;
};

static struct str word_at(const struct restriction_list *l, size_t i)
{
	return l->list->items[i].text.str;
}

static struct lint_place place_at(const struct restriction_list *l, size_t i)
{
	return lint_place_of_word(l->setting, &l->list->items[i].text);
}

static bool is_list(const struct restriction_list *l, enum param_id id)
{
	return l->setting->param && l->setting->param->id == id;
}

static bool guards_relay(struct str word)
{
	return str_caseeqc(word, "reject_unauth_destination") ||
	       str_caseeqc(word, "defer_unauth_destination");
}

/* Lets somebody send to everybody because of who he is. */
static bool lets_own_clients(struct str word)
{
	static const char permits[] = "permit_mynetworks permit_sasl_authenticated "
				      "permit_tls_clientcerts permit_tls_all_clientcerts";

	return str_has_casetoken(str_of(permits), " ", word);
}

/* The first such word of the list; list->count: there is none. */
static size_t first_of(const struct restriction_list *l, bool (*is_it)(struct str word))
{
	for (size_t i = 0; i < l->list->count; i++)
		if (is_it(word_at(l, i)))
			return i;
	return l->list->count;
}

/* ---- who comes too late ---- */

static void check_late_permits(const struct restriction_list *l)
{
	size_t guard = first_of(l, guards_relay);

	for (size_t i = guard + 1; i < l->list->count; i++) {
		struct diag *d;

		if (!lets_own_clients(word_at(l, i)) ||
		    first_of(l, lets_own_clients) < guard)
			continue;
		d = lint_say(
			l->run, RULE_MC670, place_at(l, i),
			"'%.*s' comes too late: '%.*s' before it refuses mail to other "
			"sites from everybody, your own users too; put it in front",
			STR_ARG(word_at(l, i)), STR_ARG(word_at(l, guard)));
		diag_relate(l->run->diags, d, place_at(l, guard).span,
			    "this one refuses");
		return;
	}
}

/* Before the recipient list there is no second chance for those who log in. */
static void check_guard_without_users(const struct restriction_list *l)
{
	size_t guard = first_of(l, guards_relay);

	if (guard == l->list->count || first_of(l, lets_own_clients) < l->list->count ||
	    !lint_is_on(l->run->site, PARAM_smtpd_sasl_auth_enable) ||
	    !(is_list(l, PARAM_smtpd_client_restrictions) ||
	      is_list(l, PARAM_smtpd_helo_restrictions) ||
	      is_list(l, PARAM_smtpd_sender_restrictions)))
		return;
	lint_say(
		l->run, RULE_MC670, place_at(l, guard),
		"'%.*s' in this list refuses mail to other sites from users who logged in, "
		"too: no permit_sasl_authenticated stands before it; leave it to "
		"smtpd_relay_restrictions",
		STR_ARG(word_at(l, guard)));
}

static bool is_probe(struct str word)
{
	return str_caseeqc(word, "reject_unverified_recipient");
}

/* smtpd_relay_restrictions has decided before, where it is set. */
static void check_early_probe(const struct restriction_list *l)
{
	size_t probe = first_of(l, is_probe);
	size_t guard = first_of(l, guards_relay);

	if (probe >= guard || guard == l->list->count ||
	    lint_value(l->run->site, PARAM_smtpd_relay_restrictions).len)
		return;
	lint_say(
		l->run, RULE_MC671, place_at(l, probe),
		"'%.*s' stands before '%.*s': strangers can make this host ask any server "
		"of the world about any address; put it behind",
		STR_ARG(word_at(l, probe)), STR_ARG(word_at(l, guard)));
}

static void check_login_guard(const struct restriction_list *l)
{
	bool lets_users = false;

	for (size_t i = 0; i < l->list->count; i++) {
		struct str word = word_at(l, i);

		lets_users |= str_caseeqc(word, "permit_sasl_authenticated");
		if (!str_caseeqc(word, "reject_sender_login_mismatch") &&
		    !str_caseeqc(word, "reject_authenticated_sender_login_mismatch"))
			continue;
		if (lets_users)
			lint_say(
				l->run, RULE_MC609, place_at(l, i),
				"'%.*s' comes too late: permit_sasl_authenticated before it "
				"lets users through, and they can send in anybody's name",
				STR_ARG(word));
		/* A main.cf by itself: master.cf may name the maps. */
		if (!site_service_setting(l->run->site, l->service,
					  PARAM_smtpd_sender_login_maps)
			     ->value.str.len &&
		    l->setting->param)
			lint_say(
				l->run, RULE_MC630, place_at(l, i),
				"'%.*s' without smtpd_sender_login_maps: no user owns any "
				"address, and all mail of users is refused with 'not owned "
				"by user'",
				STR_ARG(word));
	}
}

/* ---- words that do nothing, or too much ---- */

static bool is_permit(struct str word)
{
	return str_caseeqc(word, "permit") || lets_own_clients(word);
}

static bool has_guard(const struct site *site)
{
	struct str list = lint_value(site, PARAM_smtpd_relay_restrictions);

	return lint_has_word(list, "reject_unauth_destination") ||
	       lint_has_word(list, "defer_unauth_destination") ||
	       lint_has_word(list, "reject");
}

static void check_permits_only(const struct restriction_list *l)
{
	if (is_list(l, PARAM_smtpd_relay_restrictions) || !l->list->count ||
	    l->setting->origin != ORIGIN_MAIN || !l->setting->param)
		return;
	for (size_t i = 0; i < l->list->count; i++)
		if (!is_permit(word_at(l, i)))
			return;
	/* Then nothing keeps strangers from relaying: MC601 tells of it. */
	if (is_list(l, PARAM_smtpd_recipient_restrictions) && !has_guard(l->run->site))
		return;
	lint_say(
		l->run, RULE_MC664, lint_place_of(l->setting),
		"%s holds nothing that refuses: a list of permits does nothing at all, since "
		"the end of a list permits, too",
		l->setting->param->name);
}

/* warn_if_reject in front of what is meant to refuse. */
static void check_warnings(const struct restriction_list *l)
{
	for (size_t i = 0; i + 1 < l->list->count; i++) {
		if (!str_caseeqc(word_at(l, i), "warn_if_reject"))
			continue;
		lint_say_as(
			l->run, RULE_MC608,
			guards_relay(word_at(l, i + 1)) ? DIAG_ERROR : DIAG_WARNING,
			place_at(l, i),
			"warn_if_reject is for tests: '%.*s' behind it only writes to "
			"the log and refuses nothing",
			STR_ARG(word_at(l, i + 1)));
	}
}

/* reject_rbl_client and its like take the next word, whatever it is. */
static bool takes_domain(struct str word)
{
	const struct restriction *r = restriction_find(word);

	return r && r->arg == RESTRICTION_ARG_DOMAIN;
}

static void check_swallowed(const struct restriction_list *l)
{
	for (size_t i = 0; i + 1 < l->list->count; i++) {
		if (!takes_domain(word_at(l, i)))
			continue;
		i++;
		if (restriction_find(word_at(l, i)))
			lint_say(
				l->run, RULE_MC607, place_at(l, i),
				"'%.*s' is taken for the name of the list that '%.*s' asks, "
				"and never runs; the name of a DNS list is missing between "
				"them",
				STR_ARG(word_at(l, i)), STR_ARG(word_at(l, i - 1)));
	}
}

static void check_mx_backup(const struct restriction_list *l)
{
	bool is_open = !lint_value(l->run->site, PARAM_permit_mx_backup_networks).len;

	for (size_t i = 0; i < l->list->count; i++)
		if (str_caseeqc(word_at(l, i), "permit_mx_backup"))
			lint_say_as(
				l->run, RULE_MC504, is_open ? DIAG_ERROR : DIAG_WARNING,
				place_at(l, i),
				"permit_mx_backup relays for every domain whose owner names "
				"this host as MX%s; list the domains in relay_domains "
				"instead",
				is_open ? ", since permit_mx_backup_networks is empty"
					: "");
}

static void check_list(const struct lint_run *run, const struct setting *setting,
		       const struct site_service *service)
{
	struct restriction_list l = {run, setting, service, NULL};

	if (setting->param && setting->param->kind != PARAM_KIND_restriction_list)
		return;
	l.list = site_list(run->site, setting);
	check_late_permits(&l);
	check_guard_without_users(&l);
	check_early_probe(&l);
	check_login_guard(&l);
	check_permits_only(&l);
	check_warnings(&l);
	check_swallowed(&l);
	check_mx_backup(&l);
}

/* ---- recipients nobody checks ---- */

static bool has_no_local_mail(const struct site *site)
{
	return !lint_value(site, PARAM_mydestination).len ||
	       str_starts(lint_value(site, PARAM_local_transport), "error") ||
	       lint_value(site, PARAM_luser_relay).len > 0;
}

static void check_recipients(const struct lint_run *run)
{
	const struct site *site = run->site;
	const struct setting *local = site_setting(site, PARAM_local_recipient_maps);
	const struct setting *relay = site_setting(site, PARAM_relay_domains);
	const struct setting *unlisted =
		site_setting(site, PARAM_smtpd_reject_unlisted_recipient);
	static const char effect[] =
		"mail to invented addresses is taken and then bounced to forged senders, "
		"who complain about this host";

	if (local->origin == ORIGIN_MAIN && !local->value.str.len &&
	    !has_no_local_mail(site))
		lint_say(run, RULE_MC648, lint_place_of(local),
			 "local_recipient_maps is empty: %s", effect);
	if (unlisted->origin == ORIGIN_MAIN && !unlisted->boolean)
		lint_say(run, RULE_MC654, lint_place_of(unlisted),
			 "smtpd_reject_unlisted_recipient is off: %s", effect);
	if (relay->origin == ORIGIN_MAIN && relay->value.str.len &&
	    !text_via_at(relay->value, 0) &&
	    !lint_value(site, PARAM_relay_recipient_maps).len &&
	    !lint_has_word(lint_value(site, PARAM_smtpd_recipient_restrictions),
			   "reject_unverified_recipient") &&
	    !lint_has_word(lint_value(site, PARAM_smtpd_relay_restrictions),
			   "reject_unverified_recipient"))
		lint_say(run, RULE_MC647, lint_place_of(relay),
			 "relay_domains without relay_recipient_maps: %s; list the valid "
			 "addresses",
			 effect);
}

void lint_order(const struct site *site, struct diag_queue *diags)
{
	const struct lint_run run = {site, diags};

	lint_each_setting(&run, check_list);
	check_recipients(&run);
}
