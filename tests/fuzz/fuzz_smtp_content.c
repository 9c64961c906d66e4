/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Message text against a slow, separate reader of RFC 5321 4.5.2: the end is
 * at the first CR LF . CR LF (or at a dot line at the very start) and nowhere
 * else, and the text comes out the same however the input is cut. Input: one
 * byte for the cuts, the rest is the text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "mccd/smtp_content.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
	char *text;
	size_t len;
	size_t consumed;
	bool has_ended;
	struct smtp_content c;
};

static struct result decode(const char *data, size_t size, size_t step)
{
	struct result r = {.text = malloc(size * 2 + 4 * SMTP_HEAD_MAX)};
	size_t at = 0;

	smtp_content_begin(&r.c, 0);
	while (at < size && !r.has_ended) {
		size_t n = size - at < step ? size - at : step;
		/* Exactly the promised room, so that an overrun is seen. */
		char *room = malloc(SMTP_CONTENT_ROOM(n));
		struct str in = {data + at, n};
		size_t got = smtp_content_feed(&r.c, &in, room, &r.has_ended);

		MCC_ASSERT(got <= SMTP_CONTENT_ROOM(n));
		memcpy(r.text + r.len, room, got);
		free(room);
		r.len += got;
		at += n - in.len;
		MCC_ASSERT(r.has_ended || in.len == 0);
	}
	r.consumed = at;
	return r;
}

/* Offset behind the end of the message; 0: it does not end. */
static size_t find_end(const char *data, size_t size)
{
	size_t i;

	if (size >= 3 && memcmp(data, ".\r\n", 3) == 0)
		return 3;
	for (i = 0; i + 5 <= size; i++)
		if (memcmp(data + i, "\r\n.\r\n", 5) == 0)
			return i + 5;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;
	struct result whole;
	struct result cut;
	size_t end;
	size_t i;

	if (size < 2 || size > 65536)
		return 0;
	end = find_end(text, size - 1);
	whole = decode(text, size - 1, size - 1);
	cut = decode(text, size - 1, 1 + data[0] % 7);
	MCC_ASSERT(whole.has_ended == (end != 0));
	MCC_ASSERT(end == 0 || whole.consumed == end);
	MCC_ASSERT(whole.has_ended == cut.has_ended && whole.consumed == cut.consumed);
	MCC_ASSERT(whole.len == cut.len && memcmp(whole.text, cut.text, cut.len) == 0);
	MCC_ASSERT(whole.c.hops == cut.c.hops && whole.c.size == cut.c.size);
	for (i = 0; i < whole.len; i++)
		MCC_ASSERT(whole.text[i] != '\r');
	MCC_ASSERT(!whole.has_ended || whole.len == 0 ||
		   whole.text[whole.len - 1] == '\n');
	free(whole.text);
	free(cut.text);
	return 0;
}
