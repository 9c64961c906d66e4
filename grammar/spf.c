/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds SPF records. All memory comes from the caller's arena, which may have
 * a cap; what the scanner needs is set aside before it starts, everything else
 * is checked. Running out of it is no verdict about the record: then there is
 * no record at all.
 */
#include "grammar/spf.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "grammar/dump.h"
#include "grammar/spf_build.h"
#include "grammar/spf.lex.h"

/* The parser ends a term before the scanner sees a byte of the next one. */
static void begin_term(struct spf_builder *b)
{
	b->is_free = false;
	b->is_reported = false;
	b->is_bad = false;
	b->term = (struct spf_term){.prefix4 = -1, .prefix6 = -1};
}

void spf_scan_unknown(struct spf_builder *b, struct scan_loc loc)
{
	struct str name = scan_text(&b->scan, loc);

	if (str_caseeqc(name, "ip4") || str_caseeqc(name, "ip6"))
		spf_build_report(b, loc, "'%.*s' needs ':' and an address",
				 STR_ARG(name));
	else if (str_caseeqc(name, "redirect") || str_caseeqc(name, "exp"))
		spf_build_report(b, loc, "'%.*s' needs '=' and a domain", STR_ARG(name));
	else
		spf_build_report(b, loc, "unknown mechanism '%.*s'", STR_ARG(name));
}

void spf_scan_stray(struct spf_builder *b, struct scan_loc loc)
{
	unsigned char c = (unsigned char)scan_text(&b->scan, loc).ptr[0];

	if (c == '%')
		spf_build_report(b, loc, "'%%' begins no macro here");
	else if (c > 0x20 && c < 0x7f)
		spf_build_report(b, loc, "'%c' must not stand here", c);
	else
		spf_build_report(b, loc, "the byte 0x%02x must not stand here", c);
}

void spf_build_report(struct spf_builder *b, struct scan_loc loc, const char *fmt, ...)
{
	va_list ap;
	char *message;

	b->is_bad = true;
	b->is_reported = true;
	if (b->error_count == b->error_max)
		return;
	va_start(ap, fmt);
	message = arena_vprintf(b->arena, fmt, ap);
	va_end(ap);
	if (!message)
		b->is_out = true;
	else
		b->errors[b->error_count++] = (struct spf_error){loc.lo, loc.hi, message};
}

void spf_build_failed(struct spf_builder *b, struct scan_loc loc, const char *why)
{
	static const char prefix[] = "syntax error, ";

	if (str_starts(str_of(why), prefix))
		why += sizeof(prefix) - 1;
	if (!b->is_reported)
		spf_build_report(b, loc, "%s", why);
	if (!b->is_between)
		b->go_to = SPF_SCAN_SKIP;
}

void spf_build_term(struct spf_builder *b, int kind)
{
	b->term.kind = (enum spf_term_kind)kind;
}

void spf_build_domain(struct spf_builder *b, struct spf_parts parts)
{
	b->term.has_domain = true;
	b->term.domain = spf_build_macro(b, parts);
}

void spf_build_lengths(struct spf_builder *b, struct spf_lengths lengths)
{
	b->term.prefix4 = lengths.prefix4;
	b->term.prefix6 = lengths.prefix6;
}

int spf_build_length(struct spf_builder *b, struct scan_loc loc, int max)
{
	struct str s = scan_text(&b->scan, loc);
	uint64_t n = 0;

	if (s.len > 1 && s.ptr[0] == '0')
		spf_build_report(b, loc, "a prefix length has no leading zero");
	else if (!str_to_u64(s, &n) || n > (uint64_t)max)
		spf_build_report(b, loc, "the prefix length is more than %d", max);
	else
		return (int)n;
	return -1;
}

void spf_build_address(struct spf_builder *b, enum spf_term_kind kind,
		       struct scan_loc loc)
{
	char name[INET6_ADDRSTRLEN + 1];
	struct str s = scan_text(&b->scan, loc);
	int family = kind == SPF_TERM_IP4 ? AF_INET : AF_INET6;

	spf_build_term(b, (int)kind);
	if (s.len < sizeof(name)) {
		memcpy(name, s.ptr, s.len);
		name[s.len] = '\0';
		if (strlen(name) == s.len &&
		    inet_pton(family, name, b->term.address) == 1)
			return;
	}
	spf_build_report(b, loc, "'%.*s' is no %s address", STR_ARG(s),
			 kind == SPF_TERM_IP4 ? "IPv4" : "IPv6");
}

void spf_build_prefix(struct spf_builder *b, int length, int max, struct scan_loc loc)
{
	if (length > max)
		spf_build_report(b, loc, "the prefix length is more than %d", max);
	if (max == 32)
		b->term.prefix4 = length;
	else
		b->term.prefix6 = length;
}

void spf_build_modifier(struct spf_builder *b, struct scan_loc name)
{
	struct str s = scan_text(&b->scan, name);

	s.len--;
	spf_build_term(b, SPF_TERM_MODIFIER);
	b->term.name = s;
}

/* RFC 7208 section 6: redirect and exp at most once. */
static void check_repeated(struct spf_builder *b, struct scan_loc loc)
{
	enum spf_term_kind kind = b->term.kind;

	if (kind != SPF_TERM_REDIRECT && kind != SPF_TERM_EXP)
		return;
	for (size_t i = 0; i < b->record->term_count; i++)
		if (b->record->terms[i].kind == kind) {
			spf_build_report(b, loc, "'%s=' stands here a second time",
					 kind == SPF_TERM_EXP ? "exp" : "redirect");
			return;
		}
}

