/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operator's commands. Every answer is text; a long one goes in pieces.
 * Messages are read from disk for it one at a time.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/log.h"
#include "base/status.h"
#include "mccd/dsn.h"
#include "mccd/queue.h"

/* One packet of an answer. */
#define PIECE_MAX 60000
/* Exit statuses of the command. */
enum { CONTROL_OK = 0, CONTROL_NOT_FOUND = 1, CONTROL_USAGE = 2, CONTROL_FAILED = 3 };

struct answer {
	struct queue *queue;
	uint64_t id;
	struct strbuf text;
	size_t messages;
	bool failed;
};

static void send_piece(struct answer *a, uint64_t status, bool more)
{
	struct wire_out out;

	wire_begin(&out, WIRE_CONTROL_REPLY);
	wire_put_u64(&out, a->id);
	wire_put_u64(&out, status);
	wire_put_str(&out, strbuf_view(&a->text));
	wire_put_u64(&out, more);
	a->failed = a->failed || peer_send(&a->queue->child.parent, &out, -1) != 0;
	strbuf_clear(&a->text);
}

static void finish(struct answer *a, uint64_t status, const char *text)
{
	strbuf_adds(&a->text, text);
	send_piece(a, status, false);
	strbuf_fini(&a->text);
}

/* ---- list and show ---- */

static void put_address(struct strbuf *out, const char *address)
{
	char clean[1100];

	strbuf_adds(out, log_clean(str_of(address), clean, sizeof(clean)));
}

static const char *state_of(const struct queue_entry *entry)
{
	return entry->is_held ? "hold" : entry->active ? "active" : "deferred";
}

static void put_pending(struct strbuf *out, const struct spool_message *m)
{
	for (size_t i = 0; i < m->recipient_count; i++) {
		if (m->has_targets[i])
			continue;
		strbuf_adds(out, "    ");
		put_address(out, m->recipients[i]);
		strbuf_adds(out, "\n");
	}
	for (size_t i = 0; i < m->target_count; i++) {
		const struct spool_target *t = &m->targets[i];

		if (t->state != SPOOL_PENDING)
			continue;
		strbuf_adds(out, "    ");
		put_address(out, t->address);
		if (t->text[0]) {
			strbuf_adds(out, "  (");
			put_address(out, t->text);
			strbuf_adds(out, ")");
		}
		strbuf_adds(out, "\n");
	}
}

static struct spool_message *read_message(struct queue *queue, const char *id)
{
	struct spool_message *message;
	char err[200];

	arena_reset(queue->scratch);
	if (spool_load(queue->spool, queue->scratch, id, &message, NULL, err,
		       sizeof(err)) != 0)
		return NULL;
	return message;
}

static void list_one(struct queue_entry *entry, void *arg)
{
	struct answer *a = arg;
	struct spool_message *m = read_message(a->queue, entry->id);
	char date[DSN_DATE_SIZE];

	if (!m || a->failed)
		return;
	dsn_date(m->arrived, date);
	strbuf_addf(&a->text, "%s %s %" PRIu64 " %s <", entry->id, state_of(entry),
		    m->content_size, date);
	put_address(&a->text, m->sender);
	strbuf_adds(&a->text, ">\n");
	put_pending(&a->text, m);
	a->messages++;
	if (a->text.len > PIECE_MAX)
		send_piece(a, CONTROL_OK, true);
}

static void do_list(struct answer *a, struct queue_entry *entry)
{
	char text[64];

	(void)entry;
	queue_each(a->queue, list_one, a);
	snprintf(text, sizeof(text), "%zu message%s in the queue\n", a->messages,
		 a->messages == 1 ? "" : "s");
	finish(a, CONTROL_OK, text);
}

static void put_envelope(struct answer *a, const struct queue_entry *entry,
			 const struct spool_message *m)
{
	char date[DSN_DATE_SIZE];

	dsn_date(m->arrived, date);
	strbuf_addf(&a->text, "id: %s\nstate: %s\narrived: %s\nsender: <", m->id,
		    state_of(entry), date);
	put_address(&a->text, m->sender);
	strbuf_addf(&a->text, ">\nsize: %" PRIu64 "\nattempts: %u\n", m->content_size,
		    m->attempts);
	if (!entry->is_held && m->next_try) {
		dsn_date(m->next_try, date);
		strbuf_addf(&a->text, "next try: %s\n", date);
	}
	strbuf_adds(&a->text, "pending:\n");
	put_pending(&a->text, m);
	strbuf_adds(&a->text, "content:\n");
}

