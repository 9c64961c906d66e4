/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Logical lines, as Postfix reads them from main.cf, master.cf, aliases and
 * table sources: a line that begins with white space continues the one
 * before, comment and blank lines vanish and do not end a logical line.
 * postconf(5), "Postfix main.cf file format".
 */
#ifndef MCC_GRAMMAR_LINE_H
#define MCC_GRAMMAR_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/source.h"
#include "base/text.h"
#include "grammar/line_kind.h"
#include "grammar/parse.h"
#include "grammar/scan.h"

/*
 * One logical line without its line ends. Lines of one physical line - nearly
 * all - have no pieces: byte i of `str` is byte `lo` + i of the source. Ends
 * before the first NUL, as it does for Postfix.
 */
struct line {
	struct str str;
	uint32_t lo;
	uint32_t hi; /* behind the last byte in the source */
	bool is_joined;
	struct text text; /* when is_joined */
};

struct line_reader {
	struct scan scan; /* first: flex's yyextra */
	const struct parse_ctx *ctx;
	const struct source *src;
	struct arena *scratch; /* gone after line_reader_fini */
	void *scanner;
	struct scan_loc loc; /* of the physical line in hand */
	int pending;	     /* its kind, already scanned; -1: none */
	bool seen_crlf;
	size_t error_count;
	struct comments comments;
	size_t comment_room;
};

void line_reader_init(struct line_reader *r, const struct parse_ctx *ctx,
		      const struct source *src);
/* Reports MC105, MC114, MC115, MC116 on the way. False at the end. */
bool line_read(struct line_reader *r, struct line *out_line);
void line_reader_fini(struct line_reader *r);
/* The same, and hands over the comments. */
struct comments line_reader_done(struct line_reader *r);
/*
 * Where the next logical line begins, when what line_read() has looked at
 * already may be looked at once more; false when it may not. line_seek()
 * moves there or anywhere else where a logical line begins.
 */
bool line_position(const struct line_reader *r, uint32_t *out_at);
void line_seek(struct line_reader *r, uint32_t at);

/* A physical line as it stands, for who lays a file out anew. */
struct line_physical {
	enum line_kind kind;
	uint32_t lo;
	uint32_t hi; /* before the line feed */
};
/* One after another, instead of line_read(); false at the end. */
bool line_read_physical(struct line_reader *r, struct line_physical *out_line);

/* Place in the source of bytes [from, to) of a line. */
struct span line_span(const struct line_reader *r, const struct line *line, size_t from,
		      size_t to);
struct span line_loc_span(const struct line_reader *r, const struct line *line,
			  struct scan_loc loc);
/* Part of a line as text with places, in the arena of the compilation. */
struct text line_slice(const struct line_reader *r, const struct line *line, size_t from,
		       size_t to);

/*
 * Queues an error of the file, at most LIMIT_SYNTAX_ERRORS of them; then one
 * MC002 says that there were more, and NULL is returned. line_fix takes NULL.
 */
struct diag *line_report(struct line_reader *r, enum rule rule, struct span span,
			 const char *fmt, ...) MCC_PRINTF(4, 5);
void line_fix(struct line_reader *r, struct diag *d, const char *what, struct span span,
	      const char *replacement);

#endif
