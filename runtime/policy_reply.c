/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replies: how a rejection is put together, softened, or put off.
 *
 * The SMTP code always wins over the class of the enhanced code. Codes that
 * are no refusal, and enhanced codes that are none, come from main.cf or from
 * a table; the client then gets a general 450, as smtpd(8) does it.
 */
#include "runtime/policy_eval.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "base/arena.h"

#define GENERAL_TEXT "Service unavailable"

enum { REPLY_TEXT_MAX = 500 };

/* Length of "D.DDD.DDD" at the start of s, or 0. */
static size_t dsn_length(struct str s)
{
	size_t at = 0;

	if (s.len == 0 || (s.ptr[0] != '2' && s.ptr[0] != '4' && s.ptr[0] != '5'))
		return 0;
	for (unsigned field = 0; field < 3; field++) {
		size_t n = 0;

		if (field > 0 && (at >= s.len || s.ptr[at++] != '.'))
			return 0;
		while (at < s.len && n < 3 && isdigit((unsigned char)s.ptr[at]))
			at++, n++;
		if (n == 0 || (field == 0 && n > 1))
			return 0;
	}
	return at;
}

const char *eval_split_dsn(struct policy_eval *e, const char *default_dsn,
			   struct str text, const char **out_text)
{
	struct arena *arena = e->ctx->arena;
	size_t n = dsn_length(text);

	if (n == 0 || (n < text.len && text.ptr[n] != ' ' && text.ptr[n] != '\t')) {
		*out_text = str_dup0(arena, text);
		return default_dsn;
	}
	*out_text = str_dup0(arena, str_trim(str_slice(text, n, text.len)));
	return str_dup0(arena, str_slice(text, 0, n));
}

const char *eval_fix_dsn(struct policy_eval *e, const char *dsn, const char *class)
{
	static const struct {
		const char *detail;
		const char *sender;
		const char *recipient;
	} rows[] = {
		{"1", "1.7", "1.1"}, {"2", "1.8", "1.2"}, {"3", "1.7", "1.3"},
		{"4", "1.7", "1.4"}, {"5", "1.0", "1.5"}, {"6", "1.7", "1.6"},
		{"7", "1.7", "1.3"}, {"8", "1.8", "1.2"},
	};
	const char *fixed = "0.0";

	if (strncmp(dsn + 1, ".1.", 3) != 0)
		return dsn;
	if (strcmp(class, EVAL_CLASS_SENDER) == 0 ||
	    strcmp(class, EVAL_CLASS_RECIPIENT) == 0)
		fixed = "1.0";
	for (size_t i = 0; i < array_len(rows); i++) {
		if (strcmp(dsn + 4, rows[i].detail) != 0)
			continue;
		if (strcmp(class, EVAL_CLASS_SENDER) == 0)
			fixed = rows[i].sender;
		else if (strcmp(class, EVAL_CLASS_RECIPIENT) == 0)
			fixed = rows[i].recipient;
	}
	return arena_printf(e->ctx->arena, "%c.%s", dsn[0], fixed);
}

static const char *clean_text(struct arena *arena, const char *fmt, va_list ap)
	MCC_PRINTF(2, 0);

/* One line without control characters, of a length that fits a reply. */
static const char *clean_text(struct arena *arena, const char *fmt, va_list ap)
{
	char *text = arena_vprintf(arena, fmt, ap);

	for (char *p = text; *p; p++)
		if (iscntrl((unsigned char)*p))
			*p = ' ';
	if (strlen(text) > REPLY_TEXT_MAX)
		text[REPLY_TEXT_MAX] = '\0';
	return text;
}

static struct policy_reply make_reply(struct policy_eval *e, int code, const char *dsn,
				      const char *text)
{
	struct policy_reply reply = {.code = code, .dsn = dsn, .text = text};

	if (code < 400 || code > 599 || dsn_length(str_of(dsn)) != strlen(dsn)) {
		reply.code = 450;
		reply.dsn = "4.7.1";
		reply.text = GENERAL_TEXT;
	}
	if (e->insn != NULL) {
		reply.decided_by = e->insn->origin;
		reply.item = eval_item(e->insn);
	}
	return reply;
}

/* soft_bounce, and one class for both codes. */
static void finish_reply(struct policy_eval *e, struct policy_reply *reply)
{
	if (e->settings->soft_bounce && reply->code >= 500)
		reply->code -= 100;
	reply->dsn =
		arena_printf(e->ctx->arena, "%d%s", reply->code / 100, reply->dsn + 1);
	reply->verdict = reply->code >= 500 ? POLICY_REJECT : POLICY_DEFER;
	reply->hangup = reply->code == 421 || reply->code == 521;
}

static enum eval reject_with(struct policy_eval *e, enum eval_fault fault,
			     struct policy_reply reply)
{
	bool warn_only = e->warn_level != 0 && fault == EVAL_POLICY;

	if (!warn_only && e->defer_if_reject != NULL && reply.code >= 500) {
		reply = *e->defer_if_reject;
		e->defer_if_reject = NULL;
		e->warn_level = 0;
	}
	finish_reply(e, &reply);
	if (warn_only) {
		eval_trace(e, "reject_warning",
			   arena_printf(e->ctx->arena, "%d %s %s", reply.code, reply.dsn,
					reply.text));
		return EVAL_DUNNO;
	}
	e->reply = reply;
	return EVAL_REJECT;
}

enum eval eval_reject(struct policy_eval *e, enum eval_fault fault, int code,
		      const char *dsn, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = clean_text(e->ctx->arena, fmt, ap);
	va_end(ap);
	return reject_with(e, fault, make_reply(e, code, dsn, text));
}

enum eval eval_server_error(struct policy_eval *e)
{
	return eval_reject(e, EVAL_CONFIGURATION, 451, "4.3.5",
			   "Server configuration error");
}

enum eval eval_lookup_error(struct policy_eval *e, const char *name)
{
	return eval_reject(e, EVAL_CONFIGURATION, 451, "4.3.0",
			   "<%s>: Temporary lookup failure", name);
}

static void put_off(struct policy_eval *e, const struct policy_reply **delayed,
		    struct policy_reply reply)
{
	struct policy_reply *copy;

	if (*delayed != NULL)
		return;
	copy = arena_alloc(e->ctx->arena, sizeof(*copy));
	*copy = reply;
	*delayed = copy;
}

enum eval eval_defer_if_reject(struct policy_eval *e, int code, const char *dsn,
			       const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = clean_text(e->ctx->arena, fmt, ap);
	va_end(ap);
	put_off(e, &e->defer_if_reject, make_reply(e, code, dsn, text));
	return EVAL_DUNNO;
}

enum eval eval_defer_if_permit(struct policy_eval *e, const char *action, int code,
			       const char *dsn, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = clean_text(e->ctx->arena, fmt, ap);
	va_end(ap);
	if (e->warn_level != 0 || (action != NULL && strcmp(action, "defer") == 0))
		return reject_with(e, EVAL_POLICY, make_reply(e, code, dsn, text));
	put_off(e, &e->defer_if_permit, make_reply(e, code, dsn, text));
	return EVAL_DUNNO;
}

struct policy_reply eval_positive(int code, const char *dsn, const char *text)
{
	return (struct policy_reply){
		.verdict = POLICY_PERMIT, .code = code, .dsn = dsn, .text = text};
}
