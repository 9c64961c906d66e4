/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Right-hand sides of access(5) tables: an action with its argument, a reply
 * code with its text, or a list of restrictions and restriction classes. What
 * smtpd(8) cannot carry out is answered 451 4.3.5, or passed over.
 */
#include <ctype.h>

#include "base/diag.h"
#include "grammar/vocabulary.h"
#include "lint/results.h"
#include "lint/uses.h"
#include "mcc/model/site.h"

static bool is_code_of(struct str word, const char *classes)
{
	return word.len == 3 && str_is_digits(word) &&
	       str_chr(str_of(classes), word.ptr[0]) >= 0;
}

/* ---- actions ---- */

/* "Name: text"; the name has no blanks or control characters. */
static bool is_header(struct str text)
{
	ptrdiff_t colon = str_chr(text, ':');

	for (ptrdiff_t i = 0; i < colon; i++)
		if (!isgraph((unsigned char)text.ptr[i]))
			return false;
	return colon > 0;
}

const char *lint_action_fault(const char *action, struct str text)
{
	struct str name = str_of(action);

	if (str_eqc(name, "FILTER") && str_chr(text, ':') < 0)
		return "transport:destination";
	if ((str_eqc(name, "REDIRECT") || str_eqc(name, "BCC")) && str_chr(text, '@') < 0)
		return "user@domain";
	if ((str_eqc(name, "PREPEND") || str_eqc(name, "REPLACE")) && !is_header(text))
		return "Name: text of a header";
	return NULL;
}

static void check_argument(const struct lint_results *r, const struct lint_row *row,
			   const struct access_action *action, struct str text)
{
	const char *form = lint_action_fault(action->name, text);

	if (form)
		diag_add(r->ctx->diags, RULE_MC627, row->value_span,
			 "%s wants %s behind it: Postfix warns for each mail that "
			 "matches, and passes the row over",
			 action->name, form);
}

/* ---- numbers ---- */

static void check_number(const struct lint_results *r, const struct lint_row *row,
			 struct str word, struct str text)
{
	if (!text.len && is_code_of(word, "45"))
		diag_add(r->ctx->diags, RULE_MC624, row->value_span,
			 "a number without a text permits: this row lets in whom it "
			 "should refuse; write REJECT, or %.*s and a text",
			 STR_ARG(word));
	else if (text.len && is_code_of(word, "23"))
		diag_add(r->ctx->diags, RULE_MC625, row->value_span,
			 "%.*s is no code of a refusal: whoever matches this row is "
			 "answered 451 4.3.5 Server configuration error; write OK or "
			 "DUNNO",
			 STR_ARG(word));
	else if (text.len && !is_code_of(word, "45"))
		diag_add(r->ctx->diags, RULE_MC623, row->value_span,
			 "'%.*s' is no reply code: whoever matches this row is answered "
			 "451 4.3.5 Server configuration error",
			 STR_ARG(word));
}

/* ---- lists of restrictions ---- */

/* A file by itself may hold names of classes that nobody knows here. */
static bool is_known_word(const struct lint_results *r, struct str word)
{
	if (restriction_find(word))
		return true;
	return r->site ? site_find_own(r->site, word) != NULL
		       : access_action_nearest(word) == NULL;
}

static bool takes_argument(struct str word)
{
	const struct restriction *known = restriction_find(word);

	return known && known->arg != RESTRICTION_ARG_NONE &&
	       known->arg != RESTRICTION_ARG_PREFIX;
}

static void check_list(const struct lint_results *r, const struct lint_row *row)
{
	struct str rest = row->value;
	struct str word;

	while (str_token(&rest, ", \t\r\n", &word)) {
		if (!is_known_word(r, word)) {
			diag_add(
				r->ctx->diags, RULE_MC623, row->value_span,
				"'%.*s' is no action, reply code or restriction; whoever "
				"matches this row is answered 451 4.3.5 Server "
				"configuration error",
				STR_ARG(word));
			return;
		}
		if (takes_argument(word) && !str_token(&rest, ", \t\r\n", &word))
			return;
	}
	if (str_chr(row->value, ':') >= 0)
		diag_add(r->ctx->diags, RULE_MC626, row->value_span,
			 "a row cannot name a table: whoever matches it is answered 451 "
			 "4.3.5 Server configuration error; define a restriction class "
			 "in main.cf, and write its name here");
}

/* DISCARD stops the list, but lets nothing in. */
static bool permits(struct str word, struct str text)
{
	return str_caseeqc(word, "OK") || str_caseeqc(word, "RELAY") ||
	       (str_is_digits(word) && !text.len);
}

void lint_access_result(const struct lint_results *r, const struct lint_row *row)
{
	const struct access_action *action;
	struct str text;
	struct str word = str_first_word(row->value, &text);

	/* What an expression puts together is not known. */
	if (!word.len || (row->is_rule && str_chr(row->value, '$') >= 0))
		return;
	action = access_action_find(word);
	if ((r->uses & USE_ACCESS_UNTRUSTED) && permits(word, text))
		diag_add(
			r->ctx->diags, RULE_MC622, row->value_span,
			"what a stranger sets in the DNS may not permit: whoever matches "
			"this row is answered 451 4.3.5 Server configuration error; "
			"write DUNNO");
	else if (str_is_digits(word))
		check_number(r, row, word, text);
	else if (action)
		check_argument(r, row, action, text);
	else
		check_list(r, row);
}
