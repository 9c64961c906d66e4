/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decoding and case folding. The folding is data of this program and not the
 * C library's, which knows only single characters and depends on the locale
 * of whoever runs the program.
 */
#include "base/utf8.h"

#include <string.h>

#include "base/arena.h"

/* A character of two bytes becomes one of three at most, with what follows. */
enum { UTF8_MAX = 4, FOLD_LONG_MAX = 6 };

size_t utf8_decode(struct str s, uint32_t *out_c)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)s.ptr[0];
	size_t len = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	uint32_t c = first;

	if (len > 1) {
		if (first < 0xc2 || first > 0xf4 || len > s.len)
			return 0;
		c = first & (0xffU >> (len + 1));
	}
	for (size_t i = 1; i < len; i++) {
		unsigned char next = (unsigned char)s.ptr[i];

		if ((next & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (next & 0x3fU);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*out_c = c;
	return len;
}

bool utf8_is_ascii(struct str s)
{
	uint64_t all = 0, w;

	for (; s.len >= sizeof(w); s.ptr += sizeof(w), s.len -= sizeof(w)) {
		memcpy(&w, s.ptr, sizeof(w));
		all |= w;
	}
	for (size_t i = 0; i < s.len; i++)
		all |= (unsigned char)s.ptr[i];
	return (all & 0x8080808080808080u) == 0;
}

bool utf8_is_valid(struct str s)
{
	uint32_t c;
	size_t len;

	if (utf8_is_ascii(s))
		return true;
	for (; s.len; s = str_slice(s, len, s.len)) {
		len = utf8_decode(s, &c);
		if (!len)
			return false;
	}
	return true;
}

/* ---- folding ---- */

struct fold {
	uint32_t first;
	uint32_t last;
	uint32_t step;
	int32_t distance;
};

struct fold_long {
	uint32_t c;
	char text[FOLD_LONG_MAX + 1];
};

#define FOLD(first, last, step, distance) {first, last, step, distance},
#define FOLD_LONG(c, text)
static const struct fold folds[] = {
#include "base/casefold.def"
};
#undef FOLD
#undef FOLD_LONG
#define FOLD(first, last, step, distance)
#define FOLD_LONG(c, text) {c, text},
static const struct fold_long long_folds[] = {
#include "base/casefold.def"
};
#undef FOLD
#undef FOLD_LONG

static uint32_t fold_one(uint32_t c)
{
	size_t lo = 0, hi = array_len(folds);

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct fold *f = &folds[mid];

		if (c > f->last)
			lo = mid + 1;
		else if (c < f->first)
			hi = mid;
		else
			return (c - f->first) % f->step ? c : c + (uint32_t)f->distance;
	}
	return c;
}

static const char *fold_to_several(uint32_t c)
{
	for (size_t i = 0; i < array_len(long_folds); i++)
		if (long_folds[i].c == c)
			return long_folds[i].text;
	return NULL;
}

static size_t encode(char out[UTF8_MAX], uint32_t c)
{
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = len; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(len == 1 ? c : (0xf00U >> len & 0xff) | c);
	return len;
}

/* Writes the folded form of the character at the start; how much was read. */
static size_t fold_first(struct str s, char *out, size_t *out_len)
{
	const char *several;
	uint32_t c;
	size_t len = utf8_decode(s, &c);

	if (!len || c < 0x80) {
		unsigned is_upper = (unsigned char)(s.ptr[0] - 'A') < 26;

		out[0] = (char)(s.ptr[0] | (is_upper ? 'a' - 'A' : 0));
		*out_len = 1;
		return 1;
	}
	several = fold_to_several(c);
	if (several) {
		*out_len = strlen(several);
		memcpy(out, several, *out_len);
	} else {
		*out_len = encode(out, fold_one(c));
	}
	return len;
}

struct str utf8_fold(struct arena *arena, struct str s)
{
	size_t at = 0, n;
	char *out;

	if (utf8_is_ascii(s))
		return str_lower(arena, s);
	/* Two bytes become six at the worst. */
	out = arena_alloc(arena, s.len * 3 + 1);
	if (!out)
		return s;
	while (s.len) {
		s = str_slice(s, fold_first(s, out + at, &n), s.len);
		at += n;
	}
	return (struct str){out, at};
}
