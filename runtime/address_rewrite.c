/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rewriting that trivial-rewrite(8) does to an address that was given by a
 * local client or stands in a local table. The order of the steps is part of
 * the behaviour: "site!user" is swapped before an origin is appended, so
 * "site!user" never gets the local origin.
 *
 * Most addresses are plain user@host.domain. They are recognized without
 * being taken apart, and come back as they are.
 */
#include <string.h>

#include "base/arena.h"
#include "runtime/address.h"
#include "runtime/address_tokens.h"
#include "runtime/config.h"

/*
 * domain!user becomes user@domain. Without a domain the user is joined. In
 * place: "!!!..." is swapped as often as it is long.
 */
static void swap_bang(struct address_tokens *tokens, size_t bang)
{
	struct address_tokens domain = address_tokens_copy(tokens, 0, bang);
	struct address_token *items = tokens->items;
	size_t local = tokens->count - bang - 1;

	memmove(items, items + bang + 1, local * sizeof(*items));
	items[local] = (struct address_token){.kind = '@'};
	for (size_t i = 0; i <= local; i++)
		items[i].is_joined = bang == 0;
	if (bang > 0)
		memcpy(items + local + 1, domain.items, bang * sizeof(*items));
}

/* An address without '@' gets a domain, one way or the other. */
static void add_domain(struct address_tokens *tokens, const struct rt_settings *settings)
{
	ptrdiff_t bang = settings->swap_bangpath ? address_tokens_find(tokens, '!') : -1;
	ptrdiff_t percent =
		settings->allow_percent_hack ? address_tokens_rfind(tokens, '%') : -1;

	if (bang >= 0) {
		swap_bang(tokens, (size_t)bang);
	} else if (percent >= 0) {
		tokens->items[percent].kind = '@';
	} else if (settings->append_at_myorigin && *settings->myorigin) {
		address_tokens_append_operator(tokens, '@');
		address_tokens_append_text(tokens, settings->myorigin);
	}
}

/* The part after the last '@' is a name without any dot. */
static bool is_short_domain(const struct address_tokens *tokens)
{
	ptrdiff_t at = address_tokens_rfind(tokens, '@');

	if (at < 0 || (size_t)at + 1 == tokens->count)
		return false;
	for (size_t i = (size_t)at; i < tokens->count; i++)
		if (tokens->items[i].kind == '.' ||
		    tokens->items[i].kind == ADDRESS_TOKEN_LITERAL)
			return false;
	return true;
}

static bool is_empty_address(const struct address_tokens *tokens)
{
	return tokens->count == 1 && tokens->items[0].kind == ADDRESS_TOKEN_QUOTED &&
	       tokens->items[0].text.len == 0;
}

/* "@a,@b:user@c" is delivered as user@c (RFC 5321 appendix C). */
static void drop_route(struct address_tokens *tokens)
{
	ptrdiff_t colon = address_tokens_find(tokens, ':');

	if (tokens->items[0].kind == '@' && colon >= 0 &&
	    (size_t)colon + 1 < tokens->count)
		address_tokens_keep(tokens, (size_t)colon + 1, tokens->count);
}

/* One final dot goes; "u@." and "u@a.." are left to be found wrong. */
static void drop_final_dot(struct address_tokens *tokens)
{
	size_t n = tokens->count;

	if (n >= 2 && tokens->items[n - 1].kind == '.' &&
	    tokens->items[n - 2].kind != '.' && tokens->items[n - 2].kind != '@')
		tokens->count--;
}

void address_tokens_rewrite(struct address_tokens *tokens,
			    const struct rt_settings *settings)
{
	if (tokens->count == 0 || is_empty_address(tokens))
		return;
	if (tokens->count == 1 && tokens->items[0].kind == '@') {
		tokens->items[0] = (struct address_token){.kind = ADDRESS_TOKEN_QUOTED,
							  .text = STR_LIT("")};
		return;
	}
	drop_route(tokens);
	if (address_tokens_rfind(tokens, '@') < 0)
		add_domain(tokens, settings);
	if (settings->append_dot_mydomain && *settings->mydomain &&
	    is_short_domain(tokens)) {
		address_tokens_append_operator(tokens, '.');
		address_tokens_append_text(tokens, settings->mydomain);
	}
	drop_final_dot(tokens);
}

enum byte_kind { BYTE_OTHER, BYTE_PLAIN, BYTE_DOT, BYTE_AT };

/* Letters, digits and "-_+=" are plain; sixteen bytes a line. */
static const unsigned char byte_kinds[256] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* control characters */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 2, 0, /* + - . */
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, /* 0-9 = */
	3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, /* @ A-O */
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, /* P-Z _ */
	0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, /* a-o */
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,		/* p-z */
};

/* Words of plain bytes: with single dots between them, with one '@', and with
 * a dot behind that. */
bool address_is_plain(struct str address)
{
	size_t word = 0, dots = 0;
	bool has_at = false;

	for (size_t i = 0; i < address.len; i++) {
		unsigned kind = byte_kinds[(unsigned char)address.ptr[i]];

		if (kind == BYTE_PLAIN)
			continue;
		if (kind == BYTE_OTHER || i == word || (kind == BYTE_AT && has_at))
			return false;
		has_at = has_at || kind == BYTE_AT;
		dots = kind == BYTE_AT ? 0 : dots + 1;
		word = i + 1;
	}
	return has_at && dots > 0 && word < address.len;
}

struct str address_rewrite(struct arena *arena, const struct rt_settings *settings,
			   struct str address)
{
	struct address_tokens tokens;

	if (address.len == 0 || address_is_plain(address))
		return address;
	address_tokens_scan_address(&tokens, arena, address_quote(arena, address));
	address_tokens_rewrite(&tokens, settings);
	return address_unquote(arena, address_tokens_external(&tokens));
}
