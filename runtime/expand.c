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

bool words_have(const struct rt_words *words, const char *word)
{
	for (size_t i = 0; i < words->count; i++)
		if (str_caseeqc(str_of(words->words[i]), word))
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

static void refuse(struct rt_finals *finals)
{
	finals->count = 0;
	finals->error_code = 451;
	finals->error_dsn = "4.6.0";
	finals->error_text = "Alias expansion error";
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
	enum rt_found found = rt_find_address(&find, address, &value, &ext);
	size_t count;

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

static struct str canonicalize(const struct mapping *mapping, struct str address)
{
	for (unsigned i = 0; i < CANONICAL_DEPTH; i++) {
		struct str *items, before = address;
		size_t count;

		if (map_address(mapping, address, &items, &count) != RT_FOUND)
			break;
		address = items[0];
		if (str_caseeq(before, address))
			break;
	}
	return address;
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
		return str_of(arena_printf(ctx->arena, "%s@%.*s", local, STR_ARG(word)));
	}
	return address;
}

/* One address of the envelope; `class` is a word of canonical_classes. */
static struct str clean_address(const struct rt_context *ctx, struct str address,
				const struct mapping *own,
				const struct rt_words *own_classes, const char *class)
{
	const struct rt_settings *settings = ctx->settings;
	struct mapping common = {ctx, &settings->canonical_maps, "canonical_maps",
				 own->propagate};

	address = address_rewrite(ctx->arena, settings, address);
	if (words_have(&settings->receive_override_options, "no_address_mappings"))
		return address;
	if (own->maps->count > 0 && words_have(own_classes, class))
		address = canonicalize(own, address);
	if (common.maps->count > 0 && words_have(&settings->canonical_classes, class))
		address = canonicalize(&common, address);
	if (words_have(&settings->masquerade_classes, class))
		address = masquerade(ctx, address);
	return address;
}

static struct str clean_recipient(const struct rt_context *ctx, struct str address)
{
	const struct rt_settings *settings = ctx->settings;
	const struct mapping own = {
		ctx, &settings->recipient_canonical_maps, "recipient_canonical_maps",
		words_have(&settings->propagate_unmatched_extensions, "canonical")};

	if (address.len == 0)
		address = str_of(settings->empty_address_recipient);
	return clean_address(ctx, address, &own, &settings->recipient_canonical_classes,
			     "envelope_recipient");
}

struct str rt_rewrite_sender(const struct rt_context *ctx, struct str sender)
{
	const struct rt_settings *settings = ctx->settings;
	const struct mapping own = {
		ctx, &settings->sender_canonical_maps, "sender_canonical_maps",
		words_have(&settings->propagate_unmatched_extensions, "canonical")};

	if (sender.len == 0)
		return sender;
	return clean_address(ctx, sender, &own, &settings->sender_canonical_classes,
			     "envelope_sender");
}

struct str rt_rewrite_header(const struct rt_context *ctx, struct str address,
			     bool is_sender)
{
	const struct rt_settings *s = ctx->settings;
	const struct mapping own = {
		ctx, is_sender ? &s->sender_canonical_maps : &s->recipient_canonical_maps,
		is_sender ? "sender_canonical_maps" : "recipient_canonical_maps",
		words_have(&s->propagate_unmatched_extensions, "canonical")};

	return clean_address(ctx, address, &own,
			     is_sender ? &s->sender_canonical_classes
				       : &s->recipient_canonical_classes,
			     is_sender ? "header_sender" : "header_recipient");
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

/* Replaces item i by what it maps to; RT_NOT_FOUND: it stays. */
static enum rt_found expand_item(const struct mapping *mapping, struct vector *v,
				 size_t i, struct strmap *expanded_to_itself)
{
	const struct rt_context *ctx = mapping->ctx;
	struct str lhs = v->items[i], *items;
	size_t count, limit = (size_t)ctx->settings->virtual_alias_address_length_limit;
	enum rt_found found = map_address(mapping, lhs, &items, &count);

	if (found != RT_FOUND)
		return found;
	for (size_t n = 0; n < count; n++) {
		if (items[n].len > limit)
			return RT_LOOKUP_ERROR;
		if (n == 0)
			v->items[i] = items[n];
		else
			vector_add(ctx->arena, v, items[n]);
		if (str_caseeq(lhs, items[n]))
			first_time(ctx, expanded_to_itself, lhs);
	}
	return RT_FOUND;
}

static bool expand_vector(const struct mapping *mapping, struct vector *v)
{
	const struct rt_context *ctx = mapping->ctx;
	struct strmap *expanded_to_itself = strmap_new(ctx->arena);
	size_t limit = (size_t)ctx->settings->virtual_alias_expansion_limit;
	int64_t depth = ctx->settings->virtual_alias_recursion_limit;

	for (size_t i = 0; i < v->count; i++) {
		if (v->count > limit)
			return false;
		for (int64_t n = 0;; n++) {
			enum rt_found found;

			if (strmap_find(expanded_to_itself,
					str_folded(ctx->arena, v->items[i])) != NULL)
				break;
			if (n >= depth)
				return false;
			found = expand_item(mapping, v, i, expanded_to_itself);
			if (found == RT_LOOKUP_ERROR)
				return false;
			if (found == RT_NOT_FOUND)
				break;
		}
	}
	return true;
}

static void add_routed(const struct rt_context *ctx, struct str address,
		       struct str sender, struct rt_finals *finals)
{
	struct rt_final *item =
		finals_add(ctx, finals, RT_FINAL_ADDRESS, rt_text(ctx, address));

	rt_resolve(ctx, address, sender, &item->route);
}

/* A cleaned recipient, with its virtual aliases; false: refused. */
static bool add_recipient(const struct rt_context *ctx, struct str address,
			  struct str sender, struct rt_finals *finals)
{
	const struct rt_settings *settings = ctx->settings;
	const struct mapping mapping = {
		ctx, &settings->virtual_alias_maps, "virtual_alias_maps",
		words_have(&settings->propagate_unmatched_extensions, "virtual")};
	struct strmap *seen = strmap_new(ctx->arena);
	struct vector v = {0};

	vector_add(ctx->arena, &v, address);
	if (mapping.maps->count > 0 &&
	    !words_have(&settings->receive_override_options, "no_address_mappings") &&
	    !expand_vector(&mapping, &v)) {
		refuse(finals);
		return false;
	}
	for (size_t i = 0; i < v.count; i++)
		if (first_time(ctx, seen, v.items[i]))
			add_routed(ctx, v.items[i], sender, finals);
	return true;
}

static bool add_copies(const struct rt_context *ctx, const struct rt_find *find,
		       struct str address, struct str sender, struct rt_finals *finals)
{
	struct str value;
	enum rt_found found;

	if (address.len == 0)
		return true;
	found = rt_find_address(find, address, &value, NULL);
	if (found == RT_LOOKUP_ERROR)
		refuse(finals);
	if (found != RT_FOUND)
		return found == RT_NOT_FOUND;
	return add_recipient(ctx, clean_recipient(ctx, value), sender, finals);
}

void rt_expand_virtual(const struct rt_context *ctx, struct str recipient,
		       struct str sender, struct rt_finals *out_finals)
{
	const struct rt_find find = {.ctx = ctx,
				     .maps = &ctx->settings->recipient_bcc_maps,
				     .what = "recipient_bcc_maps",
				     .keys = RT_FIND_DEFAULT};
	struct str address;

	*out_finals = (struct rt_finals){0};
	address = clean_recipient(ctx, recipient);
	if (add_recipient(ctx, address, sender, out_finals))
		add_copies(ctx, &find, address, sender, out_finals);
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
	if (add_copies(ctx, &find, sender, sender, out_finals) && always && *always)
		add_recipient(ctx, clean_recipient(ctx, str_of(always)), sender,
			      out_finals);
}
