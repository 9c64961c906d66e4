/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables are asked with the quoted form of an address first, since that is
 * what postmap(1) stores, and with the unquoted form when the two differ.
 */
#include "runtime/resolve_find.h"

#include <string.h>

#include "base/arena.h"
#include "runtime/address.h"
#include "runtime/resolve.h"

const char *rt_text(const struct rt_context *ctx, struct str s)
{
	return arena_memdup0(ctx->arena, s.ptr, s.len);
}

void rt_trace(const struct rt_context *ctx, const char *what,
	      const struct rt_origin *origin, const char *result)
{
	struct rt_step step = {.what = what, .result = result};

	if (ctx->tracer == NULL)
		return;
	if (origin != NULL)
		step.origin = *origin;
	ctx->tracer->step(ctx->tracer, &step);
}

static void trace_lookup(const struct rt_context *ctx, const struct rt_map_ref *ref,
			 struct rt_step *step, struct str key, struct str value)
{
	step->table = ref->name;
	step->key = rt_text(ctx, key);
	if (step->result == NULL)
		step->result = rt_text(ctx, value);
	ctx->tracer->step(ctx->tracer, step);
}

static enum rt_found find_in(const struct rt_context *ctx, size_t map,
			     struct rt_step *step, struct str key, struct str *out_value)
{
	const struct rt_map_ref *ref = &ctx->config->maps[map];
	enum rt_found found = RT_LOOKUP_ERROR;
	struct str value = {"", 0};

	if (ref->map != NULL)
		found = rt_map_lookup(ref->map, key, ctx->arena, &value, &step->row);
	if (ctx->tracer != NULL) {
		step->result = found == RT_NOT_FOUND	  ? "none"
			       : found == RT_LOOKUP_ERROR ? "error"
							  : NULL;
		trace_lookup(ctx, ref, step, key, value);
	}
	if (found == RT_FOUND)
		*out_value = value;
	return found;
}

static bool takes_key(const struct rt_context *ctx, size_t map, bool partial)
{
	const struct rt_map *table = ctx->config->maps[map].map;

	return !partial || table == NULL || (table->flags & RT_MAP_PARTIAL_KEYS);
}

enum rt_found rt_maps_find(const struct rt_context *ctx, const struct rt_maps *maps,
			   const char *what, struct str key, bool partial,
			   struct str *out_value)
{
	if (key.len == 0)
		return RT_NOT_FOUND;
	for (size_t i = 0; i < maps->count; i++) {
		struct rt_step step = {.what = what, .origin = maps->origin};
		enum rt_found found;

		if (!takes_key(ctx, maps->maps[i], partial))
			continue;
		found = find_in(ctx, maps->maps[i], &step, key, out_value);
		if (found == RT_FOUND && out_value->len == 0)
			return RT_LOOKUP_ERROR;
		if (found != RT_NOT_FOUND)
			return found;
	}
	return RT_NOT_FOUND;
}

enum rt_found rt_table_find(const struct rt_context *ctx, size_t map, const char *what,
			    struct str key, bool partial, struct str *out_value)
{
	struct rt_step step = {.what = what, .origin = ctx->config->maps[map].origin};

	if (key.len == 0 || !takes_key(ctx, map, partial))
		return RT_NOT_FOUND;
	return find_in(ctx, map, &step, key, out_value);
}

/* The key in quoted form, then as it is. */
static enum rt_found find_key(const struct rt_find *find, struct str key,
			      struct str quoted, bool partial, struct str *out_value)
{
	enum rt_found found = rt_maps_find(find->ctx, find->maps, find->what, quoted,
					   partial, out_value);

	if (found != RT_NOT_FOUND || (find->keys & RT_FIND_EXTERNAL_ONLY) ||
	    str_eq(key, quoted))
		return found;
	return rt_maps_find(find->ctx, find->maps, find->what, key, partial, out_value);
}

static enum rt_found find_whole(const struct rt_find *find, struct str address,
				bool partial, struct str *out_value)
{
	return find_key(find, address, address_quote(find->ctx->arena, address), partial,
			out_value);
}

