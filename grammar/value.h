/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The `$` forms inside a value:
 *   $name ${name} $(name) $$   ${name?text} ${name:text}
 *   ${name?{a}:{b}}   ${{l} op {r} ? {a} : {b}}   ${function{text}}
 * postconf(5), "general parameter syntax".
 */
#ifndef MCC_GRAMMAR_VALUE_H
#define MCC_GRAMMAR_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "grammar/parse.h"

enum value_kind {
	VALUE_TEXT,    /* literal bytes */
	VALUE_REF,     /* $name */
	VALUE_IF_SET,  /* ${name?then} ${name:else} ${name?{then}:{else}} */
	VALUE_COMPARE, /* ${{left} op {right} ? {then} : {else}} */
	VALUE_CALL,    /* ${function{text}} */
	VALUE_BROKEN   /* a fault: whoever comes here stops */
};

enum value_op {
	VALUE_EQ,
	VALUE_NE,
	VALUE_LT,
	VALUE_LE,
	VALUE_GE,
	VALUE_GT,
	VALUE_LEVEL_EQ,
	VALUE_LEVEL_NE,
	VALUE_LEVEL_LT,
	VALUE_LEVEL_LE,
	VALUE_LEVEL_GE,
	VALUE_LEVEL_GT
};

struct value_part;

struct value {
	struct value_part *parts;
	size_t part_count;
	/* A syntax error was reported (MC111, MC112). Postfix finds it only when
	 * it gets there: the part itself is VALUE_BROKEN. Of an operand: it has
	 * no end, and no parts. */
	bool broken;
};

struct value_part {
	enum value_kind kind;
	size_t lo; /* bytes of the text that was parsed */
	size_t hi;
	struct text text; /* VALUE_TEXT: the bytes ("$$" gives one "$") */
	struct str name;  /* REF, IF_SET: parameter; CALL: function */
	struct span name_span;
	enum value_op op;		/* COMPARE */
	const struct value *left;	/* COMPARE */
	const struct value *right;	/* COMPARE; CALL: the operand */
	const struct value *then_value; /* NULL when absent */
	const struct value *else_value; /* NULL when absent */
};

/* Never NULL. Depth is bounded by LIMIT_BRACE_DEPTH (reported, MC111). */
struct value *value_parse(const struct parse_ctx *ctx, struct text text);
void value_dump(struct strbuf *out, const struct value *value);

#endif
