/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A result as bytes, for the way from one process to another of the same
 * program: fixed fields as they lie in memory, then the texts.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "mcc/check_run.h"

struct header {
	struct render_part part; /* its pointers mean nothing on the other side */
	size_t records_len;
	size_t talk_len;
	bool failed;
};

void check_result_pack(const struct check_result *result, struct strbuf *out)
{
	struct header header;

	memset(&header, 0, sizeof(header));
	header.part = result->part;
	header.records_len = result->records.len;
	header.talk_len = result->talk.len;
	header.failed = result->failed;
	strbuf_add(out, &header, sizeof(header));
	strbuf_add(out, result->part.ends,
		   result->part.item_count * sizeof(*result->part.ends));
	strbuf_add(out, result->part.text, result->part.len);
	strbuf_addstr(out, strbuf_view(&result->records));
	strbuf_addstr(out, strbuf_view(&result->talk));
}

/* `text` is a stretch of the packed one that begins where the last one ended. */
static const char *take(struct str *text, size_t len)
{
	const char *at = text->ptr;

	MCC_ASSERT(len <= text->len);
	text->ptr += len;
	text->len -= len;
	return at;
}

static void *take_copy(struct str *text, size_t len)
{
	char *copy = malloc(len + 1);

	MCC_ASSERT(copy);
	memcpy(copy, take(text, len), len);
	copy[len] = '\0';
	return copy;
}

void check_result_unpack(struct str text, struct check_result *out_result)
{
	struct render_part *part = &out_result->part;
	struct header header;

	memcpy(&header, take(&text, sizeof(header)), sizeof(header));
	*part = header.part;
	part->ends = take_copy(&text, part->item_count * sizeof(*part->ends));
	part->text = take_copy(&text, part->len);
	strbuf_init(&out_result->records, LIMIT_CHECK_RESULT);
	strbuf_add(&out_result->records, take(&text, header.records_len),
		   header.records_len);
	strbuf_init(&out_result->talk, LIMIT_CHECK_RESULT);
	strbuf_add(&out_result->talk, take(&text, header.talk_len), header.talk_len);
	out_result->failed = header.failed;
	MCC_ASSERT(text.len == 0);
}

void check_result_free(struct check_result *result)
{
	render_part_free(&result->part);
	strbuf_fini(&result->records);
	strbuf_fini(&result->talk);
}
