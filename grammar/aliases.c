/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds the entries of an aliases file. A line that postalias ignores gives a
 * diagnostic and no entry. The grammar tells where a member begins and ends;
 * its text is put together from the tokens there.
 */
#include "grammar/aliases.h"

#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/utf8.h"
#include "grammar/aliases_build.h"
#include "grammar/aliases_token.h"
#include "grammar/aliases.lex.h"
#include "grammar/dump.h"

static struct span place(const struct alias_builder *b, struct scan_loc loc)
{
	return line_loc_span(&b->reader, &b->line, loc);
}

static void add_token(struct alias_builder *b, struct alias_token token)
{
	struct alias_token *t = arena_push(b->scan.arena, &b->tokens, b->token_count,
					   &b->token_room, sizeof(*t));

	*t = token;
	b->token_count++;
}

void alias_scan_token(struct alias_builder *b, struct scan_loc loc,
		      enum alias_token_kind kind)
{
	struct str s = scan_text(&b->scan, loc);
	char close = kind == ALIAS_TOKEN_QUOTED ? '"' : ']';
	bool quotes = false;

	if (kind == ALIAS_TOKEN_QUOTED || kind == ALIAS_TOKEN_LITERAL) {
		s = str_slice(s, 1, s.len);
		/* An unclosed one has no bracket at its end to take off. */
		if (!b->is_unclosed && s.len && s.ptr[s.len - 1] == close)
			s.len--;
		b->is_unclosed = false;
	}
	if (kind >= ALIAS_TOKEN_ATOM)
		s = alias_token_resolve(b->reader.ctx->arena, s, &quotes);
	if (kind == ALIAS_TOKEN_ATOM && quotes)
		kind = ALIAS_TOKEN_QUOTED;
	add_token(b, (struct alias_token){kind, loc, s});
}

void alias_scan_comment(struct alias_builder *b, struct scan_loc end)
{
	struct scan_loc loc = {b->comment.lo, end.hi};

	add_token(b, (struct alias_token){ALIAS_TOKEN_COMMENT, loc,
					  scan_text(&b->scan, loc)});
}

void alias_scan_unclosed(struct alias_builder *b, struct scan_loc loc, const char *what)
{
	struct scan_loc at = {loc.lo, loc.lo + 1};

	line_report(&b->reader, RULE_MC1005, place(b, at),
		    "this %s is never closed: it takes the rest of the line", what);
	b->is_unclosed = true;
	b->is_reported = true;
}

static void report_line(struct alias_builder *b, struct scan_loc loc, const char *why)
{
	if (!b->is_reported)
		line_report(&b->reader, RULE_MC1005, place(b, loc),
			    "%s: postalias ignores this line", why);
	b->is_reported = true;
}

void alias_build_no_colon(struct alias_builder *b, struct scan_loc name)
{
	if (b->token_count)
		report_line(b, name, "there is no ':' between a name and its members");
}

void alias_build_domain(struct alias_builder *b, struct scan_loc loc)
{
	if (!b->has_domain)
		b->domain = loc;
	b->has_domain = true;
}

void alias_build_comma(struct alias_builder *b)
{
	b->has_comma = true;
}

static void classify(struct alias_member *m)
{
	static const char include[] = ":include:";
	struct str head = str_slice(m->text, 0, sizeof(include) - 1);

	m->kind = ALIAS_ADDRESS;
	if (str_starts(m->text, "/")) {
		m->kind = ALIAS_FILE;
	} else if (str_starts(m->text, "|")) {
		m->kind = ALIAS_COMMAND;
		m->text = str_slice(m->text, 1, m->text.len);
	} else if (str_caseeqc(head, include)) {
		m->kind = ALIAS_INCLUDE;
		m->text = str_slice(m->text, sizeof(include) - 1, m->text.len);
	}
}

void alias_build_member(struct alias_builder *b, struct scan_loc loc)
{
	struct arena *arena = b->reader.ctx->arena;
	struct alias_member *m = arena_push(arena, &b->members, b->member_count,
					    &b->member_room, sizeof(*m));

	m->text = alias_tokens_joined(arena, b->tokens, b->token_count, loc);
	m->span = place(b, loc);
	classify(m);
	b->member_count++;
}

void alias_build_routed(struct alias_builder *b, struct scan_loc loc)
{
	b->member_count = b->mark;
	if (loc.hi > loc.lo)
		alias_build_member(b, loc);
	b->mark = b->member_count;
}

void alias_build_mark(struct alias_builder *b)
{
	b->mark = b->member_count;
}

void alias_build_failed(struct alias_builder *b, struct scan_loc loc, const char *why)
{
	static const char prefix[] = "syntax error, ";

	if (str_starts(str_of(why), prefix))
		why += sizeof(prefix) - 1;
	line_report(&b->reader, RULE_MC1005, place(b, loc), "%s", why);
}

/* Number of tokens before the colon at `colon`. */
static size_t name_length(const struct alias_builder *b, struct scan_loc colon)
{
	size_t n = 0;

	while (b->tokens[n].loc.lo < colon.lo)
		n++;
	return n;
}

