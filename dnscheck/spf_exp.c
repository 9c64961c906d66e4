/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Explanations, RFC 7208 6.2: asked for only when the outcome is fail, by the
 * record that decided. Whatever goes wrong means that there is none; it never
 * changes the result and counts towards no limit.
 */
#include "dnscheck/spf_eval.h"

#include <string.h>

#include "base/arena.h"

enum { EXPLANATION_MAX = 8192 };

static bool is_printable_ascii(struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		if ((unsigned char)s.ptr[i] < 0x20 || (unsigned char)s.ptr[i] >= 0x7f)
			return false;
	}
	return true;
}

static void on_explanation(struct spf_eval *e, const struct dns_answer *answer)
{
	struct spf_macro *macro = arena_alloc(e->arena, sizeof(*macro));
	struct str text;

	if (answer->rr_count != 1 || !is_printable_ascii(answer->rrs[0].text)) {
		spf_trace(e, "explanation: none that can be used");
		return;
	}
	text = answer->rrs[0].text;
	text.ptr = arena_memdup0(e->arena, text.ptr, text.len);
	if (spf_parse_explain(e->arena, text, macro))
		e->exp_macro = macro;
	else
		spf_trace(e, "explanation: syntax error");
}

/* True when the names of the client must be looked up first. */
static bool needs_names(struct spf_eval *e, const struct spf_macro *macro)
{
	if (e->ptr_state != SPF_PTR_UNKNOWN || !spf_macro_uses(macro, 'p'))
		return false;
	spf_ptr_start(e);
	return true;
}

static bool ask_explanation(struct spf_eval *e)
{
	const char *target;

	if (needs_names(e, &e->top->exp->domain))
		return true;
	e->exp_stage = SPF_EXP_TEXT;
	target = spf_target(e, e->top->exp);
	if (target == NULL)
		return false;
	spf_ask_target(e, target, DNS_TXT, on_explanation);
	return true;
}

bool spf_exp_step(struct spf_eval *e)
{
	if (e->result != SPF_FAIL || e->top->exp == NULL)
		return false;
	if (e->exp_stage != SPF_EXP_TEXT)
		return ask_explanation(e);
	if (e->exp_macro == NULL)
		return false;
	if (needs_names(e, e->exp_macro))
		return true;
	e->explanation = spf_expand(e, e->exp_macro, EXPLANATION_MAX);
	return false;
}
