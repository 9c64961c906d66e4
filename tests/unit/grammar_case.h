/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of the parsers share: a source from memory, and the
 * diagnostics as one string. */
#ifndef MCC_TESTS_UNIT_GRAMMAR_CASE_H
#define MCC_TESTS_UNIT_GRAMMAR_CASE_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/source.h"
#include "base/text.h"
#include "grammar/parse.h"

struct grammar_case {
	struct arena *arena;
	struct parse_ctx ctx;
	const struct source *src;
	struct strbuf out; /* for dumps */
	struct strbuf said;
};

void grammar_case_open(struct grammar_case *c, struct str text);
void grammar_case_close(struct grammar_case *c);
/* "MC106 4:1-4:8\n" for each diagnostic, sorted by place. */
const char *grammar_case_diags(struct grammar_case *c);
/* The dump so far, and empties it. */
const char *grammar_case_dump(struct grammar_case *c);
/* The whole source as text with places. */
struct text grammar_case_text(const struct grammar_case *c);
/* `count` times `unit`, in the arena. */
struct str grammar_case_repeat(struct arena *arena, const char *unit, size_t count);

#endif
