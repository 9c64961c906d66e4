/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * local(8): aliases, :include: files, owner- addresses, and what becomes of
 * names that are no users.
 *
 * Members of an alias that are local again are expanded at once, within the
 * same delivery; each mailbox, command and file of one delivery gets the
 * message once. Members of a list with an owner- alias and members of include
 * files are forwarded instead: as messages of their own, they go through
 * cleanup(8) again, but only when nothing is left that has to wait.
 *
 * An alias that names itself means the user. Cycles end at LIMIT_ALIAS_DEPTH.
 */
#include "runtime/expand_local.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/strmap.h"
#include "runtime/address.h"
#include "runtime/config.h"
#include "runtime/resolve_find.h"

#define BAD_CONFIGURATION "mail system configuration error"

static void deliver_recipient(const struct local_delivery *d, struct local_member m);

/* The first time on this level of nesting; keys are folded, so no letters. */
static bool once_at_level(const struct local_delivery *d, unsigned n, struct str address)
{
	return local_once(d, (const char[]){(char)(n / 10 + 1), (char)(n % 10 + 1), '\0'},
			  address);
}

/* ---- members of an alias ---- */

static size_t deliver_list(const struct local_delivery *d, const struct local_member *m,
			   struct str text);

/* False: the error has been added. */
static bool open_include(const struct local_delivery *d, const struct local_member *m,
			 struct str path, struct str *out_text)
{
	const struct rt_host *host = d->ctx->host;
	enum rt_found found = RT_LOOKUP_ERROR;

	if (path.len == 0 || path.ptr[0] != '/')
		found = RT_NOT_FOUND;
	else if (host != NULL && host->read_include != NULL)
		found = host->read_include(host->state, rt_text(d->ctx, path),
					   d->ctx->arena, out_text);
	if (found == RT_NOT_FOUND)
		local_add_error(d, m, "5.3.5", BAD_CONFIGURATION);
	else if (found == RT_LOOKUP_ERROR)
		local_add_error(d, m, "4.3.0",
				arena_printf(d->ctx->arena,
					     "cannot open include file %.*s",
					     STR_ARG(path)));
	return found == RT_FOUND;
}

/* What cannot be delivered for now ends the reading of the file. */
static void deliver_include(const struct local_delivery *d, struct local_member m,
			    struct str path)
{
	size_t before = d->finals->count;
	struct str text, line;

	m.level++;
	if (!local_once(d, "include", path) || !open_include(d, &m, path, &text))
		return;
	m.alias = m.local;
	m.expanding = EXPAND_INCLUDE;
	if (m.owner == NULL)
		m.owner = rt_text(d->ctx, m.address);
	if (!words_have(&d->ctx->settings->propagate_unmatched_extensions, "include"))
		m.unmatched = (struct str){"", 0};
	while (!finals_have_temporary(d->finals, before) &&
	       str_token(&text, "\r\n", &line))
		if (line.ptr[0] != '#')
			deliver_list(d, &m, line);
}

static void deliver_member(const struct local_delivery *d, const struct local_member *m,
			   struct str text)
{
	static const struct str include = {":include:", 9};

	if (text.len > 0 && text.ptr[0] == '/')
		local_deliver_file(d, m, text);
	else if (text.len > 0 && text.ptr[0] == '~')
		local_add_error(d, m, "5.3.5", BAD_CONFIGURATION);
	else if (text.len > 0 && text.ptr[0] == '|')
		local_deliver_command(d, m, str_slice(text, 1, text.len));
	else if (str_caseeq(str_slice(text, 0, include.len), include))
		deliver_include(d, *m, str_slice(text, include.len, text.len));
	else
		local_deliver_address(d, *m, text);
}

/* Returns how many members the text has. */
static size_t deliver_list(const struct local_delivery *d, const struct local_member *m,
			   struct str text)
{
	struct str *items;
	size_t count = address_list_parse(d->ctx->arena, text, &items);

	for (size_t i = 0; i < count; i++) {
		if (d->finals->count >= LIMIT_ALIAS_MEMBERS) {
			local_add_error(d, m, "5.4.6", "too many alias members");
			break;
		}
		deliver_member(d, m, items[i]);
	}
	return count;
}

