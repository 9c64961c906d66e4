/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Taking messages over from the network process. Each is written and synced
 * under its name as it comes; the folder is synced once for all that came in
 * one turn of the loop, and only then does anybody hear "on disk". The content
 * is copied out of the memfd with its length checked, so whatever the other
 * side does to it meanwhile, the file is whole.
 */
#include "mccd/queue.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/status.h"
#include "runtime/config.h"

static void answer(struct queue *queue, uint64_t id, enum wire_verdict verdict,
		   const char *text)
{
	struct wire_out out;

	wire_begin(&out, WIRE_SUBMITTED);
	wire_put_u64(&out, id);
	wire_put_u64(&out, verdict);
	wire_put_cstr(&out, text);
	if (peer_send(&queue->net, &out, -1) != 0)
		log_warn("an answer to net is lost");
}

static void refuse(struct queue *queue, uint64_t id, const char *queue_id, int status)
{
	const char *why = status == MCC_ENOSPC ? "insufficient system storage"
					       : mcc_status_text(status);

	log_warn("%s: not accepted: %s", queue_id, why);
	answer(queue, id, status == MCC_ENOSPC ? WIRE_NO_SPACE : WIRE_REFUSED, why);
}

static struct spool_message *message_of(struct arena *arena,
					const struct wire_submission *s)
{
	struct spool_message *message = arena_alloc(arena, sizeof(*message));
	size_t count = s->redirect[0] ? 1 : s->recipient_count;

	message->arena = arena;
	message->id = s->queue_id;
	message->sender = s->sender;
	message->recipients = arena_array(arena, count, sizeof(*message->recipients));
	message->recipient_count = count;
	for (size_t i = 0; i < count; i++)
		message->recipients[i] = s->redirect[0] ? s->redirect : s->recipients[i];
	message->client_address = s->client_address;
	message->client_name = s->client_name;
	message->helo = s->helo;
	message->eight_bit = s->eight_bit;
	message->hold = s->hold;
	message->filter = s->filter;
	message->unmapped = s->unmapped;
	message->arrived = queue_wall();
	message->origin = "";
	return message;
}

static int size_of(int fd, uint64_t *out_size)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return MCC_EINVAL;
	*out_size = (uint64_t)st.st_size;
	return 0;
}

static int store(struct queue *queue, const struct wire_submission *s, int fd,
		 struct queue_entry **out_entry)
{
	struct spool_message *message = message_of(queue->scratch, s);
	struct queue_entry *entry;
	uint64_t size;
	int status = size_of(fd, &size);

	if (status == 0 && queue_find(queue, s->queue_id))
		status = MCC_EEXIST;
	if (status == 0 && spool_space(queue->spool) < 2 * size + QUEUE_RESERVE_BYTES)
		status = MCC_ENOSPC;
	if (status == 0)
		status = spool_create(queue->spool, message, fd, size, STR_LIT(""));
	if (status != 0)
		return status;
	entry = queue_add(queue, s->queue_id);
	if (!entry) {
		(void)!spool_remove(queue->spool, s->queue_id);
		return MCC_ENOMEM;
	}
	entry->is_verified = true;
	entry->is_held = s->hold;
	log_info("%s: from=<%s>, size=%llu, nrcpt=%zu (%s)", s->queue_id, s->sender,
		 (unsigned long long)size, message->recipient_count,
		 s->hold ? "on hold" : "queue active");
	*out_entry = entry;
	return 0;
}

static bool is_acceptable(const struct wire_submission *s)
{
	if (!spool_id_is_valid(s->queue_id) || s->recipient_count == 0 ||
	    strlen(s->sender) > LIMIT_ADDRESS || strlen(s->redirect) > LIMIT_ADDRESS ||
	    strlen(s->filter) > LIMIT_ADDRESS || strlen(s->helo) > LIMIT_SMTP_COMMAND)
		return false;
	for (size_t i = 0; i < s->recipient_count; i++) {
		if (strlen(s->recipients[i]) > LIMIT_ADDRESS || !s->recipients[i][0])
			return false;
	}
	return true;
}

bool queue_on_submit(struct queue *queue, struct wire_in *in)
{
	struct queue_submission *slot = &queue->batch[queue->batch_count];
	struct queue_entry *entry = NULL;
	struct wire_submission s;
	uint64_t id;
	int status = 0;

	arena_reset(queue->scratch);
	id = wire_get_u64(in);
	if (!wire_get_submission(in, queue->scratch, &s) || !wire_end(in))
		return false;
	if (!is_acceptable(&s)) {
		refuse(queue, id, "?", MCC_EINVAL);
		return true;
	}
	if (s.discard)
		log_info("%s: from=<%s>, nrcpt=%zu: discarded", s.queue_id, s.sender,
			 s.recipient_count);
	else
		status = queue->is_stopping ? MCC_EUNAVAIL
					    : store(queue, &s, in->fd, &entry);
	if (status != 0) {
		refuse(queue, id, s.queue_id, status);
		return true;
	}
	*slot = (struct queue_submission){id, entry};
	if (++queue->batch_count == QUEUE_BATCH_MAX)
		queue_commit(queue);
	return true;
}

static void reject_batch(struct queue *queue, int status)
{
	for (size_t i = 0; i < queue->batch_count; i++) {
		struct queue_submission *s = &queue->batch[i];

		if (!s->entry) {
			answer(queue, s->id, WIRE_STORED, "discarded");
			continue;
		}
		refuse(queue, s->id, s->entry->id, status);
		(void)!spool_remove(queue->spool, s->entry->id);
		queue_forget(queue, s->entry);
	}
	queue->batch_count = 0;
}

void queue_commit(struct queue *queue)
{
	int status;

	if (queue->batch_count == 0)
		return;
	status = spool_sync(queue->spool);
	if (status != 0) {
		reject_batch(queue, status);
		return;
	}
	for (size_t i = 0; i < queue->batch_count; i++) {
		struct queue_submission *s = &queue->batch[i];

		answer(queue, s->id, WIRE_STORED, s->entry ? s->entry->id : "discarded");
		if (s->entry)
			queue_schedule(queue, s->entry, 0);
	}
	queue->batch_count = 0;
}
