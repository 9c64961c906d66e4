/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One message on its way from the client to the queue: the content collects in
 * a memfd with our Received header on top, is sealed so that nobody can change
 * it any more, and goes to the queue by descriptor. The client gets its 250
 * only when the queue has said that the message is on disk.
 */
#include "mccd/net.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/status.h"
#include "runtime/address.h"

static const char no_space[] = "Error: insufficient system storage";
static const char write_error[] = "Error: queue file write error";

/* Time, then what two messages of one microsecond or two processes differ in. */
static void make_queue_id(struct net *net, char *out, size_t size)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	net->last_id = (net->last_id + 1) & 0xfff;
	(void)snprintf(out, size, "%08llX%05lX%03X%03X", (unsigned long long)now.tv_sec,
		       now.tv_nsec / 1000, net->last_id, net->id_salt & 0xfff);
}

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
static bool write_top(struct net_session *session)
{
	const struct policy_session *p = &session->policy;
	struct strbuf top;
	bool is_good;
	size_t i;

	strbuf_init(&top, 1 << 20);
	for (i = 0; i < p->prepend_count; i++) {
		strbuf_adds(&top, p->prepend[i]);
		strbuf_addc(&top, '\n');
	}
	add_received(&top, session);
	is_good = !top.failed && fs_write_all(session->message.fd, top.ptr, top.len) == 0;
	strbuf_fini(&top);
	return is_good;
}

/* False: no room; the client may try again. */
bool net_message_begin(struct net_session *session)
{
	struct net_message *m = &session->message;

	make_queue_id(session->net, m->queue_id, sizeof(m->queue_id));
	m->fd = memfd_create("mccd-message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (m->fd < 0) {
		log_write_errno(LOG_LEVEL_WARN, "memfd");
		return false;
	}
	m->has_failed = !write_top(session);
	log_info("%s: client=%s", m->queue_id, session->client);
	return true;
}

void net_message_content(struct net_session *session, struct str chunk)
{
	struct net_message *m = &session->message;

	if (m->has_failed || chunk.len == 0)
		return;
	if (fs_write_all(m->fd, chunk.ptr, chunk.len) != 0) {
		m->has_failed = true;
		return;
	}
	m->bytes += chunk.len;
	session->net->content_bytes += chunk.len;
}

/* False: no more will fit into the packet to the queue. */
bool net_message_add_recipient(struct net_session *session, const char *recipient)
{
	struct net_message *m = &session->message;
	struct str rewritten = address_rewrite(session->trans, session->service->settings,
					       str_of(recipient));
	const char **slot;
	size_t i;

	for (i = 0; i < m->recipient_count; i++)
		if (str_eqc(rewritten, m->recipients[i]))
			return true;
	/* More than the reader of a submission takes would end the link. */
	if (m->recipient_count >= WIRE_RECIPIENTS_MAX ||
	    m->recipient_bytes + rewritten.len + 16 > NET_RECIPIENT_BYTES_MAX)
		return false;
	slot = arena_push(session->trans, &m->recipients, m->recipient_count,
			  &m->recipient_cap, sizeof(*slot));
	*slot = str_dup0(session->trans, rewritten);
	m->recipient_count++;
	m->recipient_bytes += rewritten.len + 16;
	return true;
}

static void add_bcc(struct net_session *session)
{
	const struct policy_session *p = &session->policy;
	size_t i;

	for (i = 0; i < p->bcc_count && i < LIMIT_RECIPIENTS; i++)
		if (!net_message_add_recipient(session, p->bcc[i]))
			log_warn("%s: no room for BCC", session->message.queue_id);
}

static void add_submitter(struct net_session *session, uint64_t id)
{
	struct net_session **bucket = &session->net->submitters[id % NET_BUCKETS];

	session->message.submit_id = id;
	session->submit_next = *bucket;
	*bucket = session;
}

static void remove_submitter(struct net_session *session)
{
	uint64_t id = session->message.submit_id;
	struct net_session **at = &session->net->submitters[id % NET_BUCKETS];

	if (id == 0)
		return;
	while (*at != session)
		at = &(*at)->submit_next;
	*at = session->submit_next;
	session->message.submit_id = 0;
}

