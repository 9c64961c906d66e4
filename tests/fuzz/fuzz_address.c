/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses from hostile bytes. Input: one byte of settings, the rest is the
 * path of a command, an address and a list. What must hold: a strict parser
 * accepts no more than a lenient one and gives the same; quoting can be undone;
 * an address that resolves has a domain and, resolved again, goes the same way.
 */
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "runtime/address.h"
#include "runtime/resolve.h"

enum { ADDRESS_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fill_settings(struct rt_settings *s, unsigned choices)
{
	static const struct rt_match_item own[] = {
		{.kind = RT_MATCH_WORD, .text = "example.com"},
		{.kind = RT_MATCH_WORD, .text = "mail.example.com"},
	};

	s->myhostname = "mail.example.com";
	s->mydomain = "example.com";
	s->myorigin = choices & 1 ? "mail.example.com" : "";
	s->recipient_delimiter = choices & 2 ? "+-" : "";
	s->append_at_myorigin = true;
	s->append_dot_mydomain = (choices & 4) != 0;
	s->swap_bangpath = (choices & 8) != 0;
	s->allow_percent_hack = (choices & 16) != 0;
	s->resolve_dequoted_address = (choices & 32) != 0;
	s->resolve_null_domain = (choices & 64) != 0;
	s->resolve_numeric_domain = (choices & 128) != 0;
	s->owner_request_special = true;
	s->empty_address_recipient = "MAILER-DAEMON";
	s->double_bounce_sender = "double-bounce";
	s->mydestination = (struct rt_match){.items = own, .count = array_len(own)};
	s->local_transport = "local:mail.example.com";
	s->virtual_transport = "virtual";
	s->relay_transport = "relay";
	s->default_transport = "smtp";
	s->relayhost = "";
}

static void check_path(struct arena *arena, struct str text)
{
	struct str lenient = {"", 0}, strict = {"", 0}, rest;
	bool lenient_ok =
		address_parse_path(arena, text, false, &lenient, &rest) == ADDRESS_OK;

	if (address_parse_path(arena, text, true, &strict, &rest) == ADDRESS_OK) {
		MCC_ASSERT(lenient_ok);
		MCC_ASSERT(str_eq(strict, lenient));
		MCC_ASSERT(rest.len <= text.len);
	}
}

static void check_forms(struct arena *arena, struct str text)
{
	MCC_ASSERT(str_eq(address_unquote(arena, address_quote(arena, text)), text));
}

static void check_list(struct arena *arena, struct str text)
{
	struct str *items;
	size_t count = address_list_parse(arena, text, &items), total = 0;

	for (size_t i = 0; i < count; i++)
		total += items[i].len;
	/* A literal that is never closed gets its bracket. */
	MCC_ASSERT(total <= text.len + 1);
}

static void check_resolve(struct arena *arena, const struct rt_config *config,
			  struct str text)
{
	const struct rt_context ctx = {
		.config = config, .settings = &config->settings, .arena = arena};
	struct str address = address_rewrite(arena, ctx.settings, text), bare, ext;
	struct rt_route route, again;

	rt_resolve(&ctx, address, text, &route);
	if (address_strip_extension(arena, ctx.settings, address, &bare, &ext))
		MCC_ASSERT(bare.len + ext.len == address.len);
	if (route.status != RT_ROUTE_OK)
		return;
	MCC_ASSERT(strchr(route.recipient, '@') != NULL);
	MCC_ASSERT(*route.transport && *route.nexthop);
	rt_resolve(&ctx, str_of(route.recipient), text, &again);
	MCC_ASSERT(again.status != RT_ROUTE_LOOKUP_FAILED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rt_config config;
	struct arena *arena;
	struct str text;

	if (size < 1 || size > ADDRESS_MAX)
		return 0;
	arena = arena_new(0);
	fill_settings(&config.settings, data[0]);
	text = (struct str){(const char *)data + 1, size - 1};
	check_path(arena, text);
	check_forms(arena, text);
	check_list(arena, text);
	if (memchr(text.ptr, '\0', text.len) == NULL)
		check_resolve(arena, &config, text);
	arena_free(arena);
	return 0;
}
