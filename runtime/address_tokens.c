/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scanner and unparser of address tokens. The scanner takes everything: a
 * quote or bracket that is never closed ends with the text, bytes above 127
 * are letters. An atom in which an escape hid an operator or a blank becomes a
 * quoted string, so that it stays one word when it is written again.
 *
 * Addresses come from the network; the work is linear in their length.
 */
#include "runtime/address_tokens.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_operator(char c)
{
	switch (c) {
	case '|':
	case '%':
	case '!':
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
	case '.':
	case '[':
	case ']':
		return true;
	default:
		return false;
	}
}

static void push_token(struct address_tokens *tokens, struct address_token token)
{
	struct address_token *slot =
		arena_push(tokens->arena, &tokens->items, tokens->count, &tokens->room,
			   sizeof(*slot));

	*slot = token;
	tokens->count++;
}

static void push(struct address_tokens *tokens, int kind, struct str text)
{
	push_token(tokens, (struct address_token){.kind = kind, .text = text});
}

/* What is being read, and where the resolved bytes go. */
struct scan {
	const char *p;
	const char *end;
	char *out;
};

/* Bytes up to the closing one (taken too), escapes resolved. */
static struct str scan_until(struct scan *s, char closing)
{
	char *start = s->out;

	while (s->p < s->end && *s->p != closing) {
		if (*s->p == '\\' && ++s->p == s->end)
			break;
		*s->out++ = is_blank(*s->p) ? ' ' : *s->p;
		s->p++;
	}
	if (s->p < s->end)
		s->p++;
	return (struct str){start, (size_t)(s->out - start)};
}

static struct str scan_comment(struct scan *s)
{
	char *start = s->out;
	size_t level = 0;

	while (s->p < s->end) {
		char c = *s->p++;

		*s->out++ = c;
		if (c == '(')
			level++;
		else if (c == ')' && --level == 0)
			break;
		else if (c == '\\' && s->p < s->end)
			*s->out++ = *s->p++;
	}
	return (struct str){start, (size_t)(s->out - start)};
}

static struct str scan_atom(struct scan *s, bool *out_quoted)
{
	char *start = s->out;

	*out_quoted = false;
	while (s->p < s->end && !is_blank(*s->p)) {
		if (*s->p == '\\') {
			if (++s->p == s->end)
				break;
		} else if (is_operator(*s->p)) {
			break;
		}
		if (is_blank(*s->p) || is_operator(*s->p) ||
		    iscntrl((unsigned char)*s->p))
			*out_quoted = true;
		*s->out++ = is_blank(*s->p) ? ' ' : *s->p;
		s->p++;
	}
	return (struct str){start, (size_t)(s->out - start)};
}

void address_tokens_scan(struct address_tokens *tokens, struct arena *arena,
			 struct str text)
{
	struct scan s = {.p = text.ptr, .end = text.ptr + text.len};

	*tokens = (struct address_tokens){.arena = arena};
	s.out = arena_alloc(arena, text.len + 1);
	while (s.p < s.end) {
		bool quoted;

		if (is_blank(*s.p)) {
			s.p++;
		} else if (*s.p == '(') {
			push(tokens, ADDRESS_TOKEN_COMMENT, scan_comment(&s));
		} else if (*s.p == '[') {
			s.p++;
			push(tokens, ADDRESS_TOKEN_LITERAL, scan_until(&s, ']'));
		} else if (*s.p == '"') {
			s.p++;
			push(tokens, ADDRESS_TOKEN_QUOTED, scan_until(&s, '"'));
		} else if (*s.p != '\\' && is_operator(*s.p)) {
			push(tokens, *s.p++, (struct str){s.out, 0});
		} else {
			struct str atom = scan_atom(&s, &quoted);

			push(tokens, quoted ? ADDRESS_TOKEN_QUOTED : ADDRESS_TOKEN_ATOM,
			     atom);
		}
	}
}

void address_tokens_scan_address(struct address_tokens *tokens, struct arena *arena,
				 struct str text)
{
	address_tokens_scan(tokens, arena, text);
	if (tokens->count == 0)
		push(tokens, ADDRESS_TOKEN_QUOTED, STR_LIT(""));
}

static bool is_word(int kind)
{
	return kind >= ADDRESS_TOKEN_ATOM;
}