/* The extension that no alias took goes to the member. */
static struct str with_unmatched(const struct local_delivery *d,
				 const struct local_member *m, struct str recipient)
{
	struct str local = address_local(recipient);

	if (m->unmatched.len == 0)
		return recipient;
	return str_of(arena_printf(
		d->ctx->arena, "%.*s%.*s%.*s", STR_ARG(local), STR_ARG(m->unmatched),
		(int)(recipient.len - local.len), recipient.ptr + local.len));
}

/* A member that is an address: qualified and resolved, then local or not. */
void local_deliver_address(const struct local_delivery *d, struct local_member m,
			   struct str address)
{
	const struct rt_context *ctx = d->ctx;
	struct rt_route route;

	m.level++;
	address = address_rewrite(ctx->arena, ctx->settings, address);
	rt_resolve(ctx, address, STR_LIT(""), &route);
	if (route.status == RT_ROUTE_LOOKUP_FAILED) {
		local_add_error(d, &m, "4.3.0", "address resolver failure");
		return;
	}
	if (route.status == RT_ROUTE_BAD_ADDRESS) {
		local_add_error(d, &m, "5.1.3",
				arena_printf(ctx->arena,
					     "bad recipient address syntax: %s",
					     route.recipient));
		return;
	}
	m.address = with_unmatched(d, &m, str_of(route.recipient));
	if (rt_transport_is_local(ctx->config, route.transport))
		deliver_recipient(d, m);
	else
		local_forward(d, &m);
}

/* ---- aliases ---- */

/* The owner- alias of a name, the sender of what its list gets; NULL: none. */
static const char *owner_of(const struct local_delivery *d, struct str name)
{
	const struct rt_context *ctx = d->ctx;
	const struct rt_settings *s = ctx->settings;
	const struct str parts[] = {STR_LIT("owner-"), name};
	struct str owner = str_join(ctx->arena, parts, array_len(parts)), value;

	if (!s->owner_request_special || rt_maps_find(ctx, &s->alias_maps, "alias_maps",
						      owner, false, &value) != RT_FOUND)
		return NULL;
	return rt_text(ctx, address_rewrite(ctx->arena, s,
					    s->expand_owner_alias ? value : owner));
}

static void set_owner(const struct local_delivery *d, struct local_member *m,
		      struct str name)
{
	const char *owner = owner_of(d, name);

	if (owner != NULL)
		m->owner = m->sender = owner;
	else if (d->ctx->settings->reset_owner_alias)
		m->owner = NULL;
}

/* True: the name is an alias, and its members have been dealt with. */
static bool deliver_alias(const struct local_delivery *d, struct local_member m,
			  struct str name)
{
	const struct rt_maps *maps = &d->ctx->settings->alias_maps;
	struct str value;

	m.level++;
	if (m.alias.len > 0 && str_caseeq(m.alias, name))
		return false;
	if (m.level > LIMIT_ALIAS_DEPTH) {
		local_add_error(d, &m, "5.4.6",
				arena_printf(d->ctx->arena,
					     "alias database loop for %.*s",
					     STR_ARG(name)));
		return true;
	}
	m.alias = name;
	switch (rt_maps_find(d->ctx, maps, "alias_maps", name, false, &value)) {
	case RT_NOT_FOUND:
		return false;
	case RT_LOOKUP_ERROR:
		local_add_error(d, &m, "4.3.0", "alias database unavailable");
		return true;
	case RT_FOUND:
		break;
	}
	m.expanding = EXPAND_ALIAS;
	set_owner(d, &m, name);
	if (deliver_list(d, &m, value) == 0)
		local_add_error(d, &m, "4.3.0", "alias database unavailable");
	return true;
}

