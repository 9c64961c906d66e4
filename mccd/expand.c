/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One recipient through rt_expand_all(). As soon as one of its ends cannot be
 * told for now, none is used: half a list recorded today and the other half
 * from other tables tomorrow would be a list that nobody wrote.
 */
#include "mccd/expand.h"

#include <string.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"
#include "base/strmap.h"
#include "mccd/deliver_user.h"
#include "mccd/spool.h"
#include "runtime/address.h"
#include "runtime/resolve.h"

/* Of one :include: file. */
#define INCLUDE_MAX ((size_t)10 << 20)

static enum rt_found user_exists(void *state, const char *name)
{
	const char *root = state;
	struct deliver_user user;
	int status = deliver_user_find(root, name, &user);

	return status == 0	      ? RT_FOUND
	       : status == MCC_ENOENT ? RT_NOT_FOUND
				      : RT_LOOKUP_ERROR;
}

static enum rt_found read_include(void *state, const char *path, struct arena *arena,
				  struct str *out_text)
{
	const char *root = state;

	return rt_read_include(arena, arena_printf(arena, "%s%s", root, path),
			       INCLUDE_MAX, out_text);
}

/* Addresses are equal when local parts are and domains but for case; those of
 * different owners are different mails. */
static struct str seen_key(struct arena *arena, const char *address, const char *owner)
{
	struct str domain = str_lower(arena, address_domain(str_of(address)));
	struct str local = address_local(str_of(address));

	return str_of(arena_printf(arena, "%.*s@%.*s %s", STR_ARG(local), STR_ARG(domain),
				   owner));
}

void expand_begin(struct expand *expand)
{
	struct spool_message *message = expand->message;

	expand->seen = strmap_new(message->arena);
	for (size_t i = 0; i < message->target_count; i++) {
		const struct spool_target *t = &message->targets[i];

		if (t->kind == SPOOL_ADDRESS)
			strmap_put(expand->seen,
				   seen_key(message->arena, t->address, t->owner),
				   message);
	}
}

/* A route that the address alone does not lead to (mailbox_transport, ...). */
static void keep_route(const struct rt_context *ctx, const struct rt_final *final,
		       const char *sender, struct spool_target *t, struct arena *arena)
{
	struct rt_route route;

	rt_resolve(ctx, str_of(final->text), str_of(sender), &route);
	if (route.status == RT_ROUTE_OK &&
	    strcmp(route.transport, final->route.transport) == 0 &&
	    strcmp(route.nexthop, final->route.nexthop) == 0)
		return;
	t->transport = arena_strdup(arena, final->route.transport);
	t->nexthop = arena_strdup(arena, final->route.nexthop);
}

static enum spool_target_kind kind_of(const struct rt_final *final)
{
	switch (final->kind) {
	case RT_FINAL_COMMAND:
		return SPOOL_COMMAND;
	case RT_FINAL_FILE:
		return SPOOL_FILE;
	case RT_FINAL_ERROR:
		return SPOOL_ERROR;
	case RT_FINAL_ADDRESS:
		break;
	}
	return SPOOL_ADDRESS;
}

/* Every recipient goes to the filter; what stands behind it decides the rest. */
static void filter_route(const char *filter, struct spool_target *t, struct arena *arena)
{
	size_t len = strcspn(filter, ":");
	const char *nexthop = filter[len] ? filter + len + 1 : "";

	t->transport = arena_memdup0(arena, filter, len);
	t->nexthop = nexthop[0] ? arena_strdup(arena, nexthop)
				: str_dup0(arena, address_domain(str_of(t->address)));
}

