/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transport and next hop of an address whose domain is known. In the order in
 * which they win: relocated, transport tables, the sender's own transport and
 * relay host, the transport of the domain's class.
 *
 * The text after "transport:" belongs to the transport: for error and retry it
 * is the reason that the sender reads, for all others a destination.
 */
#include "runtime/resolve_route.h"

#include <string.h>

#include "base/arena.h"
#include "runtime/address.h"
#include "runtime/resolve.h"
#include "runtime/resolve_find.h"

#define UNDELIVERABLE "Address is undeliverable"

static bool is_error_transport(struct str transport)
{
	return str_eqc(transport, "error") || str_eqc(transport, "retry");
}

static void fail(struct rt_route *route)
{
	route->status = RT_ROUTE_LOOKUP_FAILED;
}

/* The classes of foreign domains, in their order. RT_LOOKUP_ERROR: a table. */
static enum rt_found foreign_class(const struct rt_context *ctx, struct str domain,
				   enum rt_class *out_class)
{
	const struct rt_settings *settings = ctx->settings;
	enum rt_found found;

	*out_class = RT_CLASS_ALIAS;
	found = rt_match_string(ctx, &settings->virtual_alias_domains, domain);
	if (found != RT_NOT_FOUND)
		return found;
	*out_class = RT_CLASS_VIRTUAL;
	found = rt_match_string(ctx, &settings->virtual_mailbox_domains, domain);
	if (found != RT_NOT_FOUND)
		return found;
	*out_class = RT_CLASS_RELAY;
	found = rt_match_domain(ctx, &settings->relay_domains, domain);
	if (found == RT_NOT_FOUND)
		*out_class = RT_CLASS_DEFAULT;
	return found;
}

enum rt_found rt_domain_class(const struct rt_context *ctx, struct str domain,
			      enum rt_class *out_class)
{
	enum rt_class class = RT_CLASS_LOCAL;
	enum rt_found found = RT_FOUND;

	if (domain.len > 0)
		found = rt_domain_is_local(ctx, domain);
	if (found == RT_NOT_FOUND)
		found = foreign_class(ctx, domain, &class);
	if (found != RT_LOOKUP_ERROR)
		*out_class = class;
	return found == RT_LOOKUP_ERROR ? found : RT_FOUND;
}

/*
 * "transport:nexthop" of a parameter: an empty next hop leaves the one that
 * was chosen before.
 */
static void set_transport(const struct rt_context *ctx, struct rt_route *route,
			  const char *value, struct str nexthop)
{
	struct str text = str_of(value);
	ptrdiff_t colon = str_chr(text, ':');

	if (colon >= 0) {
		if ((size_t)colon + 1 < text.len)
			nexthop = str_slice(text, (size_t)colon + 1, text.len);
		text = str_slice(text, 0, (size_t)colon);
	}
	route->transport = rt_text(ctx, text);
	route->nexthop = rt_text(ctx, nexthop);
	if (text.len == 0)
		fail(route);
}

struct sender_table {
	const struct rt_maps *maps;
	const char *what;
	const char *null_key; /* for the null sender */
};

/* What the table says, unless it is DUNNO, takes the place of *value. */
static void ask_by_sender(const struct rt_route_request *request,
			  const struct sender_table *table, struct rt_route *route,
			  const char **value)
{
	const struct rt_find find = {.ctx = request->ctx,
				     .maps = table->maps,
				     .what = table->what,
				     .keys = RT_FIND_DEFAULT};
	struct str key, answer;

	if (table->maps->count == 0)
		return;
	key = request->sender.len > 0 ? request->sender : str_of(table->null_key);
	switch (rt_find_address(&find, key, &answer, NULL)) {
	case RT_FOUND:
		if (str_caseeqc(answer, "DUNNO"))
			return;
		*value = rt_text(request->ctx, answer);
		route->decided_by = table->maps->origin;
		break;
	case RT_LOOKUP_ERROR:
		fail(route);
		break;
	case RT_NOT_FOUND:
		break;
	}
}

static const char *foreign_transport(const struct rt_route_request *request,
				     struct rt_route *route)
{
	const struct rt_settings *settings = request->ctx->settings;
	const struct sender_table table = {
		&settings->sender_dependent_default_transport_maps,
		"sender_dependent_default_transport_maps",
		settings->empty_address_default_transport_maps_lookup_key};
	const char *value = settings->default_transport;

	ask_by_sender(request, &table, route, &value);
	route->chosen_by =
		value == settings->default_transport ? "default_transport" : table.what;
	return value;
}

static struct str foreign_nexthop(const struct rt_route_request *request,
				  struct rt_route *route)
{
	const struct rt_settings *settings = request->ctx->settings;
	const struct sender_table table = {
		&settings->sender_dependent_relayhost_maps,
		"sender_dependent_relayhost_maps",
		settings->empty_address_relayhost_maps_lookup_key};
	const char *value = settings->relayhost;

	ask_by_sender(request, &table, route, &value);
	return value != NULL && *value ? str_of(value) : request->domain;
}

