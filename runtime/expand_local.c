/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * local(8): aliases, :include: files, owner- addresses, and what becomes of
 * names that are no users.
 *
 * Members of an alias that are local again are expanded at once, within the
 * same delivery; each mailbox, command and file of one delivery gets the
 * message once. Members of a list with an owner- alias and members of include
 * files are forwarded instead: as messages of their own, they go through
 * cleanup(8) again.
 *
 * An alias that names itself means the user. Cycles end at LIMIT_ALIAS_DEPTH.
 */
#include "runtime/expand.h"

#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/strmap.h"
#include "runtime/address.h"
#include "runtime/config.h"
#include "runtime/expand_macro.h"
#include "runtime/resolve_find.h"

/* What is the same for the whole delivery. */
struct delivery {
	const struct rt_context *ctx;
	struct rt_finals *finals;
	struct strmap *seen;
	struct str sender;
	const struct delivered *delivered;
};

enum expanding { EXPAND_NONE, EXPAND_ALIAS, EXPAND_INCLUDE };

/* What belongs to the member at hand; handed down by value. */
struct member {
	struct str address;   /* qualified */
	struct str local;     /* lower case */
	struct str user;      /* without extension */
	struct str extension; /* without delimiter; empty: none */
	struct str unmatched; /* extension that members inherit */
	const char *owner;    /* NULL: none */
	struct str alias;     /* the name that is being expanded; empty: none */
	enum expanding expanding;
	unsigned level;
};

static void deliver_recipient(const struct delivery *d, struct member m);

/* One of "mailbox NAME", "command TEXT", ... comes for the first time. */
static bool once(const struct delivery *d, const char *what, struct str text)
{
	const struct str parts[] = {str_of(what), STR_LIT(" "), text};

	return first_time(d->ctx, d->seen,
			  str_join(d->ctx->arena, parts, array_len(parts)));
}

/* The first time on this level of nesting; keys are folded, so no letters. */
static bool once_at_level(const struct delivery *d, unsigned n, struct str address)
{
	return once(d, (const char[]){(char)(n / 10 + 1), (char)(n % 10 + 1), '\0'},
		    address);
}

static struct rt_final *add_final(const struct delivery *d, const struct member *m,
				  enum rt_final_kind kind, struct str text)
{
	struct rt_final *item =
		finals_add(d->ctx, d->finals, kind, rt_text(d->ctx, text));

	item->owner = m->owner;
	item->route.recipient = rt_text(d->ctx, m->address);
	item->route.transport = "local";
	item->route.nexthop = "";
	return item;
}

static void add_error(const struct delivery *d, const struct member *m, const char *dsn,
		      const char *why)
{
	finals_add_error(d->ctx, d->finals, m->address, dsn, why);
}

/* ---- where a member ends ---- */

static void forward(const struct delivery *d, const struct member *m)
{
	struct rt_final *item;

	if (!once(d, "indirect", m->address))
		return;
	item = add_final(d, m, RT_FINAL_ADDRESS, m->address);
	item->is_forwarded = true;
	rt_resolve(d->ctx, m->address, d->sender, &item->route);
}

/* Handed to another transport, "transport:nexthop". */
static void pass_on(const struct delivery *d, const struct member *m, struct str service)
{
	struct rt_final *item = add_final(d, m, RT_FINAL_ADDRESS, m->address);
	ptrdiff_t colon = str_chr(service, ':');

	if (colon >= 0) {
		struct str nexthop = str_slice(service, (size_t)colon + 1, service.len);

		service = str_slice(service, 0, (size_t)colon);
		item->route.nexthop = rt_text(d->ctx, nexthop);
	}
	item->route.transport = rt_text(d->ctx, service);
}

