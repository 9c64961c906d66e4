/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Right-hand sides of access(5). What is none of the actions is a list of
 * restriction names; a table cannot be named there, since tables are opened
 * when the server starts.
 *
 * Actions that touch the message (FILTER, HOLD, ...) need a transaction:
 * without smtpd_delay_reject the client and helo lists run outside of any, and
 * pass them over.
 */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "runtime/policy_eval.h"

struct action {
	const struct eval_subject *subject;
	struct str text; /* after the word */
	const char *text0;
};

typedef enum eval action_fn(struct policy_eval *e, const struct action *a);

static bool in_transaction(const struct policy_eval *e)
{
	return e->s.sender != NULL;
}

/* A refusal with the row's own text and enhanced code, or the usual ones. */
static enum eval refuse(struct policy_eval *e, const struct action *a, int code,
			const char *default_dsn)
{
	const char *text, *dsn = eval_split_dsn(e, default_dsn, a->text, &text);

	return eval_reject(e, EVAL_POLICY, code, eval_fix_dsn(e, dsn, a->subject->class),
			   "<%s>: %s rejected: %s", a->subject->name, a->subject->class,
			   *text ? text : "Access denied");
}

static enum eval do_reject(struct policy_eval *e, const struct action *a)
{
	return refuse(e, a, (int)e->settings->access_map_reject_code, "5.7.1");
}

static enum eval do_defer(struct policy_eval *e, const struct action *a)
{
	return refuse(e, a, (int)e->settings->access_map_defer_code, "4.7.1");
}

/* A test feature of smtpd(8): the connection is dropped without a word. */
static enum eval do_hangup(struct policy_eval *e, const struct action *a)
{
	return refuse(e, a, 421, "4.7.1");
}

static enum eval do_dunno(MCC_UNUSED struct policy_eval *e,
			  MCC_UNUSED const struct action *a)
{
	return EVAL_DUNNO;
}

static enum eval do_ok(MCC_UNUSED struct policy_eval *e,
		       MCC_UNUSED const struct action *a)
{
	return EVAL_OK;
}

static enum eval do_discard(struct policy_eval *e, MCC_UNUSED const struct action *a)
{
	if (!in_transaction(e))
		return EVAL_DUNNO;
	e->s.discard = true;
	return EVAL_OK;
}

static enum eval do_hold(struct policy_eval *e, MCC_UNUSED const struct action *a)
{
	if (in_transaction(e))
		e->s.hold = true;
	return EVAL_DUNNO;
}

static enum eval do_filter(struct policy_eval *e, const struct action *a)
{
	if (in_transaction(e) && str_chr(a->text, ':') >= 0)
		e->s.filter = a->text0;
	return EVAL_DUNNO;
}

static enum eval do_redirect(struct policy_eval *e, const struct action *a)
{
	if (in_transaction(e) && str_chr(a->text, '@') >= 0)
		e->s.redirect = a->text0;
	return EVAL_DUNNO;
}

/* A list of the session with one more text. */
static const char *const *add_text(struct policy_eval *e, const char *const *list,
				   size_t count, const char *text)
{
	const char **longer = arena_array(e->ctx->arena, count + 1, sizeof(*longer));

	if (count > 0)
		memcpy(longer, list, count * sizeof(*longer));
	longer[count] = text;
	return longer;
}

static enum eval do_bcc(struct policy_eval *e, const struct action *a)
{
	if (in_transaction(e) && str_chr(a->text, '@') >= 0 &&
	    e->s.bcc_count < LIMIT_RECIPIENTS) {
		e->s.bcc = add_text(e, e->s.bcc, e->s.bcc_count, a->text0);
		e->s.bcc_count++;
	}
	return EVAL_DUNNO;
}

/* "Name: text"; the name has no blanks or control characters. */
static bool is_header(struct str text)
{
	ptrdiff_t colon = str_chr(text, ':');

	for (ptrdiff_t i = 0; i < colon; i++)
		if (!isgraph((unsigned char)text.ptr[i]))
			return false;
	return colon > 0;
}

