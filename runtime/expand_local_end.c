/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * local(8): where a member of a delivery ends. A user's mailbox, another
 * transport, a command, a file, a message of its own, or nowhere: what becomes
 * of names that are no users.
 */
#include "runtime/expand_local.h"

#include "base/arena.h"
#include "runtime/address.h"
#include "runtime/address_tokens.h"
#include "runtime/config.h"
#include "runtime/expand_macro.h"
#include "runtime/resolve_find.h"

/* One of "mailbox NAME", "command TEXT", ... comes for the first time. */
bool local_once(const struct local_delivery *d, const char *what, struct str text)
{
	const struct str parts[] = {str_of(what), STR_LIT(" "), text};

	return first_time(d->ctx, d->seen,
			  str_join(d->ctx->arena, parts, array_len(parts)));
}

static struct rt_final *add_final(const struct local_delivery *d,
				  const struct local_member *m, enum rt_final_kind kind,
				  struct str text)
{
	struct rt_final *item =
		finals_add(d->ctx, d->finals, kind, rt_text(d->ctx, text));

	item->owner = m->sender;
	item->route.recipient = rt_text(d->ctx, m->address);
	item->route.transport = "local";
	item->route.nexthop = "";
	return item;
}

void local_add_error(const struct local_delivery *d, const struct local_member *m,
		     const char *dsn, const char *why)
{
	struct rt_final error = {.kind = RT_FINAL_ERROR,
				 .text = why,
				 .dsn = dsn,
				 .route.recipient = rt_text(d->ctx, m->address)};

	if (m->alias.len > 0)
		error.route.decided_by = d->ctx->settings->alias_maps.origin;
	finals_put_error(d->ctx, d->finals, &error);
}

void local_forward(const struct local_delivery *d, const struct local_member *m)
{
	struct rt_final *item;

	if (!local_once(d, "indirect", m->address))
		return;
	item = add_final(d, m, RT_FINAL_ADDRESS, m->address);
	item->is_forwarded = true;
	rt_resolve(d->ctx, m->address, d->sender, &item->route);
}

/* Handed to another transport, "transport:nexthop". */
static void pass_on(const struct local_delivery *d, const struct local_member *m,
		    struct str service, const char *chosen_by)
{
	struct rt_final *item = add_final(d, m, RT_FINAL_ADDRESS, m->address);
	ptrdiff_t colon = str_chr(service, ':');

	if (colon >= 0) {
		struct str nexthop = str_slice(service, (size_t)colon + 1, service.len);

		service = str_slice(service, 0, (size_t)colon);
		item->route.nexthop = rt_text(d->ctx, nexthop);
	}
	item->route.transport = rt_text(d->ctx, service);
	item->route.chosen_by = chosen_by;
}

/* The member's user in a table of transports; true: it has been dealt with. */
static bool pass_by_table(const struct local_delivery *d, const struct local_member *m,
			  const struct rt_maps *maps, const char *what)
{
	struct str value;

	switch (rt_maps_find(d->ctx, maps, what, m->user, false, &value)) {
	case RT_FOUND:
		pass_on(d, m, value, what);
		return true;
	case RT_LOOKUP_ERROR:
		local_add_error(d, m, "4.3.0", "table lookup failure");
		return true;
	case RT_NOT_FOUND:
		return false;
	}
	return false;
}

static bool is_set(const char *value)
{
	return value != NULL && *value != '\0';
}

static enum rt_found is_user(const struct local_delivery *d, struct str name)
{
	const struct rt_settings *s = d->ctx->settings;

	if (d->ctx->host != NULL && d->ctx->host->user_exists != NULL)
		return d->ctx->host->user_exists(d->ctx->host->state,
						 rt_text(d->ctx, name));
	if (s->mailbox_transport_maps.count > 0 || s->fallback_transport_maps.count > 0 ||
	    is_set(s->fallback_transport) || is_set(s->luser_relay))
		return RT_NOT_FOUND;
	return RT_FOUND;
}

struct macro_state {
	const struct local_member *member;
	const struct rt_settings *settings;
};

/* Macros of luser_relay; $home and $shell of a name that is no user are empty. */
static struct str member_macro(const void *arg, struct str name)
{
	const struct macro_state *state = arg;
	const struct local_member *m = state->member;

