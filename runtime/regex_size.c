/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The C library writes a repeated part out as often as it may occur, one `+`
 * twice, looks from each loop to all others, and calls itself for each
 * parenthesis: a line of a table could take all memory, hours, or the whole
 * stack. So parts and loops are counted first, in one pass that keeps for each
 * open parenthesis what stands before it.
 */
#include "runtime/regex_size.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/limits.h"

enum token { END, PLAIN, OPEN, CLOSE, OPTIONAL, PLUS, COUNTED };

/* Of some of the expression, once its repetitions are written out. */
struct extent {
	uint64_t parts;
	uint64_t loops; /* `*`, `?` and their like; weighed where they nest */
};

struct size_scan {
	const char *at;
	bool is_extended;
	unsigned depth;
	struct extent before[LIMIT_REGEX_DEPTH]; /* in the group, without `last` */
	struct extent sum;
	struct extent last; /* what a repetition would repeat */
};

/* Behind "[...]"; a `]` that stands first, and [:classes:], do not end it. */
static const char *skip_bracket(const char *at)
{
	at++;
	if (*at == '^')
		at++;
	if (*at == ']')
		at++;
	while (*at && *at != ']') {
		if (*at == '[' && at[1] && strchr(":.=", at[1])) {
			const char close[] = {at[1], ']', '\0'};
			const char *end = strstr(at + 2, close);

			at = end ? end + 1 : at;
		}
		at++;
	}
	return *at ? at + 1 : at;
}

static enum token special(char c)
{
	switch (c) {
	case '(':
		return OPEN;
	case ')':
		return CLOSE;
	case '?':
		return OPTIONAL;
	case '+':
		return PLUS;
	case '{':
		return COUNTED;
	default:
		return PLAIN;
	}
}

/* Basic expressions have these characters behind a backslash, extended ones
 * without. */
static enum token next_token(struct size_scan *s)
{
	char c = *s->at;

	if (!c)
		return END;
	if (c == '[') {
		s->at = skip_bracket(s->at);
		return PLAIN;
	}
	s->at++;
	if (c == '*')
		return OPTIONAL;
	if (c != '\\')
		return s->is_extended ? special(c) : PLAIN;
	if (!*s->at)
		return PLAIN;
	c = *s->at++;
	return s->is_extended ? PLAIN : special(c);
}

static uint64_t read_number(const char **at)
{
	uint64_t n = 0;

	for (; isdigit((unsigned char)**at); ++*at)
		if (n <= LIMIT_REGEX_SIZE)
			n = n * 10 + (uint64_t)(**at - '0');
	return n;
}

static void skip(struct size_scan *s, const char *text)
{
	if (strncmp(s->at, text, strlen(text)) == 0)
		s->at += strlen(text);
}

static struct extent joined(struct extent a, struct extent b)
{
	return (struct extent){a.parts + b.parts, a.loops + b.loops};
}

static struct extent times(struct extent e, uint64_t n)
{
	return (struct extent){e.parts * n, e.loops * n};
}

/* A loop around loops costs the library some four times as much as they do. */
static struct extent looped(struct extent e)
{
	return (struct extent){e.parts, e.loops ? 4 * e.loops : 1};
}

/*
 * {n,m}. Parts that may be missing stand in each other; the library makes less
 * of those than of loops, and writes fewer than their square.
 */
static struct extent counted(struct size_scan *s)
{
	uint64_t least = read_number(&s->at);
	uint64_t most = least;
	struct extent e;

	if (*s->at == ',') {
		s->at++;
		most = isdigit((unsigned char)*s->at) ? read_number(&s->at) : least + 1;
	}
	skip(s, s->is_extended ? "}" : "\\}");
	e = times(s->last, most > 1 ? most : 1);
	if (most > least)
		e.loops += (most - least) / 4;
	return e;
}

static bool take(struct size_scan *s, enum token token)
{
	static const struct extent nothing, one = {1, 0};

	switch (token) {
	case OPEN:
		if (s->depth == LIMIT_REGEX_DEPTH)
			return false;
		s->before[s->depth++] = joined(s->sum, s->last);
		s->sum = s->last = nothing;
		break;
	case CLOSE:
		if (!s->depth)
			break;
		s->last = joined(s->sum, s->last);
		s->sum = s->before[--s->depth];
		break;
	case OPTIONAL:
		s->last = looped(s->last);
		break;
	case PLUS:
		s->last = joined(s->last, looped(s->last));
		break;
	case COUNTED:
		s->last = counted(s);
		break;
	case PLAIN:
		s->sum = joined(s->sum, s->last);
		s->last = one;
		break;
	case END:
		break;
	}
	return true;
}

static bool is_too_large(const struct size_scan *s)
{
	struct extent all = joined(s->sum, s->last);

	return all.parts > LIMIT_REGEX_SIZE || all.loops > LIMIT_REGEX_LOOPS;
}

const char *regex_size_fault(const char *pattern, bool is_extended)
{
	struct size_scan s = {.at = pattern, .is_extended = is_extended};
	enum token token;

	do {
		token = next_token(&s);
		if (!take(&s, token))
			return "has too many parentheses in each other";
		if (is_too_large(&s))
			return "has too many repetitions";
	} while (token != END);
	return NULL;
}
