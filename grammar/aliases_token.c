/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two forms of RFC 822 text. Postfix writes a value from its tokens, so
 * blanks and quotes in a database are not those of the source; what is written
 * here must be the same bytes. Results are NUL-terminated.
 */
#include "grammar/aliases_token.h"

#include <string.h>

#include "base/arena.h"

/* A byte of result needs at most two bytes, a token four more. */
struct writer {
	char *ptr;
	size_t len;
};

static void put(struct writer *w, char c)
{
	w->ptr[w->len++] = c;
}

static void put_str(struct writer *w, struct str s, const char *escape)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] && strchr(escape, s.ptr[i]))
			put(w, '\\');
		put(w, s.ptr[i]);
	}
}

static struct writer writer_new(struct arena *arena, const struct alias_token *tokens,
				size_t count)
{
	struct writer w = {0};
	size_t room = 1;

	for (size_t i = 0; i < count; i++)
		room += 2 * tokens[i].text.len + 4;
	w.ptr = arena_alloc(arena, room);
	return w;
}

static bool needs_quotes(char c)
{
	unsigned char u = (unsigned char)c;

	return u <= ' ' || u == 0x7f || strchr("|%!()<>@,;:\\\".[]", c);
}

struct str alias_token_resolve(struct arena *arena, struct str s, bool *out_needs_quotes)
{
	struct writer w = {arena_alloc(arena, s.len + 1), 0};

	*out_needs_quotes = false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (c == '\\' && ++i == s.len)
			break;
		c = s.ptr[i];
		put(&w, c == '\t' || c == '\r' || c == '\n' ? ' ' : c);
		if (needs_quotes(c))
			*out_needs_quotes = true;
	}
	return (struct str){w.ptr, w.len};
}

static bool is_word(const struct alias_token *t)
{
	return t->kind >= ALIAS_TOKEN_ATOM;
}

/* Behind a comma always, at the very end too. */
static bool has_blank_behind(const struct alias_token *t, const struct alias_token *end)
{
	if (t->kind == (enum alias_token_kind)',')
		return true;
	if (t + 1 == end)
		return false;
	return t[1].kind == (enum alias_token_kind)'<' || (is_word(t) && is_word(t + 1));
}

static void put_token(struct writer *w, const struct alias_token *t, bool is_external)
{
	if (t->kind == ALIAS_TOKEN_LITERAL) {
		put(w, '[');
		put_str(w, t->text, is_external ? "\\\r\n" : "");
		put(w, ']');
	} else if (t->kind == ALIAS_TOKEN_QUOTED && is_external) {
		put(w, '"');
		put_str(w, t->text, "\"\\\r\n");
		put(w, '"');
	} else if (is_word(t)) {
		put_str(w, t->text, "");
	} else {
		put(w, (char)t->kind);
	}
}

static struct str put_tokens(struct arena *arena, const struct alias_token *tokens,
			     size_t count, bool is_external)
{
	struct writer w = writer_new(arena, tokens, count);

	for (size_t i = 0; i < count; i++) {
		put_token(&w, &tokens[i], is_external);
		if (has_blank_behind(&tokens[i], tokens + count))
			put(&w, ' ');
	}
	return (struct str){w.ptr, w.len};
}

struct str alias_tokens_internal(struct arena *arena, const struct alias_token *tokens,
				 size_t count)
{
	return put_tokens(arena, tokens, count, false);
}

struct str alias_tokens_external(struct arena *arena, const struct alias_token *tokens,
				 size_t count)
{
	return put_tokens(arena, tokens, count, true);
}

/* Number of the first token that begins at `at` or later. */
static size_t token_at(const struct alias_token *tokens, size_t count, uint32_t at)
{
	size_t lo = 0;

	while (lo < count) {
		size_t mid = lo + (count - lo) / 2;

		if (tokens[mid].loc.lo < at)
			lo = mid + 1;
		else
			count = mid;
	}
	return lo;
}

struct str alias_tokens_joined(struct arena *arena, const struct alias_token *tokens,
			       size_t count, struct scan_loc loc)
{
	size_t from = token_at(tokens, count, loc.lo);
	size_t to = token_at(tokens, count, loc.hi);
	struct writer w = writer_new(arena, tokens + from, to - from);

	for (; from < to; from++)
		if (tokens[from].kind != ALIAS_TOKEN_COMMENT)
			put_token(&w, &tokens[from], false);
	return (struct str){w.ptr, w.len};
}