	if (str_eqc(name, "user"))
		return m->user;
	if (str_eqc(name, "local"))
		return m->local;
	if (str_eqc(name, "extension"))
		return m->extension;
	if (str_eqc(name, "domain"))
		return address_domain(m->address);
	if (str_eqc(name, "recipient"))
		return m->address;
	if (str_eqc(name, "recipient_delimiter"))
		return str_of(state->settings->recipient_delimiter);
	return (struct str){"", 0};
}

static void add_unknown_user(const struct local_delivery *d, const struct local_member *m)
{
	local_add_error(
		d, m, "5.1.1",
		arena_printf(d->ctx->arena, "unknown user: \"%.*s\"", STR_ARG(m->user)));
}

/* An address that relays to itself is one of nobody. */
static void deliver_luser(const struct local_delivery *d, struct local_member m)
{
	const struct rt_settings *s = d->ctx->settings;
	const struct macro_state state = {&m, s};
	const struct expand_macros macros = {member_macro, &state};
	struct str address = expand_macro_text(d->ctx->arena, s->luser_relay, &macros);
	struct address_tokens tokens;

	m.unmatched = (struct str){"", 0};
	address_tokens_scan_address(&tokens, d->ctx->arena, address);
	address = address_tokens_internal(&tokens, 0, tokens.count, true);
	address = address_rewrite(d->ctx->arena, s, address);
	/* As it is written, quotes and all, with as it is. */
	if (str_caseeq(address_quote(d->ctx->arena, address), m.address))
		add_unknown_user(d, &m);
	else
		local_deliver_address(d, m, address);
}

static void deliver_unknown(const struct local_delivery *d, struct local_member m)
{
	const struct rt_settings *s = d->ctx->settings;

	m.level++;
	if (!local_once(d, "unknown", m.local))
		return;
	if (pass_by_table(d, &m, &s->fallback_transport_maps, "fallback_transport_maps"))
		return;
	if (is_set(s->fallback_transport))
		pass_on(d, &m, str_of(s->fallback_transport), "fallback_transport");
	else if (is_set(s->luser_relay))
		deliver_luser(d, m);
	else if (str_eqc(m.user, "postmaster") || str_eqc(m.user, "mailer-daemon"))
		rt_trace(d->ctx, "discarded", NULL, "required alias not found");
	else
		add_unknown_user(d, &m);
}

void local_deliver_mailbox(const struct local_delivery *d, const struct local_member *m)
{
	const struct rt_settings *s = d->ctx->settings;

	if (!local_once(d, "mailbox", m->local))
		return;
	if (pass_by_table(d, m, &s->mailbox_transport_maps, "mailbox_transport_maps"))
		return;
	if (is_set(s->mailbox_transport)) {
		pass_on(d, m, str_of(s->mailbox_transport), "mailbox_transport");
		return;
	}
	switch (is_user(d, m->user)) {
	case RT_FOUND:
		add_final(d, m, RT_FINAL_ADDRESS, m->address);
		break;
	case RT_NOT_FOUND:
		deliver_unknown(d, *m);
		break;
	case RT_LOOKUP_ERROR:
		local_add_error(d, m, "4.3.0", "user lookup error");
		break;
	}
}

static bool is_allowed(const struct rt_words *words, enum expanding expanding)
{
	return words_have(words, expanding == EXPAND_INCLUDE ? "include" : "alias");
}

void local_deliver_command(const struct local_delivery *d, const struct local_member *m,
			   struct str text)
{
	if (!is_allowed(&d->ctx->settings->allow_mail_to_commands, m->expanding))
		local_add_error(d, m, "5.7.1", "mail to command is restricted");
	else if (local_once(d, "command", text))
		add_final(d, m, RT_FINAL_COMMAND, text);
}

void local_deliver_file(const struct local_delivery *d, const struct local_member *m,
			struct str text)
{
	if (!is_allowed(&d->ctx->settings->allow_mail_to_files, m->expanding))
		local_add_error(d, m, "5.7.1", "mail to file is restricted");
	else if (local_once(d, "file", text))
		add_final(d, m, RT_FINAL_FILE, text);
}