static void do_show(struct answer *a, struct queue_entry *entry)
{
	struct spool_message *m = read_message(a->queue, entry->id);
	char buf[32768];
	uint64_t at = 0;
	int fd;

	if (!m || spool_open_content(a->queue->spool, entry->id, &fd) != 0) {
		finish(a, CONTROL_FAILED, "cannot be read\n");
		return;
	}
	put_envelope(a, entry, m);
	while (at < m->content_size && !a->failed) {
		uint64_t left = m->content_size - at;
		size_t n = left < sizeof(buf) ? (size_t)left : sizeof(buf);

		if (fs_read_at(fd, buf, n, (uint64_t)m->content_at + at) != 0)
			break;
		send_piece(a, CONTROL_OK, true);
		strbuf_add(&a->text, buf, n);
		at += n;
	}
	close(fd);
	finish(a, CONTROL_OK, "");
}

/* ---- changes ---- */

static void flush_one(struct queue_entry *entry, void *arg)
{
	struct answer *a = arg;

	if (entry->is_held)
		return;
	if (entry->active)
		entry->is_again = true;
	else
		queue_schedule(a->queue, entry, 0);
	a->messages++;
}

static void do_flush(struct answer *a, struct queue_entry *entry)
{
	char text[64];

	(void)entry;
	queue_forgive(a->queue);
	queue_each(a->queue, flush_one, a);
	snprintf(text, sizeof(text), "%zu message%s scheduled\n", a->messages,
		 a->messages == 1 ? "" : "s");
	finish(a, CONTROL_OK, text);
}

/* Hold is kept on disk; an active message records it when its attempt ends. */
static bool record_hold(struct queue *queue, struct queue_entry *entry)
{
	struct spool_record record;
	struct spool_message *m;
	char err[200];
	int status;
	int fd;

	arena_reset(queue->scratch);
	if (spool_load(queue->spool, queue->scratch, entry->id, &m, &fd, err,
		       sizeof(err)) != 0)
		return false;
	m->hold = entry->is_held;
	m->age = queue_age(queue, entry);
	m->recorded = queue_wall();
	spool_record_init(&record);
	spool_add_state(&record, m);
	status = spool_flush(queue->spool, fd, m, &record);
	close(fd);
	return status == 0;
}

static void set_hold(struct answer *a, struct queue_entry *entry, bool hold)
{
	entry->is_held = hold;
	if (!entry->active && !record_hold(a->queue, entry)) {
		entry->is_held = !hold;
		finish(a, CONTROL_FAILED, "cannot be recorded\n");
		return;
	}
	if (hold)
		timer_clear(&a->queue->due, &entry->due);
	else if (!entry->active)
		queue_schedule(a->queue, entry, 0);
	log_info("%s: %s", entry->id, hold ? "placed on hold" : "released from hold");
	finish(a, CONTROL_OK, "");
}

static void do_hold(struct answer *a, struct queue_entry *entry)
{
	set_hold(a, entry, true);
}

static void do_release(struct answer *a, struct queue_entry *entry)
{
	if (entry->is_held)
		set_hold(a, entry, false);
	else
		finish(a, CONTROL_NOT_FOUND, "is not on hold\n");
}

static void do_delete(struct answer *a, struct queue_entry *entry)
{
	int status;

	if (entry->active) {
		entry->is_deleted = true;
		finish(a, CONTROL_OK, "is being delivered; goes after this attempt\n");
		return;
	}
	status = spool_remove(a->queue->spool, entry->id);
	if (status != 0 && status != MCC_ENOENT) {
		finish(a, CONTROL_FAILED, "cannot be removed\n");
		return;
	}
	log_info("%s: removed by the operator", entry->id);
	queue_forget(a->queue, entry);
	finish(a, CONTROL_OK, "");
}

struct command {
	const char *name;
	bool wants_id;
	void (*run)(struct answer *a, struct queue_entry *entry);
};

static const struct command commands[] = {
	{"list", false, do_list},      {"show", true, do_show},
	{"flush", false, do_flush},    {"hold", true, do_hold},
	{"release", true, do_release}, {"delete", true, do_delete},
};

static void run(struct answer *a, const struct command *command, struct str argument)
{
	struct queue_entry *entry = NULL;
	/* One more than an id may have: what is longer is none. */
	char id[SPOOL_ID_MAX + 2];

	if (command->wants_id) {
		snprintf(id, sizeof(id), "%.*s",
			 (int)(argument.len < sizeof(id) ? argument.len : sizeof(id) - 1),
			 argument.ptr);
		entry = queue_find(a->queue, id);
		if (!entry) {
			finish(a, CONTROL_NOT_FOUND, "no such message\n");
			return;
		}
	}
	command->run(a, entry);
}

bool queue_on_control(struct queue *queue, struct wire_in *in)
{
	struct answer a = {.queue = queue};
	struct str command;
	struct str argument;

	a.id = wire_get_u64(in);
	command = wire_get_str(in);
	argument = wire_get_str(in);
	if (!wire_end(in))
		return false;
	strbuf_init(&a.text, WIRE_PACKET_MAX / 2);
	for (size_t i = 0; i < array_len(commands); i++) {
		if (str_eqc(command, commands[i].name)) {
			run(&a, &commands[i], argument);
			return true;
		}
	}
	finish(&a, CONTROL_USAGE, "unknown command\n");
	return true;
}
