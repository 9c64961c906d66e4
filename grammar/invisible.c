/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No-break spaces, zero-width characters, typographic quotes, byte order marks
 * and control characters get into a configuration by copying from web pages
 * and word processors. To Postfix they are ordinary bytes of a name or key,
 * which then never matches. UTF-8 only: other encodings are another rule.
 */
#include "grammar/invisible.h"

#include <stddef.h>

#include "base/diag.h"
#include "grammar/line.h"

struct invisible {
	uint32_t first; /* code points */
	uint32_t last;
	const char *name;
	const char *replacement; /* NULL: not known what was meant */
};

static const struct invisible invisibles[] = {
	{0x00, 0x00, "a NUL byte (Postfix ignores the rest of the logical line)", ""},
	{0x01, 0x08, "a control character", NULL},
	{0x0b, 0x0c, "a vertical tab or form feed", " "},
	{0x0e, 0x1f, "a control character", NULL},
	{0xa0, 0xa0, "a no-break space", " "},
	{0x200b, 0x200f, "a zero-width character", ""},
	{0x2018, 0x2019, "a typographic quote", "'"},
	{0x201a, 0x201b, "a typographic quote", NULL},
	{0x201c, 0x201d, "a typographic quote", "\""},
	{0xfeff, 0xfeff, "a byte order mark", ""},
};

/* Code point at s[i] and its length; bytes that are no UTF-8 stand for
 * themselves and match nothing in the table. */
static uint32_t code_point(struct str s, size_t i, size_t *out_len)
{
	const unsigned char *p = (const unsigned char *)s.ptr + i;
	size_t left = s.len - i;

	*out_len = 1;
	if (p[0] < 0x80)
		return p[0];
	if (p[0] >= 0xc2 && p[0] < 0xe0 && left >= 2 && (p[1] & 0xc0) == 0x80) {
		*out_len = 2;
		return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
	}
	if ((p[0] & 0xf0) == 0xe0 && left >= 3 && (p[1] & 0xc0) == 0x80 &&
	    (p[2] & 0xc0) == 0x80) {
		*out_len = 3;
		return (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	}
	return UINT32_MAX;
}

static const struct invisible *find(uint32_t code)
{
	for (size_t i = 0; i < array_len(invisibles); i++)
		if (code >= invisibles[i].first && code <= invisibles[i].last)
			return &invisibles[i];
	return NULL;
}

void invisible_check(struct line_reader *r, uint32_t lo, struct str s)
{
	struct diag *d = NULL;
	size_t len;

	for (size_t i = 0; i < s.len; i += len) {
		uint32_t code = code_point(s, i, &len);
		const struct invisible *inv = find(code);
		struct span span = {r->src->id, lo + (uint32_t)i,
				    lo + (uint32_t)(i + len)};

		if (!inv)
			continue;
		if (!d)
			d = line_report(r, RULE_MC114, span,
					"U+%04X, %s, stands here and looks like "
					"something else or nothing",
					(unsigned)code, inv->name);
		if (!d || !inv->replacement || d->edit_count == DIAG_EDIT_MAX)
			return;
		line_fix(r, d, "replace what cannot be seen", span, inv->replacement);
	}
}
