/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds the parts of a value. Neighbouring literal bytes become one part,
 * however many tokens they were.
 */
#include "grammar/value.h"

#include "base/arena.h"
#include "base/diag.h"
#include "grammar/dump.h"
#include "grammar/value_build.h"
#include "grammar/value.lex.h"

struct value_list *value_build_list(struct value_builder *b)
{
	return arena_alloc(b->ctx->arena, sizeof(struct value_list));
}

/* Literal bytes are cut out of the text when their end is known. */
static void close_text(struct value_builder *b, struct value_list *list)
{
	struct value_part *last;

	if (!list->is_open)
		return;
	last = &list->value.parts[list->value.part_count - 1];
	last->text = text_slice(b->ctx->arena, b->text, last->lo, last->hi);
	list->is_open = false;
}

void value_build_add(struct value_builder *b, struct value_list *list,
		     struct value_part part)
{
	struct value *value = &list->value;
	bool is_literal = part.kind == VALUE_TEXT && !part.text.piece_count;

	if (is_literal && list->is_open) {
		value->parts[value->part_count - 1].hi = part.hi;
		return;
	}
	close_text(b, list);
	*(struct value_part *)arena_push(b->ctx->arena, &value->parts, value->part_count,
					 &list->room, sizeof(part)) = part;
	value->part_count++;
	list->is_open = is_literal;
}

static bool is_cut(const struct value *operand)
{
	return operand && operand->broken;
}

void value_build_add_choice(struct value_builder *b, struct value_list *list,
			    struct value_part part, bool is_broken, struct scan_loc close)
{
	uint32_t fault = (uint32_t)part.hi;

	/* Postfix looks the name up, and then for the operands. */
	is_broken |= is_cut(part.then_value) || is_cut(part.else_value);
	if (!is_broken)
		part.hi = close.hi;
	value_build_add(b, list, value_build_closed(part, close));
	if (is_broken)
		value_build_add(b, list,
				value_build_broken((struct scan_loc){fault, close.hi}));
}

const struct value *value_build_done(struct value_builder *b, struct value_list *list)
{
	close_text(b, list);
	return &list->value;
}

const struct value *value_build_operand(struct value_builder *b, struct value_list *list,
					struct scan_loc close)
{
	if (close.lo < close.hi)
		return value_build_done(b, list);
	list->value = (struct value){.broken = true};
	return &list->value;
}

static struct value_part make(enum value_kind kind, struct scan_loc loc)
{
	return (struct value_part){.kind = kind, .lo = loc.lo, .hi = loc.hi};
}

struct value_part value_build_text(struct scan_loc loc)
{
	return make(VALUE_TEXT, loc);
}

struct value_part value_build_dollar(struct value_builder *b, struct scan_loc loc)
{
	struct value_part part = make(VALUE_TEXT, loc);

	part.text = text_slice(b->ctx->arena, b->text, loc.lo, loc.lo + 1);
	return part;
}

struct value_part value_build_lone(struct value_builder *b, struct scan_loc loc)
{
	value_build_fault(b, loc,
			  "'$' is not followed by a parameter name; a literal dollar "
			  "sign is written '$$'");
	return value_build_broken(loc);
}

static struct value_part make_named(struct value_builder *b, enum value_kind kind,
				    struct scan_loc loc, struct scan_loc name)
{
	struct value_part part = make(kind, loc);

	part.name = str_slice(b->text.str, name.lo, name.hi);
	part.name_span = text_span(b->text, name.lo, name.hi);
	return part;
}

struct value_part value_build_ref(struct value_builder *b, struct scan_loc loc,
				  struct scan_loc name)
{
	return make_named(b, VALUE_REF, loc, name);
}

struct value_part value_build_nameless(struct value_builder *b, struct scan_loc loc,
				       struct scan_loc close)
{
	struct scan_loc name = {loc.lo + 2, loc.lo + 2};

	if (close.lo > name.hi && close.hi > close.lo)
		return value_build_ref(b, loc, name);
	if (close.hi > close.lo)
		value_build_fault(b, close, "the parameter name in '${}' is missing");
	return value_build_broken(loc);
}

struct value_part value_build_if_set(struct value_builder *b, struct scan_loc loc,
				     struct scan_loc name, struct value_choice choice)
{
	return value_build_decide(make_named(b, VALUE_IF_SET, loc, name), loc, choice);
}