static bool add_target(const struct rt_context *ctx, const struct expand *expand,
		       size_t recipient, const struct rt_final *final)
{
	const char *owner = final->owner ? final->owner : "";
	struct spool_message *message = expand->message;
	struct arena *arena = message->arena;
	const char *address = final->text;
	struct spool_target *t;

	if (final->kind == RT_FINAL_ADDRESS &&
	    strmap_put(expand->seen, seen_key(arena, address, owner), message))
		return true;
	t = spool_new_target(message);
	if (!t)
		return false;
	t->kind = kind_of(final);
	t->recipient = recipient;
	t->owner = arena_strdup(arena, owner);
	if (final->kind == RT_FINAL_ADDRESS && !message->filter[0])
		keep_route(ctx, final, owner[0] ? owner : message->sender, t, arena);
	if (final->kind == RT_FINAL_ERROR) {
		address = final->route.recipient ? final->route.recipient
						 : message->recipients[recipient];
		t->dsn = arena_strdup(arena, final->dsn);
		t->text = arena_strdup(arena, final->text);
	}
	t->address = arena_strdup(arena, address);
	if (t->kind == SPOOL_ADDRESS && message->filter[0])
		filter_route(message->filter, t, arena);
	return true;
}

/* The first reason that is not for good, or false. */
static bool find_temporary(const struct rt_finals *finals, struct expand_reason *out)
{
	if (finals->error_code / 100 == 4) {
		*out = (struct expand_reason){finals->error_dsn, finals->error_text};
		return true;
	}
	for (size_t i = 0; i < finals->count; i++) {
		const struct rt_final *final = &finals->items[i];

		if (final->kind == RT_FINAL_ERROR && final->dsn[0] == '4') {
			*out = (struct expand_reason){final->dsn, final->text};
			return true;
		}
	}
	return false;
}

static bool add_all(const struct rt_context *ctx, const struct expand *expand,
		    const struct rt_finals *finals, size_t recipient)
{
	struct rt_final refused = {.kind = RT_FINAL_ERROR};

	if (finals->error_code != 0) {
		refused.dsn = finals->error_dsn;
		refused.text = finals->error_text;
		return add_target(ctx, expand, recipient, &refused);
	}
	for (size_t i = 0; i < finals->count; i++) {
		if (!add_target(ctx, expand, recipient, &finals->items[i]))
			return false;
	}
	return true;
}

/* Notices get no copies (Postfix: internal mail), and what a filter sends back
 * with no_address_mappings was mapped before it. */
static const struct rt_settings *settings_for(const struct expand *expand,
					      struct arena *arena)
{
	static const char *const unmapped[] = {"no_address_mappings"};
	const struct spool_message *message = expand->message;
	struct rt_settings *settings;

	if (!message->origin[0] && !message->unmapped)
		return &expand->config->settings;
	settings = arena_alloc(arena, sizeof(*settings));
	*settings = expand->config->settings;
	settings->always_bcc = "";
	settings->sender_bcc_maps.count = settings->recipient_bcc_maps.count = 0;
	if (message->unmapped)
		settings->receive_override_options =
			(struct rt_words){.words = unmapped, .count = 1};
	return settings;
}

bool expand_recipient(struct expand *expand, size_t recipient,
		      struct expand_reason *out_reason)
{
	struct spool_message *message = expand->message;
	struct arena *arena = arena_new(0);
	size_t before = message->target_count;
	struct rt_host host = {
		.state = arena_strdup(arena, expand->root),
		.user_exists = user_exists,
		.read_include = read_include,
	};
	struct rt_context ctx = {
		.config = expand->config,
		.settings = settings_for(expand, arena),
		.arena = arena,
		.host = &host,
	};
	struct expand_reason reason;
	struct rt_finals finals;
	bool ok = false;

	/* Before a filter only what cleanup(8) does; local aliases come behind it. */
	if (message->filter[0])
		rt_expand_envelope(&ctx, str_of(message->recipients[recipient]),
				   str_of(message->sender), &finals);
	else
		rt_expand_all(&ctx, str_of(message->recipients[recipient]),
			      str_of(message->sender), &finals);
	if (find_temporary(&finals, &reason)) {
		out_reason->dsn = arena_strdup(message->arena, reason.dsn);
		out_reason->text = arena_strdup(message->arena, reason.text);
	} else if (!add_all(&ctx, expand, &finals, recipient)) {
		message->target_count = before;
		expand_begin(expand);
		*out_reason = (struct expand_reason){"4.3.0", "too many recipients"};
	} else {
		ok = true;
	}
	arena_free(arena);
	return ok;
}
