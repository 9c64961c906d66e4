/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The envelope that cleanup(8) writes: virtual aliases and copies.
 *
 * Virtual aliases are expanded in place, the first result of a look-up taking
 * the place of the address and the others going to the end of the vector. An
 * address that is part of its own expansion stays as it is from then on; that
 * is how "user: user, copy" works. Any other cycle runs into the recursion
 * limit, and then the whole message is refused for now.
 */
#include "base/arena.h"
#include "base/strmap.h"
#include "runtime/config.h"
#include "runtime/expand.h"
#include "runtime/resolve_find.h"

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

static enum expansion too_much(const struct expand_mapping *mapping, const char *limit,
			       size_t value)
{
	const struct rt_context *ctx = mapping->ctx;

	rt_trace(ctx, mapping->what, &mapping->maps->origin,
		 arena_printf(ctx->arena, "refused: %s is %zu", limit, value));
	return EXPAND_TOO_MUCH;
}

/* Replaces item i by what it maps to. */
static enum expansion expand_item(const struct expand_mapping *mapping, struct vector *v,
				  size_t i, struct strmap *expanded_to_itself)
{
	const struct rt_context *ctx = mapping->ctx;
	struct str lhs = v->items[i], *items;
	size_t count, limit = (size_t)ctx->settings->virtual_alias_address_length_limit;
	enum rt_found found = expand_map_address(mapping, lhs, &items, &count);

	if (found != RT_FOUND)
		return found == RT_NOT_FOUND ? EXPAND_STAYS : EXPAND_FAILED;
	for (size_t n = 0; n < count; n++) {
		if (items[n].len > limit)
			return too_much(mapping, "virtual_alias_address_length_limit",
					limit);
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
	return strmap_find(settled, expand_folded(ctx, address)) != NULL;
}

/* EXPAND_STAYS: item i is what it ends as. */
static enum expansion expand_deep(const struct expand_mapping *mapping, struct vector *v,
				  size_t i, struct strmap *expanded_to_itself)
{
	const struct rt_context *ctx = mapping->ctx;
	int64_t depth = ctx->settings->virtual_alias_recursion_limit;
	enum expansion got = EXPANDED;

	for (int64_t n = 0; got == EXPANDED; n++) {
		if (is_settled(ctx, expanded_to_itself, v->items[i]))
			return EXPAND_STAYS;
		if (n >= depth)
			return too_much(mapping, "virtual_alias_recursion_limit",
					(size_t)depth);
		got = expand_item(mapping, v, i, expanded_to_itself);
	}
	return got;
}

static enum expansion expand_vector(const struct expand_mapping *mapping,
				    struct vector *v)
{
	const struct rt_context *ctx = mapping->ctx;
	struct strmap *expanded_to_itself = strmap_new(ctx->arena);
	size_t limit = (size_t)ctx->settings->virtual_alias_expansion_limit;

	for (size_t i = 0; i < v->count; i++) {
		enum expansion got;

		if (v->count > limit)
			return too_much(mapping, "virtual_alias_expansion_limit", limit);
		got = expand_deep(mapping, v, i, expanded_to_itself);
		if (got != EXPAND_STAYS)
			return got;
	}
	return EXPANDED;
}

/* ---- recipients of one message ---- */

struct envelope {
	const struct rt_context *ctx;
	struct str sender;
	struct strmap *seen; /* recipients that have been written */
	struct rt_finals *finals;
	bool is_mapped; /* address mappings are not switched off */
};

/* cleanup(8) writes each recipient once, but tells those apart that came to be
 * in another way: copies from others, and by what they had been before. */
static void write_recipient(const struct envelope *e, struct str address,
			    struct str copy_of)
{
	const struct str parts[] = {copy_of, STR_LIT("\n"), address};
	struct rt_final *item;

	if (!first_time(e->ctx, e->seen,
			str_join(e->ctx->arena, parts, array_len(parts))))
		return;
	item = finals_add(e->ctx, e->finals, RT_FINAL_ADDRESS, rt_text(e->ctx, address));
	rt_resolve(e->ctx, address, e->sender, &item->route);
}

/* A cleaned recipient, with its virtual aliases; false: refused. */
static bool write_aliases(const struct envelope *e, struct str address,
			  struct str copy_of)
{
	const struct rt_settings *settings = e->ctx->settings;
	const struct expand_mapping mapping = {
		e->ctx, &settings->virtual_alias_maps, "virtual_alias_maps",
		words_have(&settings->propagate_unmatched_extensions, "virtual")};
	enum expansion got = EXPANDED;
	struct vector v = {0};

	vector_add(e->ctx->arena, &v, address);
	if (mapping.maps->count > 0 && e->is_mapped)
		got = expand_vector(&mapping, &v);
	if (got != EXPANDED) {
		rt_finals_refuse(e->finals, got == EXPAND_FAILED);
		return false;
	}
	for (size_t i = 0; i < v.count; i++)
		write_recipient(e, v.items[i], copy_of);
	return true;
}

static bool add_copy(const struct envelope *e, struct str address)
{
	const struct rt_settings *settings = e->ctx->settings;
	const struct str parts[] = {STR_LIT("copy "), settings->enable_original_recipient
							      ? address
							      : STR_LIT("")};
	struct str copy_of = str_join(e->ctx->arena, parts, array_len(parts));

	if (expand_clean_recipient(e->ctx, &address))
		return write_aliases(e, address, copy_of);
	rt_finals_refuse(e->finals, true);
	return false;
}

static bool add_copies(const struct envelope *e, const struct rt_maps *maps,
		       const char *what, struct str address)
{
	const struct rt_find find = {
		.ctx = e->ctx, .maps = maps, .what = what, .keys = RT_FIND_DEFAULT};
	struct str value;

	if (address.len == 0 || !e->is_mapped)
		return true;
	switch (rt_find_address(&find, address, &value, NULL)) {
	case RT_NOT_FOUND:
		return true;
	case RT_LOOKUP_ERROR:
		rt_finals_refuse(e->finals, true);
		return false;
	case RT_FOUND:
		break;
	}
	return add_copy(e, value);
}

static bool add_recipient(const struct envelope *e, struct str recipient)
{
	const struct rt_settings *s = e->ctx->settings;

	if (!expand_clean_recipient(e->ctx, &recipient)) {
		rt_finals_refuse(e->finals, true);
		return false;
	}
	return write_aliases(e, recipient, STR_LIT("")) &&
	       add_copies(e, &s->recipient_bcc_maps, "recipient_bcc_maps", recipient);
}

void expand_envelope_seen(const struct rt_context *ctx, struct str recipient,
			  struct str sender, struct strmap *seen,
			  struct rt_finals *out_finals)
{
	const struct rt_settings *s = ctx->settings;
	const struct envelope e = {
		.ctx = ctx,
		.sender = sender,
		.seen = seen,
		.finals = out_finals,
		.is_mapped =
			!words_have(&s->receive_override_options, "no_address_mappings"),
	};

	*out_finals = (struct rt_finals){0};
	if (!add_copies(&e, &s->sender_bcc_maps, "sender_bcc_maps", sender) ||
	    !add_recipient(&e, recipient))
		return;
	if (e.is_mapped && s->always_bcc != NULL && *s->always_bcc)
		add_copy(&e, str_of(s->always_bcc));
}

void rt_expand_envelope(const struct rt_context *ctx, struct str recipient,
			struct str sender, struct rt_finals *out_finals)
{
	expand_envelope_seen(ctx, recipient, sender, strmap_new(ctx->arena), out_finals);
}
