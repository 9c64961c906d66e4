/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What cleanup(8) does to the envelope: qualification, canonical tables,
 * masquerading, virtual aliases, copies.
 *
 * Virtual aliases are expanded in place, the first result of a look-up taking
 * the place of the address and the others going to the end of the vector. An
 * address that is part of its own expansion stays as it is from then on; that
 * is how "user: user, copy" works. Any other cycle runs into the recursion
 * limit, and then the whole message is refused for now.
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

void finals_add_error(const struct rt_context *ctx, struct rt_finals *finals,
		      struct str recipient, const char *dsn, const char *why)
{
	struct rt_final *item = finals_add(ctx, finals, RT_FINAL_ERROR, why);

	item->dsn = dsn;
	item->route.recipient = rt_text(ctx, recipient);
	rt_trace(ctx, "undeliverable", NULL, why);
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

bool first_time(const struct rt_context *ctx, struct strmap *seen, struct str key)
{
	struct str folded = str_folded(ctx->arena, key);

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

struct mapping {
	const struct rt_context *ctx;
	const struct rt_maps *maps;
	const char *what;
	bool propagate; /* the unmatched extension goes to the results */
};

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

/* The addresses that an address maps to, internal form and qualified. */
static enum rt_found map_address(const struct mapping *mapping, struct str address,
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
static bool canonicalize(const struct mapping *mapping, struct str *address)
{
	for (unsigned i = 0; i < CANONICAL_DEPTH; i++) {
		struct str *items, before = *address;
		size_t count;
		enum rt_found found = map_address(mapping, before, &items, &count);

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
static bool map_canonical(const struct rt_context *ctx, const struct mapping *own,
			  const struct rt_words *own_classes, const char *class,
			  struct str *address)
{
	const struct rt_settings *settings = ctx->settings;
	const struct mapping common = {ctx, &settings->canonical_maps, "canonical_maps",
				       own->propagate};
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
	const struct mapping own = {
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

static bool clean_recipient(const struct rt_context *ctx, struct str *address)
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

/* ---- virtual aliases ---- */

struct vector {
	struct str *items;
	size_t count;
	size_t room;
};

static void vector_add(struct arena *arena, struct vector *v, struct str item)
{
	struct str *slot =
		arena_push(arena, &v->items, v->count, &v->room, sizeof(*slot));

	*slot = item;
	v->count++;
}

/* What becomes of an address that is looked up. */
enum expansion { EXPANDED, EXPAND_STAYS, EXPAND_TOO_MUCH, EXPAND_FAILED };

/* Replaces item i by what it maps to. */
static enum expansion expand_item(const struct mapping *mapping, struct vector *v,
				  size_t i, struct strmap *expanded_to_itself)
{
	const struct rt_context *ctx = mapping->ctx;
	struct str lhs = v->items[i], *items;
	size_t count, limit = (size_t)ctx->settings->virtual_alias_address_length_limit;
	enum rt_found found = map_address(mapping, lhs, &items, &count);

	if (found != RT_FOUND)
		return found == RT_NOT_FOUND ? EXPAND_STAYS : EXPAND_FAILED;
	for (size_t n = 0; n < count; n++) {
		if (address_quote(ctx->arena, items[n]).len > limit)
			return EXPAND_TOO_MUCH;
		if (n == 0)
			v->items[i] = items[n];
		else
			vector_add(ctx->arena, v, items[n]);
		if (str_caseeq(lhs, items[n]))
			first_time(ctx, expanded_to_itself, lhs);
	}
	return EXPANDED;
}

static bool is_settled(const struct rt_context *ctx, const struct strmap *settled,
		       struct str address)
{
	return strmap_find(settled, str_folded(ctx->arena, address)) != NULL;
}

/* EXPAND_STAYS: item i is what it ends as. */
static enum expansion expand_deep(const struct mapping *mapping, struct vector *v,
				  size_t i, struct strmap *expanded_to_itself)
{
	const struct rt_context *ctx = mapping->ctx;
	int64_t depth = ctx->settings->virtual_alias_recursion_limit;
	enum expansion got = EXPANDED;

	for (int64_t n = 0; got == EXPANDED; n++) {
		if (is_settled(ctx, expanded_to_itself, v->items[i]))
			return EXPAND_STAYS;
		if (n >= depth)
			return EXPAND_TOO_MUCH;
		got = expand_item(mapping, v, i, expanded_to_itself);
	}
	return got;
}

static enum expansion expand_vector(const struct mapping *mapping, struct vector *v)
{
	const struct rt_context *ctx = mapping->ctx;
	struct strmap *expanded_to_itself = strmap_new(ctx->arena);
	size_t limit = (size_t)ctx->settings->virtual_alias_expansion_limit;

	for (size_t i = 0; i < v->count; i++) {
		enum expansion got;

		if (v->count > limit)
			return EXPAND_TOO_MUCH;
		got = expand_deep(mapping, v, i, expanded_to_itself);
		if (got != EXPAND_STAYS)
			return got;
	}
	return EXPANDED;
}

static void add_routed(const struct rt_context *ctx, struct str address,
		       struct str sender, struct rt_finals *finals)
{
	struct rt_final *item =
		finals_add(ctx, finals, RT_FINAL_ADDRESS, rt_text(ctx, address));

	rt_resolve(ctx, address, sender, &item->route);
}

/* A cleaned recipient, with its virtual aliases; false: refused. */
static bool add_cleaned(const struct rt_context *ctx, struct str address,
			struct str sender, struct rt_finals *finals)
{
	const struct rt_settings *settings = ctx->settings;
	const struct mapping mapping = {
		ctx, &settings->virtual_alias_maps, "virtual_alias_maps",
		words_have(&settings->propagate_unmatched_extensions, "virtual")};
	struct strmap *seen = strmap_new(ctx->arena);
	enum expansion got = EXPANDED;
	struct vector v = {0};

	vector_add(ctx->arena, &v, address);
	if (mapping.maps->count > 0 &&
	    !words_have(&settings->receive_override_options, "no_address_mappings"))
		got = expand_vector(&mapping, &v);
	if (got != EXPANDED) {
		rt_finals_refuse(finals, got == EXPAND_FAILED);
		return false;
	}
	for (size_t i = 0; i < v.count; i++)
		if (first_time(ctx, seen, v.items[i]))
			add_routed(ctx, v.items[i], sender, finals);
	return true;
}

static bool add_recipient(const struct rt_context *ctx, struct str address,
			  struct str sender, struct rt_finals *finals)
{
	if (clean_recipient(ctx, &address))
		return add_cleaned(ctx, address, sender, finals);
	rt_finals_refuse(finals, true);
	return false;
}

static bool add_copies(const struct rt_context *ctx, const struct rt_find *find,
		       struct str address, struct str sender, struct rt_finals *finals)
{
	struct str value;

	if (address.len == 0 ||
	    words_have(&ctx->settings->receive_override_options, "no_address_mappings"))
		return true;
	switch (rt_find_address(find, address, &value, NULL)) {
	case RT_NOT_FOUND:
		return true;
	case RT_LOOKUP_ERROR:
		rt_finals_refuse(finals, true);
		return false;
	case RT_FOUND:
		break;
	}
	return add_recipient(ctx, value, sender, finals);
}

void rt_expand_virtual(const struct rt_context *ctx, struct str recipient,
		       struct str sender, struct rt_finals *out_finals)
{
	const struct rt_find find = {.ctx = ctx,
				     .maps = &ctx->settings->recipient_bcc_maps,
				     .what = "recipient_bcc_maps",
				     .keys = RT_FIND_DEFAULT};

	*out_finals = (struct rt_finals){0};
	if (!clean_recipient(ctx, &recipient))
		rt_finals_refuse(out_finals, true);
	else if (add_cleaned(ctx, recipient, sender, out_finals))
		add_copies(ctx, &find, recipient, sender, out_finals);
}

void rt_expand_bcc(const struct rt_context *ctx, struct str sender,
		   struct rt_finals *out_finals)
{
	const struct rt_find find = {.ctx = ctx,
				     .maps = &ctx->settings->sender_bcc_maps,
				     .what = "sender_bcc_maps",
				     .keys = RT_FIND_DEFAULT};
	const char *always = ctx->settings->always_bcc;

	*out_finals = (struct rt_finals){0};
	if (add_copies(ctx, &find, sender, sender, out_finals) && always && *always &&
	    !words_have(&ctx->settings->receive_override_options, "no_address_mappings"))
		add_recipient(ctx, str_of(always), sender, out_finals);
}
