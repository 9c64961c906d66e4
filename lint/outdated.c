/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words of restriction lists that time has overtaken: lists of the DNS that
 * were closed or went into others, and names that have newer ones. Nothing
 * fails loudly: a closed list answers nothing, or everything.
 */
#include <string.h>

#include "base/diag.h"
#include "base/text.h"
#include "grammar/list.h"
#include "grammar/vocabulary.h"
#include "lint/checks.h"
#include "mcc/model/site.h"

struct closed_zone {
	const char *zone; /* and everything below it */
	const char *when;
};

static const struct closed_zone closed_zones[] = {
	{"sorbs.net", "in June 2024"},
	{"ordb.org", "in 2006"},
	{"dsbl.org", "in 2008"},
	{"njabl.org", "in 2013"},
	{"ahbl.org", "in 2015"},
	{"rfc-ignorant.org", "in 2012"},
	{"blitzed.org", "in 2006"},
	{"ix.dnsbl.manitu.net", "in 2025"},
	{"db.wpbl.info", "in 2022"},
	{"virbl.dnsbl.bit.nl", "in 2016"},
	{"relays.osirusoft.com", "in 2003"},
};

static const char *const merged_zones[] = {"cbl.abuseat.org", "sbl-xbl.spamhaus.org"};

/* The domain of `domain=filter*weight`. */
static struct str zone_of(struct str word)
{
	size_t end = 0;

	while (end < word.len && word.ptr[end] != '=' && word.ptr[end] != '*')
		end++;
	return str_slice(word, 0, end);
}

static bool is_below(struct str zone, const char *above)
{
	size_t len = strlen(above);

	if (zone.len == len)
		return str_caseeqc(zone, above);
	return zone.len > len && zone.ptr[zone.len - len - 1] == '.' &&
	       str_caseeqc(str_slice(zone, zone.len - len, zone.len), above);
}

static void check_zone(const struct text *word, struct diag_queue *diags)
{
	struct str zone = zone_of(word->str);
	struct diag *d = NULL;

	for (size_t i = 0; i < array_len(closed_zones) && !d; i++)
		if (is_below(zone, closed_zones[i].zone))
			d = diag_add(diags, RULE_MC617, text_full_span(*word),
				     "'%.*s' was closed %s: it lists nobody, makes each "
				     "session wait, and may one day list everybody",
				     STR_ARG(zone), closed_zones[i].when);
	for (size_t i = 0; i < array_len(merged_zones) && !d; i++)
		if (str_caseeqc(zone, merged_zones[i])) {
			d = diag_add(diags, RULE_MC619, text_full_span(*word),
				     "'%.*s' is part of zen.spamhaus.org now",
				     STR_ARG(zone));
			diag_fix(diags, d, "ask zen.spamhaus.org");
		}
	if (d)
		diag_relate_via(diags, d, text_via_at(*word, 0));
}

static bool asks_zone(struct str word)
{
	static const char *const names[] = {"reject_rbl", "reject_rhsbl", "permit_dnswl",
					    "permit_rhswl"};

	for (size_t i = 0; i < array_len(names); i++)
		if (str_caseeqc(str_slice(word, 0, strlen(names[i])), names[i]))
			return true;
	return false;
}

static void check_name(const struct text *word, struct diag_queue *diags)
{
	const struct restriction *r = restriction_find(word->str);
	struct diag *d;

	/* Those that are gone are unknown (MC605). */
	if (!r || !r->replaced_by[0] || r->removed[0] || strchr(r->replaced_by, ' '))
		return;
	d = diag_add(diags, RULE_MC503, text_full_span(*word), "%s is an old name of %s",
		     r->name, r->replaced_by);
	diag_relate_via(diags, d, text_via_at(*word, 0));
	diag_fix(diags, d, "write %s", r->replaced_by);
	diag_edit(diags, d, text_full_span(*word), r->replaced_by);
}

static void check_restrictions(const struct list *list, struct diag_queue *diags)
{
	for (size_t i = 0; i < list->count; i++) {
		check_name(&list->items[i].text, diags);
		if (i && asks_zone(list->items[i - 1].text.str))
			check_zone(&list->items[i].text, diags);
	}
}

static void check_setting(const struct site *site, const struct setting *setting,
			  struct diag_queue *diags)
{
	const struct list *list;

	if (setting->origin == ORIGIN_DEFAULT)
		return;
	/* Names of the site's own may be classes of restrictions. */
	if (setting->param && setting->param->kind != PARAM_KIND_restriction_list &&
	    setting->param->kind != PARAM_KIND_dnsbl_list)
		return;
	list = site_list(site, setting);
	if (!setting->param || setting->param->kind == PARAM_KIND_restriction_list) {
		check_restrictions(list, diags);
		return;
	}
	for (size_t i = 0; i < list->count; i++)
		check_zone(&list->items[i].text, diags);
}

void lint_outdated(const struct site *site, struct diag_queue *diags)
{
	for (size_t i = 0; i < PARAM_COUNT; i++)
		check_setting(site, &site->settings[i], diags);
	for (size_t i = 0; i < site->own_count; i++)
		check_setting(site, &site->own[i], diags);
	for (size_t i = 0; i < site->service_count; i++)
		for (size_t k = 0; k < site->services[i].override_count; k++)
			check_setting(site, &site->services[i].overrides[k], diags);
}
