/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stages of a session. Each works on a copy of the session and writes it
 * back when it has come to an end; a stage that lacks answers changes nothing
 * and can be evaluated again.
 *
 * defer_if_permit goes from stage to stage, defer_if_reject and warn_if_reject
 * do not. An OK ends only its own list: the relay list, the recipient list and
 * the check for unlisted recipients must all let a recipient pass.
 */
#include "runtime/policy.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "runtime/policy_eval.h"

static void eval_init(struct policy_eval *e, const struct policy *policy,
		      enum eval_where where)
{
	memset(e, 0, sizeof(*e));
	e->ctx = policy->ctx;
	e->service = policy->service;
	e->settings = policy->ctx->settings;
	e->answers = policy->answers;
	e->s = *policy->session;
	e->where = where;
}

/* The stage's reply, and the session as the stage leaves it. */
static struct policy_reply finish(struct policy_eval *e, const struct policy *policy,
				  enum eval status, struct policy_reply positive)
{
	struct policy_reply reply = positive;

	if (e->question_count > 0) {
		reply = (struct policy_reply){.verdict = POLICY_NEED};
		reply.questions = e->questions;
		reply.question_count = e->question_count;
		return reply;
	}
	if (status == EVAL_REJECT)
		reply = e->reply;
	else if (e->s.discard)
		reply.verdict = POLICY_DISCARD;
	reply.is_unverified = e->is_unverified;
	*policy->session = e->s;
	return reply;
}

static enum eval run_list(struct policy_eval *e, enum rt_stage stage, const char *name,
			  const char *class)
{
	const struct rt_program *program = &e->service->stages[stage];

	if (program->count == 0)
		return EVAL_DUNNO;
	e->subject = (struct eval_subject){name, class};
	return eval_program(e, program);
}

static void start_stage(struct policy_eval *e)
{
	e->recursion = 0;
	e->warn_level = 0;
	e->defer_if_reject = NULL;
}

/* A check that no list asks for; `name` is the parameter that turns it on. */
static enum eval run_built_in(struct policy_eval *e, eval_fn *fn, const char *name)
{
	const struct rt_insn insn = {.op = RT_OP_CLASS, .text = name};
	enum eval status;

	e->insn = &insn;
	status = fn(e, &insn);
	eval_trace(e, name, status == EVAL_REJECT ? "reject" : "none");
	e->insn = NULL;
	return status;
}

/* ---- the lists of the single stages ---- */

static enum eval check_client(struct policy_eval *e)
{
	enum eval status;

	e->defer_if_permit = NULL;
	start_stage(e);
	status = run_list(e, RT_STAGE_CLIENT, eval_client(e), EVAL_CLASS_CLIENT);
	e->s.defer_if_permit_client = e->defer_if_permit;
	return status;
}

static enum eval check_helo(struct policy_eval *e)
{
	enum eval status;

	if (e->s.helo == NULL)
		return EVAL_DUNNO;
	e->defer_if_permit = e->s.defer_if_permit_client;
	start_stage(e);
	status = run_list(e, RT_STAGE_HELO, e->s.helo, EVAL_CLASS_HELO);
	e->s.defer_if_permit_helo = e->defer_if_permit;
	return status;
}

static enum eval check_sender(struct policy_eval *e)
{
	enum eval status;

	e->defer_if_permit = e->s.defer_if_permit_client != NULL
				     ? e->s.defer_if_permit_client
				     : e->s.defer_if_permit_helo;
	e->sender_checked = false;
	start_stage(e);
	status = run_list(e, RT_STAGE_SENDER, e->s.sender, EVAL_CLASS_SENDER);
	e->s.defer_if_permit_sender = e->defer_if_permit;
	if (status != EVAL_REJECT && e->settings->smtpd_reject_unlisted_sender &&
	    !e->s.discard)
		status = run_built_in(e, eval_reject_unlisted_sender,
				      "smtpd_reject_unlisted_sender");
	return status;
}

/* What would be permitted, was it not for an earlier temporary failure. */
static enum eval apply_defer_if_permit(struct policy_eval *e, enum eval status)
{
	const struct policy_reply *delayed = e->defer_if_permit;

