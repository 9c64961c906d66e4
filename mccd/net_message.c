/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One message on its way from the client to the queue: the content collects in
 * a memfd (net_content.c), is sealed so that nobody can change it any more, and
 * goes to the queue by descriptor. The client gets its 250
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
	net_content_begin(session);
	log_info("%s: client=%s", m->queue_id, session->client);
	return true;
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

static bool is_unmapped(const struct rt_settings *settings)
{
	const struct rt_words *words = &settings->receive_override_options;

	for (size_t i = 0; i < words->count; i++) {
		if (strcmp(words->words[i], "no_address_mappings") == 0)
			return true;
	}
	return false;
}

const char *net_message_sender(struct net_session *session)
{
	struct rt_context ctx = net_context(session, session->trans);
	struct str sender;

	if (!rt_rewrite_sender(&ctx, str_of(session->message.sender), &sender))
		return NULL;
	return str_dup0(session->trans, sender);
}

static int send_submission(struct net_session *session)
{
	struct net *net = session->net;
	struct net_message *m = &session->message;
	const struct policy_session *p = &session->policy;
	const struct rt_settings *settings = session->service->settings;
	struct wire_submission s = {.client_address = p->client_address,
				    .client_name = p->client_name,
				    .helo = session->smtp.helo,
				    .queue_id = m->queue_id,
				    .eight_bit = m->eight_bit,
				    .hold = p->hold,
				    .discard = p->discard,
				    .redirect = p->redirect,
				    .filter = p->filter ? p->filter
							: settings->content_filter,
				    .unmapped = is_unmapped(settings)};
	struct wire_out out;

	s.sender = net_message_sender(session);
	if (!s.sender)
		return MCC_EUNAVAIL;
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
	if (!net_content_end(session)) {
		net_answer(session, 552, "5.3.4", "Error: message header is too long");
		net_transaction_reset(session);
		return;
	}
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
	strbuf_fini(&m->head);
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
