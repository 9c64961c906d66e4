/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `# mcc:ignore RULE[,RULE...] -- reason` silences rules for the next logical
 * line of its file. A suppression without a reason or without an effect is a
 * finding of its own: silenced rules must stay explained.
 */
#include "lint/lint.h"

#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/source.h"
#include "base/str.h"
#include "grammar/aliases.h"
#include "grammar/cf.h"
#include "grammar/master.h"
#include "grammar/table.h"
#include "mcc/model/site.h"

struct suppression {
	struct span comment;
	struct span target; /* the logical line it speaks of */
	enum rule rule;
	bool used;
};

struct suppressions {
	struct arena *arena;
	struct diag_queue *diags;
	struct suppression *items;
	size_t count;
	size_t room;
};

/* Logical lines of one file, as spans, so that all kinds look the same. */
struct lines {
	const void *items;
	size_t count;
	size_t stride;
	struct span (*span_of)(const void *item);
};

static struct span entry_span(const void *item)
{
	return ((const struct cf_entry *)item)->span;
}

static struct span service_span(const void *item)
{
	return ((const struct master_service *)item)->span;
}

static struct span alias_span(const void *item)
{
	return ((const struct alias_entry *)item)->span;
}

static struct span row_span(const void *item)
{
	const struct table_row *row = item;

	return span_join(row->key_span, row->value_span);
}

static struct span line_after(const struct lines *lines, struct span comment)
{
	for (size_t i = 0; i < lines->count; i++) {
		const char *item = (const char *)lines->items + i * lines->stride;
		struct span span = lines->span_of(item);

		if (span.lo >= comment.hi)
			return span;
	}
	return SPAN_NONE;
}

static void add_suppression(struct suppressions *set, struct span comment,
			    struct span target, struct str word)
{
	struct suppression *s;
	enum rule rule;

	if (!rule_find(word, &rule)) {
		diag_add(set->diags, RULE_MC1215, comment,
			 "there is no rule '%.*s' to ignore", STR_ARG(word));
		return;
	}
	s = arena_push(set->arena, &set->items, set->count, &set->room, sizeof(*s));
	set->count++;
	*s = (struct suppression){comment, target, rule, false};
}

static void read_comment(struct suppressions *set, const struct site *site,
			 struct span comment, const struct lines *lines)
{
	struct str text = str_trim(source_span_text(site->sources, comment));
	struct str words;
	struct str word;
	const char *dashes;

	while (text.len && text.ptr[0] == '#')
		text = str_slice(text, 1, text.len);
	text = str_trim(text);
	if (!str_starts(text, "mcc:ignore"))
		return;
	words = str_slice(text, strlen("mcc:ignore"), text.len);
	dashes = memmem(words.ptr, words.len, "--", 2);
	if (dashes) {
		size_t at = (size_t)(dashes - words.ptr);
		struct str reason = str_trim(str_slice(words, at + 2, words.len));

		words = str_slice(words, 0, at);
		dashes = reason.len ? dashes : NULL;
	}
	if (!dashes) {
		/* Silence without a reason would outlive whoever knew it. */
		diag_add(set->diags, RULE_MC1217, comment,
			 "a suppression needs its reason, and silences nothing without "
			 "it: # mcc:ignore RULE -- reason");
		return;
	}
	while (str_token(&words, ", \t", &word))
		add_suppression(set, comment, line_after(lines, comment), word);
}

static void read_comments(struct suppressions *set, const struct site *site,
			  struct comments comments, const struct lines *lines)
{
	for (size_t i = 0; i < comments.count; i++)
		read_comment(set, site, comments.items[i], lines);
}

static void read_main(struct suppressions *set, const struct site *site)
{
	const struct cf_file *file = site->main;
	const struct lines lines = {file->entries, file->entry_count,
				    sizeof(*file->entries), entry_span};

	read_comments(set, site, file->comments, &lines);
}

static void read_master(struct suppressions *set, const struct site *site)
{
	const struct master_file *file = site->master;
	struct lines lines;

	if (!file)
		return;
	lines = (struct lines){file->services, file->service_count,
			       sizeof(*file->services), service_span};
	read_comments(set, site, file->comments, &lines);
}

static void read_table(struct suppressions *set, const struct site *site,
		       const struct site_table *table)
{
	if (table->aliases) {
		const struct alias_file *file = table->aliases;
		const struct lines lines = {file->entries, file->entry_count,
					    sizeof(*file->entries), alias_span};

		read_comments(set, site, file->comments, &lines);
	} else if (table->rows) {
		const struct table_file *file = table->rows;
		const struct lines lines = {file->rows, file->row_count,
					    sizeof(*file->rows), row_span};

		read_comments(set, site, file->comments, &lines);
	}
}

static bool covers(const struct suppression *s, const struct diag *d)
{
	return s->rule == d->rule && s->target.file == d->span.file &&
	       s->target.file != 0 && s->target.lo <= d->span.lo &&
	       d->span.lo <= s->target.hi;
}

static bool keep(const struct diag *d, void *arg)
{
	struct suppressions *set = arg;
	bool silenced = false;

	for (size_t i = 0; i < set->count; i++) {
		if (covers(&set->items[i], d)) {
			set->items[i].used = true;
			silenced = true;
		}
	}
	return !silenced;
}

/* Only mcc dns check can tell whether one of these has an effect. */
static bool is_dns_rule(enum rule rule)
{
	return strncmp(rule_info(rule)->id, "DN", 2) == 0;
}

void lint_apply_suppressions(const struct site *site, struct diag_queue *diags)
{
	struct suppressions set = {.arena = site->arena, .diags = diags};

	read_main(&set, site);
	read_master(&set, site);
	for (size_t i = 0; i < site->table_count; i++)
		read_table(&set, site, site->tables[i]);
	diag_filter(diags, keep, &set);
	for (size_t i = 0; i < set.count; i++)
		if (!set.items[i].used && !is_dns_rule(set.items[i].rule))
			diag_add(diags, RULE_MC1215, set.items[i].comment,
				 "%s is not reported on the line below; "
				 "the suppression can go",
				 rule_info(set.items[i].rule)->id);
}
