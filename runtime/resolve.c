/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where an address goes, as trivial-rewrite(8) decides it: first the domains
 * that are the site itself are taken off, one after the other, until what is
 * left is a local part or has a foreign domain; then the class of the domain
 * gives transport and next hop (resolve_route.c).
 *
 * Routing characters are looked for in quoted local parts too: a relay behind
 * us may take them for a route, so "user@elsewhere"@here must be seen for what
 * it is.
 */
#include "runtime/resolve.h"

#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "runtime/address.h"
#include "runtime/address_tokens.h"
#include "runtime/resolve_find.h"
#include "runtime/resolve_route.h"

const char *rt_class_name(enum rt_class class)
{
	switch (class) {
	case RT_CLASS_LOCAL:
		return "local";
	case RT_CLASS_ALIAS:
		return "alias";
	case RT_CLASS_VIRTUAL:
		return "virtual";
	case RT_CLASS_RELAY:
		return "relay";
	case RT_CLASS_DEFAULT:
		return "default";
	}
	return "default";
}

struct resolver {
	const struct rt_context *ctx;
	struct address_tokens tokens;
	struct address_tokens saved; /* "@domain" that was taken off last */
	bool is_remote;
};

enum strip { STRIP_AGAIN, STRIP_DONE, STRIP_FAILED };

static void drop_final_dot(struct address_tokens *tokens)
{
	size_t n = tokens->count;

	if (n >= 2 && tokens->items[n - 1].kind == '.' &&
	    tokens->items[n - 2].kind != '.' && tokens->items[n - 2].kind != '@')
		tokens->count--;
}

/* Takes "@domain" off when it is the site itself. */
static enum rt_found strip_domain(struct resolver *r)
{
	ptrdiff_t at = address_tokens_rfind(&r->tokens, '@');
	size_t from = (size_t)at + 1;
	enum rt_found local = RT_FOUND;

	if (at < 0)
		return RT_FOUND;
	if (from < r->tokens.count) {
		struct str domain =
			address_tokens_internal(&r->tokens, from, r->tokens.count, true);

		local = rt_domain_is_local(r->ctx, domain);
	}
	if (local == RT_FOUND) {
		r->saved = address_tokens_copy(&r->tokens, (size_t)at, r->tokens.count);
		address_tokens_keep(&r->tokens, 0, (size_t)at);
	}
	return local;
}

static bool has_route(const struct resolver *r)
{
	const struct rt_settings *settings = r->ctx->settings;

	return address_tokens_rfind(&r->tokens, '@') >= 0 ||
	       (settings->swap_bangpath && address_tokens_rfind(&r->tokens, '!') >= 0) ||
	       (settings->allow_percent_hack &&
		address_tokens_rfind(&r->tokens, '%') >= 0);
}

/* A quoted local part with a routing character in it is taken apart. */
static bool crack_quoted(struct resolver *r)
{
	const struct rt_settings *settings = r->ctx->settings;
	struct arena *arena = r->ctx->arena;
	struct str local;
	ptrdiff_t at;
	char *copy;

	if (!settings->resolve_dequoted_address || r->tokens.count != 1 ||
	    r->tokens.items[0].kind != ADDRESS_TOKEN_QUOTED)
		return false;
	local = r->tokens.items[0].text;
	at = str_rchr(local, '@');
	if (at < 0 && settings->allow_percent_hack)
		at = str_rchr(local, '%');
	if (at < 0) {
		if (!settings->swap_bangpath || str_rchr(local, '!') < 0)
			return false;
	} else {
		copy = arena_memdup0(arena, local.ptr, local.len);
		copy[at] = '@';
		local = address_quote(arena, (struct str){copy, local.len});
	}
	address_tokens_scan(&r->tokens, arena, local);
	return true;
}

static enum strip strip_step(struct resolver *r)
{
	const struct rt_settings *settings = r->ctx->settings;
	struct address_tokens *tokens = &r->tokens;

	drop_final_dot(tokens);
	if (settings->resolve_null_domain && tokens->count > 0 &&
	    tokens->items[tokens->count - 1].kind == '@')
		tokens->count--;
	switch (strip_domain(r)) {
	case RT_LOOKUP_ERROR:
		return STRIP_FAILED;
	case RT_NOT_FOUND:
		r->is_remote = true;
		return STRIP_DONE;
	case RT_FOUND:
		break;
	}
	if (has_route(r) || crack_quoted(r)) {
		address_tokens_rewrite(tokens, settings);
		return STRIP_AGAIN;
	}
	if (tokens->count == 1 && tokens->items[0].kind == ADDRESS_TOKEN_QUOTED &&
	    tokens->items[0].text.len == 0)
		tokens->count = 0;
	if (tokens->count == 0) {
		address_tokens_append_text(tokens, settings->empty_address_recipient);
		return tokens->count > 0 ? STRIP_AGAIN : STRIP_DONE;
	}
	if (r->saved.count == 0) {
		address_tokens_append_operator(tokens, '@');
		address_tokens_append_text(tokens, settings->myhostname);
		return STRIP_AGAIN;
	}
	return STRIP_DONE;
}