static void route_by_class(const struct rt_route_request *request, struct rt_route *route)
{
	const struct rt_context *ctx = request->ctx;
	const struct rt_settings *settings = ctx->settings;
	const char *transport;

	switch (route->class) {
	case RT_CLASS_LOCAL:
		route->decided_by = settings->mydestination.origin;
		route->chosen_by = "local_transport";
		set_transport(ctx, route, settings->local_transport, request->domain);
		break;
	case RT_CLASS_ALIAS:
		route->decided_by = settings->virtual_alias_domains.origin;
		route->transport = "error";
		route->nexthop = settings->show_user_unknown_table_name
					 ? "5.1.1 User unknown in virtual alias table"
					 : "5.1.1 User unknown";
		break;
	case RT_CLASS_VIRTUAL:
		route->decided_by = settings->virtual_mailbox_domains.origin;
		route->chosen_by = "virtual_transport";
		set_transport(ctx, route, settings->virtual_transport, request->domain);
		break;
	case RT_CLASS_RELAY:
		route->decided_by = settings->relay_domains.origin;
		route->chosen_by = "relay_transport";
		transport = settings->relay_transport;
		set_transport(ctx, route, transport, foreign_nexthop(request, route));
		break;
	case RT_CLASS_DEFAULT:
		transport = foreign_transport(request, route);
		set_transport(ctx, route, transport, foreign_nexthop(request, route));
		break;
	}
}

/* A row of a transport table; either half may be empty. */
static void apply_transport_row(const struct rt_route_request *request,
				struct rt_route *route, struct str value)
{
	const struct rt_context *ctx = request->ctx;
	ptrdiff_t colon = str_chr(value, ':');
	struct str transport = colon < 0 ? value : str_slice(value, 0, (size_t)colon);
	struct str nexthop = {"", 0};

	if (colon >= 0)
		nexthop = str_slice(value, (size_t)colon + 1, value.len);
	if (nexthop.len > 0)
		route->nexthop = rt_text(ctx, nexthop);
	if (transport.len == 0)
		return;
	route->chosen_by = "transport_maps";
	route->transport = rt_text(ctx, transport);
	if (nexthop.len > 0)
		return;
	route->nexthop = is_error_transport(transport) ? UNDELIVERABLE
						       : rt_text(ctx, request->domain);
}

static void route_by_table(const struct rt_route_request *request, struct rt_route *route)
{
	const struct rt_context *ctx = request->ctx;
	struct rt_find find = {.ctx = ctx,
			       .maps = &ctx->settings->transport_maps,
			       .what = "transport_maps",
			       .keys = RT_FIND_FULL | RT_FIND_NOEXT | RT_FIND_DOMAIN};
	struct str value;
	enum rt_found found;

	if (find.maps->count == 0 || route->class == RT_CLASS_ALIAS)
		return;
	if (!rt_parent_matches(ctx, "transport_maps"))
		find.keys |= RT_FIND_PARENT_IS_DOT;
	found = rt_find_address(&find, request->recipient, &value, NULL);
	if (found == RT_NOT_FOUND)
		found = rt_maps_find(ctx, find.maps, find.what, STR_LIT("*"), false,
				     &value);
	if (found == RT_LOOKUP_ERROR) {
		fail(route);
	} else if (found == RT_FOUND) {
		route->decided_by = find.maps->origin;
		apply_transport_row(request, route, value);
	}
}

static void route_by_relocation(const struct rt_route_request *request,
				struct rt_route *route)
{
	const struct rt_context *ctx = request->ctx;
	const struct rt_find find = {.ctx = ctx,
				     .maps = &ctx->settings->relocated_maps,
				     .what = "relocated_maps",
				     .keys = RT_FIND_DEFAULT};
	struct str value;

	switch (rt_find_address(&find, request->recipient, &value, NULL)) {
	case RT_FOUND:
		route->decided_by = find.maps->origin;
		route->transport = "error";
		route->nexthop = arena_printf(ctx->arena, "5.1.6 User has moved to %.*s",
					      STR_ARG(value));
		break;
	case RT_LOOKUP_ERROR:
		fail(route);
		break;
	case RT_NOT_FOUND:
		break;
	}
}

void rt_route_choose(const struct rt_route_request *request, struct rt_route *route)
{
	route->class = RT_CLASS_LOCAL;
	if (!request->is_local && foreign_class(request->ctx, request->domain,
						&route->class) == RT_LOOKUP_ERROR) {
		fail(route);
		return;
	}
	route_by_class(request, route);
	if (route->status == RT_ROUTE_OK)
		route_by_table(request, route);
	if (route->status == RT_ROUTE_OK)
		route_by_relocation(request, route);
	/* Commands of delivery agents take "-user" for an option. */
	if (route->status == RT_ROUTE_OK && !request->ctx->settings->allow_min_user &&
	    route->recipient[0] == '-')
		route->status = RT_ROUTE_BAD_ADDRESS;
}
