/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From parameters and restriction lists to the tables that they name. Values
 * are looked at as the services see them, too.
 */
#include "lint/uses.h"

#include <string.h>

#include "base/arena.h"
#include "base/strmap.h"
#include "grammar/list.h"
#include "grammar/vocabulary.h"
#include "mcc/model/site.h"

struct param_use {
	enum param_id param;
	unsigned uses;
};

static const struct param_use param_uses[] = {
	{PARAM_virtual_alias_maps, USE_VIRTUAL},
	{PARAM_canonical_maps, USE_CANONICAL},
	{PARAM_sender_canonical_maps, USE_CANONICAL},
	{PARAM_recipient_canonical_maps, USE_CANONICAL},
	{PARAM_smtp_generic_maps, USE_CANONICAL},
	{PARAM_lmtp_generic_maps, USE_CANONICAL},
	{PARAM_transport_maps, USE_TRANSPORT},
	{PARAM_mailbox_transport_maps, USE_TRANSPORT},
	{PARAM_fallback_transport_maps, USE_TRANSPORT},
	{PARAM_sender_dependent_default_transport_maps, USE_TRANSPORT | USE_BY_SENDER},
	{PARAM_sender_dependent_relayhost_maps, USE_RELAYHOST | USE_BY_SENDER},
	{PARAM_header_checks, USE_HEADER},
	{PARAM_mime_header_checks, USE_HEADER},
	{PARAM_nested_header_checks, USE_HEADER},
	{PARAM_body_checks, USE_HEADER | USE_BODY},
	{PARAM_milter_header_checks, USE_HEADER_MILTER},
	{PARAM_smtp_header_checks, USE_HEADER_SMTP},
	{PARAM_smtp_mime_header_checks, USE_HEADER_SMTP},
	{PARAM_smtp_nested_header_checks, USE_HEADER_SMTP},
	{PARAM_smtp_body_checks, USE_HEADER_SMTP | USE_BODY},
	{PARAM_lmtp_header_checks, USE_HEADER_SMTP},
	{PARAM_lmtp_body_checks, USE_HEADER_SMTP | USE_BODY},
	{PARAM_smtp_tls_policy_maps, USE_TLS_POLICY},
	{PARAM_lmtp_tls_policy_maps, USE_TLS_POLICY},
	{PARAM_smtp_sasl_password_maps, USE_SASL_PASSWORD},
	{PARAM_lmtp_sasl_password_maps, USE_SASL_PASSWORD},
	{PARAM_postscreen_access_list, USE_POSTSCREEN},
};

struct use_finder {
	const struct site *site;
	struct strmap *numbers; /* "type:name" -> &uses[i] */
	unsigned *uses;
};

static struct str mention_of(const struct site *site, const struct site_table *table)
{
	return str_of(arena_printf(site->arena, "%.*s:%.*s", STR_ARG(table->type_name),
				   STR_ARG(table->name)));
}

static struct str without_proxy(struct str mention)
{
	while (str_starts(mention, "proxy:"))
		mention = str_slice(mention, 6, mention.len);
	return mention;
}

const struct site_table *lint_find_table(const struct site *site, struct str mention)
{
	mention = without_proxy(mention);
	for (size_t i = 0; i < site->table_count; i++) {
		const struct site_table *table = site->tables[i];
		size_t type_len = table->type_name.len;

		if (mention.len == type_len + 1 + table->name.len &&
		    str_eq(str_slice(mention, 0, type_len), table->type_name) &&
		    str_eq(str_slice(mention, type_len + 1, mention.len), table->name))
			return table;
	}
	return NULL;
}

static void add_use(struct use_finder *f, struct str mention, unsigned uses)
{
	unsigned *slot = strmap_find(f->numbers, without_proxy(mention));

	if (slot)
		*slot |= uses;
}

static void find_in_setting(struct use_finder *f, const struct setting *setting,
			    unsigned uses)
{
	const struct list *list = site_list(f->site, setting);

	for (size_t i = 0; i < list->count; i++)
		add_use(f, list->items[i].text.str, uses);
}

