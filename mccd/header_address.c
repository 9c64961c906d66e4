/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One pass over the value: separators outside quotes, comments and brackets cut
 * it into mailboxes; of each the part between < and >, or else the one word
 * that is left without comments, is the address. Nothing is refused; what does
 * not look like an address stays.
 */
#include "mccd/header_address.h"

#include "base/arena.h"
#include "base/attr.h"
#include "runtime/address.h"

/* Nested comments deeper than this end the looking. */
enum { COMMENT_DEPTH_MAX = 100 };

struct rewrite {
	struct arena *arena;
	struct str (*map)(void *arg, struct str address);
	void *arg;
	struct strbuf *out;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Behind what begins at `at`: a quoted string, a literal, a comment, an escaped
 * character or one character. */
static size_t skip(struct str s, size_t at)
{
	char open = s.ptr[at];
	char close = open == '"' ? '"' : open == '[' ? ']' : ')';
	unsigned depth = 1;

	if (open == '\\')
		return at + 2 < s.len ? at + 2 : s.len;
	if (open != '"' && open != '[' && open != '(')
		return at + 1;
	for (at++; at < s.len; at++) {
		char c = s.ptr[at];

		if (c == '\\')
			at++;
		else if (c == close && --depth == 0)
			return at + 1;
		else if (open == '(' && c == '(' && ++depth > COMMENT_DEPTH_MAX)
			return s.len;
	}
	return s.len;
}

static size_t find(struct str s, size_t at, char wanted)
{
	while (at < s.len && s.ptr[at] != wanted)
		at = skip(s, at);
	return at < s.len ? at : s.len;
}

/* Without blanks and comments at both ends. */
static struct str core(struct str s)
{
	size_t lo = 0;
	size_t hi;
	size_t at;

	while (lo < s.len && (is_blank(s.ptr[lo]) || s.ptr[lo] == '('))
		lo = skip(s, lo);
	hi = at = lo;
	while (at < s.len) {
		size_t next = skip(s, at);

		if (!is_blank(s.ptr[at]) && s.ptr[at] != '(')
			hi = next;
		at = next;
	}
	return str_slice(s, lo, hi);
}

/* One whole word: no blanks or comments within, no route, something at all. */
static bool is_address(struct str s)
{
	size_t next;

	if (s.len == 0 || s.ptr[0] == '@')
		return false;
	for (size_t at = 0; at < s.len; at = next) {
		char c = s.ptr[at];

		next = skip(s, at);
		if (is_blank(c) || c == '(' || c == '<' || c == '>')
			return false;
		/* Quotes or brackets that nobody closes. */
		if ((c == '"' || c == '[') &&
		    (next == at + 1 || s.ptr[next - 1] != (c == '"' ? c : ']')))
			return false;
	}
	return true;
}

static void put_address(const struct rewrite *w, struct str text)
{
	struct str address;
	struct str mapped;

	if (!is_address(text)) {
		strbuf_addstr(w->out, text);
		return;
	}
	address = address_unquote(w->arena, text);
	mapped = w->map(w->arg, address);
	strbuf_addstr(w->out,
		      str_eq(mapped, address) ? text : address_quote(w->arena, mapped));
}

static void put_mailbox(const struct rewrite *w, struct str s)
{
	size_t lo = find(s, 0, '<');
	struct str word = core(s);

	if (lo < s.len)
		word = core(str_slice(s, lo + 1, find(s, lo + 1, '>')));
	lo = (size_t)(word.ptr - s.ptr);
	strbuf_addstr(w->out, str_slice(s, 0, lo));
	put_address(w, word);
	strbuf_addstr(w->out, str_slice(s, lo + word.len, s.len));
}

void header_address_rewrite(struct arena *arena, struct str value,
			    struct str (*map)(void *arg, struct str address), void *arg,
			    struct strbuf *out)
{
	const struct rewrite w = {arena, map, arg, out};
	size_t from = 0;
	size_t at = 0;

	while (at < value.len) {
		char c = value.ptr[at];

		if (c == '<') {
			at = find(value, at + 1, '>');
			continue;
		}
		if (c != ',' && c != ';' && c != ':') {
			at = skip(value, at);
			continue;
		}
		/* The name of a group is no address. */
		if (c == ':')
			strbuf_addstr(out, str_slice(value, from, at));
		else
			put_mailbox(&w, str_slice(value, from, at));
		strbuf_addc(out, c);
		from = ++at;
	}
	put_mailbox(&w, str_slice(value, from, value.len));
}
