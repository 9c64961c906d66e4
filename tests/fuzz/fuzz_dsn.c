/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bounces about hostile addresses, replies and messages. The input is cut at
 * NUL bytes: final, original, text, remote, sender; the rest is the content.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "mccd/dsn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *cut(struct arena *arena, struct str *rest)
{
	ptrdiff_t nul = str_chr(*rest, '\0');
	size_t len = nul < 0 ? rest->len : (size_t)nul;
	const char *text = str_dup0(arena, str_slice(*rest, 0, len));

	*rest = str_slice(*rest, nul < 0 ? len : len + 1, rest->len);
	return text;
}

static size_t count(const char *text, const char *end, const char *needle)
{
	size_t n = 0;

	for (const char *p = text;
	     (p = memmem(p, (size_t)(end - p), needle, strlen(needle))) != NULL; p++)
		n++;
	return n;
}

/* What stands before the returned message is ours, byte for byte. */
static void check_ours(const char *text, const char *end)
{
	size_t column = 0;

	MCC_ASSERT(count(text, end, "\nStatus: ") == 1);
	MCC_ASSERT(count(text, end, "\nAction: ") == 1);
	MCC_ASSERT(count(text, end, "\nTo: ") == 1);
	MCC_ASSERT(count(text, end, "\nFinal-Recipient: ") == 1);
	for (const char *p = text; p < end; p++) {
		MCC_ASSERT(*p == '\n' || *p == '\t' || (*p >= ' ' && *p <= '~'));
		column = *p == '\n' ? 0 : column + 1;
		MCC_ASSERT(column <= 998);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = {(const char *)data, size};
	struct arena *arena = arena_new(0);
	struct dsn_recipient recipient = {.status = "5.1.1"};
	struct dsn_request request = {.kind = size % 2 ? DSN_FAILED : DSN_DELAYED,
				      .hostname = "mail.example",
				      .mail_name = "mccd",
				      .id = "Q1",
				      .origin = "Q0",
				      .arrived = 1700000000,
				      .now = 1700000100,
				      .recipients = &recipient,
				      .recipient_count = 1};
	struct strbuf out;
	char line[128];
	bool is_eight_bit;

	recipient.final = cut(arena, &rest);
	recipient.original = cut(arena, &rest);
	recipient.text = cut(arena, &rest);
	recipient.remote = cut(arena, &rest);
	request.sender = cut(arena, &rest);
	request.content = rest;
	request.content_size = rest.len;
	strbuf_init(&out, DSN_SIZE_MAX);
	dsn_write(&out, &request, &is_eight_bit);
	if (!out.failed) {
		const char *boundary = strstr(out.ptr, "\n\tboundary=\"") + 12;
		const char *end;
		size_t parts;

		/* Inside a line it is only text. */
		snprintf(line, sizeof(line), "\n--%.*s", (int)strcspn(boundary, "\""),
			 boundary);
		parts = count(out.ptr, out.ptr + out.len, line);
		MCC_ASSERT(parts == 4);
		end = out.ptr;
		for (int i = 0; i < 3; i++)
			end = strstr(end + 1, line);
		check_ours(out.ptr, end);
	}
	strbuf_fini(&out);
	arena_free(arena);
	return 0;
}
