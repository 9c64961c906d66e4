/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plain records of master files: A, AAAA, MX, NS, CNAME, PTR, TXT and SPF of
 * class IN, written with digits, names without escapes and quoted strings
 * without escapes. A zone is thousands of these, and ldns takes a heap object
 * for each of their fields.
 *
 * Invariant: a line is taken only when ldns would read it the same way; the
 * tests hold both to it.
 */
#include "dnscheck/zone_plain.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"

enum { STRING_MAX = 255 /* RFC 1035 3.3 */ };

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct str skip_blanks(struct str s)
{
	while (s.len != 0 && is_blank(s.ptr[0]))
		s = (struct str){s.ptr + 1, s.len - 1};
	return s;
}

static struct str next_word(struct str *rest)
{
	struct str word = skip_blanks(*rest);
	size_t end = 0;

	while (end < word.len && !is_blank(word.ptr[end]))
		end++;
	*rest = (struct str){word.ptr + end, word.len - end};
	return (struct str){word.ptr, end};
}

bool zone_read_name(struct str word, const struct dns_name *origin, struct dns_name *out)
{
	char text[DNS_NAME_TEXT];
	struct dns_name name; /* `out` may be the origin */
	size_t own;

	if (str_eqc(word, "@") && origin != NULL) {
		*out = *origin;
		return true;
	}
	if (word.len == 0 || word.len >= sizeof(text))
		return false;
	memcpy(text, word.ptr, word.len);
	text[word.len] = '\0';
	if (!dns_name_parse(text, &name))
		return false;
	if (word.ptr[word.len - 1] != '.') {
		own = (size_t)name.len - 1;
		if (origin == NULL || own + origin->len > DNS_NAME_WIRE)
			return false;
		memcpy(name.wire + own, origin->wire, origin->len);
		name.len = (uint8_t)(own + origin->len);
	}
	*out = name;
	return true;
}

/* A name without anything that has a meaning of its own in master files. */
static bool plain_name(struct str word, const struct dns_name *origin,
		       struct dns_name *out)
{
	size_t i;
	unsigned char c;

	for (i = 0; i < word.len; i++) {
		c = (unsigned char)word.ptr[i];
		if (c <= 0x20 || c >= 0x7f || c == '\\' || c == '"' ||
		    (c == '@' && word.len > 1))
			return false;
	}
	return zone_read_name(word, origin, out);
}

static bool plain_number(struct str word, uint64_t max, uint64_t *out)
{
	return word.len != 0 && word.len <= 10 && word.ptr[0] >= '0' &&
	       word.ptr[0] <= '9' && str_to_u64(word, out) && *out <= max;
}

static bool plain_address(struct str word, int family, uint8_t *out)
{
	char text[INET6_ADDRSTRLEN];

	if (word.len >= sizeof(text))
		return false;
	memcpy(text, word.ptr, word.len);
	text[word.len] = '\0';
	return inet_pton(family, text, out) == 1;
}

static bool plain_target(struct arena *arena, struct str word,
			 const struct dns_name *origin, struct dns_rr *rr)
{
	struct dns_name name;
	char text[DNS_NAME_TEXT];

	if (!plain_name(word, origin, &name))
		return false;
	dns_name_format(&name, text);
	rr->name = arena_strdup(arena, text);
	return true;
}

/* Quoted strings with blanks between them, joined (RFC 7208 3.3). */
static bool plain_strings(struct arena *arena, struct str rest, struct dns_rr *rr)
{
	char *text = arena_alloc(arena, rest.len + 1);
	size_t len = 0;
	ptrdiff_t end;

	rest = skip_blanks(rest);
	if (rest.len == 0 || str_chr(rest, '\\') >= 0)
		return false;
	while (rest.len != 0) {
		if (rest.ptr[0] != '"')
			return false;
		rest = str_slice(rest, 1, rest.len);
		end = str_chr(rest, '"');
		if (end < 0 || end > STRING_MAX)
			return false;
		memcpy(text + len, rest.ptr, (size_t)end);
		len += (size_t)end;
		rest = str_slice(rest, (size_t)end + 1, rest.len);
		if (rest.len != 0 && !is_blank(rest.ptr[0]))
			return false;
		rest = skip_blanks(rest);
	}
	rr->text = (struct str){text, len};
	return true;
}

