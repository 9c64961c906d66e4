/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.cf as a tree: logical lines `name = value`. Values are kept as text
 * with places; value.h reads their `$` forms, list.h their words.
 */
#ifndef MCC_GRAMMAR_CF_H
#define MCC_GRAMMAR_CF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/source.h"
#include "base/text.h"
#include "grammar/parse.h"

struct cf_entry {
	struct str name;
	struct span name_span;
	/* Physical lines joined as Postfix does: line ends removed, leading
	 * blanks of continuations kept, comment and blank lines inside left
	 * out, blanks at both ends trimmed. May be empty. */
	struct text value;
	struct span span; /* from the name to the end of the last line */
};

struct cf_file {
	const struct source *src;
	struct cf_entry *entries; /* in order of the file, duplicates kept */
	size_t entry_count;
	struct comments comments;
};

/*
 * `name = value` as Postfix takes it apart, blanks around both left out:
 * bytes of `line`. CF_PARTS_OK, or what is missing; then nothing is set.
 */
struct cf_parts {
	struct str name;
	struct str value; /* its place also when it is empty */
};
enum cf_parts_status { CF_PARTS_OK, CF_PARTS_NO_NAME, CF_PARTS_NO_EQUALS };
enum cf_parts_status cf_split(struct str line, struct cf_parts *out_parts);

/* Never NULL. Reports MC105, MC106, MC107, MC114, MC115, MC116. */
struct cf_file *cf_parse(const struct parse_ctx *ctx, const struct source *src);
/*
 * Adds the one setting that a source holds, as on a command line: it may span
 * lines, and nothing in it is a comment. False, and and MC106 or MC107
 * reported, when it is none.
 */
bool cf_add_setting(const struct parse_ctx *ctx, struct cf_file *file,
		    const struct source *src);
/* Canonical text of the tree, one node a line; stable, for tests. */
void cf_dump(struct strbuf *out, const struct source_set *sources,
	     const struct cf_file *file);

#endif
