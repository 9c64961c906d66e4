/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notices to senders, as messages of the queue itself. Failed targets are
 * first recorded as failed, then the notice is made durable, then they are
 * recorded as reported. The notice names them, so that after a crash between
 * the last two steps recovery completes the third: neither lost nor doubled.
 *
 * Nobody hears of messages from <>, and a notice comes from <>: there are no
 * bounces of bounces.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/log.h"
#include "base/status.h"
#include "mccd/dsn.h"
#include "mccd/queue.h"
#include "runtime/address.h"
#include "runtime/config.h"

struct notice {
	struct queue_active *active;
	enum dsn_kind kind;
	const char *sender; /* to whom */
	struct arena *arena;
	struct dsn_recipient *recipients;
	uint32_t *covers;
	size_t count;
};

static struct str read_content(const struct queue_active *active, struct arena *arena)
{
	const struct spool_message *m = active->message;
	size_t want = m->content_size > DSN_RETURN_MAX ? DSN_RETURN_MAX
						       : (size_t)m->content_size;
	char *buf = arena_alloc(arena, want + 1);
	size_t len;

	/* A notice without what cannot be read is better than none. */
	if (fs_read_some(active->fd, buf, want, (uint64_t)m->content_at, &len) != 0)
		len = 0;
	return (struct str){buf, len};
}

static void describe(struct notice *notice, size_t target)
{
	const struct spool_message *m = notice->active->message;
	const struct spool_target *t = &m->targets[target];
	struct str final = address_quote(notice->arena, str_of(queue_address_of(m, t)));
	struct str original =
		address_quote(notice->arena, str_of(m->recipients[t->recipient]));

	notice->recipients[notice->count] = (struct dsn_recipient){
		.final = str_dup0(notice->arena, final),
		.original = str_dup0(notice->arena, original),
		.status = t->dsn[0] ? t->dsn : "5.0.0",
		.text = t->text[0] ? t->text : "delivery expired",
		.remote = t->remote,
	};
	notice->covers[notice->count++] = (uint32_t)target;
}

/* Those of one state and one sender. */
static void collect(struct notice *notice, enum spool_target_state state)
{
	const struct spool_message *m = notice->active->message;

	notice->recipients = arena_array(notice->arena, m->target_count + 1,
					 sizeof(*notice->recipients));
	notice->covers =
		arena_array(notice->arena, m->target_count + 1, sizeof(*notice->covers));
	for (size_t i = 0; i < m->target_count; i++) {
		if (m->targets[i].state == state &&
		    strcmp(queue_sender_of(m, &m->targets[i]), notice->sender) == 0)
			describe(notice, i);
	}
}

static void fill_message(const struct notice *notice, const char *id, bool is_eight_bit,
			 struct spool_message *out)
{
	const char **recipient = arena_alloc(notice->arena, sizeof(*recipient));

	*recipient = notice->sender;
	*out = (struct spool_message){
		.arena = notice->arena,
		.id = id,
		.sender = "",
		.recipients = recipient,
		.recipient_count = 1,
		.client_address = "",
		.client_name = "",
		.helo = "",
		.eight_bit = is_eight_bit,
		.arrived = queue_wall(),
		.filter = "",
		.origin = notice->active->message->id,
		.covers = notice->covers,
		.cover_count = notice->kind == DSN_FAILED ? notice->count : 0,
	};
}