static void deliver_switch(const struct local_delivery *d, struct local_member m)
{
	const struct rt_settings *s = d->ctx->settings;

	m.level++;
	m.unmatched = (struct str){"", 0};
	/* "\\user" in an alias: the user's mailbox, whatever aliases there are. */
	if (m.user.ptr[0] == '\\') {
		m.address = str_slice(m.address, 1, m.address.len);
		m.local = str_slice(m.local, 1, m.local.len);
		m.user = str_slice(m.user, 1, m.user.len);
		local_deliver_mailbox(d, &m);
		return;
	}
	if (deliver_alias(d, m, m.local))
		return;
	if (m.extension.len > 0) {
		if (words_have(&s->propagate_unmatched_extensions, "alias"))
			m.unmatched = m.delimited;
		if (deliver_alias(d, m, m.user))
			return;
		m.unmatched = m.delimited;
	}
	if ((m.owner != NULL && !str_caseeqc(m.user, m.owner)) ||
	    m.expanding == EXPAND_INCLUDE)
		local_forward(d, &m);
	else
		local_deliver_mailbox(d, &m);
}

static bool was_delivered(const struct local_delivery *d, struct str address)
{
	for (const struct delivered *at = d->delivered; at != NULL; at = at->before)
		if (str_caseeqc(address, at->address))
			return true;
	return false;
}

/* Whoever owns the address as a list hears of it. */
static void add_loop(const struct local_delivery *d, const struct local_member *m)
{
	const struct rt_context *ctx = d->ctx;
	struct str local = address_local(m->address), bare, ext;
	const char *owner = owner_of(d, local);

	if (owner == NULL &&
	    address_strip_extension(ctx->arena, ctx->settings, local, &bare, &ext))
		owner = owner_of(d, bare);
	local_add_error(d, m, "5.4.6",
			arena_printf(ctx->arena, "mail forwarding loop for %.*s",
				     STR_ARG(m->address)));
	d->finals->items[d->finals->count - 1].owner = owner;
}

static void deliver_recipient(const struct local_delivery *d, struct local_member m)
{
	const struct rt_context *ctx = d->ctx;
	const char *delimiters = ctx->settings->recipient_delimiter;
	struct str bare, ext;

	if (++m.level > LIMIT_ALIAS_DEPTH) {
		local_add_error(d, &m, "5.4.6", "recipient nesting limit exceeded");
		return;
	}
	if (!once_at_level(d, m.level, m.address))
		return;
	if (was_delivered(d, m.address)) {
		add_loop(d, &m);
		return;
	}
	m.local = expand_folded(ctx, address_local(m.address));
	m.user = m.local;
	m.extension = (struct str){"", 0};
	if (delimiters != NULL && *delimiters &&
	    address_strip_extension(ctx->arena, ctx->settings, m.local, &bare, &ext)) {
		m.user = bare;
		m.extension = str_slice(ext, 1, ext.len);
		m.delimited = ext;
		if (str_chr(m.extension, '/') >= 0) {
			m.extension = (struct str){"", 0};
			m.local = m.user;
		}
	}
	if (m.user.len == 0)
		local_add_error(d, &m, "5.1.3",
				arena_printf(ctx->arena, "null username in \"%.*s\"",
					     STR_ARG(m.address)));
	else
		deliver_switch(d, m);
}

/* local(8) sends what it forwards in the end, if nothing is left for later. */
static void drop_forwarded(struct rt_finals *finals, size_t from)
{
	size_t kept = from;

	for (size_t i = from; i < finals->count; i++)
		if (!finals->items[i].is_forwarded)
			finals->items[kept++] = finals->items[i];
	finals->count = kept;
}

void expand_local_delivered(const struct rt_context *ctx, struct str recipient,
			    struct str sender, const struct delivered *delivered,
			    struct rt_finals *out_finals)
{
	const struct local_delivery d = {.ctx = ctx,
					 .finals = out_finals,
					 .seen = strmap_new(ctx->arena),
					 .sender = sender,
					 .delivered = delivered};
	const struct local_member m = {.address = recipient};

	size_t before = out_finals->count;

	deliver_recipient(&d, m);
	if (finals_have_temporary(out_finals, before))
		drop_forwarded(out_finals, before);
}

void rt_expand_local(const struct rt_context *ctx, struct str recipient,
		     struct str sender, struct rt_finals *out_finals)
{
	*out_finals = (struct rt_finals){0};
	expand_local_delivered(ctx, recipient, sender, NULL, out_finals);
}
