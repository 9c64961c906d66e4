/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile file, shown. Input: 8 bytes for the spans, the rest is the text.
 * Whatever is rendered for people is printable UTF-8 in short lines, and the
 * JSON can be read back and has the spans within the text.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/diag_render.h"
#include "base/text.h"

enum { HEAD = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span span_at(const struct source *src, const uint8_t *two)
{
	uint32_t len = (uint32_t)src->text.len;
	uint32_t lo = len ? (uint32_t)two[0] * 7 % (len + 1) : 0;
	uint32_t hi = lo + two[1];

	return (struct span){src->id, lo, hi < len ? hi : len};
}

static void check_lines(const char *text)
{
	size_t column = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		MCC_ASSERT(c == '\n' || (c >= 0x20 && c != 0x7f));
		column = c == '\n' ? 0 : column + 1;
		MCC_ASSERT(column < 2500);
	}
}

static void check_json(const char *text, const struct source *src)
{
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	json_t *list = json_object_get(root, "diagnostics");
	json_t *item;
	size_t i;

	MCC_ASSERT(root && json_is_array(list));
	json_array_foreach(list, i, item)
	{
		json_int_t line = json_integer_value(json_object_get(item, "line"));
		json_int_t end = json_integer_value(json_object_get(item, "end_line"));

		MCC_ASSERT(line >= 1 && end >= line);
		MCC_ASSERT((size_t)end <= src->text.len + 1);
	}
	json_decref(root);
}

static char *render(const struct diag_queue *queue, const struct source_set *set,
		    int format)
{
	static const struct diag_style plain = {.max = 0};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	MCC_ASSERT(out);
	if (format == 0)
		diag_render_human(out, queue, set, &plain);
	else if (format == 1)
		diag_render_gcc(out, queue, set);
	else
		diag_render_json(out, queue, set, "3.11");
	fclose(out);
	MCC_ASSERT(strlen(text) == len);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena;
	struct source_set *set;
	struct diag_queue *queue;
	const struct source *src;
	struct diag *d;

	if (size < HEAD)
		return 0;
	arena = arena_new(0);
	set = source_set_new(arena);
	queue = diag_queue_new(arena);
	src = source_add_text(set, "f",
			      (struct str){(const char *)data + HEAD, size - HEAD});
	for (int i = 0; i < HEAD; i += 4) {
		struct span span = span_at(src, data + i);
		struct text text = text_of_span(arena, set, span);

		d = diag_add(queue, RULE_MC101, span, "%.60s", text.str.ptr);
		diag_relate(queue, d, span_at(src, data + i + 2), "here");
		diag_fix(queue, d, "%.60s", text.str.ptr);
		diag_edit(queue, d, span, "");
	}
	diag_sort(queue);
	for (int format = 0; format < 3; format++) {
		char *text = render(queue, set, format);

		if (format < 2)
			check_lines(text);
		else
			check_json(text, src);
		free(text);
	}
	arena_free(arena);
	return 0;
}
