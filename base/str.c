/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Views over bytes. Nothing here knows a locale: letters are ASCII letters,
 * as in the names that mail configuration is made of.
 */
#include "base/str.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"

static char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Eight bytes at a time: bit 7 of each byte tells whether it is one of A-Z. */
static uint64_t upper_bits(uint64_t bytes)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
	uint64_t low = bytes & ~high;
	uint64_t from_a = low + ones * (0x80 - 'A');
	uint64_t past_z = low + ones * (0x80 - 'Z' - 1);

	return from_a & ~past_z & ~bytes & high;
}

static uint64_t load_word(const char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

/* Eight bytes in lower case. */
static uint64_t lower_bytes(const char *bytes)
{
	uint64_t word = load_word(bytes);

	return word | upper_bits(word) >> 2;
}

bool str_caseeq_bytes(const char *a, const char *b, size_t len)
{
	size_t i = 0;

	for (; len - i >= sizeof(uint64_t); i += sizeof(uint64_t))
		if (lower_bytes(a + i) != lower_bytes(b + i))
			return false;
	for (; i < len; i++)
		if (ascii_lower(a[i]) != ascii_lower(b[i]))
			return false;
	return true;
}

int str_cmp(struct str a, struct str b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int cmp = len ? memcmp(a.ptr, b.ptr, len) : 0;

	return cmp ? cmp : (a.len > b.len) - (a.len < b.len);
}

bool str_starts(struct str s, const char *prefix)
{
	size_t len = strlen(prefix);

	return s.len >= len && str_eqc(str_slice(s, 0, len), prefix);
}

bool str_ends(struct str s, const char *suffix)
{
	size_t len = strlen(suffix);

	return s.len >= len && str_eqc(str_slice(s, s.len - len, s.len), suffix);
}

bool str_caseends(struct str s, const char *suffix)
{
	size_t len = strlen(suffix);

	return s.len >= len && str_caseeqc(str_slice(s, s.len - len, s.len), suffix);
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
	size_t from = 0;
	size_t to = s.len;

	while (from < to && is_blank(s.ptr[from]))
		from++;
	while (to > from && is_blank(s.ptr[to - 1]))
		to--;
	return str_slice(s, from, to);
}

bool str_token(struct str *rest, const char *separators, struct str *out_tok)
{
	struct str seps = str_of(separators);
	size_t from = 0;
	size_t to;

	while (from < rest->len && str_chr(seps, rest->ptr[from]) >= 0)
		from++;
	to = from;
	while (to < rest->len && str_chr(seps, rest->ptr[to]) < 0)
		to++;
	if (from == to) {
		*rest = str_slice(*rest, rest->len, rest->len);
		return false;
	}
	*out_tok = str_slice(*rest, from, to);
	*rest = str_slice(*rest, to, rest->len);
	return true;
}

bool str_has_token(struct str list, const char *separators, struct str word)
{
	struct str token;

	while (str_token(&list, separators, &token))
		if (str_eq(token, word))
			return true;
	return false;
}

bool str_has_casetoken(struct str list, const char *separators, struct str word)
{
	struct str token;

	while (str_token(&list, separators, &token))
		if (str_caseeq(token, word))
			return true;
	return false;
}

struct str str_first_word(struct str s, struct str *out_rest)
{
	struct str word = STR_LIT("");

	*out_rest = s;
	(void)str_token(out_rest, " \t\r\n", &word);
	*out_rest = str_trim(*out_rest);
	return word;
}

char *str_dup0(struct arena *arena, struct str s)
{
	return arena_memdup0(arena, s.ptr, s.len);
}

struct str str_lower(struct arena *arena, struct str s)
{
	char *copy = arena_memdup0(arena, s.ptr, s.len);

	if (!copy)
		return (struct str){NULL, 0};
	for (size_t i = 0; i < s.len; i++)
		copy[i] = ascii_lower(copy[i]);
	return (struct str){copy, s.len};
}

static bool has_upper(struct str s)
{
	const size_t step = sizeof(uint64_t);

	if (s.len < step) {
		for (size_t i = 0; i < s.len; i++)
			if (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z')
				return true;
		return false;
	}
	for (size_t i = 0; i < s.len - step; i += step)
		if (upper_bits(load_word(s.ptr + i)))
			return true;
	/* The last eight bytes, some of them for the second time. */
	return upper_bits(load_word(s.ptr + s.len - step)) != 0;
}

struct str str_folded(struct arena *arena, struct str s)
{
	return has_upper(s) ? str_lower(arena, s) : s;
}

struct str str_join(struct arena *arena, const struct str *parts, size_t count)
{
	size_t len = 0, at = 0;
	char *joined;

	for (size_t i = 0; i < count; i++)
		len += parts[i].len;
	joined = arena_alloc(arena, len + 1);
	if (!joined)
		return (struct str){NULL, 0};
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len)
			memcpy(joined + at, parts[i].ptr, parts[i].len);
		at += parts[i].len;
	}
	return (struct str){joined, len};
}

bool str_is_digits(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
	return s.len > 0;
}

bool str_to_u64(struct str s, uint64_t *out_n)
{
	uint64_t n = 0;

	if (!s.len)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned)(unsigned char)s.ptr[i] - '0';

		if (digit > 9 || n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*out_n = n;
	return true;
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

/*
 * Optimal string alignment: insert, delete, replace, swap of neighbours. Three
 * rows are enough since a swap looks back two.
 */
unsigned str_distance(struct str a, struct str b, unsigned max)
{
	unsigned rows[3][LIMIT_SUGGEST_LENGTH + 1];
	unsigned last;

	if (a.len > LIMIT_SUGGEST_LENGTH || b.len > LIMIT_SUGGEST_LENGTH)
		return max + 1;
	for (unsigned j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a.len; i++) {
		unsigned *row = rows[i % 3];
		const unsigned *up = rows[(i - 1) % 3];
		const unsigned *up2 = rows[(i + 1) % 3];

		row[0] = i;
		for (unsigned j = 1; j <= b.len; j++) {
			unsigned cost = a.ptr[i - 1] != b.ptr[j - 1];

			row[j] = min3(up[j] + 1, row[j - 1] + 1, up[j - 1] + cost);
			if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] &&
			    a.ptr[i - 2] == b.ptr[j - 1])
				row[j] = min3(row[j], up2[j - 2] + 1, row[j]);
		}
	}
	last = rows[a.len % 3][b.len];
	return last > max ? max + 1 : last;
}
