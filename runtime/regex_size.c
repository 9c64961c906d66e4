/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The C library writes a repeated part out as often as it may occur, one `+`
 * twice, and calls itself for each parenthesis: a line of a table could take all
 * memory or the whole stack. So the parts are counted first, in one pass that
 * keeps for each open parenthesis what stands before it.
 */
#include "runtime/regex_size.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/limits.h"

/* OPTIONAL: `*` and `?`, which write nothing out again. */
enum token { END, PLAIN, OPEN, CLOSE, OPTIONAL, PLUS, COUNTED };

struct size_scan {
	const char *at;
	bool is_extended;
	unsigned depth;
	uint64_t before[LIMIT_REGEX_DEPTH]; /* in the group, without `last` */
	uint64_t sum;
	uint64_t last; /* what a repetition would repeat */
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

/*
 * How many times {n,m} writes a part out. Those that may be missing stand in
 * each other, which the library pays for with the square of their number; 64 of
 * them cost what 64 parts cost.
 */
static uint64_t count_of(struct size_scan *s)
{
	uint64_t least = read_number(&s->at);
	uint64_t most = least;

	if (*s->at == ',') {
		s->at++;
		most = isdigit((unsigned char)*s->at) ? read_number(&s->at) : least + 1;
	}
	if (most <= least)
		return least ? least : 1;
	return most + (most - least) * (most - least) / 64;
}

static bool take(struct size_scan *s, enum token token)
{
	switch (token) {
	case OPEN:
		if (s->depth == LIMIT_REGEX_DEPTH)
			return false;
		s->before[s->depth++] = s->sum + s->last;
		s->sum = s->last = 0;
		break;
	case CLOSE:
		if (!s->depth)
			break;
		s->last += s->sum;
		s->sum = s->before[--s->depth];
		break;
	case PLUS:
		s->last *= 2;
		break;
	case COUNTED:
		s->last *= count_of(s);
		break;
	case PLAIN:
		s->sum += s->last;
		s->last = 1;
		break;
	case OPTIONAL:
	case END:
		break;
	}
	return true;
}

const char *regex_size_fault(const char *pattern, bool is_extended)
{
	struct size_scan s = {.at = pattern, .is_extended = is_extended};
	enum token token;

	do {
		token = next_token(&s);
		if (!take(&s, token))
			return "has too many parentheses in each other";
		if (s.sum + s.last > LIMIT_REGEX_SIZE)
			return "has too many repetitions in each other";
	} while (token != END);
	return NULL;
}
