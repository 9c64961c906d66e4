/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole SMTP session from hostile bytes. Input: 4 bytes of choices (limits,
 * cuts, verdicts), the rest is what the client sends, once in one piece, once
 * byte by byte, once in between; whatever the machine says must be well
 * formed: reply lines end in CR LF, have a code and no control characters, are
 * at most 512 octets, and a message never contains CR or NUL.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "mccd/smtp.h"

enum { CHOICES = 4, STEPS_MAX = 100000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct smtp smtp;
	struct arena *arena;
	const uint8_t *choices;
	unsigned decisions;
	unsigned messages;
	uint64_t content;
	bool is_over;
};

static void check_replies(const struct strbuf *out)
{
	size_t at = 0;

	while (at < out->len) {
		const char *line = out->ptr + at;
		const char *lf = memchr(line, '\n', out->len - at);
		size_t len;

		MCC_ASSERT(lf != NULL);
		len = (size_t)(lf - line) + 1;
		MCC_ASSERT(len >= 6 && len <= 512 && line[len - 2] == '\r');
		MCC_ASSERT(line[0] >= '2' && line[0] <= '5');
		MCC_ASSERT(line[3] == ' ' || line[3] == '-');
		for (size_t i = 0; i + 2 < len; i++)
			MCC_ASSERT((unsigned char)line[i] >= 32 && line[i] != 127);
		at += len;
	}
}

static void check_content(struct str chunk)
{
	MCC_ASSERT(memchr(chunk.ptr, '\r', chunk.len) == NULL);
}

static void decide(struct run *r, const struct smtp_event *e)
{
	/* Verdicts follow the choices, not the cuts. */
	bool is_bad = (r->choices[1] >> (r->decisions++ % 8) & 1) != 0;
	struct smtp_answer answer = {250, "2.0.0", "Ok", false};

	if (e->type == SMTP_EVENT_DATA)
		answer = (struct smtp_answer){354, NULL, "Go", false};
	if (is_bad)
		answer = (struct smtp_answer){550, "5.7.1", e->text ? e->text : "No\nno",
					      (r->choices[2] & 1) != 0};
	if (e->type == SMTP_EVENT_END && !is_bad)
		r->messages++;
	smtp_answer(&r->smtp, &answer);
}

/* Consumes what can be consumed of `in`. */
static void work(struct run *r, struct str *in, char *room)
{
	unsigned steps;

	for (steps = 0; !r->is_over; steps++) {
		size_t before = in->len;
		struct smtp_event e = smtp_next(&r->smtp, r->arena, in, room);

		MCC_ASSERT(steps < STEPS_MAX);
		MCC_ASSERT(in->len <= before);
		check_replies(&r->smtp.out);
		strbuf_clear(&r->smtp.out);
		if (e.type == SMTP_EVENT_NONE)
			break;
		if (e.type == SMTP_EVENT_CLOSE)
			r->is_over = true;
		else if (e.type == SMTP_EVENT_CONTENT) {
			check_content(e.chunk);
			r->content += e.chunk.len;
		} else if (smtp_is_pending(&r->smtp))
			decide(r, &e);
	}
}

static struct run session(const uint8_t *choices, const uint8_t *data, size_t size,
			  size_t step)
{
	const struct smtp_params params = {.hostname = "mx.example.com",
					   .client = "unknown[192.0.2.1]",
					   .message_limit = choices[0] & 1 ? 60 : 0,
					   .header_limit = choices[0] & 2 ? 20 : 0,
					   .hop_limit = 2,
					   .recipient_limit = 3,
					   .soft_errors = 5,
					   .hard_errors = choices[0] & 4 ? 8 : 0,
					   .junk_limit = 5,
					   .helo_required = (choices[0] & 8) != 0,
					   .strict_envelopes = (choices[0] & 16) != 0,
					   .xclient_allowed = (choices[0] & 32) != 0,
					   .reject_bare_lf = (choices[0] & 64) != 0};
	struct run r = {.choices = choices, .arena = arena_new(0)};
	char *buf = malloc(size + 1);
	char *room = malloc(SMTP_CONTENT_ROOM(size + 1));
	size_t have = 0;
	size_t at = 0;

	smtp_init(&r.smtp, &params);
	smtp_answer(&r.smtp, &(struct smtp_answer){220, NULL, "mx.example.com", false});
	while (at < size && !r.is_over) {
		size_t n = size - at < step ? size - at : step;
		struct str in;

		memcpy(buf + have, data + at, n);
		at += n;
		in = (struct str){buf, have + n};
		work(&r, &in, room);
		/* What stays is at most a command line. */
		MCC_ASSERT(r.is_over || in.len <= SMTP_COMMAND_MAX);
		memmove(buf, in.ptr, in.len);
		have = in.len;
	}
	smtp_fini(&r.smtp);
	arena_free(r.arena);
	free(buf);
	free(room);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < CHOICES || size > 65536)
		return 0;
	(void)session(data, data + CHOICES, size - CHOICES, size);
	(void)session(data, data + CHOICES, size - CHOICES, 1);
	(void)session(data, data + CHOICES, size - CHOICES, 1 + data[3] % 64);
	return 0;
}