/* The member's user in a table of transports; true: it has been dealt with. */
static bool pass_by_table(const struct delivery *d, const struct member *m,
			  const struct rt_maps *maps, const char *what)
{
	struct str value;

	switch (rt_maps_find(d->ctx, maps, what, m->user, false, &value)) {
	case RT_FOUND:
		pass_on(d, m, value);
		return true;
	case RT_LOOKUP_ERROR:
		add_error(d, m, "4.3.0", "table lookup failure");
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

static enum rt_found is_user(const struct delivery *d, struct str name)
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

static void deliver_address(const struct delivery *d, struct member m,
			    struct str address);

struct macro_state {
	const struct member *member;
	const struct rt_settings *settings;
};

/* Macros of luser_relay; $home and $shell of a name that is no user are empty. */
static struct str member_macro(const void *arg, struct str name)
{
	const struct macro_state *state = arg;
	const struct member *m = state->member;

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

static void deliver_unknown(const struct delivery *d, struct member m)
{
	const struct rt_settings *s = d->ctx->settings;

	m.level++;
	if (!once(d, "unknown", m.local))
		return;
	if (pass_by_table(d, &m, &s->fallback_transport_maps, "fallback_transport_maps"))
		return;
	if (is_set(s->fallback_transport)) {
		pass_on(d, &m, str_of(s->fallback_transport));
	} else if (is_set(s->luser_relay)) {
		const struct macro_state state = {&m, s};
		const struct expand_macros macros = {member_macro, &state};

		m.unmatched = (struct str){"", 0};
		deliver_address(
			d, m, expand_macro_text(d->ctx->arena, s->luser_relay, &macros));
	} else if (str_eqc(m.user, "postmaster") || str_eqc(m.user, "mailer-daemon")) {
		rt_trace(d->ctx, "discarded", NULL, "required alias not found");
	} else {
		add_error(d, &m, "5.1.1",
			  arena_printf(d->ctx->arena, "unknown user: \"%.*s\"",
				       STR_ARG(m.user)));
	}
}

static void deliver_mailbox(const struct delivery *d, const struct member *m)
{
	const struct rt_settings *s = d->ctx->settings;

	if (!once(d, "mailbox", m->local))
		return;
	if (pass_by_table(d, m, &s->mailbox_transport_maps, "mailbox_transport_maps"))
		return;
	if (is_set(s->mailbox_transport)) {
		pass_on(d, m, str_of(s->mailbox_transport));
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
		add_error(d, m, "4.3.0", "user lookup error");
		break;
	}
}

/* ---- members of an alias ---- */

static bool is_allowed(const struct rt_words *words, enum expanding expanding)
{
	return words_have(words, expanding == EXPAND_INCLUDE ? "include" : "alias");
}

static void deliver_command(const struct delivery *d, const struct member *m,
			    struct str text)
{
	if (!is_allowed(&d->ctx->settings->allow_mail_to_commands, m->expanding))
		add_error(d, m, "5.7.1", "mail to command is restricted");
	else if (once(d, "command", text))
		add_final(d, m, RT_FINAL_COMMAND, text);
}

static void deliver_file(const struct delivery *d, const struct member *m,
			 struct str text)
{
	if (!is_allowed(&d->ctx->settings->allow_mail_to_files, m->expanding))
		add_error(d, m, "5.7.1", "mail to file is restricted");
	else if (once(d, "file", text))
		add_final(d, m, RT_FINAL_FILE, text);
}

static size_t deliver_list(const struct delivery *d, const struct member *m,
			   struct str text);

static void deliver_include(const struct delivery *d, struct member m, struct str path)
{
	const struct rt_host *host = d->ctx->host;
	struct str text, line;

	m.level++;
	if (path.len == 0 || path.ptr[0] != '/') {
		add_error(d, &m, "5.3.5", "mail system configuration error");
		return;
	}
	if (!once(d, "include", path))
		return;
	if (host == NULL || host->read_include == NULL ||
	    host->read_include(host->state, rt_text(d->ctx, path), d->ctx->arena,
			       &text) != RT_FOUND) {
		add_error(d, &m, "4.3.0",
			  arena_printf(d->ctx->arena, "cannot open include file %.*s",
				       STR_ARG(path)));
		return;
	}
	m.expanding = EXPAND_INCLUDE;
	if (!words_have(&d->ctx->settings->propagate_unmatched_extensions, "include"))
		m.unmatched = (struct str){"", 0};
	while (str_token(&text, "\r\n", &line))
		if (line.ptr[0] != '#')
			deliver_list(d, &m, line);
}

static void deliver_member(const struct delivery *d, const struct member *m,
			   struct str text)
{
	static const struct str include = {":include:", 9};

	if (text.len > 0 && text.ptr[0] == '/')
		deliver_file(d, m, text);
	else if (text.len > 0 && text.ptr[0] == '~')
		add_error(d, m, "5.3.5", "unknown home directory in an alias");
	else if (text.len > 0 && text.ptr[0] == '|')
		deliver_command(d, m, str_slice(text, 1, text.len));
	else if (str_caseeq(str_slice(text, 0, include.len), include))
		deliver_include(d, *m, str_slice(text, include.len, text.len));
	else
		deliver_address(d, *m, text);
}

/* Returns how many members the text has. */
static size_t deliver_list(const struct delivery *d, const struct member *m,
			   struct str text)
{
	struct str *items;
	size_t count = address_list_parse(d->ctx->arena, text, &items);

	for (size_t i = 0; i < count; i++) {
		if (d->finals->count >= LIMIT_ALIAS_MEMBERS) {
			add_error(d, m, "5.4.6", "too many alias members");
			break;
		}
		deliver_member(d, m, items[i]);
	}
	return count;
}

/* A member that is an address: qualified and resolved, then local or not. */
static void deliver_address(const struct delivery *d, struct member m, struct str address)
{
	const struct rt_context *ctx = d->ctx;
	struct rt_route route;
	struct str recipient;

	m.level++;
	address = address_rewrite(ctx->arena, ctx->settings, address);
	rt_resolve(ctx, address, d->sender, &route);
	recipient = str_of(route.recipient);
	if (route.status == RT_ROUTE_LOOKUP_FAILED) {
		add_error(d, &m, "4.3.0", "address resolver failure");
		return;
	}
	if (route.status == RT_ROUTE_BAD_ADDRESS) {
		m.address = recipient;
		add_error(d, &m, "5.1.3", "bad recipient address syntax");
		return;
	}
	if (m.unmatched.len > 0) {
		struct str local = address_local(recipient);

		recipient = str_of(arena_printf(
			ctx->arena, "%.*s%c%.*s%.*s", STR_ARG(local),
			ctx->settings->recipient_delimiter[0], STR_ARG(m.unmatched),
			(int)(recipient.len - local.len), recipient.ptr + local.len));
	}
	m.address = recipient;
	if (rt_transport_is_local(ctx->config, route.transport))
		deliver_recipient(d, m);
	else
		forward(d, &m);
}

/* ---- aliases ---- */

/* The owner- alias of a name becomes the sender of what its list gets. */
static void set_owner(const struct delivery *d, struct member *m, struct str name)
{
	const struct rt_context *ctx = d->ctx;
	const struct rt_settings *s = ctx->settings;
	const struct str parts[] = {STR_LIT("owner-"), name};
	struct str owner = str_join(ctx->arena, parts, array_len(parts)), value;

	if (!s->owner_request_special || rt_maps_find(ctx, &s->alias_maps, "alias_maps",
						      owner, false, &value) != RT_FOUND)
		return;
	m->owner = rt_text(ctx, address_rewrite(ctx->arena, s,
						s->expand_owner_alias ? value : owner));
}

/* True: the name is an alias, and its members have been dealt with. */
static bool deliver_alias(const struct delivery *d, struct member m, struct str name)
{
	const struct rt_maps *maps = &d->ctx->settings->alias_maps;
	struct str value;

	m.level++;
	if (m.alias.len > 0 && str_caseeq(m.alias, name))
		return false;
	if (m.level > LIMIT_ALIAS_DEPTH) {
		add_error(d, &m, "5.4.6",
			  arena_printf(d->ctx->arena, "alias database loop for %.*s",
				       STR_ARG(name)));
		return true;
	}
	m.alias = name;
	switch (rt_maps_find(d->ctx, maps, "alias_maps", name, false, &value)) {
	case RT_NOT_FOUND:
		return false;
	case RT_LOOKUP_ERROR:
		add_error(d, &m, "4.3.0", "alias database unavailable");
		return true;
	case RT_FOUND:
		break;
	}
	m.expanding = EXPAND_ALIAS;
	set_owner(d, &m, name);
	if (deliver_list(d, &m, value) == 0)
		add_error(d, &m, "4.3.0", "alias database unavailable");
	return true;
}

static void deliver_switch(const struct delivery *d, struct member m)
{
	const struct rt_settings *s = d->ctx->settings;

	m.level++;
	m.unmatched = (struct str){"", 0};
	/* "\\user" in an alias: the user's mailbox, whatever aliases there are. */
	if (m.user.len > 1 && m.user.ptr[0] == '\\') {
		m.address = str_slice(m.address, 1, m.address.len);
		m.local = str_slice(m.local, 1, m.local.len);
		m.user = str_slice(m.user, 1, m.user.len);
		deliver_mailbox(d, &m);
		return;
	}
	if (deliver_alias(d, m, m.local))
		return;
	if (m.extension.len > 0) {
		if (words_have(&s->propagate_unmatched_extensions, "alias"))
			m.unmatched = m.extension;
		if (deliver_alias(d, m, m.user))
			return;
		m.unmatched = m.extension;
	}
	if ((m.owner != NULL && !str_caseeqc(m.user, m.owner)) ||
	    m.expanding == EXPAND_INCLUDE)
		forward(d, &m);
	else
		deliver_mailbox(d, &m);
}

static bool was_delivered(const struct delivery *d, struct str address)
{
	for (const struct delivered *at = d->delivered; at != NULL; at = at->before)
		if (str_caseeqc(address, at->address))
			return true;
	return false;
}

static void deliver_recipient(const struct delivery *d, struct member m)
{
	const struct rt_context *ctx = d->ctx;
	const char *delimiters = ctx->settings->recipient_delimiter;
	struct str bare, ext;

	if (++m.level > LIMIT_ALIAS_DEPTH) {
		add_error(d, &m, "5.4.6", "recipient nesting limit exceeded");
		return;
	}
	if (!once_at_level(d, m.level, m.address))
		return;
	if (was_delivered(d, m.address)) {
		add_error(d, &m, "5.4.6",
			  arena_printf(ctx->arena, "mail forwarding loop for %.*s",
				       STR_ARG(m.address)));
		return;
	}
	m.local = str_lower(ctx->arena, address_local(m.address));
	m.user = m.local;
	m.extension = (struct str){"", 0};
	if (delimiters != NULL && *delimiters &&
	    address_strip_extension(ctx->arena, ctx->settings, m.local, &bare, &ext)) {
		m.user = bare;
		m.extension = str_slice(ext, 1, ext.len);
		if (str_chr(m.extension, '/') >= 0) {
			m.extension = (struct str){"", 0};
			m.local = m.user;
		}
	}
	if (m.user.len == 0)
		add_error(d, &m, "5.1.3", "null username");
	else
		deliver_switch(d, m);
}

void expand_local_delivered(const struct rt_context *ctx, struct str recipient,
			    struct str sender, const struct delivered *delivered,
			    struct rt_finals *out_finals)
{
	const struct delivery d = {.ctx = ctx,
				   .finals = out_finals,
				   .seen = strmap_new(ctx->arena),
				   .sender = sender,
				   .delivered = delivered};
	const struct member m = {.address = recipient};

	deliver_recipient(&d, m);
}

void rt_expand_local(const struct rt_context *ctx, struct str recipient,
		     struct str sender, struct rt_finals *out_finals)
{
	*out_finals = (struct rt_finals){0};
	expand_local_delivered(ctx, recipient, sender, NULL, out_finals);
}