static int send_submission(struct net_session *session)
{
	struct net *net = session->net;
	struct net_message *m = &session->message;
	const struct policy_session *p = &session->policy;
	struct str sender = str_of(m->sender);
	struct wire_submission s = {.client_address = p->client_address,
				    .client_name = p->client_name,
				    .helo = session->smtp.helo,
				    .queue_id = m->queue_id,
				    .eight_bit = m->eight_bit,
				    .hold = p->hold,
				    .discard = p->discard,
				    .redirect = p->redirect};
	struct wire_out out;

	if (sender.len > 0)
		sender = address_rewrite(session->trans, session->service->settings,
					 sender);
	s.sender = str_dup0(session->trans, sender);
	s.recipients = m->recipients;
	s.recipient_count = m->recipient_count;
	add_submitter(session, ++net->last_submit);
	wire_begin(&out, WIRE_SUBMIT);
	wire_put_u64(&out, m->submit_id);
	wire_put_submission(&out, &s);
	return peer_send(&net->queue, &out, m->fd);
}

void net_message_submit(struct net_session *session)
{
	struct net_message *m = &session->message;
	int status = 0;

	add_bcc(session);
	if (m->has_failed) {
		net_answer(session, 452, "4.3.1", no_space);
		net_transaction_reset(session);
		return;
	}
	if (fcntl(m->fd, F_ADD_SEALS,
		  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0 ||
	    lseek(m->fd, 0, SEEK_SET) != 0)
		status = mcc_status_from_errno(errno);
	if (status == 0)
		status = send_submission(session);
	if (status == 0)
		return;
	log_warn("%s: queue: %s", m->queue_id, mcc_status_text(status));
	net_answer(session, 451, "4.3.0", write_error);
	net_transaction_reset(session);
}

void net_message_drop(struct net_session *session)
{
	struct net_message *m = &session->message;

	remove_submitter(session);
	if (m->fd >= 0)
		close(m->fd);
	session->net->content_bytes -= m->bytes;
	*m = (struct net_message){.fd = -1};
}

/* ---- the queue's answers ---- */

static struct net_session *find_submitter(struct net *net, uint64_t id)
{
	struct net_session *session = net->submitters[id % NET_BUCKETS];

	while (session != NULL && session->message.submit_id != id)
		session = session->submit_next;
	return session;
}

static void finish(struct net_session *session, enum wire_verdict verdict)
{
	struct arena *arena = session->trans;
	const char *id = arena_strdup(arena, session->message.queue_id);

	if (verdict == WIRE_STORED)
		net_answer(session, 250, "2.0.0",
			   arena_printf(arena, "Ok: queued as %s", id));
	else if (verdict == WIRE_NO_SPACE)
		net_answer(session, 452, "4.3.1", no_space);
	else
		net_answer(session, 451, "4.3.0", write_error);
	net_transaction_reset(session);
	net_session_resume(session);
}

bool net_on_submitted(struct net *net, struct wire_in *in)
{
	uint64_t id = wire_get_u64(in);
	uint64_t verdict = wire_get_u64(in);
	struct str text = wire_get_str(in);
	struct net_session *session;
	char reason[256];

	if (!wire_end(in) || verdict > WIRE_NO_SPACE || id == 0)
		return false;
	session = find_submitter(net, id);
	if (session == NULL)
		return true; /* the client has gone meanwhile */
	if (verdict != WIRE_STORED)
		log_warn("%s: queue: %s", session->message.queue_id,
			 log_clean(text, reason, sizeof(reason)));
	finish(session, (enum wire_verdict)verdict);
	return true;
}

void net_on_queue_gone(struct net *net)
{
	struct net_session *session = net->sessions;

	while (session != NULL) {
		struct net_session *next = session->next;

		if (session->message.submit_id != 0)
			finish(session, WIRE_REFUSED);
		session = next;
	}
}
