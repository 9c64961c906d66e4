/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Right-hand sides of access(5) tables: the first word must be an action, a
 * reply code, or the name of a restriction or restriction class.
 */
#include "base/diag.h"
#include "grammar/vocabulary.h"
#include "lint/results.h"
#include "mcc/model/site.h"

static bool is_digits(struct str word)
{
	for (size_t i = 0; i < word.len; i++)
		if (word.ptr[i] < '0' || word.ptr[i] > '9')
			return false;
	return word.len > 0;
}

static bool is_reply_code(struct str word)
{
	return is_digits(word) && word.len == 3 &&
	       (word.ptr[0] == '4' || word.ptr[0] == '5');
}

/* A file by itself may hold names of classes that nobody knows here. */
static bool is_known_word(const struct lint_results *r, struct str word)
{
	if (access_action_find(word) || is_reply_code(word) || restriction_find(word))
		return true;
	return r->site ? site_find_own(r->site, word) != NULL
		       : access_action_nearest(word) == NULL;
}

void lint_access_result(const struct lint_results *r, const struct lint_row *row)
{
	struct str rest = row->value;
	struct str word;

	if (!str_token(&rest, ", \t\r\n", &word) || is_digits(row->value) ||
	    is_known_word(r, word) || (row->is_rule && str_chr(word, '$') >= 0))
		return;
	diag_add(
		r->ctx->diags, RULE_MC623, row->value_span,
		"'%.*s' is no action, reply code or restriction; whoever matches this row "
		"is answered 451 4.3.5 Server configuration error",
		STR_ARG(word));
}
