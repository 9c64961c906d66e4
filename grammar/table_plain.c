/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows that need no grammar. A table of a million rows has the same simple
 * line a million times: key, blanks, value, in printable ASCII, without quotes,
 * and with a line after it that cannot continue it. These are cut here, eight
 * bytes at a time; whatever else is met is left to the scanner and parser, so
 * that only they know the rules and only they report.
 */
#include <string.h>

#include "base/utf8.h"
#include "grammar/table_build.h"

enum { WORD = sizeof(uint64_t) };

static const uint64_t ones = 0x0101010101010101u;

/* Bytes allowed in a plain key: printable, no blank, no quote, no backslash. */
static bool is_key_byte(unsigned char c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '\\';
}

/* The high bit of each byte that is neither printable ASCII nor a tab. */
static uint64_t odd_bytes(uint64_t w)
{
	uint64_t low = w & (ones * 0x7f);
	uint64_t is_not_low = low + ones * (0x80 - 0x20);
	uint64_t is_not_tab = (low ^ ones * '\t') + ones * 0x7f;

	return (w | (~is_not_low & is_not_tab)) & (ones * 0x80);
}

static bool is_plain(const char *p, size_t len)
{
	uint64_t odd = 0;
	uint64_t w;

	for (; len >= WORD; p += WORD, len -= WORD) {
		memcpy(&w, p, WORD);
		odd |= odd_bytes(w);
	}
	w = ones * ' ';
	memcpy(&w, p, len);
	return (odd | odd_bytes(w)) == 0;
}

/* Whether a line that begins with `c` ends the logical line before it. */
static bool is_start(char c)
{
	return c > ' ' && c < 0x7f && c != '#';
}

struct plain_row {
	size_t key_end;
	size_t value;
	size_t value_end;
};

/* Cuts the line [at, end). */
static bool cut(const char *text, size_t at, size_t end, struct plain_row *out)
{
	size_t i = at;

	while (i < end && is_key_byte((unsigned char)text[i]))
		i++;
	out->key_end = i;
	while (i < end && (text[i] == ' ' || text[i] == '\t'))
		i++;
	out->value = i;
	while (end > i && (text[end - 1] == ' ' || text[end - 1] == '\t'))
		end--;
	out->value_end = end;
	return out->key_end > at && i > out->key_end && end > i &&
	       text[out->key_end - 1] != ':' && is_plain(text + i, end - i);
}

static void hand_on(struct table_builder *b, size_t at, const struct plain_row *cut)
{
	const struct source *src = b->reader.src;
	const char *text = src->text.ptr;
	const struct table_row row = {
		.key = {text + at, cut->key_end - at},
		.value = {text + cut->value, cut->value_end - cut->value},
		.key_span = {src->id, (uint32_t)at, (uint32_t)cut->key_end},
		.value_span = {src->id, (uint32_t)cut->value, (uint32_t)cut->value_end},
	};

	b->sink->row(b->sink, &row);
}

uint32_t table_plain_rows(struct table_builder *b, uint32_t start)
{
	struct str text = b->reader.src->text;
	size_t at = start;
	struct plain_row row;

	while (at < text.len && is_start(text.ptr[at])) {
		const char *nl = memchr(text.ptr + at, '\n', text.len - at);
		size_t end = nl ? (size_t)(nl - text.ptr) : text.len;

		if (!nl || (end + 1 < text.len && !is_start(text.ptr[end + 1])) ||
		    !cut(text.ptr, at, end, &row))
			break;
		hand_on(b, at, &row);
		at = end + 1;
	}
	return (uint32_t)at;
}

bool table_row_is_utf8(const struct table_row *row)
{
	return utf8_is_valid(row->key) && utf8_is_valid(row->value);
}
