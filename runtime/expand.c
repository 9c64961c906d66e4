/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What cleanup(8) does to each address: qualification, canonical tables,
 * masquerading; and what all parts of expansion share.
 */
#include "runtime/expand.h"

#include <string.h>

#include "base/arena.h"
#include "base/strmap.h"
#include "runtime/address.h"
#include "runtime/config.h"
#include "runtime/resolve_find.h"

enum { CANONICAL_DEPTH = 10 };

struct rt_final *finals_add(const struct rt_context *ctx, struct rt_finals *finals,
			    enum rt_final_kind kind, const char *text)
{
	struct rt_final *item = arena_push(ctx->arena, &finals->items, finals->count,
					   &finals->room, sizeof(*item));

	item->kind = kind;
	item->text = text;
	finals->count++;
	return item;
}

void finals_put_error(const struct rt_context *ctx, struct rt_finals *finals,
		      const struct rt_final *error)
{
	const struct rt_origin *origin = &error->route.decided_by;

	*finals_add(ctx, finals, RT_FINAL_ERROR, error->text) = *error;
	rt_trace(ctx, "undeliverable", origin->line != 0 ? origin : NULL, error->text);
}

void finals_add_error(const struct rt_context *ctx, struct rt_finals *finals,
		      struct str recipient, const char *dsn, const char *why)
{
	const struct rt_final error = {.kind = RT_FINAL_ERROR,
				       .text = why,
				       .dsn = dsn,
				       .route.recipient = rt_text(ctx, recipient)};

	finals_put_error(ctx, finals, &error);
}

bool finals_have_temporary(const struct rt_finals *finals, size_t from)
{
	for (size_t i = from; i < finals->count; i++)
		if (finals->items[i].kind == RT_FINAL_ERROR &&
		    finals->items[i].dsn[0] == '4')
			return true;
	return false;
}

bool words_have(const struct rt_words *words, const char *word)
{
	struct str wanted = str_of(word);

	for (size_t i = 0; i < words->count; i++)
		if (str_caseeqc(wanted, words->words[i]))
			return true;
	return false;
}

struct str expand_folded(const struct rt_context *ctx, struct str text)
{
	const struct rt_keys keys = {true, ctx->settings->smtputf8_enable};

	return rt_keys_fold(keys, ctx->arena, text);
}

bool first_time(const struct rt_context *ctx, struct strmap *seen, struct str key)
{
	struct str folded = expand_folded(ctx, key);

	if (strmap_find(seen, folded) != NULL)
		return false;
	strmap_put(seen, folded, seen);
	return true;
}

void rt_finals_refuse(struct rt_finals *finals, bool is_failure)
{
	finals->count = 0;
	finals->error_code = 451;
	finals->error_dsn = is_failure ? "4.3.0" : "4.6.0";
	finals->error_text =
		is_failure ? "queue file write error" : "Alias expansion error";
}

/* ---- one look-up with its results ---- */

static struct str with_extension(struct arena *arena, struct str address, struct str ext)
{
	struct str local = address_local(address);
	struct str rest = str_slice(address, local.len, address.len);
	char *out;

	if (ext.len == 0)
		return address;
	out = arena_alloc(arena, address.len + ext.len + 1);
	memcpy(out, local.ptr, local.len);
	memcpy(out + local.len, ext.ptr, ext.len);
	memcpy(out + local.len + ext.len, rest.ptr, rest.len);
	return (struct str){out, address.len + ext.len};
}

/* "@other.domain": the user of the address that was looked up, there. */
static struct str with_user(struct arena *arena, struct str address, struct str ext,
			    struct str domain)
{
	struct str local = address_local(address);
	char *out;

	if (ext.len > 0 && ext.len < local.len)
		local.len -= ext.len;
	out = arena_alloc(arena, local.len + domain.len + 1);
	memcpy(out, local.ptr, local.len);
	memcpy(out + local.len, domain.ptr, domain.len);
	return address_quote(arena, (struct str){out, local.len + domain.len});
}

enum rt_found expand_map_address(const struct expand_mapping *mapping, struct str address,
				 struct str **out_items, size_t *out_count)
{
	const struct rt_context *ctx = mapping->ctx;
	const struct rt_find find = {.ctx = ctx,
				     .maps = mapping->maps,
				     .what = mapping->what,
				     .keys = RT_FIND_DEFAULT | RT_FIND_EXTERNAL_ONLY};
	struct str value, ext, *items;
	enum rt_found found;
	size_t count;

	ext = (struct str){"", 0};
	found = address.len > 0 ? rt_find_address(&find, address, &value, &ext)
				: rt_maps_find(ctx, mapping->maps, mapping->what,
					       STR_LIT("\"\""), false, &value);
	if (found != RT_FOUND)
		return found;
	if (value.ptr[0] == '@')
		value = with_user(ctx->arena, address, ext, value);
	count = address_list_parse(ctx->arena, value, &items);
	for (size_t i = 0; i < count; i++) {
		items[i] = address_rewrite(ctx->arena, ctx->settings, items[i]);
		if (mapping->propagate)
			items[i] = with_extension(ctx->arena, items[i], ext);
	}
	*out_items = items;
	*out_count = count;
	return count > 0 ? RT_FOUND : RT_LOOKUP_ERROR;
}

