/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parts and forms of one address. Everything here is called for every command
 * of every session, so nothing is allocated where the input can be handed
 * back as it is.
 */
#include "runtime/address.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/config.h"

#define OWNER_PREFIX "owner-"
#define REQUEST_SUFFIX "-request"

ptrdiff_t address_at(struct str address)
{
	return str_rchr(address, '@');
}

struct str address_local(struct str address)
{
	ptrdiff_t at = address_at(address);

	return at < 0 ? address : str_slice(address, 0, (size_t)at);
}

struct str address_domain(struct str address)
{
	ptrdiff_t at = address_at(address);

	return at < 0 ? (struct str){"", 0}
		      : str_slice(address, (size_t)at + 1, address.len);
}

static bool is_special_name(struct str local, struct str bounce_sender)
{
	return str_caseeqc(local, "postmaster") || str_caseeqc(local, "mailer-daemon") ||
	       (bounce_sender.len > 0 && str_caseeq(local, bounce_sender));
}

static bool is_list_name(struct str local)
{
	size_t prefix = sizeof(OWNER_PREFIX) - 1;

	if (local.len >= prefix && str_caseeqc(str_slice(local, 0, prefix), OWNER_PREFIX))
		return true;
	return local.len > sizeof(REQUEST_SUFFIX) - 1 &&
	       str_caseends(local, REQUEST_SUFFIX);
}

/* Length of the user part, or 0: there is no extension. */
static size_t user_length(struct str local, const char *delimiters,
			  struct str bounce_sender, bool keep_list_names)
{
	size_t n = 0;

	while (n < local.len &&
	       (local.ptr[n] == '\0' || !strchr(delimiters, local.ptr[n])))
		n++;
	if (n == 0 || n == local.len || is_special_name(local, bounce_sender))
		return 0;
	if (keep_list_names && strchr(delimiters, '-') && is_list_name(local))
		return 0;
	return n;
}

bool address_split_extension(struct str local, const char *delimiters,
			     struct str *out_user, struct str *out_extension)
{
	size_t n = user_length(local, delimiters, STR_LIT("double-bounce"), true);

	if (n == 0)
		return false;
	*out_user = str_slice(local, 0, n);
	*out_extension = str_slice(local, n + 1, local.len);
	return true;
}

bool address_strip_extension(struct arena *arena, const struct rt_settings *settings,
			     struct str address, struct str *out_bare,
			     struct str *out_extension)
{
	struct str local = address_local(address);
	struct str rest = str_slice(address, local.len, address.len);
	struct str bounce_sender = str_of(settings->double_bounce_sender);
	size_t n;
	char *bare;

	if (!settings->recipient_delimiter || !*settings->recipient_delimiter)
		return false;
	n = user_length(local, settings->recipient_delimiter, bounce_sender,
			settings->owner_request_special);
	if (n == 0)
		return false;
	bare = arena_alloc(arena, n + rest.len + 1);
	memcpy(bare, address.ptr, n);
	memcpy(bare + n, rest.ptr, rest.len);
	*out_bare = (struct str){bare, n + rest.len};
	*out_extension = str_slice(local, n, local.len);
	return true;
}

static bool is_special(unsigned char c)
{
	switch (c) {
	case '(':
	case ')':
	case '<':
	case '>':
	case '@':
	case ',':
	case ';':
	case ':':
	case '\\':
	case '"':
	case '[':
	case ']':
		return true;
	default:
		return c <= ' ' || c == 127;
	}
}

/* RFC 5322 dot-atom, and bytes above 127. */
static bool is_dot_string(struct str local)
{
	if (local.len == 0 || local.ptr[0] == '.' || local.ptr[local.len - 1] == '.')
		return false;
	for (size_t i = 0; i < local.len; i++) {
		unsigned char c = (unsigned char)local.ptr[i];

		if (c == '.' && local.ptr[i + 1] == '.')
			return false;
		if (is_special(c))
			return false;
	}
	return true;
}

static struct str quote(struct arena *arena, struct str before, struct str local,
			struct str after)
{
	char *start = arena_alloc(arena, before.len + 2 * local.len + after.len + 3);
	char *out = start;

	memcpy(out, before.ptr, before.len);
	out += before.len;
	*out++ = '"';
	for (size_t i = 0; i < local.len; i++) {
		if (local.ptr[i] == '"' || local.ptr[i] == '\\' || local.ptr[i] == '\r')
			*out++ = '\\';
		*out++ = local.ptr[i];
	}
	*out++ = '"';
	memcpy(out, after.ptr, after.len);
	out += after.len;
	return (struct str){start, (size_t)(out - start)};
}

/* Length of a source route in front, "@a,@b:"; 0: there is none. */
static size_t route_length(struct str address)
{
	ptrdiff_t colon = -1;

	if (address.len > 0 && address.ptr[0] == '@')
		colon = str_chr(address, ':');
	return (size_t)(colon + 1);
}

/* A source route is no part of what is quoted. */
struct str address_quote(struct arena *arena, struct str address)
{
	size_t route = route_length(address);
	struct str path = str_slice(address, route, address.len);
	struct str local = address_local(path);

	if (address.len == 0 || is_dot_string(local))
		return address;
	return quote(arena, str_slice(address, 0, route), local,
		     str_slice(path, local.len, path.len));
}

struct str address_quote_local(struct arena *arena, struct str local)
{
	static const struct str none = {"", 0};

	return is_dot_string(local) ? local : quote(arena, none, local, none);
}

struct str address_unquote(struct arena *arena, struct str address)
{
	size_t route = route_length(address);
	size_t end = route + address_local(str_slice(address, route, address.len)).len;
	struct str local = str_slice(address, route, end);
	char *start, *out;

	if (str_chr(local, '"') < 0 && str_chr(local, '\\') < 0)
		return address;
	start = out = arena_alloc(arena, address.len + 1);
	memcpy(out, address.ptr, route);
	out += route;
	for (size_t i = 0; i < local.len; i++) {
		if (local.ptr[i] == '"')
			continue;
		if (local.ptr[i] == '\\' && ++i == local.len)
			break;
		*out++ = local.ptr[i];
	}
	memcpy(out, address.ptr + end, address.len - end);
	out += address.len - end;
	return (struct str){start, (size_t)(out - start)};
}
