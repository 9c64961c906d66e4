/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON by hand, for flat lines only: no tree is built and freed for each.
 * Keys are ours and need no escapes.
 */
#include "mcc/json_line.h"

#include "base/escape.h"

void json_line_begin(struct strbuf *out)
{
	strbuf_addc(out, '{');
}

void json_line_end(struct strbuf *out)
{
	strbuf_addc(out, '}');
}

static void add_key(struct strbuf *out, const char *key)
{
	if (out->len != 0 && out->ptr[out->len - 1] != '{')
		strbuf_addc(out, ',');
	strbuf_addc(out, '"');
	strbuf_adds(out, key);
	strbuf_add(out, "\":", 2);
}

/* The bytes at the front that stand for themselves. */
static size_t plain_length(struct str s)
{
	size_t len = 0;
	unsigned char c;

	while (len < s.len) {
		c = (unsigned char)s.ptr[len];
		if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
			break;
		len++;
	}
	return len;
}

/* RFC 8259 7; of the short forms those that jansson knows. */
static void add_escaped(struct strbuf *out, char c)
{
	static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	size_t i;

	for (i = 0; i + 1 < sizeof(shorts); i += 2) {
		if (shorts[i] == c) {
			strbuf_addc(out, '\\');
			strbuf_addc(out, shorts[i + 1]);
			return;
		}
	}
	strbuf_addf(out, "\\u%04X", (unsigned)(unsigned char)c);
}

static void add_string(struct strbuf *out, struct str s)
{
	size_t len;

	while (s.len != 0) {
		len = plain_length(s);
		strbuf_add(out, s.ptr, len);
		s = str_slice(s, len, s.len);
		if (s.len == 0)
			break;
		if ((unsigned char)s.ptr[0] >= 0x80) {
			strbuf_addc(out, s.ptr[0]);
		} else {
			add_escaped(out, s.ptr[0]);
		}
		s = str_slice(s, 1, s.len);
	}
}

void json_line_text(struct strbuf *out, const char *key, const char *text)
{
	struct str s = str_of(text);
	struct strbuf utf8;

	add_key(out, key);
	if (text == NULL) {
		strbuf_add(out, "null", 4);
		return;
	}
	strbuf_addc(out, '"');
	if (plain_length(s) == s.len) {
		strbuf_addstr(out, s);
	} else {
		strbuf_init(&utf8, out->max);
		escape_add_utf8(&utf8, s);
		add_string(out, strbuf_view(&utf8));
		strbuf_fini(&utf8);
	}
	strbuf_addc(out, '"');
}

void json_line_number(struct strbuf *out, const char *key, unsigned long number)
{
	char digits[24];
	size_t at = sizeof(digits);

	add_key(out, key);
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	strbuf_add(out, digits + at, sizeof(digits) - at);
}
