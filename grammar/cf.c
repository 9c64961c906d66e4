/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds the tree of main.cf. What a name means, whether it may be repeated
 * and what its value says is the model's business.
 */
#include "grammar/cf.h"

#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "grammar/cf_build.h"
#include "grammar/cf.lex.h"
#include "grammar/dump.h"

void cf_build_entry(struct cf_builder *b, struct scan_loc name, struct scan_loc value)
{
	struct cf_file *file = b->file;
	struct cf_entry *e = arena_push(b->reader.ctx->arena, &file->entries,
					file->entry_count, &b->entry_room, sizeof(*e));
	struct text text = line_slice(&b->reader, &b->line, name.lo, name.hi);

	e->name = text.str;
	e->name_span = line_loc_span(&b->reader, &b->line, name);
	e->value = line_slice(&b->reader, &b->line, value.lo, value.hi);
	e->span = line_span(&b->reader, &b->line, name.lo, value.hi);
	file->entry_count++;
}

void cf_build_no_equals(struct cf_builder *b, struct scan_loc name, struct scan_loc next)
{
	struct span at = line_loc_span(&b->reader, &b->line, name);
	struct str word = scan_text(&b->scan, name);
	struct diag *d = line_report(&b->reader, RULE_MC106, at,
				     "'=' is missing after '%.*s': every Postfix program "
				     "refuses this file",
				     STR_ARG(word));

	if (next.lo == name.lo)
		return;
	at = line_span(&b->reader, &b->line, next.lo, next.lo);
	line_fix(&b->reader, d, "add the '='", at, "= ");
}

void cf_build_no_name(struct cf_builder *b, struct scan_loc all)
{
	line_report(&b->reader, RULE_MC107, line_loc_span(&b->reader, &b->line, all),
		    "the parameter name before '=' is missing: every Postfix program "
		    "refuses this file");
}

void cf_build_failed(struct cf_builder *b, struct scan_loc loc, const char *why)
{
	line_report(&b->reader, RULE_MC002, line_loc_span(&b->reader, &b->line, loc),
		    "%s", why);
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t skip(struct str s, size_t at, bool blanks)
{
	while (at < s.len && is_blank(s.ptr[at]) == blanks &&
	       (blanks || s.ptr[at] != '='))
		at++;
	return at;
}

enum cf_parts_status cf_split(struct str line, struct cf_parts *out_parts)
{
	size_t name = skip(line, 0, true);
	size_t end = skip(line, name, false);
	size_t equals = skip(line, end, true);
	size_t to = line.len;

	if (name == end)
		return CF_PARTS_NO_NAME;
	if (equals == line.len || line.ptr[equals] != '=')
		return CF_PARTS_NO_EQUALS;
	out_parts->name = str_slice(line, name, end);
	equals = skip(line, equals + 1, true);
	while (to > equals && is_blank(line.ptr[to - 1]))
		to--;
	out_parts->value = str_slice(line, equals, to);
	return CF_PARTS_OK;
}

static void parse_lines(struct cf_builder *b)
{
	void *scanner = NULL;

	MCC_ASSERT(cf_yylex_init_extra(b, &scanner) == 0);
	while (line_read(&b->reader, &b->line)) {
		scan_start(&b->scan, b->line.str);
		cf_yyrestart(NULL, scanner);
		cf_yyparse(scanner, b);
	}
	cf_yylex_destroy(scanner);
}

struct cf_file *cf_parse(const struct parse_ctx *ctx, const struct source *src)
{
	struct cf_builder b = {.file = arena_alloc(ctx->arena, sizeof(*b.file))};

	b.file->src = src;
	line_reader_init(&b.reader, ctx, src);
	scan_init(&b.scan, b.reader.scratch);
	parse_lines(&b);
	b.file->comments = line_reader_done(&b.reader);
	return b.file;
}

static struct span span_of(const struct source *src, struct str part)
{
	uint32_t lo = (uint32_t)(part.ptr - src->text.ptr);

	return (struct span){src->id, lo, lo + (uint32_t)part.len};
}

static void add_entry(const struct parse_ctx *ctx, struct cf_file *file,
		      struct cf_entry entry)
{
	struct cf_entry *entries =
		arena_array(ctx->arena, file->entry_count + 1, sizeof(*entries));

	MCC_ASSERT(entries);
	if (file->entry_count)
		memcpy(entries, file->entries, file->entry_count * sizeof(*entries));
	entries[file->entry_count++] = entry;
	file->entries = entries;
}

bool cf_add_setting(const struct parse_ctx *ctx, struct cf_file *file,
		    const struct source *src)
{
	struct cf_parts parts;
	enum cf_parts_status status = cf_split(src->text, &parts);
	struct span all = span_of(src, src->text);

	if (status != CF_PARTS_OK) {
		bool has_name = status == CF_PARTS_NO_EQUALS;

		diag_add(ctx->diags, has_name ? RULE_MC106 : RULE_MC107, all,
			 "%s is missing in '%.*s'", has_name ? "'='" : "the name",
			 STR_ARG(src->text));
		return false;
	}
	add_entry(ctx, file,
		  (struct cf_entry){.name = parts.name,
				    .name_span = span_of(src, parts.name),
				    .value = text_of_span(ctx->arena, ctx->sources,
							  span_of(src, parts.value)),
				    .span = all});
	return true;
}

void cf_dump(struct strbuf *out, const struct source_set *sources,
	     const struct cf_file *file)
{
	dump_comments(out, sources, file->comments);
	for (size_t i = 0; i < file->entry_count; i++) {
		const struct cf_entry *e = &file->entries[i];

		dump_node(out, sources, "entry", e->span);
		dump_str(out, e->name);
		dump_span(out, sources, e->name_span);
		dump_text(out, sources, e->value);
		dump_end(out);
	}
}