/* Each round takes something off or adds it for good; the bound is for bugs. */
static enum strip strip_all(struct resolver *r, size_t length)
{
	for (size_t i = 0; i < length + 100; i++) {
		enum strip step = strip_step(r);

		if (step != STRIP_AGAIN)
			return step;
	}
	return STRIP_DONE;
}

/* The first routing character is not the '@' before the domain. */
static bool is_routed(struct str recipient, struct str domain)
{
	size_t n = 0;

	while (n < recipient.len && recipient.ptr[n] != '@' && recipient.ptr[n] != '!' &&
	       recipient.ptr[n] != '%')
		n++;
	return !str_eq(str_slice(recipient, n + 1, recipient.len), domain);
}

static bool is_domain_valid(const struct rt_settings *settings, struct str domain)
{
	if (domain.len > 0 && domain.ptr[0] == '[')
		return hostaddr_is_literal(domain);
	if (!utf8_is_ascii(domain) &&
	    !(settings->smtputf8_enable && utf8_is_valid(domain)))
		return false;
	return hostname_is_valid(domain);
}

/* user@1.2.3.4 becomes user@[1.2.3.4] where the site wants it so. */
static enum rt_found bracket_numeric(struct resolver *r, struct str *recipient)
{
	struct str domain = address_domain(*recipient);
	const char *text =
		arena_printf(r->ctx->arena, "%.*s@[%.*s]",
			     STR_ARG(address_local(*recipient)), STR_ARG(domain));
	enum rt_found local;

	*recipient = str_of(text);
	local = rt_domain_is_local(r->ctx, address_domain(*recipient));
	if (local == RT_FOUND)
		r->is_remote = false;
	return local;
}

/* An address without routes and quotes is found local or foreign at once. */
static enum strip classify_plain(struct resolver *r, struct str address)
{
	switch (rt_domain_is_local(r->ctx, address_domain(address))) {
	case RT_LOOKUP_ERROR:
		return STRIP_FAILED;
	case RT_NOT_FOUND:
		r->is_remote = true;
		break;
	case RT_FOUND:
		break;
	}
	return STRIP_DONE;
}

static struct str strip_own_domains(struct resolver *r, struct str address,
				    enum strip *out_status)
{
	if (address_is_plain(address)) {
		*out_status = classify_plain(r, address);
		return address;
	}
	address_tokens_scan_address(&r->tokens, r->ctx->arena,
				    address_quote(r->ctx->arena, address));
	*out_status = strip_all(r, address.len);
	if (!r->is_remote)
		address_tokens_append(&r->tokens, &r->saved);
	return address_tokens_internal(&r->tokens, 0, r->tokens.count, true);
}

static void resolve(const struct rt_context *ctx, struct str address, struct str sender,
		    struct rt_route *out_route)
{
	struct resolver r = {.ctx = ctx};
	struct rt_route route = {.status = RT_ROUTE_OK, .class = RT_CLASS_DEFAULT};
	struct str recipient, domain;
	enum strip status;

	recipient = strip_own_domains(&r, address, &status);
	route.recipient = rt_text(ctx, recipient);
	domain = address_domain(recipient);
	if (status == STRIP_FAILED) {
		route.status = RT_ROUTE_LOOKUP_FAILED;
	} else if (!is_domain_valid(ctx->settings, domain)) {
		if (!ctx->settings->resolve_numeric_domain || !hostaddr_is_valid(domain))
			route.status = RT_ROUTE_BAD_ADDRESS;
		else if (bracket_numeric(&r, &recipient) == RT_LOOKUP_ERROR)
			route.status = RT_ROUTE_LOOKUP_FAILED;
		route.recipient = rt_text(ctx, recipient);
	}
	if (route.status == RT_ROUTE_OK) {
		struct rt_route_request request = {.ctx = ctx,
						   .recipient = recipient,
						   .domain = address_domain(recipient),
						   .sender = sender,
						   .is_local = !r.is_remote};

		route.routed = is_routed(recipient, request.domain);
		rt_route_choose(&request, &route);
	}
	*out_route = route;
}

/* The route that is remembered; false: none is. */
static bool recall(const struct rt_context *ctx, struct str address, struct str sender,
		   struct rt_route *out_route)
{
	const struct rt_route_memo *memo = ctx->memo;

	for (size_t i = 0; i < memo->count && i < RT_ROUTE_MEMO; i++) {
		if (memo->items[i].settings != ctx->settings ||
		    !str_eq(memo->items[i].address, address) ||
		    !str_eq(memo->items[i].sender, sender))
			continue;
		*out_route = memo->items[i].route;
		return true;
	}
	return false;
}

void rt_resolve(const struct rt_context *ctx, struct str address, struct str sender,
		struct rt_route *out_route)
{
	size_t at;

	if (ctx->memo == NULL || ctx->tracer != NULL) {
		resolve(ctx, address, sender, out_route);
		return;
	}
	if (recall(ctx, address, sender, out_route))
		return;
	resolve(ctx, address, sender, out_route);
	at = ctx->memo->count++ % RT_ROUTE_MEMO;
	ctx->memo->items[at].settings = ctx->settings;
	ctx->memo->items[at].address = address;
	ctx->memo->items[at].sender = sender;
	ctx->memo->items[at].route = *out_route;
}
