/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Results that are words of a small language: header_checks(5), postscreen's
 * access list, TLS policies, passwords.
 */
#include <string.h>

#include "base/diag.h"
#include "grammar/vocabulary.h"
#include "lint/results.h"
#include "lint/uses.h"

/* ---- header_checks(5) ---- */

static bool works_there(const struct header_action *action, unsigned uses)
{
	return (!(uses & USE_HEADER) || strchr(action->where, 'c')) &&
	       (!(uses & USE_HEADER_SMTP) || strchr(action->where, 's')) &&
	       (!(uses & USE_HEADER_MILTER) || strchr(action->where, 'm'));
}

/* What an expression puts together is not known; lines of a body may become
 * anything. */
static const char *header_fault(const struct lint_results *r, const struct lint_row *row,
				const char *action, struct str text)
{
	bool makes_line =
		strcmp(action, "PREPEND") == 0 || strcmp(action, "REPLACE") == 0;

	if ((row->is_rule && str_chr(text, '$') >= 0) ||
	    (makes_line && (r->uses & USE_BODY)))
		return NULL;
	return lint_action_fault(action, text);
}

void lint_header_result(const struct lint_results *r, const struct lint_row *row)
{
	struct str rest;
	struct str word = str_first_word(row->value, &rest);
	const struct header_action *action = header_action_find(word);

	if (!action)
		diag_add(
			r->ctx->diags, RULE_MC927, row->value_span,
			"'%.*s' is no action of header_checks(5): Postfix warns for each "
			"line that matches and lets it pass",
			STR_ARG(word));
	else if (!works_there(action, r->uses))
		diag_add(r->ctx->diags, RULE_MC927, row->value_span,
			 "%s does not work in this kind of check: Postfix warns for each "
			 "line that matches and lets it pass",
			 action->name);
	else if (action->arg == ACTION_ARG_REQUIRED && !rest.len)
		diag_add(r->ctx->diags, RULE_MC927, row->value_span,
			 "%s says nothing without a word behind it: Postfix warns for "
			 "each line that matches and lets it pass",
			 action->name);
	else if (header_fault(r, row, action->name, rest))
		diag_add(r->ctx->diags, RULE_MC927, row->value_span,
			 "%s wants %s behind it: Postfix warns for each line that "
			 "matches and lets it pass",
			 action->name, header_fault(r, row, action->name, rest));
}

/* ---- postscreen ---- */

static bool is_one_of(struct str word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_caseeqc(word, words[i]))
			return true;
	return false;
}

/* A result is read as the list itself is, so it may name tables, too. */
void lint_postscreen_result(const struct lint_results *r, const struct lint_row *row)
{
	static const char *const words[] = {"permit", "reject", "dunno",
					    "permit_mynetworks"};
	struct str rest = row->value;
	struct str word;

	while (str_token(&rest, ", \t\r\n", &word)) {
		if (is_one_of(word, words, array_len(words)) || str_chr(word, ':') > 0)
			continue;
		diag_add(
			r->ctx->diags, RULE_MC936, row->value_span,
			"'%.*s' is none of permit, reject and dunno: postscreen warns of "
			"an unknown command, and the row decides nothing",
			STR_ARG(word));
		return;
	}
}

/* ---- TLS policies ---- */

static const char *const tls_levels[] = {
	"none", "may",	     "encrypt", "fingerprint", "half-dane",
	"dane", "dane-only", "verify",	"secure",
};

static const char *const tls_attributes[] = {
	"match",       "protocols",	  "ciphers",	      "exclude",
	"tafile",      "servername",	  "connection_reuse", "enable_rpk",
	"policy_type", "policy_domain",	  "policy_string",    "policy_failure",
	"policy_ttl",  "mx_host_pattern", "requiretls",
};

static void policy_fault(const struct lint_results *r, const struct lint_row *row,
			 struct str word, const char *what)
{
	diag_add(r->ctx->diags, RULE_MC722, row->value_span,
		 "'%.*s' %s: mail to this destination stays in the queue", STR_ARG(word),
		 what);
}

static void check_attribute(const struct lint_results *r, const struct lint_row *row,
			    struct str word)
{
	ptrdiff_t equals = str_chr(word, '=');
	struct str name = str_slice(word, 0, equals < 0 ? word.len : (size_t)equals);

	if (word.ptr[0] == '{')
		return; /* `{ name = value }` may hold blanks */
	if (equals < 0)
		policy_fault(r, row, word, "is no name=value");
	else if (!is_one_of(name, tls_attributes, array_len(tls_attributes)))
		policy_fault(r, row, name, "is no attribute of a TLS policy");
	else if ((size_t)equals + 1 == word.len)
		policy_fault(r, row, name, "has no value");
}

void lint_tls_policy_result(const struct lint_results *r, const struct lint_row *row)
{
	struct str rest = row->value;
	struct str word;

	if (!str_token(&rest, ", \t\r\n", &word))
		return;
	/* What an expression puts together is not known. */
	if (str_chr(row->value, '$') >= 0 && row->is_rule)
		return;
	if (!is_one_of(word, tls_levels, array_len(tls_levels)))
		policy_fault(r, row, word, "is no TLS security level");
	while (str_token(&rest, ", \t\r\n", &word) && word.ptr[0] != '{')
		check_attribute(r, row, word);
}

/* ---- passwords ---- */

void lint_password_result(const struct lint_results *r, const struct lint_row *row)
{
	if (str_chr(row->value, ':') >= 0)
		return;
	diag_add(r->ctx->diags, RULE_MC935, row->value_span,
		 "a result is user:password; without the ':' the password is empty");
}
