/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text of a message as it comes: our Received on top, then the header
 * section, which is held back until it is whole and then written as cleanup(8)
 * would, then the body as it is.
 */
#include "mccd/net.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/log.h"
#include "mccd/header.h"
#include "runtime/address.h"
#include "runtime/resolve_find.h"

static void add_date(struct strbuf *out)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed",
					   "Thu", "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t now = time(NULL);
	struct tm tm;
	long offset;

	(void)localtime_r(&now, &tm);
	offset = tm.tm_gmtoff / 60;
	strbuf_addf(out, "%s, %d %s %d %02d:%02d:%02d %c%02ld%02ld (%s)",
		    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
		    tm.tm_hour, tm.tm_min, tm.tm_sec, offset < 0 ? '-' : '+',
		    labs(offset) / 60, labs(offset) % 60, tm.tm_zone);
}

/* RFC 5321 4.4, in the form that smtpd writes. */
static void add_received(struct strbuf *out, const struct net_session *session)
{
	const struct rt_settings *settings = session->service->settings;
	const struct policy_session *p = &session->policy;
	const struct net_message *m = &session->message;
	const struct smtp *smtp = &session->smtp;
	bool is_v6 = strchr(p->client_address, ':') != NULL;
	const char *protocol = !smtp->is_esmtp	      ? "SMTP"
			       : p->sasl_user != NULL ? "ESMTPA"
						      : "ESMTP";

	strbuf_addf(out, "Received: from %s (%s [%s%s])\n",
		    smtp->has_helo ? smtp->helo : p->client_name, p->client_name,
		    is_v6 ? "IPv6:" : "", p->client_address);
	strbuf_addf(out, "\tby %s (%s) with %s id %s", settings->myhostname,
		    settings->mail_name, protocol, m->queue_id);
	if (m->recipient_count == 1) {
		struct str quoted =
			address_quote(session->trans, str_of(m->recipients[0]));

		strbuf_addf(out, "\n\tfor <%.*s>; ", STR_ARG(quoted));
	} else {
		/* Recipients do not learn of one another. */
		strbuf_adds(out, ";\n\t");
	}
	add_date(out);
	strbuf_addc(out, '\n');
}

/* The lines above what the client sends. PREPEND comes first, as in smtpd. */
void net_content_begin(struct net_session *session)
{
	const struct policy_session *p = &session->policy;
	struct strbuf top;
	size_t i;

	strbuf_init(&session->message.head, NET_HEAD_MAX);
	strbuf_init(&top, 1 << 20);
	for (i = 0; i < p->prepend_count; i++) {
		strbuf_adds(&top, p->prepend[i]);
		strbuf_addc(&top, '\n');
	}
	add_received(&top, session);
	session->message.has_failed =
		top.failed || fs_write_all(session->message.fd, top.ptr, top.len) != 0;
	strbuf_fini(&top);
}

/* ---- the header section ---- */

/* One of local_header_rewrite_clients. */
static bool is_local_client(struct net_session *session, const struct rt_context *ctx)
{
	const struct rt_words *words = &ctx->settings->local_header_rewrite_clients;
	const struct policy_session *p = &session->policy;
	struct str address = str_of(p->client_address);

	for (size_t i = 0; i < words->count; i++) {
		const char *word = words->words[i];

		if ((strcmp(word, "permit_inet_interfaces") == 0 &&
		     rt_address_is_interface(ctx, address)) ||
		    (strcmp(word, "permit_sasl_authenticated") == 0 &&
		     p->sasl_user != NULL) ||
		    (strcmp(word, "permit_mynetworks") == 0 &&
		     rt_match_host(ctx, &ctx->settings->mynetworks,
				   str_of(p->client_name), address) == RT_FOUND))
			return true;
	}
	return false;
}

static void write_bytes(struct net_session *session, struct str bytes)
{
	struct net_message *m = &session->message;

	if (m->has_failed || bytes.len == 0)
		return;
	if (fs_write_all(m->fd, bytes.ptr, bytes.len) != 0) {
		m->has_failed = true;
		return;
	}
	m->bytes += bytes.len;
	session->net->content_bytes += bytes.len;
}

/* Writes the section that ends at m->head_at, and what came behind it. */
static void write_head(struct net_session *session, bool has_blank)
{
	struct net_message *m = &session->message;
	struct rt_context ctx = net_context(session, session->trans);
	const char *sender = net_message_sender(session);
	struct strbuf out;
	struct strbuf date;
	/* Without a sender the message is refused at its end. */
	struct header_job job = {.ctx = &ctx,
				 .is_local = is_local_client(session, &ctx),
				 .sender = sender ? sender : m->sender,
				 .id = m->queue_id};

	strbuf_init(&date, 100);
	add_date(&date);
	strbuf_addc(&date, '\0');
	job.date = date.failed ? "" : date.ptr;
	/* Rewriting may make addresses longer. */
	strbuf_init(&out, 8 * NET_HEAD_MAX);
	header_rewrite(&job, str_slice(strbuf_view(&m->head), 0, m->head_at), has_blank,
		       &out);
	m->has_failed = m->has_failed || out.failed;
	write_bytes(session, strbuf_view(&out));
	write_bytes(session, str_slice(strbuf_view(&m->head), m->head_at, m->head.len));
	strbuf_fini(&out);
	strbuf_fini(&date);
	strbuf_fini(&m->head);
	m->has_head = true;
}

void net_message_content(struct net_session *session, struct str chunk)
{
	struct net_message *m = &session->message;

	if (m->has_head) {
		write_bytes(session, chunk);
		return;
	}
	strbuf_addstr(&m->head, chunk);
	if (!m->head.failed && header_find_end(strbuf_view(&m->head), &m->head_at))
		write_head(session, m->head.ptr[m->head_at] == '\n');
}

bool net_content_end(struct net_session *session)
{
	struct net_message *m = &session->message;

	if (m->has_head)
		return true;
	if (m->head.failed)
		return false;
	write_head(session, true);
	return true;
}
