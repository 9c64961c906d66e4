/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does an address exist? What canonical or virtual tables know exists; what
 * resolves to the error transport does not; else the table of recipients of
 * its class decides, and a class without such a table has every address.
 */
#include <string.h>

#include "base/arena.h"
#include "runtime/address.h"
#include "runtime/policy_eval.h"
#include "runtime/resolve_find.h"

static enum rt_found in_maps(const struct rt_context *ctx, const struct rt_maps *maps,
			     const char *what, struct str address)
{
	const struct rt_find find = {
		.ctx = ctx, .maps = maps, .what = what, .keys = RT_FIND_DEFAULT};
	struct str value;

	return rt_find_address(&find, address, &value, NULL);
}

/* Tables that make something of the address, whatever its class. */
static enum rt_found is_mapped(const struct rt_context *ctx, struct str address,
			       bool is_sender)
{
	const struct rt_settings *s = ctx->settings;
	enum rt_found found = in_maps(ctx, &s->recipient_canonical_maps,
				      "recipient_canonical_maps", address);

	if (found == RT_NOT_FOUND && is_sender)
		found = in_maps(ctx, &s->sender_canonical_maps, "sender_canonical_maps",
				address);
	if (found == RT_NOT_FOUND)
		found = in_maps(ctx, &s->canonical_maps, "canonical_maps", address);
	if (found == RT_NOT_FOUND)
		found = in_maps(ctx, &s->virtual_alias_maps, "virtual_alias_maps",
				address);
	return found;
}

/* Names that the mail system itself uses exist without a table. */
static bool is_reserved(const struct rt_settings *settings, struct str address)
{
	struct str local = address_local(address);

	return str_caseeqc(local, "postmaster") || str_caseeqc(local, "mailer-daemon") ||
	       str_caseeqc(local, settings->double_bounce_sender);
}

/* The recipient table of a class; count 0: none, every address exists. */
static const struct rt_maps *recipient_maps(const struct rt_settings *settings,
					    enum rt_class class, const char **out_what,
					    const char **out_table)
{
	switch (class) {
	case RT_CLASS_LOCAL:
		*out_what = "local_recipient_maps";
		*out_table = " in local recipient table";
		return &settings->local_recipient_maps;
	case RT_CLASS_VIRTUAL:
		*out_what = "virtual_mailbox_maps";
		*out_table = " in virtual mailbox table";
		return &settings->virtual_mailbox_maps;
	case RT_CLASS_RELAY:
		*out_what = "relay_recipient_maps";
		*out_table = " in relay recipient table";
		return &settings->relay_recipient_maps;
	case RT_CLASS_ALIAS:
	case RT_CLASS_DEFAULT:
		break;
	}
	return NULL;
}

static int unlisted_code(const struct rt_settings *settings, enum rt_class class)
{
	switch (class) {
	case RT_CLASS_LOCAL:
		return (int)settings->unknown_local_recipient_reject_code;
	case RT_CLASS_VIRTUAL:
		return (int)settings->unknown_virtual_mailbox_reject_code;
	case RT_CLASS_RELAY:
		return (int)settings->unknown_relay_recipient_reject_code;
	case RT_CLASS_ALIAS:
	case RT_CLASS_DEFAULT:
		break;
	}
	return 550;
}

enum rt_found rt_recipient_exists(const struct rt_context *ctx, struct str address)
{
	const char *what, *table;
	const struct rt_maps *maps;
	struct rt_route route;
	struct str recipient;
	enum rt_found found;

	rt_resolve(ctx, address_rewrite(ctx->arena, ctx->settings, address),
		   (struct str){"", 0}, &route);
	if (route.status == RT_ROUTE_LOOKUP_FAILED)
		return RT_LOOKUP_ERROR;
	recipient = str_lower(ctx->arena, str_of(route.recipient));
	found = is_mapped(ctx, recipient, false);
	if (found != RT_NOT_FOUND || route.status == RT_ROUTE_BAD_ADDRESS)
		return found;
	if (strcmp(route.transport, "error") == 0)
		return RT_NOT_FOUND;
	maps = recipient_maps(ctx->settings, route.class, &what, &table);
	if (maps == NULL || maps->count == 0)
		return RT_FOUND;
	if (route.class == RT_CLASS_LOCAL && is_reserved(ctx->settings, recipient))
		return RT_FOUND;
	return in_maps(ctx, maps, what, recipient);
}