	if (status == EVAL_REJECT || delayed == NULL)
		return status;
	status = eval_reject(e, EVAL_POLICY, delayed->code, delayed->dsn, "%s",
			     delayed->text);
	e->reply.decided_by = delayed->decided_by;
	e->reply.item = delayed->item;
	return status;
}

static enum eval check_recipient(struct policy_eval *e)
{
	static const enum rt_stage relay_first[] = {RT_STAGE_RELAY, RT_STAGE_RECIPIENT};
	static const enum rt_stage relay_last[] = {RT_STAGE_RECIPIENT, RT_STAGE_RELAY};
	const enum rt_stage *order =
		e->settings->smtpd_relay_before_recipient_restrictions ? relay_first
								       : relay_last;
	enum eval status = EVAL_DUNNO;

	e->recipient_checked = false;
	if (e->settings->smtpd_delay_reject) {
		status = check_client(e);
		if (status != EVAL_REJECT)
			status = check_helo(e);
		if (status != EVAL_REJECT)
			status = check_sender(e);
		if (status == EVAL_REJECT)
			return status;
	}
	e->defer_if_permit = e->s.defer_if_permit_sender;
	start_stage(e);
	for (unsigned i = 0; i < 2; i++) {
		status = run_list(e, order[i], e->recipient, EVAL_CLASS_RECIPIENT);
		if (status == EVAL_REJECT)
			break;
	}
	status = apply_defer_if_permit(e, status);
	if (status != EVAL_REJECT && e->settings->smtpd_reject_unlisted_recipient &&
	    !e->s.discard)
		status = run_built_in(e, eval_reject_unlisted_recipient,
				      "smtpd_reject_unlisted_recipient");
	return status;
}

/* ---- built-in checks ---- */

static struct policy_reply refusal(int code, const char *dsn, const char *text)
{
	return (struct policy_reply){.verdict =
					     code >= 500 ? POLICY_REJECT : POLICY_DEFER,
				     .code = code,
				     .dsn = dsn,
				     .text = text};
}

static struct policy_reply soften(const struct policy_eval *e, struct policy_reply reply)
{
	if (e->settings->soft_bounce && reply.code >= 500) {
		reply.code -= 100;
		reply.dsn = arena_printf(e->ctx->arena, "4%s", reply.dsn + 1);
		reply.verdict = POLICY_DEFER;
	}
	return reply;
}

struct policy_reply policy_bad_sender_syntax(void)
{
	return refusal(501, "5.1.7", "Bad sender address syntax");
}

struct policy_reply policy_bad_recipient_syntax(void)
{
	return refusal(501, "5.1.3", "Bad recipient address syntax");
}

struct policy_reply policy_bad_option(struct arena *arena, struct str word)
{
	return refusal(555, "5.5.4",
		       arena_printf(arena, "Unsupported option: %.*s", STR_ARG(word)));
}

/* An address that cannot be resolved at all is bad syntax, with any table. */
static bool is_bad_address(struct policy_eval *e, const char *address)
{
	const struct rt_route *route;
	const char *domain;

	if (*address == '\0')
		return false;
	route = eval_route(e, address);
	if (route->status == RT_ROUTE_BAD_ADDRESS)
		return true;
	domain = strrchr(route->recipient, '@');
	for (const char *p = domain; p != NULL && *p; p++)
		if ((unsigned char)*p >= 128)
			return true;
	return false;
}

static bool is_too_large(const struct policy_eval *e, size_t size)
{
	return e->settings->message_size_limit > 0 &&
	       size > (size_t)e->settings->message_size_limit;
}

/* ---- stages ---- */

struct policy_reply policy_connect(const struct policy *policy)
{
	struct policy_eval e;
	enum eval status = EVAL_DUNNO;

	eval_init(&e, policy, EVAL_AT_CONNECT);
	if (!e.settings->smtpd_delay_reject)
		status = check_client(&e);
	return finish(&e, policy, status,
		      eval_positive(220, NULL, e.settings->smtpd_banner));
}

struct policy_reply policy_helo(const struct policy *policy, const char *helo)
{
	struct policy_eval e;
	enum eval status = EVAL_DUNNO;
	struct policy_reply reply;