static bool check_entry(struct alias_builder *b, struct scan_loc name,
			struct scan_loc colon, size_t name_len)
{
	if (!name_len)
		report_line(b, colon, "the name before ':' is missing");
	else if (name_len + 1 == b->token_count)
		report_line(b, name, "there is nothing behind the ':'");
	else if (b->has_comma)
		report_line(b, name, "a name must not contain ','");
	else if (b->has_domain)
		line_report(&b->reader, RULE_MC1004, place(b, name),
			    "names in aliases are local: '%c' must not stand in one; "
			    "postalias ignores this line",
			    scan_text(&b->scan, b->domain).ptr[0]);
	else
		return true;
	return false;
}

static struct scan_loc tokens_loc(const struct alias_token *tokens, size_t count)
{
	return (struct scan_loc){tokens[0].loc.lo, tokens[count - 1].loc.hi};
}

void alias_build_entry(struct alias_builder *b, struct scan_loc colon)
{
	struct arena *arena = b->reader.ctx->arena;
	size_t n = name_length(b, colon);
	const struct alias_token *value = b->tokens + n + 1;
	size_t value_count = b->token_count - n - 1;
	struct scan_loc name = n ? tokens_loc(b->tokens, n) : colon;
	struct scan_loc rest;
	struct alias_entry *e;

	if (!check_entry(b, name, colon, n))
		return;
	e = arena_push(arena, &b->file->entries, b->file->entry_count, &b->entry_room,
		       sizeof(*e));
	b->file->entry_count++;
	rest = tokens_loc(value, value_count);
	e->name = alias_tokens_internal(arena, b->tokens, n);
	e->name_external = alias_tokens_external(arena, b->tokens, n);
	e->name_span = place(b, name);
	e->value = line_slice(&b->reader, &b->line, rest.lo, rest.hi);
	e->stored = alias_tokens_external(arena, value, value_count);
	e->members = b->members;
	e->member_count = b->member_count;
	e->span = line_span(&b->reader, &b->line, name.lo, rest.hi);
}

static void begin_line(struct alias_builder *b, int start_token)
{
	scan_start(&b->scan, b->line.str);
	b->start_token = start_token;
	b->token_count = 0;
	b->members = NULL;
	b->member_count = 0;
	b->member_room = 0;
	b->mark = 0;
	b->has_comma = false;
	b->has_domain = false;
	b->is_unclosed = false;
	b->is_reported = false;
}

static void parse_lines(struct alias_builder *b)
{
	void *scanner = NULL;

	MCC_ASSERT(alias_yylex_init_extra(b, &scanner) == 0);
	while (line_read(&b->reader, &b->line)) {
		begin_line(b, ALIAS_START_LINE);
		alias_yyrestart(NULL, scanner);
		alias_yyparse(scanner, b);
	}
	alias_yylex_destroy(scanner);
}

struct alias_file *aliases_parse(const struct parse_ctx *ctx, const struct source *src)
{
	struct alias_builder b = {.file = arena_alloc(ctx->arena, sizeof(*b.file))};

	b.file->src = src;
	line_reader_init(&b.reader, ctx, src);
	scan_init(&b.scan, b.reader.scratch);
	parse_lines(&b);
	b.file->comments = line_reader_done(&b.reader);
	return b.file;
}

size_t aliases_parse_members(const struct parse_ctx *ctx, struct text text,
			     struct alias_member **out_members)
{
	/* Of the reader only places and reports are used: there is no file. */
	struct alias_builder b = {
		.reader = {.ctx = ctx},
		.line = {.str = text.str, .is_joined = true, .text = text}};
	void *scanner = NULL;

	b.reader.scratch = arena_scratch(ctx->arena);
	scan_init(&b.scan, b.reader.scratch);
	MCC_ASSERT(alias_yylex_init_extra(&b, &scanner) == 0);
	begin_line(&b, ALIAS_START_MEMBERS);
	alias_yyparse(scanner, &b);
	alias_yylex_destroy(scanner);
	arena_scratch_done(ctx->arena, b.reader.scratch);
	*out_members = b.members;
	return b.member_count;
}

static void dump_member(struct strbuf *out, const struct source_set *sources,
			const struct alias_member *m)
{
	static const char *const names[] = {
		[ALIAS_ADDRESS] = " address",
		[ALIAS_COMMAND] = " command",
		[ALIAS_FILE] = " file",
		[ALIAS_INCLUDE] = " include",
	};

	dump_node(out, sources, names[m->kind], m->span);
	dump_str(out, m->text);
	dump_end(out);
}

void aliases_dump(struct strbuf *out, const struct source_set *sources,
		  const struct alias_file *file)
{
	dump_comments(out, sources, file->comments);
	for (size_t i = 0; i < file->entry_count; i++) {
		const struct alias_entry *e = &file->entries[i];

		dump_node(out, sources, "alias", e->span);
		dump_str(out, e->name);
		dump_span(out, sources, e->name_span);
		dump_str(out, e->stored);
		dump_end(out);
		for (size_t m = 0; m < e->member_count; m++)
			dump_member(out, sources, &e->members[m]);
	}
}

bool alias_entry_is_utf8(const struct alias_file *file, const struct alias_entry *entry)
{
	const struct span at = entry->name_span;

	return utf8_is_valid(entry->name) && utf8_is_valid(entry->value.str) &&
	       utf8_is_valid(str_slice(file->src->text, at.lo, at.hi));
}