static int write_notice(const struct notice *notice, const char *id, size_t *out_size)
{
	struct queue_active *active = notice->active;
	const struct rt_settings *s = &active->generation->config->settings;
	struct schedule_policy policy = queue_policy(active->queue);
	struct str to = address_quote(notice->arena, str_of(notice->sender));
	struct dsn_request request = {
		.kind = notice->kind,
		.hostname = s->myhostname,
		.mail_name = s->mail_name,
		.id = id,
		.origin = active->message->id,
		.sender = str_dup0(notice->arena, to),
		.arrived = active->message->arrived,
		.now = queue_wall(),
		.recipients = notice->recipients,
		.recipient_count = notice->count,
		.content = read_content(active, notice->arena),
		.content_size = active->message->content_size,
	};
	struct spool_message message;
	struct strbuf text;
	bool is_eight_bit;
	int status = MCC_ETOOBIG;

	request.retry_until =
		request.now + policy.lifetime - queue_age(active->queue, active->entry);
	strbuf_init(&text, DSN_SIZE_MAX);
	dsn_write(&text, &request, &is_eight_bit);
	if (!text.failed) {
		fill_message(notice, id, is_eight_bit, &message);
		status = spool_create(active->queue->spool, &message, -1, 0,
				      strbuf_view(&text));
	}
	if (status == 0) {
		status = spool_sync(active->queue->spool);
		if (status != 0)
			(void)!spool_remove(active->queue->spool, id);
	}
	*out_size = text.len;
	strbuf_fini(&text);
	return status;
}

/* The notice on disk and scheduled; false: logged. */
static bool post(const struct notice *notice)
{
	struct queue *queue = notice->active->queue;
	const char *origin = notice->active->message->id;
	char id[SPOOL_ID_MAX + 1];
	struct queue_entry *entry;
	size_t size;
	int status;

	queue_make_id(queue, id);
	status = write_notice(notice, id, &size);
	if (status != 0) {
		log_error("%s: notice to the sender cannot be written: %s", origin,
			  mcc_status_text(status));
		return false;
	}
	log_info("%s: sender %s notification: %s", origin,
		 notice->kind == DSN_FAILED ? "non-delivery" : "delay", id);
	log_info("%s: from=<>, size=%zu, nrcpt=1 (queue active)", id, size);
	entry = queue_add(queue, id);
	if (!entry) {
		log_error("%s: no memory; waits for the next start", id);
		return true;
	}
	entry->is_verified = true;
	queue_schedule(queue, entry, 0);
	return true;
}

static bool is_silent(const struct queue_active *active, const char *sender)
{
	const char *own = active->generation->config->settings.double_bounce_sender;
	struct str local = address_local(str_of(sender));

	return sender[0] == '\0' || (own[0] && str_caseeqc(local, own));
}

static void mark_reported(struct queue_active *active, const char *sender)
{
	struct spool_message *m = active->message;

	for (size_t i = 0; i < m->target_count; i++) {
		if (m->targets[i].state != SPOOL_FAILED ||
		    strcmp(queue_sender_of(m, &m->targets[i]), sender) != 0)
			continue;
		m->targets[i].state = SPOOL_REPORTED;
		active->changed[i] = true;
	}
}

static bool post_to(struct queue_active *active, const char *sender, enum dsn_kind kind,
		    enum spool_target_state state)
{
	struct notice notice = {
		.active = active, .kind = kind, .sender = sender, .arena = arena_new(0)};
	bool ok;

	collect(&notice, state);
	ok = notice.count == 0 || post(&notice);
	arena_free(notice.arena);
	return ok;
}

bool queue_bounce(struct queue_active *active)
{
	struct spool_message *m = active->message;

	if (!queue_record(active, false))
		return false;
	for (size_t i = 0; i < m->target_count; i++) {
		const char *sender = queue_sender_of(m, &m->targets[i]);

		if (m->targets[i].state != SPOOL_FAILED)
			continue;
		if (is_silent(active, sender))
			log_warn("%s: undeliverable notice from <%s> dropped", m->id,
				 sender);
		else if (!post_to(active, sender, DSN_FAILED, SPOOL_FAILED))
			return false;
		mark_reported(active, sender);
	}
	return queue_record(active, false);
}

/* Recipients that cannot be expanded are not in it: they have no target. */
bool queue_warn(struct queue_active *active)
{
	struct spool_message *m = active->message;

	if (!is_silent(active, m->sender) &&
	    !post_to(active, m->sender, DSN_DELAYED, SPOOL_PENDING))
		return false;
	m->warned = true;
	return true;
}
