/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds lists of words. Text that ends inside a group makes the rest one
 * word: the group is closed for the parser and the diagnostic says where it
 * was opened.
 */
#include "grammar/list.h"

#include "base/arena.h"
#include "base/diag.h"
#include "base/limits.h"
#include "grammar/dump.h"
#include "grammar/list_build.h"
#include "grammar/list.lex.h"

static void report(struct list_builder *b, struct scan_loc loc, const char *message)
{
	struct diag *d;

	if (++b->error_count > LIMIT_SYNTAX_ERRORS)
		return;
	d = diag_add(b->ctx->diags, RULE_MC111, text_span(b->text, loc.lo, loc.hi), "%s",
		     message);
	diag_relate_via(b->ctx->diags, d, text_via_at(b->text, loc.lo));
}

int list_scan_open(struct list_builder *b, struct scan_loc loc)
{
	if (b->depth == LIMIT_BRACE_DEPTH) {
		report(b, loc,
		       "braces are nested too deeply: the rest of the list is not "
		       "read");
		b->is_stopped = true;
		return list_scan_end(b);
	}
	if (b->depth++ == 0)
		b->outermost = loc;
	return LIST_OPEN;
}

int list_scan_close(struct list_builder *b, struct scan_loc loc)
{
	if (!b->depth) {
		report(b, loc, "'}' closes nothing: there is no '{' before it");
		return LIST_CHARS;
	}
	b->depth--;
	return LIST_CLOSE;
}

int list_scan_end(struct list_builder *b)
{
	if (!b->depth)
		return LIST_END;
	if (!b->is_stopped)
		report(b, b->outermost,
		       "'{' is never closed: everything behind it became one word");
	b->is_stopped = true;
	b->depth--;
	return LIST_CLOSE;
}

void list_build_group(struct list_builder *b, struct scan_loc loc)
{
	b->group = loc;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Bytes between the braces of a group, without outer blanks. */
static struct text inner_text(struct list_builder *b, struct scan_loc loc)
{
	const char *s = b->text.str.ptr;
	size_t lo = loc.lo + 1;
	size_t hi = loc.hi;

	/* Without one when the text ended first. */
	if (!b->is_stopped)
		hi--;
	while (lo < hi && is_blank(s[lo]))
		lo++;
	while (lo < hi && is_blank(s[hi - 1]))
		hi--;
	return text_slice(b->ctx->arena, b->text, lo, hi);
}

void list_build_item(struct list_builder *b, struct scan_loc loc)
{
	struct list *list = b->list;
	struct list_item *item = arena_push(b->ctx->arena, &list->items, list->count,
					    &b->room, sizeof(*item));
	bool starts_group = b->has_groups && b->text.str.ptr[loc.lo] == '{';

	list->count++;
	item->text = text_slice(b->ctx->arena, b->text, loc.lo, loc.hi);
	item->is_group = starts_group && b->group.lo == loc.lo && b->group.hi == loc.hi;
	if (item->is_group)
		item->inner = inner_text(b, loc);
	else if (starts_group && !b->is_stopped)
		report(b, loc, "there is text directly behind the closing '}'");
}

void list_build_failed(struct list_builder *b, struct scan_loc loc, const char *why)
{
	report(b, loc, why);
}

static struct list *parse(struct list_builder *b)
{
	struct arena *scratch = arena_scratch(b->ctx->arena);
	void *scanner = NULL;

	b->list = arena_alloc(b->ctx->arena, sizeof(*b->list));
	scan_init(&b->scan, scratch);
	scan_start(&b->scan, b->text.str);
	MCC_ASSERT(list_yylex_init_extra(b, &scanner) == 0);
	list_yyparse(scanner, b);
	list_yylex_destroy(scanner);
	arena_scratch_done(b->ctx->arena, scratch);
	return b->list;
}

struct list *list_parse(const struct parse_ctx *ctx, struct text text, bool braces)
{
	struct list_builder b = {
		.ctx = ctx, .text = text, .has_groups = braces, .has_commas = true};

	return parse(&b);
}

struct list *list_parse_arguments(const struct parse_ctx *ctx, struct text text)
{
	struct list_builder b = {.ctx = ctx, .text = text, .has_groups = true};

	return parse(&b);
}

void list_dump(struct strbuf *out, const struct list *list)
{
	strbuf_addf(out, "list %zu\n", list->count);
	for (size_t i = 0; i < list->count; i++) {
		const struct list_item *item = &list->items[i];

		dump_word(out, item->is_group ? "group" : "word");
		dump_str(out, item->text.str);
		if (item->is_group)
			dump_str(out, item->inner.str);
		dump_end(out);
	}
}
