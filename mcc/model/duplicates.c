/* SPDX-License-Identifier: BSD-2-Clause */
/* The same name twice in main.cf: the last assignment wins, without a word. */
#include "mcc/model/private.h"

#include "base/arena.h"
#include "base/diag.h"
#include "base/strmap.h"
#include "grammar/cf.h"

struct span model_whole_lines(const struct model *m, const struct cf_entry *entry)
{
	const struct source *src = source_get(m->site.sources, entry->span.file);
	struct span span = entry->span;
	struct str text = src->text;

	if (span.hi < text.len && text.ptr[span.hi] == '\r')
		span.hi++;
	if (span.hi < text.len && text.ptr[span.hi] == '\n')
		span.hi++;
	return span;
}

static uint32_t line_of(const struct model *m, struct span span)
{
	return source_position(source_get(m->site.sources, span.file), span.lo).line;
}

static void report_repeated(struct model *m, const struct cf_entry *first,
			    const struct cf_entry *again)
{
	struct diag *d = diag_add(m->site.diags, RULE_MC102, again->name_span,
				  "this repeats line %u word for word; it has no effect",
				  line_of(m, first->name_span));

	diag_relate(m->site.diags, d, first->name_span, "first set here");
	diag_fix(m->site.diags, d, "remove the repetition");
	diag_edit(m->site.diags, d, model_whole_lines(m, again), "");
}

static void report_duplicate(struct model *m, const struct cf_entry *first,
			     const struct cf_entry *again)
{
	struct diag *d = diag_add(m->site.diags, RULE_MC101, again->name_span,
				  "'%.*s' was set on line %u already, to something else; "
				  "Postfix uses this line and forgets the other",
				  STR_ARG(again->name), line_of(m, first->name_span));

	diag_relate(m->site.diags, d, first->name_span, "first set here");
	diag_fix(m->site.diags, d, "remove line %u", line_of(m, first->name_span));
	diag_edit(m->site.diags, d, model_whole_lines(m, first), "");
}

void model_check_duplicates(struct model *m)
{
	struct strmap *seen = strmap_new(m->site.arena);

	for (size_t i = 0; i < m->site.main->entry_count; i++) {
		const struct cf_entry *entry = &m->site.main->entries[i];
		const struct cf_entry *first =
			strmap_put(seen, entry->name, &m->site.main->entries[i]);

		if (!first)
			continue;
		if (str_eq(first->value.str, entry->value.str))
			report_repeated(m, first, entry);
		else
			report_duplicate(m, first, entry);
	}
}
