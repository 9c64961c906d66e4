/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is shown of the input, and the little that is needed of character
 * widths. The C library's wcwidth is not used: it depends on the locale of
 * whoever runs the program, and the same run must print the same bytes
 * everywhere.
 */
#include "base/escape.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

struct range {
	uint32_t lo;
	uint32_t hi;
};

/* Invisible, or able to hide or reorder what stands around it. */
static const struct range hidden[] = {
	{0x80, 0xa0},	    {0xad, 0xad},     {0x61c, 0x61c},	{0x115f, 0x1160},
	{0x180e, 0x180e},   {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f},
	{0x3000, 0x3000},   {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xfff0, 0xffff},
	{0xe0000, 0xe0fff},
};

static const struct range combining[] = {
	{0x300, 0x36f},	  {0x483, 0x489},   {0x591, 0x5bd},
	{0x610, 0x61a},	  {0x64b, 0x65f},   {0x1ab0, 0x1aff},
	{0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe20, 0xfe2f},
};

static const struct range wide[] = {
	{0x1100, 0x115e},   {0x2e80, 0x303e},	{0x3041, 0xa4cf},   {0xac00, 0xd7a3},
	{0xf900, 0xfaff},   {0xfe30, 0xfe6f},	{0xff00, 0xff60},   {0xffe0, 0xffe6},
	{0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};

static bool is_in(const struct range *ranges, size_t count, uint32_t c)
{
	for (size_t i = 0; i < count; i++) {
		if (c >= ranges[i].lo && c <= ranges[i].hi)
			return true;
	}
	return false;
}

struct glyph escape_glyph(struct str s)
{
	struct glyph g = {.len = 1, .width = 1};
	uint32_t c = 0;
	size_t len = utf8_decode(s, &c);

	if (len == 0 || (c < 0x20 && c != '\t') || c == 0x7f) {
		snprintf(g.shown, sizeof(g.shown), "\\x%02x",
			 (unsigned)(unsigned char)s.ptr[0]);
		g.width = 4;
		return g;
	}
	g.len = len;
	if (is_in(hidden, array_len(hidden), c)) {
		snprintf(g.shown, sizeof(g.shown), "<U+%04X>", (unsigned)c);
		g.width = (unsigned)strlen(g.shown);
		return g;
	}
	memcpy(g.shown, s.ptr, len);
	if (c == '\t' || is_in(combining, array_len(combining), c))
		g.width = 0;
	else if (is_in(wide, array_len(wide), c))
		g.width = 2;
	return g;
}

/* Most text is printable ASCII, which stands for itself. */
static size_t plain_length(struct str s)
{
	size_t len = 0;

	while (len < s.len && s.ptr[len] >= 0x20 && s.ptr[len] < 0x7f)
		len++;
	return len;
}

void escape_add(struct strbuf *buf, struct str s)
{
	while (s.len) {
		size_t plain = plain_length(s);

		strbuf_add(buf, s.ptr, plain);
		s = str_slice(s, plain, s.len);
		if (!s.len)
			break;
		struct glyph g = escape_glyph(s);

		if (s.ptr[0] == '\n')
			strbuf_adds(buf, "\\n");
		else if (s.ptr[0] == '\t')
			strbuf_adds(buf, "\\t");
		else
			strbuf_adds(buf, g.shown);
		s = str_slice(s, g.len, s.len);
	}
}

void escape_add_utf8(struct strbuf *buf, struct str s)
{
	while (s.len) {
		uint32_t c;
		size_t len = utf8_decode(s, &c);

		if (len)
			strbuf_add(buf, s.ptr, len);
		else
			strbuf_addf(buf, "\\x%02x", (unsigned)(unsigned char)s.ptr[0]);
		s = str_slice(s, len ? len : 1, s.len);
	}
}

/*
 * Eight bytes at a time: bit 7 of some byte is set when one of them is odd.
 * Which one cannot be told, since a subtraction borrows from the next byte.
 */
static inline uint64_t odd_bytes(uint64_t word)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
	uint64_t quote = (word ^ ones * '"') - ones;
	uint64_t backslash = (word ^ ones * '\\') - ones;

	return (word | (word + ones) | (word - ones * ' ') | quote | backslash) & high;
}

static uint64_t load_word(const char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

bool escape_is_plain(struct str s)
{
	const size_t step = sizeof(uint64_t);
	uint64_t word = UINT64_C(0x2020202020202020); /* spaces */

	if (s.len < step) {
		for (size_t i = 0; i < s.len; i++)
			word = word << 8 | (unsigned char)s.ptr[i];
		return !odd_bytes(word);
	}
	for (size_t i = 0;; i += step) {
		/* The last eight bytes, some of them for the second time. */
		if (i + step >= s.len)
			return !odd_bytes(load_word(s.ptr + s.len - step));
		if (odd_bytes(load_word(s.ptr + i)))
			return false;
	}
}