struct value_part value_build_call(struct value_builder *b, struct scan_loc loc,
				   struct scan_loc name, const struct value *operand)
{
	struct value_part part = make_named(b, VALUE_CALL, loc, name);

	part.right = operand;
	return part;
}

struct value_part value_build_compare(const struct value *left, enum value_op op,
				      const struct value *right)
{
	struct value_part part = {.kind = VALUE_COMPARE};

	part.left = left;
	part.op = op;
	part.right = right;
	return part;
}

struct value_part value_build_decide(struct value_part part, struct scan_loc loc,
				     struct value_choice choice)
{
	part.lo = loc.lo;
	part.hi = loc.hi;
	part.then_value = choice.then_value;
	part.else_value = choice.else_value;
	return part;
}

struct value_part value_build_broken(struct scan_loc loc)
{
	return make(VALUE_BROKEN, loc);
}

struct value_part value_build_closed(struct value_part part, struct scan_loc close)
{
	struct scan_loc loc = {(uint32_t)part.lo, (uint32_t)part.hi};

	if (close.lo < close.hi && !is_cut(part.left) && !is_cut(part.right))
		return part;
	return value_build_broken(loc);
}

struct value *value_parse(const struct parse_ctx *ctx, struct text text)
{
	struct arena *scratch = arena_scratch(ctx->arena);
	struct value_builder *b = arena_alloc(scratch, sizeof(*b));
	void *scanner = NULL;
	struct value *value;

	b->ctx = ctx;
	b->text = text;
	scan_init(&b->scan, scratch);
	scan_start(&b->scan, text.str);
	MCC_ASSERT(value_yylex_init_extra(b, &scanner) == 0);
	value_yyparse(scanner, b);
	value_yylex_destroy(scanner);
	value = b->result ? &b->result->value : &value_build_list(b)->value;
	value->broken = b->is_stopped || b->error_count > 0;
	arena_scratch_done(ctx->arena, scratch);
	return value;
}

static const char *op_name(enum value_op op)
{
	static const char *const names[] = {
		[VALUE_EQ] = "==",
		[VALUE_NE] = "!=",
		[VALUE_LT] = "<",
		[VALUE_LE] = "<=",
		[VALUE_GE] = ">=",
		[VALUE_GT] = ">",
		[VALUE_LEVEL_EQ] = "==level",
		[VALUE_LEVEL_NE] = "!=level",
		[VALUE_LEVEL_LT] = "<level",
		[VALUE_LEVEL_LE] = "<=level",
		[VALUE_LEVEL_GE] = ">=level",
		[VALUE_LEVEL_GT] = ">level",
	};

	return names[op];
}

static void dump_parts(struct strbuf *out, const struct value *value, size_t indent);

/* A named part of a part, when it is there. Depth: LIMIT_BRACE_DEPTH. */
static void dump_inner(struct strbuf *out, const char *name, const struct value *value,
		       size_t indent)
{
	if (!value)
		return;
	strbuf_addf(out, "%*s%s\n", (int)indent, "", name);
	dump_parts(out, value, indent + 1);
}

static void dump_part(struct strbuf *out, const struct value_part *part, size_t indent)
{
	static const char *const names[] = {
		[VALUE_TEXT] = "text",	   [VALUE_REF] = "ref",
		[VALUE_IF_SET] = "if-set", [VALUE_COMPARE] = "compare",
		[VALUE_CALL] = "call",	   [VALUE_BROKEN] = "broken",
	};

	strbuf_addf(out, "%*s%s %zu-%zu", (int)indent, "", names[part->kind], part->lo,
		    part->hi);
	if (part->kind == VALUE_TEXT)
		dump_str(out, part->text.str);
	else if (part->kind == VALUE_COMPARE)
		dump_word(out, op_name(part->op));
	else if (part->kind != VALUE_BROKEN)
		dump_str(out, part->name);
	dump_end(out);
	dump_inner(out, "left", part->left, indent + 1);
	dump_inner(out, "right", part->right, indent + 1);
	dump_inner(out, "then", part->then_value, indent + 1);
	dump_inner(out, "else", part->else_value, indent + 1);
}

static void dump_parts(struct strbuf *out, const struct value *value, size_t indent)
{
	for (size_t i = 0; i < value->part_count; i++)
		dump_part(out, &value->parts[i], indent);
}

void value_dump(struct strbuf *out, const struct value *value)
{
	strbuf_adds(out, value->broken ? "value broken\n" : "value\n");
	dump_parts(out, value, 1);
}
