/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The check that smtpd makes when it starts: without a restriction that keeps
 * strangers from relaying it refuses to serve anybody. It is a search for
 * words, not a proof, and is repeated here with its gaps.
 */
#include "base/limits.h"
#include "grammar/cf.h"
#include "grammar/list.h"
#include "mcc/emit/compiler.h"

/*
 * Only the text counts: a word that stands as an argument counts too. From
 * 2.10 on the search ends at `permit` and passes over what follows
 * warn_if_reject.
 */
struct relay_search {
	const struct compiler *c;
	bool is_modern;
	size_t words; /* looked at; classes within classes can double endlessly */
};

static bool has_relay_control(struct relay_search *search, const struct list *list,
			      unsigned depth)
{
	const struct compiler *c = search->c;

	for (size_t i = 0; depth < LIMIT_POLICY_DEPTH && i < list->count; i++) {
		struct str word = list->items[i].text.str;
		const struct restriction *r = restriction_find(word);
		const struct setting *class;

		if (search->words++ > LIMIT_POLICY_WORDS)
			return false;
		if (search->is_modern && str_caseeqc(word, "warn_if_reject")) {
			i++;
			continue;
		}
		if (search->is_modern && str_caseeqc(word, "permit"))
			return false;
		if (r && r->prevents_open_relay)
			return true;
		class = compiler_is_class(c, word)
				? site_service_find_own(c->site, c->service, word)
				: NULL;
		if (class &&
		    has_relay_control(search, site_list(c->site, class), depth + 1))
			return true;
	}
	return false;
}

static void report_relay_control(struct compiler *c, const struct setting *relay,
				 const struct setting *recipient)
{
	const struct setting *at =
		recipient->name_span.file || !relay ? recipient : relay;
	struct span place = at->name_span;
	static const char advice[] =
		"smtpd refuses to start. Add reject_unauth_destination";

	if (!c->diags)
		return;
	/* Nothing is set: the place is the file that does not say it. */
	if (!place.file)
		place = (struct span){c->site->main->src->id, 0, 0};
	if (relay)
		diag_add(
			c->diags, RULE_MC601, place,
			"neither smtpd_relay_restrictions nor smtpd_recipient_restrictions "
			"rejects strangers' mail to other sites: %s",
			advice);
	else
		diag_add(
			c->diags, RULE_MC601, place,
			"smtpd_recipient_restrictions does not reject strangers' mail to "
			"other sites: %s",
			advice);
}

const char *compiler_relay_control(struct compiler *c)
{
	const struct setting *relay = compiler_stage_setting(c, RT_STAGE_RELAY);
	const struct setting *recipient = compiler_stage_setting(c, RT_STAGE_RECIPIENT);

	struct relay_search search = {
		c, pf_version_reached(c->site->options.version, "2.10"), 0};

	if (has_relay_control(&search, site_list(c->site, recipient), 0) ||
	    (relay && has_relay_control(&search, site_list(c->site, relay), 0)))
		return NULL;
	report_relay_control(c, relay, recipient);
	if (!relay)
		return "parameter \"smtpd_recipient_restrictions\": specify at least one "
		       "working instance of: check_relay_domains, "
		       "reject_unauth_destination, reject, defer or defer_if_permit";
	return "in parameter smtpd_relay_restrictions or smtpd_recipient_restrictions, "
	       "specify at least one working instance of: reject_unauth_destination, "
	       "defer_unauth_destination, reject, defer, defer_if_permit or "
	       "check_relay_domains";
}
