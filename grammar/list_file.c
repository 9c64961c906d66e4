/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that lists name ("/etc/postfix/networks"): logical lines, as
 * everywhere, each of them a list of its own.
 */
#include "base/arena.h"
#include "base/attr.h"
#include "grammar/line.h"
#include "grammar/list.h"

/* The `$name`s, if any, that the file's own name came by go on. */
static struct text named_by(const struct parse_ctx *ctx, struct text line,
			    struct text word)
{
	struct text_via *via = arena_alloc(ctx->arena, sizeof(*via));
	struct text_builder b;

	MCC_ASSERT(via);
	via->ref = text_full_span(word);
	via->up = text_via_at(word, 0);
	text_builder_init(&b, ctx->arena);
	text_builder_add_text(&b, line, via->ref.file ? via : NULL);
	return text_builder_done(&b);
}

struct list_lines list_read_file(const struct parse_ctx *ctx, const struct source *src,
				 struct text word)
{
	struct list_lines lines = {0};
	struct line_reader reader;
	struct line line;
	size_t room = 0;

	line_reader_init(&reader, ctx, src);
	while (line_read(&reader, &line)) {
		struct text *slot = arena_push(ctx->arena, &lines.lines, lines.count,
					       &room, sizeof(*slot));

		MCC_ASSERT(slot);
		*slot = named_by(ctx, line_slice(&reader, &line, 0, line.str.len), word);
		lines.count++;
	}
	line_reader_fini(&reader);
	return lines;
}