static enum eval do_prepend(struct policy_eval *e, const struct action *a)
{
	if (in_transaction(e) && is_header(a->text) &&
	    e->s.prepend_count < LIMIT_RECIPIENTS) {
		e->s.prepend = add_text(e, e->s.prepend, e->s.prepend_count, a->text0);
		e->s.prepend_count++;
	}
	return EVAL_DUNNO;
}

static enum eval do_defer_if_permit(struct policy_eval *e, const struct action *a)
{
	const char *text, *dsn = eval_split_dsn(e, "4.7.1", a->text, &text);

	return eval_defer_if_permit(e, NULL, 450, eval_fix_dsn(e, dsn, a->subject->class),
				    "<%s>: %s rejected: %s", a->subject->name,
				    a->subject->class,
				    *text ? text : "Service unavailable");
}

static enum eval do_defer_if_reject(struct policy_eval *e, const struct action *a)
{
	const char *text, *dsn = eval_split_dsn(e, "4.7.1", a->text, &text);

	return eval_defer_if_reject(e, 450, eval_fix_dsn(e, dsn, a->subject->class),
				    "<%s>: %s rejected: %s", a->subject->name,
				    a->subject->class,
				    *text ? text : "Service unavailable");
}

static const struct {
	const char *word;
	action_fn *run;
} actions[] = {
	{"DUNNO", do_dunno},
	{"REJECT", do_reject},
	{"DEFER", do_defer},
	{"HANGUP", do_hangup},
	{"WARN", do_dunno},
	{"INFO", do_dunno},
	{"FILTER", do_filter},
	{"HOLD", do_hold},
	{"DISCARD", do_discard},
	{"REDIRECT", do_redirect},
	{"BCC", do_bcc},
	{"DEFER_IF_PERMIT", do_defer_if_permit},
	{"DEFER_IF_REJECT", do_defer_if_reject},
	{"PREPEND", do_prepend},
	{"OK", do_ok},
	{"RELAY", do_ok},
};

/* "550 text": a code of the row's own. */
static bool is_code(struct str word)
{
	return word.len == 3 && (word.ptr[0] == '4' || word.ptr[0] == '5') &&
	       str_is_digits(word);
}

static enum eval refuse_with_code(struct policy_eval *e, const struct action *a,
				  struct str word)
{
	int code = (word.ptr[0] - '0') * 100 + (word.ptr[1] - '0') * 10 +
		   (word.ptr[2] - '0');

	return refuse(e, a, code, code >= 500 ? "5.7.1" : "4.7.1");
}

static enum eval run_restrictions(struct policy_eval *e,
				  const struct eval_subject *subject, struct str value)
{
	struct eval_subject outer = e->subject;
	enum eval status;

	if (str_chr(value, ':') >= 0 || e->recursion > LIMIT_POLICY_DEPTH)
		return eval_server_error(e);
	e->subject = *subject;
	status = eval_words(e, value);
	e->subject = outer;
	return status;
}

enum eval access_action(struct policy_eval *e, const struct eval_subject *subject,
			struct str value)
{
	struct action a = {.subject = subject};
	struct str word;
	size_t n = 0;

	while (n < value.len && value.ptr[n] != ' ' && value.ptr[n] != '\t')
		n++;
	word = str_slice(value, 0, n);
	a.text = str_trim(str_slice(value, n, value.len));
	a.text0 = str_dup0(e->ctx->arena, a.text);
	for (size_t i = 0; i < array_len(actions); i++)
		if (str_caseeqc(word, actions[i].word))
			return actions[i].run(e, &a);
	if (str_is_digits(value))
		return EVAL_OK;
	if (is_code(word) && a.text.len > 0)
		return refuse_with_code(e, &a, word);
	return run_restrictions(e, subject, value);
}