static void add_term(struct spf_builder *b, enum spf_qualifier qualifier,
		     struct scan_loc loc)
{
	struct spf_term *term =
		arena_push(b->arena, &b->record->terms, b->record->term_count,
			   &b->term_room, sizeof(*term));

	if (!term) {
		b->is_out = true;
		return;
	}
	*term = b->term;
	term->qualifier = qualifier;
	term->lo = loc.lo;
	term->hi = loc.hi;
	b->record->term_count++;
}

void spf_build_end(struct spf_builder *b, enum spf_qualifier qualifier,
		   struct scan_loc loc)
{
	check_repeated(b, loc);
	if (!b->is_bad)
		add_term(b, qualifier, loc);
	begin_term(b);
}

void spf_build_dropped(struct spf_builder *b)
{
	begin_term(b);
}

bool spf_is_record(struct str text)
{
	return str_caseeqc(str_slice(text, 0, 6), "v=spf1") &&
	       (text.len == 6 || text.ptr[6] == ' ');
}

/* Room for the scanner: its state, and buffers that double up to the text. */
static bool prepare(struct spf_builder *b, struct str text, struct str *out_copy)
{
	char *copy = arena_alloc(b->arena, text.len + 2);

	scan_init(&b->scan, b->arena);
	if (!copy || !scan_reserve(&b->scan, 4096 + 6 * text.len))
		return false;
	if (text.len)
		memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\n';
	*out_copy = (struct str){copy, text.len};
	return true;
}

static void run(struct spf_builder *b, struct str text)
{
	const char *line_end = memchr(text.ptr, '\n', text.len);
	void *scanner = NULL;

	if (line_end) {
		uint32_t at = (uint32_t)(line_end - text.ptr);

		spf_build_report(b, (struct scan_loc){at, at + 1},
				 "a line end stands in the record");
		text.len = at;
	}
	/* With the line end that the scanner wants to see. */
	text.len++;
	scan_start(&b->scan, text);
	begin_term(b);
	if (spf_yylex_init_extra(b, &scanner)) {
		b->is_out = true;
		return;
	}
	if (spf_yyparse(scanner, b) == 2)
		b->is_out = true;
	spf_yylex_destroy(scanner);
}

size_t spf_parse(struct arena *arena, struct str text, struct spf_record **out_record,
		 struct spf_error *errors, size_t max_errors)
{
	struct spf_error first;
	struct spf_builder b = {.arena = arena, .go_to = SPF_SCAN_RECORD};

	/* One is needed to know that there was one. */
	b.errors = errors && max_errors ? errors : &first;
	b.error_max = errors && max_errors ? max_errors : 1;
	*out_record = NULL;
	b.record = arena_alloc(arena, sizeof(*b.record));
	if (!b.record || text.len >= INT32_MAX || !prepare(&b, text, &b.record->text))
		return 1;
	if (spf_is_record(text))
		run(&b, b.record->text);
	else
		spf_build_report(
			&b, (struct scan_loc){0, text.len < 6 ? (uint32_t)text.len : 6},
			"the record does not begin with 'v=spf1'");
	if (b.is_out)
		return 1;
	*out_record = b.record;
	return b.error_count;
}

/* Where the copy has what `s` is in the text; what is not there is a literal. */
static struct str moved(const struct spf_record *from, const struct spf_record *to,
			struct str s)
{
	uintptr_t at = (uintptr_t)s.ptr, first = (uintptr_t)from->text.ptr;

	if (at >= first && at <= first + from->text.len)
		s.ptr = to->text.ptr + (at - first);
	return s;
}

struct spf_record *spf_record_copy(struct arena *arena, const struct spf_record *record)
{
	struct spf_record *copy = arena_alloc(arena, sizeof(*copy));
	struct spf_macro_part *part;
	struct spf_term *term;

	*copy = *record;
	copy->text.ptr = str_dup0(arena, record->text);
	copy->terms = arena_array(arena, record->term_count, sizeof(*copy->terms));
	for (size_t i = 0; i < record->term_count; i++) {
		term = &copy->terms[i];
		*term = record->terms[i];
		term->name = moved(record, copy, term->name);
		term->domain.parts = arena_array(arena, term->domain.part_count,
						 sizeof(*term->domain.parts));
		for (size_t j = 0; j < term->domain.part_count; j++) {
			part = &term->domain.parts[j];
			*part = record->terms[i].domain.parts[j];
			part->text = moved(record, copy, part->text);
			part->delimiters = moved(record, copy, part->delimiters);
		}
	}
	return copy;
}

bool spf_parse_explain(struct arena *arena, struct str text, struct spf_macro *out)
{
	struct spf_error error;
	struct spf_record record = {0};
	struct spf_builder b = {.arena = arena,
				.go_to = SPF_SCAN_EXPLAIN,
				.record = &record,
				.errors = &error,
				.error_max = 1};
	struct str copy;

	if (text.len >= INT32_MAX || !prepare(&b, text, &copy))
		return false;
	run(&b, copy);
	if (b.is_out || b.error_count)
		return false;
	*out = b.explain;
	return true;
}