/* ---- canonical, masquerade ---- */

/* False: a table has no answer; the address is as far as it came. */
static bool canonicalize(const struct expand_mapping *mapping, struct str *address)
{
	for (unsigned i = 0; i < CANONICAL_DEPTH; i++) {
		struct str *items, before = *address;
		size_t count;
		enum rt_found found = expand_map_address(mapping, before, &items, &count);

		if (found != RT_FOUND)
			return found == RT_NOT_FOUND;
		*address = items[0];
		if (str_caseeq(before, *address))
			break;
	}
	return true;
}

static bool is_below(struct str domain, struct str parent)
{
	size_t at = domain.len - parent.len;

	return domain.len > parent.len && domain.ptr[at - 1] == '.' &&
	       str_caseeq(str_slice(domain, at, domain.len), parent);
}

static struct str masquerade(const struct rt_context *ctx, struct str address)
{
	const struct rt_words *list = &ctx->settings->masquerade_domains;
	struct str domain = address_domain(address);
	const char *local = rt_text(ctx, address_local(address));

	if (domain.len == 0 || words_have(&ctx->settings->masquerade_exceptions, local))
		return address;
	for (size_t i = 0; i < list->count; i++) {
		struct str word = str_of(list->words[i]);
		bool is_exception = false;

		while (word.len > 0 && word.ptr[0] == '!') {
			is_exception = !is_exception;
			word = str_slice(word, 1, word.len);
		}
		if (str_caseeq(domain, word))
			return address;
		if (word.len == 0 || !is_below(domain, word))
			continue;
		if (is_exception)
			return address;
		domain = str_slice(domain, domain.len - word.len, domain.len);
		domain = str_lower(ctx->arena, domain);
		return str_of(
			arena_printf(ctx->arena, "%s@%.*s", local, STR_ARG(domain)));
	}
	return address;
}

/* Own tables, then those of all; `class` is a word of canonical_classes. */
static bool map_canonical(const struct rt_context *ctx, const struct expand_mapping *own,
			  const struct rt_words *own_classes, const char *class,
			  struct str *address)
{
	const struct rt_settings *settings = ctx->settings;
	const struct expand_mapping common = {ctx, &settings->canonical_maps,
					      "canonical_maps", own->propagate};
	bool ok = true;

	if (own->maps->count > 0 && words_have(own_classes, class))
		ok = canonicalize(own, address);
	if (common.maps->count > 0 && words_have(&settings->canonical_classes, class))
		ok = canonicalize(&common, address) && ok;
	return ok;
}

/* mailer-daemon of the site itself is the null sender. */
static bool is_null_sender(const struct rt_context *ctx, struct str address)
{
	return address_at(address) >= 0 &&
	       str_caseeqc(address_local(address), "mailer-daemon") &&
	       str_caseeq(address, address_rewrite(ctx->arena, ctx->settings,
						   STR_LIT("MAILER-DAEMON")));
}

/* One address, in place; false: a table has no answer. Tables see the null
 * sender as "\"\"". */
static bool clean_address(const struct rt_context *ctx, bool is_sender, const char *class,
			  struct str *address)
{
	const struct rt_settings *s = ctx->settings;
	const struct expand_mapping own = {
		ctx, is_sender ? &s->sender_canonical_maps : &s->recipient_canonical_maps,
		is_sender ? "sender_canonical_maps" : "recipient_canonical_maps",
		words_have(&s->propagate_unmatched_extensions, "canonical")};
	bool ok;

	if (address->len > 0)
		*address = address_rewrite(ctx->arena, s, *address);
	if (is_sender && is_null_sender(ctx, *address) &&
	    strcmp(class, "envelope_sender") == 0)
		*address = (struct str){"", 0};
	if ((address->len == 0 && strcmp(class, "envelope_sender") != 0) ||
	    words_have(&s->receive_override_options, "no_address_mappings"))
		return true;
	ok = map_canonical(ctx, &own,
			   is_sender ? &s->sender_canonical_classes
				     : &s->recipient_canonical_classes,
			   class, address);
	if (words_have(&s->masquerade_classes, class))
		*address = masquerade(ctx, *address);
	return ok;
}

bool expand_clean_recipient(const struct rt_context *ctx, struct str *address)
{
	if (address->len == 0)
		*address = str_of(ctx->settings->empty_address_recipient);
	return clean_address(ctx, false, "envelope_recipient", address);
}

bool rt_rewrite_sender(const struct rt_context *ctx, struct str sender,
		       struct str *out_sender)
{
	bool ok = clean_address(ctx, true, "envelope_sender", &sender);

	*out_sender = sender;
	return ok;
}

struct str rt_rewrite_header(const struct rt_context *ctx, struct str address,
			     bool is_sender)
{
	(void)clean_address(ctx, is_sender,
			    is_sender ? "header_sender" : "header_recipient", &address);
	return address;
}
