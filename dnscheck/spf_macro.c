/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Macros: value of a letter, split at the delimiters, reversed, cut to the
 * right-hand parts, joined with dots, and for upper-case letters URL-escaped,
 * in this order (RFC 7208 7.3). Lengths are the output buffer's to bound.
 */
#include "dnscheck/spf_macro.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "grammar/spf.h"

enum { VALUE_MAX = 4096, PARTS_MAX = 128 };

bool spf_macro_uses(const struct spf_macro *macro, char letter)
{
	size_t i;

	for (i = 0; i < macro->part_count; i++) {
		if (macro->parts[i].kind == SPF_MACRO_LETTER &&
		    macro->parts[i].letter == letter)
			return true;
	}
	return false;
}

/* Dotted octets, or 32 dotted nibbles. */
static void add_dotted_address(const struct spf_macro_env *env, struct strbuf *out)
{
	const uint8_t *a = env->address;
	int i;

	if (env->family == AF_INET) {
		strbuf_addf(out, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
		return;
	}
	for (i = 0; i < 16; i++)
		strbuf_addf(out, "%s%X.%X", i == 0 ? "" : ".", a[i] >> 4, a[i] & 15u);
}

static void add_value(char letter, const struct spf_macro_env *env, struct strbuf *out)
{
	char text[INET6_ADDRSTRLEN];

	switch (letter) {
	case 's':
		strbuf_addf(out, "%s@%s", env->local_part, env->sender_domain);
		break;
	case 'l':
		strbuf_adds(out, env->local_part);
		break;
	case 'o':
		strbuf_adds(out, env->sender_domain);
		break;
	case 'd':
		strbuf_adds(out, env->domain);
		break;
	case 'i':
		add_dotted_address(env, out);
		break;
	case 'p':
		strbuf_adds(out, env->validated);
		break;
	case 'h':
		strbuf_adds(out, env->helo);
		break;
	case 'c':
		strbuf_adds(out,
			    inet_ntop(env->family, env->address, text, sizeof(text)));
		break;
	case 'r':
		strbuf_adds(out, env->receiver);
		break;
	case 't':
		strbuf_addf(out, "%" PRId64, env->now);
		break;
	case 'v':
		strbuf_adds(out, env->family == AF_INET ? "in-addr" : "ip6");
		break;
	default:
		break; /* the parser lets no other letter through */
	}
}

static bool is_unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~", c) != NULL);
}

static void add_escaped(struct str s, bool escape, struct strbuf *out)
{
	size_t i;

	if (!escape) {
		strbuf_addstr(out, s);
		return;
	}
	for (i = 0; i < s.len; i++) {
		if (is_unreserved((unsigned char)s.ptr[i]))
			strbuf_addc(out, s.ptr[i]);
		else
			strbuf_addf(out, "%%%02X", (unsigned char)s.ptr[i]);
	}
}

static size_t split(struct str value, struct str delimiters, struct str *parts)
{
	size_t count = 0, start = 0, i;

	for (i = 0; i <= value.len && count < PARTS_MAX; i++) {
		if (i < value.len && str_chr(delimiters, value.ptr[i]) < 0)
			continue;
		parts[count++] = str_slice(value, start, i);
		start = i + 1;
	}
	return count;
}

static void add_transformed(const struct spf_macro_part *part, struct str value,
			    struct strbuf *out)
{
	struct str parts[PARTS_MAX];
	struct str delimiters =
		part->delimiters.len == 0 ? STR_LIT(".") : part->delimiters;
	size_t count = split(value, delimiters, parts), i, at;
	size_t first =
		part->digits != 0 && part->digits < count ? count - part->digits : 0;

	for (i = first; i < count; i++) {
		at = part->reverse ? count - 1 - i : i;
		if (i != first)
			strbuf_addc(out, '.');
		add_escaped(parts[at], part->escape, out);
	}
}

static bool is_ascii(const char *s)
{
	while (*s != '\0' && (unsigned char)*s < 0x80)
		s++;
	return *s == '\0';
}

bool spf_macro_expand(const struct spf_macro *macro, const struct spf_macro_env *env,
		      struct strbuf *out)
{
	const struct spf_macro_part *part;
	struct strbuf value;
	bool local_ok = is_ascii(env->local_part), ok = true;
	size_t i;

	strbuf_init(&value, VALUE_MAX);
	for (i = 0; i < macro->part_count && ok; i++) {
		part = &macro->parts[i];
		if (part->kind == SPF_MACRO_TEXT) {
			strbuf_addstr(out, part->text);
			continue;
		}
		ok = local_ok || (part->letter != 's' && part->letter != 'l');
		strbuf_clear(&value);
		add_value(part->letter, env, &value);
		add_transformed(part, strbuf_view(&value), out);
	}
	strbuf_fini(&value);
	return ok;
}