/* postconf(5): these may not permit, since a stranger sets what they look up. */
static bool is_untrusted(struct str word)
{
	return str_caseends(word, "_a_access") || str_caseends(word, "_mx_access") ||
	       str_caseends(word, "_ns_access") ||
	       str_caseeqc(word, "check_reverse_client_hostname_access");
}

static unsigned use_of_restriction(struct str word)
{
	const struct restriction *r = restriction_find(word);

	if (!r || r->arg != RESTRICTION_ARG_MAP || r->effect != RESTRICTION_LOOKS_UP)
		return 0;
	return USE_ACCESS |
	       (str_caseeqc(word, "check_helo_access") ? USE_ACCESS_HELO : 0) |
	       (is_untrusted(word) ? USE_ACCESS_UNTRUSTED : 0);
}

static void find_in_restrictions(struct use_finder *f, const struct setting *setting)
{
	const struct list *list = site_list(f->site, setting);

	for (size_t i = 0; i + 1 < list->count; i++) {
		unsigned uses = use_of_restriction(list->items[i].text.str);

		if (uses)
			add_use(f, list->items[i + 1].text.str, uses);
	}
}

static void find_in_any(struct use_finder *f, const struct setting *setting)
{
	if (!setting->param || setting->param->kind == PARAM_KIND_restriction_list) {
		find_in_restrictions(f, setting);
		return;
	}
	for (size_t i = 0; i < array_len(param_uses); i++)
		if (setting->param->id == param_uses[i].param)
			find_in_setting(f, setting, param_uses[i].uses);
}

unsigned *lint_uses(const struct site *site)
{
	struct use_finder f = {
		site, strmap_new(site->arena),
		arena_array(site->arena, site->table_count + 1, sizeof(*f.uses))};

	for (size_t i = 0; i < site->table_count; i++)
		strmap_put(f.numbers, mention_of(site, site->tables[i]), &f.uses[i]);
	for (size_t i = 0; i < PARAM_COUNT; i++)
		find_in_any(&f, site_setting(site, (enum param_id)i));
	for (size_t i = 0; i < site->own_count; i++)
		find_in_restrictions(&f, &site->own[i]);
	for (size_t i = 0; i < site->service_count; i++)
		for (size_t k = 0; k < site->services[i].override_count; k++)
			find_in_any(&f, &site->services[i].overrides[k]);
	return f.uses;
}

/* ---- names of files ---- */

struct name_use {
	const char *part;
	unsigned uses;
};

/* The first part that occurs counts. */
static const struct name_use name_uses[] = {
	{"smtp_header_checks", USE_HEADER_SMTP},
	{"header_checks", USE_HEADER},
	{"body_checks", USE_HEADER | USE_BODY},
	{"postscreen_access", USE_POSTSCREEN},
	{"tls_policy", USE_TLS_POLICY},
	{"sasl_passwd", USE_SASL_PASSWORD},
	{"sender_dependent_relayhost", USE_RELAYHOST | USE_BY_SENDER},
	{"sender_relay", USE_RELAYHOST | USE_BY_SENDER},
	{"sender_dependent_default_transport", USE_TRANSPORT | USE_BY_SENDER},
	{"canonical", USE_CANONICAL},
	{"generic", USE_CANONICAL},
	{"transport", USE_TRANSPORT},
	{"virtual_alias", USE_VIRTUAL},
	{"helo_access", USE_ACCESS | USE_ACCESS_HELO},
	{"access", USE_ACCESS},
};

static bool has_part(struct str name, const char *part)
{
	size_t len = strlen(part);

	for (size_t i = 0; i + len <= name.len; i++)
		if (memcmp(name.ptr + i, part, len) == 0)
			return true;
	return false;
}

unsigned lint_uses_of_name(const char *path)
{
	struct str name = str_of(path);
	ptrdiff_t slash = str_rchr(name, '/');

	if (slash >= 0)
		name = str_slice(name, (size_t)slash + 1, name.len);
	for (size_t i = 0; i < array_len(name_uses); i++)
		if (has_part(name, name_uses[i].part))
			return name_uses[i].uses;
	return str_eqc(name, "virtual") ? USE_VIRTUAL : 0;
}