static bool plain_type(struct str word, enum dns_type *out)
{
	static const struct {
		const char *name;
		enum dns_type type;
	} rows[] = {{"A", DNS_A},     {"MX", DNS_MX},	    {"TXT", DNS_TXT},
		    {"NS", DNS_NS},   {"CNAME", DNS_CNAME}, {"AAAA", DNS_AAAA},
		    {"SPF", DNS_SPF}, {"PTR", DNS_PTR}};
	size_t i;

	for (i = 0; i < array_len(rows); i++) {
		if (str_caseeqc(word, rows[i].name)) {
			*out = rows[i].type;
			return true;
		}
	}
	return false;
}

/* [TTL] [IN] TYPE, or [IN] [TTL] TYPE. */
static bool plain_head(struct str *rest, struct dns_rr *rr)
{
	struct str word = next_word(rest);
	bool has_ttl = false, has_class = false;
	uint64_t ttl;

	for (;;) {
		if (!has_ttl && plain_number(word, INT32_MAX, &ttl)) {
			rr->ttl = (uint32_t)ttl;
			has_ttl = true;
		} else if (!has_class && str_caseeqc(word, "IN")) {
			has_class = true;
		} else {
			return plain_type(word, &rr->type);
		}
		word = next_word(rest);
	}
}

static bool plain_data(struct arena *arena, const struct zone_context *context,
		       struct str rest, struct dns_rr *rr)
{
	struct str word;
	uint64_t preference;
	bool ok;

	if (rr->type == DNS_TXT || rr->type == DNS_SPF)
		return plain_strings(arena, rest, rr);
	word = next_word(&rest);
	if (rr->type == DNS_MX) {
		if (!plain_number(word, UINT16_MAX, &preference))
			return false;
		rr->preference = (uint16_t)preference;
		word = next_word(&rest);
	}
	if (rr->type == DNS_A)
		ok = plain_address(word, AF_INET, rr->address);
	else if (rr->type == DNS_AAAA)
		ok = plain_address(word, AF_INET6, rr->address);
	else
		ok = plain_target(arena, word, context->origin, rr);
	return ok && next_word(&rest).len == 0;
}

bool zone_read_plain(struct arena *arena, const struct zone_context *context,
		     struct str line, struct dns_name *out_owner, struct dns_rr *out)
{
	struct dns_rr rr = {.ttl = context->ttl};
	struct dns_name owner;

	if (line.len == 0)
		return false;
	if (!is_blank(line.ptr[0])) {
		if (!plain_name(next_word(&line), context->origin, &owner))
			return false;
	} else if (context->owner == NULL) {
		return false;
	} else {
		owner = *context->owner;
	}
	if (!plain_head(&line, &rr) || !plain_data(arena, context, line, &rr))
		return false;
	*out_owner = owner;
	*out = rr;
	return true;
}

bool zone_turn_class(struct str line, struct strbuf *out)
{
	struct str rest = line, owner = {line.ptr, 0}, class, ttl;

	if (line.len != 0 && !is_blank(line.ptr[0]))
		owner = next_word(&rest);
	class = next_word(&rest);
	ttl = next_word(&rest);
	if (!str_caseeqc(class, "IN") || ttl.len == 0 || ttl.ptr[0] < '0' ||
	    ttl.ptr[0] > '9')
		return false;
	strbuf_clear(out);
	strbuf_addf(out, "%.*s %.*s IN%.*s", STR_ARG(owner), STR_ARG(ttl), STR_ARG(rest));
	return !out->failed;
}