/* The error or retry transport: its next hop is the reason. */
static enum eval reject_undeliverable(struct policy_eval *e, const struct rt_route *route,
				      const char *address, const char *class)
{
	bool is_sender = strcmp(class, EVAL_CLASS_SENDER) == 0;
	bool is_retry = strcmp(route->transport, "retry") == 0;
	int code = route->class == RT_CLASS_ALIAS
			   ? (int)e->settings->unknown_virtual_alias_reject_code
			   : 550;
	const char *text;
	const char *dsn = eval_split_dsn(e, is_sender ? "5.1.0" : "5.1.1",
					 str_of(route->nexthop), &text);

	return eval_reject(e, EVAL_POLICY, is_retry ? 450 : code,
			   eval_fix_dsn(e, dsn, class), "<%s>: %s rejected: %s", address,
			   class, text);
}

static enum eval reject_unlisted(struct policy_eval *e, const struct rt_route *route,
				 const char *address, const char *class)
{
	bool is_sender = strcmp(class, EVAL_CLASS_SENDER) == 0;
	struct str recipient = str_of(route->recipient);
	const char *what, *table;
	const struct rt_maps *maps =
		recipient_maps(e->settings, route->class, &what, &table);

	if (maps == NULL || maps->count == 0)
		return EVAL_DUNNO;
	if (route->class == RT_CLASS_LOCAL && is_reserved(e->settings, recipient))
		return EVAL_DUNNO;
	switch (in_maps(e->ctx, maps, what, recipient)) {
	case RT_FOUND:
		return EVAL_DUNNO;
	case RT_LOOKUP_ERROR:
		return eval_lookup_error(e, address);
	case RT_NOT_FOUND:
		break;
	}
	return eval_reject(e, EVAL_POLICY, unlisted_code(e->settings, route->class),
			   is_sender ? "5.1.0" : "5.1.1",
			   "<%s>: %s rejected: User unknown%s", address, class,
			   e->settings->show_user_unknown_table_name ? table : "");
}

/* Unlisted address of that class; EVAL_DUNNO: listed, or not ours to know. */
static enum eval judge(struct policy_eval *e, const char *address, const char *class)
{
	const struct rt_route *route = eval_route(e, address);
	bool is_sender = strcmp(class, EVAL_CLASS_SENDER) == 0;

	if (route->status == RT_ROUTE_LOOKUP_FAILED)
		return eval_lookup_error(e, address);
	switch (is_mapped(e->ctx, str_of(route->recipient), is_sender)) {
	case RT_FOUND:
		return EVAL_DUNNO;
	case RT_LOOKUP_ERROR:
		return eval_lookup_error(e, address);
	case RT_NOT_FOUND:
		break;
	}
	if (route->status != RT_ROUTE_OK)
		return EVAL_DUNNO;
	if (strcmp(route->transport, "error") == 0 ||
	    strcmp(route->transport, "retry") == 0)
		return reject_undeliverable(e, route, address, class);
	return reject_unlisted(e, route, address, class);
}

static bool is_off(const struct policy_eval *e)
{
	const struct rt_words *words = &e->settings->receive_override_options;

	for (size_t i = 0; i < words->count; i++)
		if (strcmp(words->words[i], "no_unknown_recipient_checks") == 0)
			return true;
	return false;
}

enum eval eval_reject_unlisted_sender(struct policy_eval *e,
				      MCC_UNUSED const struct rt_insn *insn)
{
	if (e->s.sender == NULL || *e->s.sender == '\0' || e->sender_checked || is_off(e))
		return EVAL_DUNNO;
	if (e->warn_level == 0)
		e->sender_checked = true;
	return judge(e, e->s.sender, EVAL_CLASS_SENDER);
}

enum eval eval_reject_unlisted_recipient(struct policy_eval *e,
					 MCC_UNUSED const struct rt_insn *insn)
{
	if (e->recipient == NULL || *e->recipient == '\0' || e->recipient_checked ||
	    is_off(e))
		return EVAL_DUNNO;
	if (e->warn_level == 0)
		e->recipient_checked = true;
	return judge(e, e->recipient, EVAL_CLASS_RECIPIENT);
}
