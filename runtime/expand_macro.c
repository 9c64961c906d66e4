/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Macros of luser_relay, default_rbl_reply and the like. Values are never
 * expanded again, so what a sender writes into an address cannot bring in a
 * macro. The nesting of "${a?${b}}" is bounded by LIMIT_MACRO_DEPTH; deeper
 * text is left out.
 */
#include "runtime/expand_macro.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"

struct expansion {
	const struct expand_macros *macros;
	struct strbuf out;
};

static struct str value_of(const struct expansion *e, struct str name)
{
	return e->macros->value(e->macros->state, name);
}

static size_t name_length(struct str s)
{
	size_t n = 0;

	while (n < s.len && (isalnum((unsigned char)s.ptr[n]) || s.ptr[n] == '_'))
		n++;
	return n;
}

/* Length of "{...}" or "(...)" with its ends, or 0: not closed. */
static size_t group_length(struct str s)
{
	char open = s.ptr[0], close = open == '{' ? '}' : ')';
	size_t level = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == open)
			level++;
		else if (s.ptr[i] == close && --level == 0)
			return i + 1;
	}
	return 0;
}

static void expand(struct expansion *e, struct str text, unsigned depth);

/* Text of a branch, without the braces around it. */
static struct str branch(struct str s)
{
	s = str_trim(s);
	if (s.len >= 2 && s.ptr[0] == '{' && s.ptr[s.len - 1] == '}')
		s = str_slice(s, 1, s.len - 1);
	return s;
}

/* What stands between the braces: name, name?text, name:text. */
static void expand_group(struct expansion *e, struct str inner, unsigned depth)
{
	struct str name = str_slice(inner, 0, name_length(inner));
	struct str rest = str_slice(inner, name.len, inner.len);
	struct str value = value_of(e, name);
	struct str yes, no = {"", 0};

	if (rest.len == 0) {
		strbuf_addstr(&e->out, value);
		return;
	}
	yes = str_slice(rest, 1, rest.len);
	if (rest.ptr[0] == ':') {
		no = yes;
		yes = (struct str){"", 0};
	} else if (rest.ptr[0] != '?') {
		return;
	} else if (str_trim(yes).len > 0 && str_trim(yes).ptr[0] == '{') {
		size_t n;

		yes = str_trim(yes);
		n = group_length(yes);
		no = str_trim(str_slice(yes, n, yes.len));
		if (no.len > 0 && no.ptr[0] == ':')
			no = str_slice(no, 1, no.len);
		yes = str_slice(yes, 0, n > 0 ? n : yes.len);
	}
	expand(e, branch(value.len > 0 ? yes : no), depth + 1);
}

static void expand(struct expansion *e, struct str text, unsigned depth)
{
	if (depth > LIMIT_MACRO_DEPTH)
		return;
	while (text.len > 0) {
		ptrdiff_t at = str_chr(text, '$');
		struct str rest;
		size_t n;

		if (at < 0) {
			strbuf_addstr(&e->out, text);
			return;
		}
		strbuf_addstr(&e->out, str_slice(text, 0, (size_t)at));
		rest = str_slice(text, (size_t)at + 1, text.len);
		if (rest.len > 0 && rest.ptr[0] == '$') {
			strbuf_addc(&e->out, '$');
			n = 1;
		} else if (rest.len > 0 && (rest.ptr[0] == '{' || rest.ptr[0] == '(')) {
			n = group_length(rest);
			if (n > 0)
				expand_group(e, str_slice(rest, 1, n - 1), depth);
			else
				n = rest.len;
		} else {
			n = name_length(rest);
			strbuf_addstr(&e->out, value_of(e, str_slice(rest, 0, n)));
		}
		text = str_slice(rest, n, rest.len);
	}
}

struct str expand_macro_text(struct arena *arena, const char *text,
			     const struct expand_macros *macros)
{
	struct expansion e = {.macros = macros};
	struct str result;

	strbuf_init(&e.out, LIMIT_EXPANDED_VALUE);
	expand(&e, str_of(text), 0);
	result.ptr = arena_memdup0(arena, e.out.ptr != NULL ? e.out.ptr : "", e.out.len);
	result.len = e.out.len;
	strbuf_fini(&e.out);
	return result;
}
