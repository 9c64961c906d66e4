/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whom settings of Postfix talk to: Milters, policy services, and the
 * transports and next hops of *_transport. An endpoint is `inet:host:port` or
 * `unix:path`, alone or with attributes: `{ endpoint, name = value, ... }`.
 */
#include <string.h>

#include "base/diag.h"
#include "base/text.h"
#include "grammar/list.h"
#include "grammar/vocabulary.h"
#include "lint/checks.h"
#include "lint/hop.h"
#include "lint/say.h"

/* ---- endpoints ---- */

struct peer_kind {
	enum rule rule;
	const char *what;
	const char *effect;
	const char *attributes[9];
};

static const struct peer_kind milter = {
	.rule = RULE_MC1141,
	.what = "a Milter",
	.effect = "smtpd ends with an error, or answers every mail as "
		  "milter_default_action says",
	.attributes = {"connect_timeout", "command_timeout", "content_timeout",
		       "default_action", "protocol"},
};
static const struct peer_kind policy = {
	.rule = RULE_MC657,
	.what = "a policy service",
	.effect = "smtpd ends with an error, or answers 451 to all that it should ask "
		  "about",
	.attributes = {"timeout", "max_idle", "max_ttl", "request_limit", "try_limit",
		       "retry_delay", "default_action", "policy_context"},
};

/* A word without a colon is a port of this very host, by number or name; no
 * name of a port has a dot. */
static const char *inet_fault(struct str address)
{
	ptrdiff_t colon = str_rchr(address, ':');
	bool is_host = address.ptr[0] == '[' || str_chr(address, '.') >= 0 ||
		       str_caseeqc(address, "localhost");

	if (str_is_digits(address))
		return hop_port_fault(address);
	if (address.ptr[address.len - 1] == ']' || (colon < 0 && is_host))
		return "names no port: write inet:HOST:PORT";
	if (colon >= 0 && (size_t)colon + 1 == address.len)
		return "has nothing behind its last ':', where the port stands";
	if (colon == 0)
		return hop_port_fault(str_slice(address, 1, address.len));
	return hop_fault(address);
}

static const char *endpoint_fault(struct str endpoint)
{
	struct route route = route_parse(endpoint);
	bool is_unix =
		str_eqc(route.transport, "unix") || str_eqc(route.transport, "local");

	if (!is_unix && !str_eqc(route.transport, "inet"))
		return "begins with neither inet: nor unix:";
	if (!route.nexthop.len)
		return "names no peer behind the ':'";
	return is_unix ? NULL : inet_fault(route.nexthop);
}

static bool is_attribute(const struct peer_kind *kind, struct str name)
{
	for (size_t i = 0; i < array_len(kind->attributes) && kind->attributes[i]; i++)
		if (str_eqc(name, kind->attributes[i]))
			return true;
	return false;
}

/* `name = value`, in braces of its own where blanks stand in it. False: said
 * what is wrong, which may be why the words behind it look wrong, too. */
static bool check_attribute(const struct lint_run *run, const struct setting *setting,
			    const struct peer_kind *kind, const struct list_item *item)
{
	struct str text = item->is_group ? item->inner.str : item->text.str;
	ptrdiff_t equals = str_chr(text, '=');
	struct str name = str_trim(str_slice(text, 0, equals < 0 ? 0 : (size_t)equals));
	struct lint_place place = lint_place_of_word(setting, &item->text);

	if (equals < 0)
		lint_say(
			run, kind->rule, place,
			"'%.*s' is no name=value, which takes braces of its own where it "
			"has blanks: %s",
			STR_ARG(text), kind->effect);
	else if (!is_attribute(kind, name))
		lint_say(run, kind->rule, place, "'%.*s' is no attribute of %s: %s",
			 STR_ARG(name), kind->what, kind->effect);
	else
		return true;
	return false;
}

static void check_peer(const struct lint_run *run, const struct setting *setting,
		       const struct peer_kind *kind, const struct list_item *item)
{
	const struct list *words =
		item->is_group ? site_words(run->site, item->inner) : NULL;
	const struct text *endpoint = &item->text;
	const char *fault;

	if (words && !words->count)
		return;
	if (words)
		endpoint = &words->items[0].text;
	fault = endpoint_fault(endpoint->str);
	if (fault)
		lint_say(run, kind->rule, lint_place_of_word(setting, endpoint),
			 "'%.*s' %s: %s", STR_ARG(endpoint->str), fault, kind->effect);
	for (size_t i = 1; words && i < words->count; i++)
		if (!check_attribute(run, setting, kind, &words->items[i]))
			break;
}

static void check_milters(const struct lint_run *run, const struct setting *setting)
{
	const struct list *list = site_list(run->site, setting);

	if (list->count == 1 && str_eqc(list->items[0].text.str, "none"))
		return;
	for (size_t i = 0; i < list->count; i++)
		check_peer(run, setting, &milter, &list->items[i]);
}

static void check_policies(const struct lint_run *run, const struct setting *setting)
{
	const struct list *list = site_list(run->site, setting);

	for (size_t i = 0; i + 1 < list->count; i++)
		if (str_caseeqc(list->items[i].text.str, "check_policy_service"))
			check_peer(run, setting, &policy, &list->items[i + 1]);
}

/* ---- transports ---- */

static void check_transport(const struct lint_run *run, const struct setting *setting)
{
	struct str value = setting->value.str;
	struct route route = route_parse(value);
	struct lint_place place = lint_place_of(setting);
	const char *fault;

	if (!route.transport.len || str_chr(value, '$') >= 0)
		return;
	if (run->site->master && !route_is_known(run->site, route.transport)) {
		lint_say(run, RULE_MC1025, place,
			 "master.cf has no service '%.*s': mail that goes this way stays "
			 "in the queue",
			 STR_ARG(route.transport));
		return;
	}
	fault = hop_list_fault(route.nexthop, hop_agent_of(run->site, route.transport));
	if (fault)
		lint_say(
			run, RULE_MC1044, place,
			"'%.*s' %s: the transport ends with an error, and mail that goes "
			"this way stays in the queue",
			STR_ARG(route.nexthop), fault);
}

static void check_setting(const struct lint_run *run, const struct setting *setting,
			  const struct site_service *service)
{
	const struct param *param = setting->param;

	(void)service;
	if (!param || param->kind == PARAM_KIND_restriction_list)
		check_policies(run, setting);
	else if (param->kind == PARAM_KIND_milter_list)
		check_milters(run, setting);
	else if (param->kind == PARAM_KIND_transport)
		check_transport(run, setting);
}

void lint_peers(const struct site *site, struct diag_queue *diags)
{
	const struct lint_run run = {site, diags};

	lint_each_setting(&run, check_setting);
}
