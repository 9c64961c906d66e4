/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open brackets of a value, for its scanner. Postfix finds the end of `${` by
 * counting braces (of `$(`: parentheses) and looks inside afterwards; here the
 * count runs along with the tokens. When the text ends too early or brackets
 * nest too deeply, that is reported once and the parser is given the closing
 * tokens it needs.
 */
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/diag.h"
#include "grammar/value_build.h"

static struct value_frame *innermost(struct value_builder *b)
{
	return b->frame_count ? &b->frames[b->frame_count - 1] : NULL;
}

enum value_state value_scan_state(const struct value_builder *b)
{
	return b->frame_count ? b->frames[b->frame_count - 1].state : VALUE_STATE_TOP;
}

void value_scan_set(struct value_builder *b, enum value_state state)
{
	innermost(b)->state = state;
}

static struct diag *report(struct value_builder *b, enum rule rule, struct scan_loc loc,
			   const char *message)
{
	struct diag *d = diag_add(b->ctx->diags, rule, text_span(b->text, loc.lo, loc.hi),
				  "%s", message);

	diag_relate_via(b->ctx->diags, d, text_via_at(b->text, loc.lo));
	return d;
}

static int close_innermost(struct value_builder *b)
{
	struct value_frame frame = b->frames[--b->frame_count];

	b->is_closed = !frame.is_operand;
	return frame.is_operand ? VALUE_RBRACE : VALUE_CLOSE;
}

int value_scan_open(struct value_builder *b, struct scan_loc loc, bool is_operand,
		    char open)
{
	struct value_frame *frame;

	if (b->frame_count == LIMIT_BRACE_DEPTH) {
		report(b, RULE_MC111, loc,
		       "brackets are nested too deeply: the rest of the value is "
		       "not read");
		b->is_stopped = true;
		return value_scan_end(b);
	}
	frame = arena_push(b->scan.arena, &b->frames, b->frame_count, &b->frame_room,
			   sizeof(*frame));
	b->frame_count++;
	*frame = (struct value_frame){.state = is_operand ? VALUE_STATE_TEXT
							  : VALUE_STATE_HEAD,
				      .open = open,
				      .close = open == '{' ? '}' : ')',
				      .is_operand = is_operand,
				      .loc = loc};
	return is_operand ? VALUE_LBRACE : VALUE_OPEN;
}

/* The innermost one of a kind, which is the one whose brackets are counted;
 * NULL when none of that kind is open. */
static struct value_frame *counted(struct value_builder *b, char bracket)
{
	for (size_t i = b->frame_count; i > 0; i--)
		if (b->frames[i - 1].open == bracket || b->frames[i - 1].close == bracket)
			return &b->frames[i - 1];
	return NULL;
}

int value_scan_bracket(struct value_builder *b, char bracket)
{
	struct value_frame *frame = counted(b, bracket);

	if (frame && bracket == frame->close) {
		if (!frame->depth)
			return close_innermost(b);
		frame->depth--;
	} else if (frame) {
		frame->depth++;
	}
	return innermost(b)->state == VALUE_STATE_HEAD ? VALUE_STRAY : VALUE_TEXT_RUN;
}

bool value_scan_truncates(const struct value_builder *b, char bracket)
{
	for (size_t i = b->frame_count; i > 0; i--)
		if (b->frames[i - 1].close == bracket)
			return i < b->frame_count && !b->frames[i - 1].depth;
	return false;
}

static void report_open(struct value_builder *b, const struct value_frame *frame)
{
	b->error_count++;
	if (frame->is_operand)
		report(b, RULE_MC112, frame->loc,
		       "'{' is never closed: the closing '}' is missing");
	else
		report(b, RULE_MC112, frame->loc,
		       frame->open == '{'
			       ? "'${' is never closed: the closing '}' is missing"
			       : "'$(' is never closed: the closing ')' is missing");
}

int value_scan_truncate(struct value_builder *b)
{
	struct value_frame cut = *innermost(b);
	struct value_frame *around;
	int token;

	if (b->error_count <= LIMIT_SYNTAX_ERRORS)
		report_open(b, &cut);
	token = close_innermost(b);
	/* What it has opened is still open to whoever counts that around it. */
	around = counted(b, cut.open);
	if (around)
		around->depth += cut.depth + 1;
	return token;
}

int value_scan_end(struct value_builder *b)
{
	if (!b->frame_count)
		return VALUE_END;
	if (!b->is_stopped) {
		/* The outermost one is what Postfix complains about. */
		report_open(b, &b->frames[0]);
		b->is_stopped = true;
	}
	return close_innermost(b);
}

/* Goes on behind the `${...}` that the parser could not read. */
static void skip_rest(struct value_builder *b)
{
	size_t depth = 0;

	/* The operand's brace was the token that is wrong. */
	while (b->frame_count > 1 && innermost(b)->is_operand) {
		depth = innermost(b)->depth + 1;
		b->frame_count--;
	}
	if (innermost(b)->open == '{')
		innermost(b)->depth += depth;
	value_scan_set(b, VALUE_STATE_SKIP);
}

bool value_build_fault(struct value_builder *b, struct scan_loc loc, const char *why)
{
	b->error_count++;
	if (b->is_stopped || b->error_count > LIMIT_SYNTAX_ERRORS)
		return false;
	report(b, RULE_MC112, loc, why);
	return true;
}

void value_build_error(struct value_builder *b, struct scan_loc loc, const char *why)
{
	static const char prefix[] = "syntax error, ";

	MCC_ASSERT(why);
	if (strncmp(why, prefix, sizeof(prefix) - 1) == 0)
		why += sizeof(prefix) - 1;
	if (strstr(why, "other character"))
		why = arena_printf(b->ctx->arena,
				   "'%.*s' must not stand here in '${...}'",
				   STR_ARG(scan_text(&b->scan, loc)));
	if (value_build_fault(b, loc, why) && !b->is_closed && b->frame_count)
		skip_rest(b);
}
