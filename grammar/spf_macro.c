/* SPDX-License-Identifier: BSD-2-Clause */
/* Macro-strings of SPF, RFC 7208 section 7.1. */
#include <string.h>

#include "base/arena.h"
#include "grammar/spf_build.h"

/* More right-hand parts than a domain name can have labels. */
enum { SPF_DIGITS_MAX = 128 };

struct spf_parts spf_build_parts(struct spf_builder *b)
{
	b->part_count = 0;
	return (struct spf_parts){0, 0};
}

/* Whether `part` goes on where `last` ends: one literal in two tokens. */
static bool continues(const struct spf_macro_part *last,
		      const struct spf_macro_part *part)
{
	return last->kind == SPF_MACRO_TEXT && part->kind == SPF_MACRO_TEXT &&
	       last->text.ptr + last->text.len == part->text.ptr;
}

struct spf_parts spf_build_part(struct spf_builder *b, struct spf_parts parts,
				struct spf_macro_part part)
{
	struct spf_macro_part *p;

	if (parts.to > parts.from && continues(&b->parts[parts.to - 1], &part)) {
		b->parts[parts.to - 1].text.len += part.text.len;
		return parts;
	}
	p = arena_push(b->arena, &b->parts, b->part_count, &b->part_room, sizeof(*p));
	if (!p) {
		b->is_out = true;
		return parts;
	}
	*p = part;
	b->part_count++;
	parts.to = b->part_count;
	return parts;
}

struct spf_macro spf_build_macro(struct spf_builder *b, struct spf_parts parts)
{
	struct spf_macro macro = {NULL, parts.to - parts.from};

	macro.parts = arena_array(b->arena, macro.part_count, sizeof(*macro.parts));
	if (!macro.parts) {
		b->is_out = true;
		return (struct spf_macro){0};
	}
	if (macro.part_count)
		memcpy(macro.parts, b->parts + parts.from,
		       macro.part_count * sizeof(*macro.parts));
	return macro;
}

struct spf_macro_part spf_build_text(struct spf_builder *b, struct scan_loc loc)
{
	return (struct spf_macro_part){.kind = SPF_MACRO_TEXT,
				       .text = scan_text(&b->scan, loc)};
}

struct spf_macro_part spf_build_escape(struct spf_builder *b, struct scan_loc loc)
{
	struct spf_macro_part part = {.kind = SPF_MACRO_TEXT, .text = STR_LIT("%")};
	char which = scan_text(&b->scan, loc).ptr[1];

	if (which == '_')
		part.text = STR_LIT(" ");
	else if (which == '-')
		part.text = STR_LIT("%20");
	return part;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

struct spf_macro_part spf_build_letter(struct spf_builder *b, struct scan_loc letter,
				       struct spf_macro_part transform)
{
	char c = scan_text(&b->scan, letter).ptr[0];

	transform.letter = lower(c);
	transform.escape = c != transform.letter;
	if (!b->is_free && strchr("crt", transform.letter))
		spf_build_report(b, letter,
				 "the macro letter '%c' is allowed in explanations only",
				 c);
	return transform;
}

struct spf_macro_part spf_build_transform(struct spf_builder *b, int digits, int reverse,
					  struct scan_loc delimiters)
{
	return (struct spf_macro_part){.kind = SPF_MACRO_LETTER,
				       .digits = (unsigned)digits,
				       .reverse = reverse != 0,
				       .delimiters = scan_text(&b->scan, delimiters)};
}

int spf_build_digits(struct spf_builder *b, struct scan_loc loc)
{
	struct str s = scan_text(&b->scan, loc);
	uint64_t n = 0;

	/* So long a number means all parts, as any number above 128 does. */
	if (!str_to_u64(s, &n) || n > SPF_DIGITS_MAX)
		return SPF_DIGITS_MAX;
	if (!n)
		spf_build_report(b, loc, "the number of parts must not be zero");
	return (int)n;
}

int spf_build_reverse(struct spf_builder *b, struct scan_loc loc)
{
	char c = scan_text(&b->scan, loc).ptr[0];

	if (lower(c) != 'r')
		spf_build_report(b, loc, "'%c' is no transformer: only 'r' is", c);
	return 1;
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* RFC 7208 section 12, toplabel: letters, digits and hyphens, but not digits
 * alone and no hyphen at an end. */
static bool is_toplabel(struct str s)
{
	bool has_other = false;

	if (!s.len || s.ptr[0] == '-' || s.ptr[s.len - 1] == '-')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (is_alpha(s.ptr[i]) || s.ptr[i] == '-')
			has_other = true;
		else if (!is_digit(s.ptr[i]))
			return false;
	}
	return has_other;
}

static bool ends_well(const struct spf_builder *b, struct spf_parts parts)
{
	const struct spf_macro_part *last = &b->parts[parts.to - 1];
	const char *text = b->scan.text.ptr;
	struct str s = last->text;
	ptrdiff_t dot;

	/* "%{...}", and what stands for "%%" and its like. */
	if (last->kind == SPF_MACRO_LETTER || s.ptr < text ||
	    s.ptr >= text + b->scan.text.len)
		return true;
	if (str_ends(s, "."))
		s.len--;
	dot = str_rchr(s, '.');
	return dot >= 0 && is_toplabel(str_slice(s, (size_t)dot + 1, s.len));
}

void spf_build_check_domain(struct spf_builder *b, struct spf_parts parts,
			    struct scan_loc loc)
{
	if (parts.to == parts.from)
		spf_build_report(b, loc, "a domain name is missing here");
	else if (!b->is_out && !ends_well(b, parts))
		spf_build_report(
			b, loc,
			"the domain must end in '.' and a top-level label, or in "
			"a macro");
}

void spf_build_explain(struct spf_builder *b, struct spf_parts parts)
{
	b->explain = spf_build_macro(b, parts);
}
