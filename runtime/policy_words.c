/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Restriction names: the instruction that a word means, and the lists of words
 * that stand in access tables. Those cannot name tables, so a row's value is
 * compiled when it is met; names of built-in restrictions win over classes.
 */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "runtime/policy_eval.h"

static const struct {
	const char *word;
	enum rt_arg arg;
} ops[RT_OP_COUNT] = {
#define OP(id, word, arg) [RT_OP_##id] = {word, arg},
#include "runtime/policy_ops.def"
#undef OP
};

/* Names from before Postfix 2.3, still understood. */
static const struct {
	const char *word;
	enum rt_op op;
} old_names[] = {
	{"reject_unknown_client", RT_OP_REJECT_UNKNOWN_CLIENT_HOSTNAME},
	{"reject_invalid_hostname", RT_OP_REJECT_INVALID_HELO_HOSTNAME},
	{"reject_non_fqdn_hostname", RT_OP_REJECT_NON_FQDN_HELO_HOSTNAME},
	{"reject_unknown_hostname", RT_OP_REJECT_UNKNOWN_HELO_HOSTNAME},
	{"reject_unknown_address", RT_OP_REJECT_UNKNOWN_SENDER_DOMAIN},
	{"reject_rbl", RT_OP_REJECT_RBL_CLIENT},
	{"check_recipient_maps", RT_OP_REJECT_UNLISTED_RECIPIENT},
};

const char *policy_op_word(enum rt_op op)
{
	return ops[op].word;
}

const char *eval_item(const struct rt_insn *insn)
{
	if (insn->text == NULL || ops[insn->op].arg == RT_ARG_TEXT)
		return insn->op == RT_OP_BROKEN || insn->op == RT_OP_UNSUPPORTED
			       ? insn->text
			       : ops[insn->op].word;
	return insn->text;
}

bool policy_op_find(struct str word, enum rt_op *out_op)
{
	for (int i = 0; i < RT_OP_COUNT; i++) {
		if (i == RT_OP_CLASS || i == RT_OP_BROKEN || i == RT_OP_UNSUPPORTED)
			continue;
		if (str_caseeqc(word, ops[i].word)) {
			*out_op = (enum rt_op)i;
			return true;
		}
	}
	for (size_t i = 0; i < array_len(old_names); i++) {
		if (str_caseeqc(word, old_names[i].word)) {
			*out_op = old_names[i].op;
			return true;
		}
	}
	return false;
}

static bool find_class(const struct rt_config *config, struct str word, size_t *out_class)
{
	for (size_t i = 0; i < config->class_count; i++) {
		if (str_eqc(word, config->classes[i].name)) {
			*out_class = i;
			return true;
		}
	}
	return false;
}

/* A word of a row; its argument, if it has one, is the next word. */
static struct rt_insn compile_word(struct policy_eval *e, struct str word,
				   struct str *rest)
{
	struct rt_insn insn = {.text = str_dup0(e->ctx->arena, word)};
	struct str argument;

	if (e->insn != NULL)
		insn.origin = e->insn->origin;
	if (!policy_op_find(word, &insn.op)) {
		insn.op = find_class(e->ctx->config, word, &insn.program) ? RT_OP_CLASS
									  : RT_OP_BROKEN;
		return insn;
	}
	if (ops[insn.op].arg == RT_ARG_MAP)
		insn.op = RT_OP_BROKEN;
	else if (ops[insn.op].arg == RT_ARG_TEXT)
		insn.text = str_token(rest, ", \t\r\n", &argument)
				    ? str_dup0(e->ctx->arena, argument)
				    : "";
	return insn;
}

enum eval eval_words(struct policy_eval *e, struct str words)
{
	struct rt_program program = {.name = "access table"};
	struct rt_insn *insns = NULL;
	size_t room = 0;
	bool warn_only = false;
	struct str word;

	while (str_token(&words, ", \t\r\n", &word)) {
		struct rt_insn *insn;

		if (str_caseeqc(word, "warn_if_reject")) {
			warn_only = true;
			continue;
		}
		insn = arena_push(e->ctx->arena, &insns, program.count, &room,
				  sizeof(*insn));
		*insn = compile_word(e, word, &words);
		insn->warn_only = warn_only;
		warn_only = false;
		program.count++;
	}
	program.insns = insns;
	return eval_program(e, &program);
}
