/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decisions: runs the evaluator for the event at hand, asks the DNS what it
 * needs and runs it again. The evaluator is pure, so running it again costs
 * time and nothing else.
 *
 * A session whose connection was judged by an older generation is judged anew,
 * silently, when its next transaction begins: from then on all of it goes by
 * one generation.
 */
#include "mccd/net.h"

#include <string.h>

#include "base/arena.h"
#include "base/log.h"

static const struct policy_reply cannot_tell = {
	.verdict = POLICY_DEFER,
	.code = 451,
	.dsn = "4.3.0",
	.text = "Error: DNS look-ups do not come to an end"};

static struct policy_reply evaluate_event(struct net_session *session,
					  const struct policy *policy)
{
	const struct smtp_event *event = &session->event;

	switch ((int)event->type) {
	case SMTP_EVENT_CONNECT:
	case SMTP_EVENT_XCLIENT:
		return policy_connect(policy);
	case SMTP_EVENT_HELO:
		return policy_helo(policy, event->text);
	case SMTP_EVENT_MAIL:
		return policy_mail(policy, event->text, (size_t)event->size);
	case SMTP_EVENT_RCPT:
		return policy_rcpt(policy, event->text);
	case SMTP_EVENT_DATA:
		return policy_data(policy);
	default:
		return policy_end_of_data(policy, (size_t)event->size);
	}
}

/* Connect and HELO again, for the generation that is in force now. */
static struct policy_reply evaluate_again(struct net_session *session,
					  const struct policy *policy)
{
	struct policy_reply reply = policy_connect(policy);

	if (reply.verdict == POLICY_NEED || reply.code >= 400)
		return reply;
	if (session->helo != NULL) {
		reply = policy_helo(policy, session->helo);
		if (reply.verdict == POLICY_NEED || reply.code >= 400)
			return reply;
	}
	session->is_stale = false;
	return reply;
}

static struct policy_reply evaluate(struct net_session *session)
{
	bool is_session_wide = session->event.type == SMTP_EVENT_CONNECT ||
			       session->event.type == SMTP_EVENT_XCLIENT ||
			       session->event.type == SMTP_EVENT_HELO;
	struct rt_context ctx = net_context(session, is_session_wide || session->is_stale
							     ? session->arena
							     : session->trans);
	struct policy_answers answers = {net_answers_find, session};
	struct policy policy = {&ctx, session->service, &answers, &session->policy};

	if (session->is_stale && session->event.type == SMTP_EVENT_MAIL) {
		struct policy_reply reply = evaluate_again(session, &policy);

		if (session->is_stale)
			return reply;
		ctx.arena = session->trans;
	}
	return policy_refusal(&policy, evaluate_event(session, &policy));
}

static void on_answer(struct net_session *session, const struct dns_answer *answer)
{
	net_answers_add(session, answer);
	/* Answers that come while the questions are still being asked are seen
	 * by the loop of net_policy_run(). */
	if (session->waiting > 0 || session->is_working)
		return;
	net_policy_run(session);
	net_session_resume(session);
}

/* False: the questions are not new; nothing will change. */
static bool ask_all(struct net_session *session, const struct policy_reply *reply)
{
	bool was_working = session->is_working;
	bool is_new = false;
	size_t i;

	session->is_working = true;
	for (i = 0; i < reply->question_count; i++) {
		const struct policy_question *q = &reply->questions[i];
		enum dns_type type;

		if (net_answers_find(session, q->name, q->type) != NULL ||
		    !dns_type_parse(q->type, &type))
			continue;
		is_new = true;
		net_ask(session, arena_strdup(session->trans, q->name), type, on_answer);
	}
	session->is_working = was_working;
	return is_new;
}

void net_policy_run(struct net_session *session)
{
	struct policy_reply reply;

	if (session->trans == NULL)
		session->trans = arena_new(0);
	do {
		reply = evaluate(session);
		if (reply.verdict != POLICY_NEED)
			break;
		if (++session->rounds > NET_ROUNDS_MAX || !ask_all(session, &reply)) {
			log_warn("%s: questions without end", session->client);
			reply = cannot_tell;
			break;
		}
		if (session->waiting > 0)
			return;
	} while (true);
	session->rounds = 0;
	net_answer_with(session, &reply);
}
