/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Canonical text of trees, for tests: one node a line, fields separated by
 * blanks, strings quoted, places as LINE:COLUMN-LINE:COLUMN.
 */
#ifndef MCC_GRAMMAR_DUMP_H
#define MCC_GRAMMAR_DUMP_H

#include "base/source.h"
#include "base/text.h"
#include "grammar/parse.h"

struct strbuf;

/* Begins a line: the node's name and place. */
void dump_node(struct strbuf *out, const struct source_set *sources, const char *name,
	       struct span span);
/* A node for each place of a comment. */
void dump_comments(struct strbuf *out, const struct source_set *sources,
		   struct comments comments);
void dump_word(struct strbuf *out, const char *word);
void dump_str(struct strbuf *out, struct str s);
void dump_span(struct strbuf *out, const struct source_set *sources, struct span span);
/* The bytes and the place of every piece. */
void dump_text(struct strbuf *out, const struct source_set *sources, struct text t);
void dump_end(struct strbuf *out);

#endif
