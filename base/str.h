/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Length-carrying views and bounded growing buffers. A view borrows; it may
 * hold any bytes, NUL included.
 *
 * What is one comparison or one call of the C library stands here, since every
 * look-up of every session is made of it.
 */
#ifndef MCC_BASE_STR_H
#define MCC_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"

struct arena;

struct str {
	const char *ptr;
	size_t len;
};

/* For printf("%.*s"). */
#define STR_ARG(s) (int)(s).len, (s).ptr
#define STR_LIT(lit) ((struct str){(lit), sizeof(lit) - 1})

/* NULL gives the empty view. */
static inline struct str str_of(const char *cstr)
{
	return cstr ? (struct str){cstr, strlen(cstr)} : (struct str){"", 0};
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (!a.len || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool str_eqc(struct str a, const char *cstr)
{
	return str_eq(a, str_of(cstr));
}

/* ASCII letters only; of two views that are equally long. */
bool str_caseeq_bytes(const char *a, const char *b, size_t len);

static inline bool str_caseeq(struct str a, struct str b)
{
	return a.len == b.len && str_caseeq_bytes(a.ptr, b.ptr, a.len);
}

static inline bool str_caseeqc(struct str a, const char *cstr)
{
	return str_caseeq(a, str_of(cstr));
}

int str_cmp(struct str a, struct str b); /* byte order, then length */
bool str_starts(struct str s, const char *prefix);
bool str_ends(struct str s, const char *suffix);
bool str_caseends(struct str s, const char *suffix);

/* Clamped. */
static inline struct str str_slice(struct str s, size_t from, size_t to)
{
	if (to > s.len)
		to = s.len;
	if (from > to)
		from = to;
	/* An empty view may have no pointer to add to. */
	return s.len ? (struct str){s.ptr + from, to - from} : s;
}

struct str str_trim(struct str s); /* blanks of ASCII, both ends */

/* Position of the first / last byte c, or -1. */
static inline ptrdiff_t str_chr(struct str s, char c)
{
	const char *at = s.len ? (const char *)memchr(s.ptr, c, s.len) : NULL;

	return at ? at - s.ptr : -1;
}

static inline ptrdiff_t str_rchr(struct str s, char c)
{
	const char *at = s.len ? (const char *)memrchr(s.ptr, c, s.len) : NULL;

	return at ? at - s.ptr : -1;
}

/* Next token of *rest up to any byte of `separators`; repeated separators
 * are skipped. False when nothing is left. */
bool str_token(struct str *rest, const char *separators, struct str *out_tok);
/* Whether one of the tokens of `list` is `word`; the second takes ASCII letters
 * of either case for the same. */
bool str_has_token(struct str list, const char *separators, struct str word);
bool str_has_casetoken(struct str list, const char *separators, struct str word);
/* Up to the first blank, "" when there is none; out_rest: what follows, trimmed. */
struct str str_first_word(struct str s, struct str *out_rest);
char *str_dup0(struct arena *arena, struct str s);	 /* NUL-terminated copy */
struct str str_lower(struct arena *arena, struct str s); /* ASCII folding */
/* The same, but s itself where nothing is to be folded. */
struct str str_folded(struct arena *arena, struct str s);
/* The parts one after the other, NUL-terminated. */
struct str str_join(struct arena *arena, const struct str *parts, size_t count);
/* Not empty, and nothing but ASCII digits. */
bool str_is_digits(struct str s);
/* Whole string as a decimal number without sign; false on anything else. */
bool str_to_u64(struct str s, uint64_t *out_n);
/* Damerau-Levenshtein distance, at most `max` + 1. For "did you mean". */
unsigned str_distance(struct str a, struct str b, unsigned max);

/*
 * Growing buffer with a stated maximum. Overrunning the maximum (or memory)
 * sets `failed` and drops the append; callers check once at the end.
 */
struct strbuf {
	char *ptr; /* always NUL-terminated once non-NULL; heap */
	size_t len;
	size_t room;
	size_t max;
	bool failed;
};

void strbuf_init(struct strbuf *buf, size_t max);
void strbuf_fini(struct strbuf *buf);
void strbuf_clear(struct strbuf *buf); /* keeps the room */
void strbuf_add(struct strbuf *buf, const void *data, size_t len);
void strbuf_adds(struct strbuf *buf, const char *cstr);
/* As strbuf_claim(), when the room has to grow. */
char *strbuf_claim_grown(struct strbuf *buf, size_t len);
void strbuf_addf(struct strbuf *buf, const char *fmt, ...) MCC_PRINTF(2, 3);
void strbuf_vaddf(struct strbuf *buf, const char *fmt, va_list ap) MCC_PRINTF(2, 0);
struct str strbuf_view(const struct strbuf *buf);

/* Appends len bytes that the caller fills; NULL: failed. */
static inline char *strbuf_claim(struct strbuf *buf, size_t len)
{
	char *start;

	if (buf->failed || buf->room - buf->len <= len || buf->max - buf->len < len)
		return strbuf_claim_grown(buf, len);
	start = buf->ptr + buf->len;
	buf->len += len;
	start[len] = '\0';
	return start;
}

static inline void strbuf_addstr(struct strbuf *buf, struct str s)
{
	char *out = strbuf_claim(buf, s.len);

	if (out && s.len)
		memcpy(out, s.ptr, s.len);
}

static inline void strbuf_addc(struct strbuf *buf, char c)
{
	char *out = strbuf_claim(buf, 1);

	if (out)
		*out = c;
}

#endif
