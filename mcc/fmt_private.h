/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the layout share: the physical lines of the source, cut
 * into comments and logical lines, and the writer that puts tokens out and the
 * comments between them with them.
 */
#ifndef MCC_MCC_FMT_PRIVATE_H
#define MCC_MCC_FMT_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/source.h"
#include "base/str.h"
#include "base/text.h"
#include "grammar/line.h"
#include "grammar/parse.h"

enum fmt_item_kind {
	FMT_COMMENT,
	FMT_BLOCK, /* a logical line */
	FMT_ORPHAN /* continues nothing: Postfix drops it, here it stays */
};

struct fmt_item {
	enum fmt_item_kind kind;
	bool blank_before; /* an empty line, or several */
	size_t first;	   /* physical lines */
	size_t last;
	const void *entry; /* BLOCK: of the tree; NULL: left as it is */
	/* Rows of tables: their two parts; is_row: worth laying out. */
	bool is_row;
	struct span key;
	struct span value;   /* empty: none */
	size_t value_column; /* where values of this run begin */
};

enum fmt_gap { FMT_GAP_NONE, FMT_GAP_BLANK, FMT_GAP_LINE };

struct fmt {
	const struct parse_ctx *ctx;
	const struct source *src;
	enum file_kind kind;
	struct line_physical *lines;
	size_t line_count;
	struct fmt_item *items;
	size_t item_count;
	struct strbuf *out;
	size_t line_start;  /* of the line being written, in out */
	struct str indent;  /* of continuation lines */
	size_t next_line;   /* of the source: those before it are out */
	size_t block_start; /* where the block began, in out */
};

/* The widest line that is not folded. */
enum { FMT_WIDTH = 80 };

/* fmt_layout.c: the writer. */
size_t fmt_column(const struct fmt *f);
/* Blanks up to a column, at least one. */
void fmt_pad(struct fmt *f, size_t column);
/*
 * A token with its bytes as they are. Where comments stand before it they come
 * first, each on its own line, whatever the gap is.
 */
void fmt_token(struct fmt *f, struct span token, enum fmt_gap gap);
/* The blanks that the second line of a span begins with. */
struct str fmt_second_indent(const struct fmt *f, struct span span);
/* Whether a comment stands between two places. */
bool fmt_has_comment(const struct fmt *f, uint32_t lo, uint32_t hi);
/* Columns that bytes take: characters, as long as they are UTF-8. */
size_t fmt_width(struct str s);
struct span fmt_block_span(const struct fmt *f, const struct fmt_item *item);
/* Whether the bytes of a span stand on one physical line. */
bool fmt_is_one_line(const struct fmt *f, struct span span);

/* fmt_main.c, fmt_master.c, fmt_rows.c: trees to items, items to text. */
void fmt_bind_main(struct fmt *f);
void fmt_put_main(struct fmt *f, const struct fmt_item *item);
void fmt_bind_master(struct fmt *f);
void fmt_put_master(struct fmt *f, const struct fmt_item *item);
void fmt_bind_rows(struct fmt *f);
void fmt_put_row(struct fmt *f, const struct fmt_item *item);

/* The item whose block holds that place, from `from` on; NULL when none does. */
struct fmt_item *fmt_find_block(struct fmt *f, size_t *from, uint32_t at);

/*
 * fmt_main.c: the words of a list, cut at white space only (commas stay with
 * them); NULL when the value is no list, its braces do not match, or a word
 * begins with `#`.
 */
struct cf_file;
struct fmt_lists;
struct fmt_words {
	struct text *items;
	size_t count;
};
const struct fmt_lists *fmt_lists_of(const struct parse_ctx *ctx,
				     const struct cf_file *file);
const struct fmt_words *fmt_words_of(const struct parse_ctx *ctx,
				     const struct fmt_lists *lists, struct str name,
				     struct text value);

/* fmt_verify.c: whether both say the same. */
bool fmt_verify(const struct parse_ctx *old_ctx, const struct source *old,
		const struct parse_ctx *new_ctx, const struct source *new_src,
		enum file_kind kind);

#endif
