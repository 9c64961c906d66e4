/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the SMTP machine's events to answers: which ones the policy decides,
 * what is remembered when it accepts, how a refusal is logged.
 */
#include "mccd/net.h"

#include <string.h>

#include "base/arena.h"
#include "base/log.h"

enum { LOG_FIELD_MAX = 256 };

void net_answer(struct net_session *session, int code, const char *dsn, const char *text)
{
	const struct smtp_answer answer = {code, dsn, text, code == 421 || code == 521};

	smtp_answer(&session->smtp, &answer);
}

static const char *stage_name(enum smtp_event_type type)
{
	switch ((int)type) {
	case SMTP_EVENT_CONNECT:
	case SMTP_EVENT_XCLIENT:
		return "CONNECT";
	case SMTP_EVENT_HELO:
		return "HELO";
	case SMTP_EVENT_MAIL:
		return "MAIL";
	case SMTP_EVENT_RCPT:
		return "RCPT";
	case SMTP_EVENT_DATA:
		return "DATA";
	default:
		return "END-OF-MESSAGE";
	}
}

/* Worded as smtpd's, for the log tools that read those. */
static void log_refusal(const struct net_session *session,
			const struct policy_reply *reply)
{
	char from[LOG_FIELD_MAX];
	char to[LOG_FIELD_MAX];
	char helo[LOG_FIELD_MAX];
	char text[2 * LOG_FIELD_MAX];
	bool is_rcpt = session->event.type == SMTP_EVENT_RCPT;
	const char *id = session->message.queue_id;

	log_info("%s: reject: %s from %s: %d %s%s%s; from=<%s> to=<%s> proto=%s "
		 "helo=<%s> by=%s:%u",
		 id[0] != '\0' ? id : "NOQUEUE", stage_name(session->event.type),
		 session->client, reply->code, reply->dsn ? reply->dsn : "",
		 reply->dsn ? " " : "",
		 log_clean(str_of(reply->text), text, sizeof(text)),
		 log_clean(str_of(session->policy.sender), from, sizeof(from)),
		 log_clean(str_of(is_rcpt ? session->event.text : ""), to, sizeof(to)),
		 session->smtp.is_esmtp ? "ESMTP" : "SMTP",
		 log_clean(str_of(session->helo), helo, sizeof(helo)),
		 reply->decided_by.file ? reply->decided_by.file : "-",
		 reply->decided_by.line);
}

static void refuse(struct net_session *session, const struct policy_reply *reply)
{
	const struct smtp_answer answer = {reply->code, reply->dsn, reply->text,
					   reply->hangup};
	enum smtp_event_type type = session->event.type;

	log_refusal(session, reply);
	smtp_answer(&session->smtp, &answer);
	if (type == SMTP_EVENT_MAIL || type == SMTP_EVENT_END)
		net_transaction_reset(session);
}

static void accept_mail(struct net_session *session)
{
	struct net_message *m = &session->message;

	m->sender = session->event.text;
	m->eight_bit = session->event.eight_bit;
	session->policy.sender = session->event.text;
	session->policy.message_size = (size_t)session->event.size;
	net_answer(session, 250, "2.1.0", "Ok");
}

static void accept_rcpt(struct net_session *session)
{
	if (!net_message_add_recipient(session, session->event.text)) {
		net_answer(session, 452, "4.5.3", "Error: too many recipients");
		return;
	}
	session->policy.recipient_count = session->message.recipient_count;
	net_answer(session, 250, "2.1.5", "Ok");
}

static void accept_data(struct net_session *session)
{
	if (net_message_begin(session))
		net_answer(session, 354, NULL, "End data with <CR><LF>.<CR><LF>");
	else
		net_answer(session, 451, "4.3.0", "Error: queue file write error");
}

static void accept_helo(struct net_session *session)
{
	session->helo = session->event.text;
	session->policy.helo = session->helo;
	net_answer(session, 250, NULL, session->smtp.params.hostname);
}

/* Who talks before the greeting does not wait for any answer: a spam engine. */
static void greet(struct net_session *session)
{
	char byte;

	if (recv(session->watch.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1) {
		log_info("early talker: %s", session->client);
		smtp_too_early(&session->smtp);
		return;
	}
	net_answer(session, 220, NULL, session->service->settings->smtpd_banner);
}

/* The policy has decided session->event. */
void net_answer_with(struct net_session *session, const struct policy_reply *reply)
{
	if (reply->code >= 400) {
		refuse(session, reply);
		return;
	}
	switch ((int)session->event.type) {
	case SMTP_EVENT_CONNECT:
		greet(session);
		break;
	case SMTP_EVENT_XCLIENT:
		net_answer(session, 220, NULL, session->service->settings->smtpd_banner);
		break;
	case SMTP_EVENT_HELO:
		accept_helo(session);
		break;
	case SMTP_EVENT_MAIL:
		accept_mail(session);
		break;
	case SMTP_EVENT_RCPT:
		accept_rcpt(session);
		break;
	case SMTP_EVENT_DATA:
		accept_data(session);
		break;
	default:
		net_message_submit(session);
		break;
	}
}

void net_transaction_reset(struct net_session *session)
{
	net_message_drop(session);
	policy_reset_transaction(&session->policy);
	session->policy.sender = NULL;
	session->policy.message_size = 0;
	session->policy.recipient_count = 0;
	session->answers = NULL;
	if (session->trans != NULL)
		arena_reset(session->trans);
}

static void begin_mail(struct net_session *session)
{
	if (session->net->content_bytes > NET_CONTENT_MAX) {
		net_answer(session, 452, "4.3.1", "Insufficient system storage");
		return;
	}
	net_policy_run(session);
}

void net_event(struct net_session *session, const struct smtp_event *event)
{
	session->event = *event;
	session->rounds = 0;
	switch ((int)event->type) {
	case SMTP_EVENT_CONTENT:
		net_message_content(session, event->chunk);
		break;
	case SMTP_EVENT_RESET:
		net_transaction_reset(session);
		break;
	case SMTP_EVENT_MAIL:
		begin_mail(session);
		break;
	case SMTP_EVENT_HELO:
		/* RFC 5321 4.1.4: as RSET. The name was parsed into the arena
		 * that the reset empties. */
		session->event.text = arena_strdup(session->arena, event->text);
		net_transaction_reset(session);
		net_policy_run(session);
		break;
	case SMTP_EVENT_XCLIENT:
		net_client_xclient(session, &event->xclient);
		net_transaction_reset(session);
		net_policy_run(session);
		break;
	default:
		net_policy_run(session);
		break;
	}
}