static enum rt_found find_localpart(const struct rt_find *find, struct str address,
				    bool with_at, struct str *out_value)
{
	struct str local = address_local(address), quoted;

	if (with_at && local.len < address.len) {
		struct str key = str_slice(address, 0, local.len + 1);

		quoted = address_quote(find->ctx->arena, key);
		return find_key(find, key, quoted, true, out_value);
	}
	quoted = address_quote_local(find->ctx->arena, local);
	return find_key(find, local, quoted, true, out_value);
}

/* One address with its variant without extension. */
struct keys {
	struct str full;
	struct str bare;
	struct str extension;
	bool has_extension;
};

static enum rt_found find_localparts(const struct rt_find *find, const struct keys *keys,
				     bool with_at, struct str *out_value,
				     struct str *out_extension)
{
	enum rt_found found = find_localpart(find, keys->full, with_at, out_value);

	if (found != RT_NOT_FOUND || !keys->has_extension)
		return found;
	found = find_localpart(find, keys->bare, with_at, out_value);
	if (found == RT_FOUND)
		*out_extension = keys->extension;
	return found;
}

static enum rt_found find_if_local(const struct rt_find *find, const struct keys *keys,
				   struct str *out_value, struct str *out_extension)
{
	struct str domain = address_domain(keys->full);
	enum rt_found local = RT_FOUND;

	if (!str_caseeqc(domain, find->ctx->settings->myorigin))
		local = rt_domain_is_local(find->ctx, domain);
	if (local != RT_FOUND)
		return local;
	return find_localparts(find, keys, false, out_value, out_extension);
}

static enum rt_found find_domains(const struct rt_find *find, struct str domain,
				  struct str *out_value)
{
	bool dotted = find->keys & RT_FIND_PARENT_IS_DOT;

	while (domain.len > 0) {
		enum rt_found found = rt_maps_find(find->ctx, find->maps, find->what,
						   domain, true, out_value);
		ptrdiff_t dot;

		if (found != RT_NOT_FOUND)
			return found;
		dot = str_chr(str_slice(domain, 1, domain.len), '.');
		if (dot < 0)
			break;
		domain = str_slice(domain, (size_t)dot + (dotted ? 1 : 2), domain.len);
	}
	return RT_NOT_FOUND;
}

enum rt_found rt_find_address(const struct rt_find *find, struct str address,
			      struct str *out_value, struct str *out_extension)
{
	struct str unused, *extension = out_extension != NULL ? out_extension : &unused;
	struct keys keys = {.full = address};
	enum rt_found found = RT_NOT_FOUND;
	ptrdiff_t at;

	*extension = (struct str){"", 0};
	if (find->maps->count == 0)
		return RT_NOT_FOUND;
	at = address_at(address);
	if (find->keys & RT_FIND_NOEXT)
		keys.has_extension =
			address_strip_extension(find->ctx->arena, find->ctx->settings,
						address, &keys.bare, &keys.extension);
	if (find->keys & RT_FIND_FULL)
		found = find_whole(find, address, false, out_value);
	if (found == RT_NOT_FOUND && keys.has_extension) {
		found = find_whole(find, keys.bare, true, out_value);
		if (found == RT_FOUND)
			*extension = keys.extension;
	}
	if (found == RT_NOT_FOUND && at >= 0 && (find->keys & RT_FIND_LOCALPART_IF_LOCAL))
		found = find_if_local(find, &keys, out_value, extension);
	if (found == RT_NOT_FOUND && at >= 0 && (find->keys & RT_FIND_AT_DOMAIN))
		found = rt_maps_find(find->ctx, find->maps, find->what,
				     str_slice(address, (size_t)at, address.len), true,
				     out_value);
	if (found == RT_NOT_FOUND && at >= 0 && (find->keys & RT_FIND_DOMAIN))
		found = find_domains(find, address_domain(address), out_value);
	if (found == RT_NOT_FOUND && (find->keys & RT_FIND_LOCALPART_AT))
		found = find_localparts(find, &keys, true, out_value, extension);
	return found;
}