	eval_init(&e, policy, EVAL_AT_HELO);
	e.s.helo = helo;
	if (!e.settings->smtpd_delay_reject)
		status = check_helo(&e);
	reply = finish(&e, policy, status,
		       eval_positive(250, NULL, e.settings->myhostname));
	if (status == EVAL_REJECT && reply.verdict != POLICY_NEED)
		policy->session->helo = NULL;
	return reply;
}

struct policy_reply policy_mail(const struct policy *policy, const char *sender,
				size_t size)
{
	struct policy_eval e;
	enum eval status = EVAL_DUNNO;
	struct policy_reply reply;

	eval_init(&e, policy, EVAL_AT_MAIL);
	if (e.settings->smtpd_helo_required && e.s.helo == NULL)
		return soften(&e, refusal(503, "5.5.1", "Error: send HELO/EHLO first"));
	e.s.sender = sender;
	if (is_bad_address(&e, sender))
		return soften(&e, policy_bad_sender_syntax());
	if (is_too_large(&e, size))
		return soften(&e,
			      refusal(552, "5.3.4", "Message size exceeds fixed limit"));
	e.s.message_size = size;
	if (!e.settings->smtpd_delay_reject)
		status = check_sender(&e);
	reply = finish(&e, policy, status, eval_positive(250, "2.1.0", "Ok"));
	if (status == EVAL_REJECT && reply.verdict != POLICY_NEED)
		policy_reset_transaction(policy->session);
	return reply;
}

struct policy_reply policy_rcpt(const struct policy *policy, const char *recipient)
{
	const struct policy_reply ok = eval_positive(250, "2.1.5", "Ok");
	struct policy_eval e;
	enum eval status = EVAL_DUNNO;

	eval_init(&e, policy, EVAL_AT_RCPT);
	if (*recipient == '\0' || is_bad_address(&e, recipient))
		return soften(&e, policy_bad_recipient_syntax());
	if (e.settings->smtpd_recipient_limit > 0 &&
	    e.s.recipient_count >= (size_t)e.settings->smtpd_recipient_limit)
		return refusal(452, "4.5.3", "Error: too many recipients");
	if (strcasecmp(recipient, "postmaster") != 0) {
		e.recipient = recipient;
		status = check_recipient(&e);
	}
	if (status != EVAL_REJECT && e.s.recipient == NULL)
		e.s.recipient = recipient;
	return finish(&e, policy, status, ok);
}

/* DATA and its end: one recipient is judged, several are not. */
static enum eval check_message(struct policy_eval *e, enum rt_stage stage,
			       const char *name, const char *class)
{
	if (e->s.recipient_count <= 1)
		e->recipient = e->s.recipient;
	start_stage(e);
	return apply_defer_if_permit(e, run_list(e, stage, name, class));
}

struct policy_reply policy_data(const struct policy *policy)
{
	struct policy_eval e;
	enum eval status;

	eval_init(&e, policy, EVAL_AT_DATA);
	status = check_message(&e, RT_STAGE_DATA, "DATA", EVAL_CLASS_DATA);
	return finish(&e, policy, status,
		      eval_positive(354, NULL, "End data with <CR><LF>.<CR><LF>"));
}

struct policy_reply policy_end_of_data(const struct policy *policy, size_t size)
{
	struct policy_eval e;
	enum eval status;

	eval_init(&e, policy, EVAL_AT_EOD);
	if (is_too_large(&e, size))
		return soften(&e, refusal(552, "5.3.4", "Error: message file too big"));
	status =
		check_message(&e, RT_STAGE_END_OF_DATA, "END-OF-MESSAGE", EVAL_CLASS_EOD);
	return finish(&e, policy, status, eval_positive(250, "2.0.0", "Ok"));
}

void policy_reset_transaction(struct policy_session *session)
{
	session->sender = NULL;
	session->message_size = 0;
	session->recipient_count = 0;
	session->recipient = NULL;
	session->defer_if_permit_sender = NULL;
	session->routes = NULL;
	session->discard = false;
	session->hold = false;
	session->redirect = NULL;
	session->filter = NULL;
	session->prepend = NULL;
	session->prepend_count = 0;
	session->bcc = NULL;
	session->bcc_count = 0;
}