/* A blank is due between these two tokens. */
static bool wants_blank(const struct address_token *left,
			const struct address_token *right)
{
	if (left->is_joined)
		return false;
	return left->kind == ',' || right->kind == '<' ||
	       (is_word(left->kind) && is_word(right->kind));
}

static char *put(char *out, struct str text, const char *escaped)
{
	if (*escaped == '\0') {
		memcpy(out, text.ptr, text.len);
		return out + text.len;
	}
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] != '\0' && strchr(escaped, text.ptr[i]) != NULL)
			*out++ = '\\';
		*out++ = text.ptr[i];
	}
	return out;
}

static char *put_token(char *out, const struct address_token *token, bool external)
{
	switch (token->kind) {
	case ADDRESS_TOKEN_ATOM:
	case ADDRESS_TOKEN_COMMENT:
		return put(out, token->text, "");
	case ADDRESS_TOKEN_QUOTED:
		if (!external)
			return put(out, token->text, "");
		*out++ = '"';
		out = put(out, token->text, "\"\\\r\n");
		*out++ = '"';
		return out;
	case ADDRESS_TOKEN_LITERAL:
		*out++ = '[';
		out = put(out, token->text, external ? "\\\r\n" : "");
		*out++ = ']';
		return out;
	default:
		*out++ = (char)token->kind;
		return out;
	}
}

static struct str unparse(const struct address_tokens *tokens, size_t from, size_t to,
			  bool external, bool spaced)
{
	size_t size = 1;
	char *start, *out;

	for (size_t i = from; i < to; i++)
		size += 2 * tokens->items[i].text.len + 4;
	start = out = arena_alloc(tokens->arena, size);
	for (size_t i = from; i < to; i++) {
		out = put_token(out, &tokens->items[i], external);
		if (spaced && i + 1 < to &&
		    wants_blank(&tokens->items[i], &tokens->items[i + 1]))
			*out++ = ' ';
	}
	*out = '\0';
	return (struct str){start, (size_t)(out - start)};
}

struct str address_tokens_internal(const struct address_tokens *tokens, size_t from,
				   size_t to, bool spaced)
{
	return unparse(tokens, from, to, false, spaced);
}

struct str address_tokens_external(const struct address_tokens *tokens)
{
	return unparse(tokens, 0, tokens->count, true, true);
}

ptrdiff_t address_tokens_find(const struct address_tokens *tokens, int kind)
{
	for (size_t i = 0; i < tokens->count; i++)
		if (tokens->items[i].kind == kind)
			return (ptrdiff_t)i;
	return -1;
}

ptrdiff_t address_tokens_rfind(const struct address_tokens *tokens, int kind)
{
	for (size_t i = tokens->count; i-- > 0;)
		if (tokens->items[i].kind == kind)
			return (ptrdiff_t)i;
	return -1;
}

static void append(struct address_tokens *tokens, struct address_token token)
{
	token.is_joined =
		tokens->count == 0 || tokens->items[tokens->count - 1].is_joined;
	push_token(tokens, token);
}

void address_tokens_append(struct address_tokens *tokens,
			   const struct address_tokens *more)
{
	for (size_t i = 0; i < more->count; i++)
		append(tokens, more->items[i]);
}

void address_tokens_append_operator(struct address_tokens *tokens, char kind)
{
	append(tokens, (struct address_token){.kind = kind});
}

void address_tokens_append_text(struct address_tokens *tokens, const char *text)
{
	struct address_tokens more;

	address_tokens_scan(&more, tokens->arena, str_of(text));
	address_tokens_append(tokens, &more);
}

void address_tokens_keep(struct address_tokens *tokens, size_t from, size_t to)
{
	if (from > 0 && to > from)
		memmove(tokens->items, tokens->items + from,
			(to - from) * sizeof(*tokens->items));
	tokens->count = to > from ? to - from : 0;
}

struct address_tokens address_tokens_copy(const struct address_tokens *tokens,
					  size_t from, size_t to)
{
	struct address_tokens copy = {.arena = tokens->arena};

	for (size_t i = from; i < to; i++)
		push_token(&copy, tokens->items[i]);
	return copy;
}

struct address_tokens address_tokens_plain(const struct address_tokens *tokens)
{
	struct address_tokens plain = {.arena = tokens->arena};

	for (size_t i = 0; i < tokens->count; i++)
		if (tokens->items[i].kind != ADDRESS_TOKEN_COMMENT)
			push_token(&plain, tokens->items[i]);
	return plain;
}
