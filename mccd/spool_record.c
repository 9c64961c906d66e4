/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The records behind a message's content. What is written at once is one
 * record B with one checksum, so a torn write counts as none; in it stand
 *
 *	E	what one recipient became (all of its targets)
 *	R	one result and the targets that had it
 *	T	attempts, next try, age, hold, warning
 *
 * Only the last B can be torn, because the one before it was synced: bad bytes
 * with a good B behind them are damage.
 */
#include "mccd/spool.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "mccd/spool_field.h"

/* Targets of all recipients of one message. */
#define TARGETS_MAX ((size_t)LIMIT_ALIAS_MEMBERS * 10)
/* Texts of results: a reply of several lines, shortened by the client. */
#define RESULT_TEXT_MAX 4096

/* ---- writing ---- */

void spool_record_init(struct spool_record *record)
{
	strbuf_init(&record->buf, SPOOL_RECORDS_MAX);
}

static void put_target(struct strbuf *fields, const struct spool_target *target)
{
	field_putn(fields, 'k', target->kind);
	field_putn(fields, 's', target->state);
	field_puts(fields, 'o', target->owner);
	field_puts(fields, 'p', target->transport);
	field_puts(fields, 'n', target->nexthop);
	field_puts(fields, 'd', target->dsn);
	field_puts(fields, 't', target->text);
	field_puts(fields, 'a', target->address);
}

void spool_add_targets(struct spool_record *record, const struct spool_message *message,
		       size_t recipient, size_t from, size_t count)
{
	struct strbuf fields;

	strbuf_init(&fields, SPOOL_RECORDS_MAX);
	field_putn(&fields, 'r', (int64_t)recipient);
	for (size_t i = from; i < from + count; i++)
		put_target(&fields, &message->targets[i]);
	record->buf.failed = record->buf.failed || fields.failed;
	field_put(&record->buf, 'E', strbuf_view(&fields));
	strbuf_fini(&fields);
}

static bool is_same_result(const struct spool_target *a, const struct spool_target *b)
{
	return a->state == b->state && strcmp(a->dsn, b->dsn) == 0 &&
	       strcmp(a->text, b->text) == 0 && strcmp(a->remote, b->remote) == 0;
}

/* "0-4,7,9-12": the changed targets from `first` on with the result of `first`. */
static void put_indexes(struct strbuf *out, const struct spool_message *message,
			const bool *changed, size_t first, bool *written)
{
	for (size_t i = first; i < message->target_count; i++) {
		size_t end = i;

		while (end < message->target_count && changed[end] && !written[end] &&
		       is_same_result(&message->targets[end], &message->targets[first]))
			written[end++] = true;
		if (end == i)
			continue;
		strbuf_addf(out, "%s%zu-%zu", out->len > 0 ? "," : "", i, end - 1);
		i = end - 1;
	}
}

static void put_result(struct spool_record *record, const struct spool_target *target,
		       struct str indexes)
{
	struct strbuf fields;

	strbuf_init(&fields, SPOOL_RECORDS_MAX);
	field_putn(&fields, 's', target->state);
	field_puts(&fields, 'd', target->dsn);
	field_puts(&fields, 't', target->text);
	field_puts(&fields, 'm', target->remote);
	field_put(&fields, 'i', indexes);
	record->buf.failed = record->buf.failed || fields.failed;
	field_put(&record->buf, 'R', strbuf_view(&fields));
	strbuf_fini(&fields);
}

void spool_add_results(struct spool_record *record, const struct spool_message *message,
		       const bool *changed)
{
	uint64_t records = (uint64_t)message->end - (uint64_t)message->content_at -
			   message->content_size;
	bool *written = arena_array(message->arena, message->target_count, sizeof(bool));

	for (size_t i = 0; i < message->target_count; i++) {
		struct strbuf indexes;

		if (!changed[i] || written[i])
			continue;
		if (message->targets[i].state == SPOOL_PENDING &&
		    records > SPOOL_RECORDS_SOFT)
			continue;
		strbuf_init(&indexes, SPOOL_RECORDS_MAX);
		put_indexes(&indexes, message, changed, i, written);
		put_result(record, &message->targets[i], strbuf_view(&indexes));
		strbuf_fini(&indexes);
	}
}

void spool_add_state(struct spool_record *record, const struct spool_message *message)
{
	struct strbuf fields;

	strbuf_init(&fields, 1024);
	field_putn(&fields, 'n', message->attempts);
	field_putn(&fields, 'x', message->next_try);
	field_putn(&fields, 'g', message->age);
	field_putn(&fields, 'w', message->recorded);
	field_putn(&fields, 'd', message->warned);
	field_putn(&fields, 'h', message->hold);
	field_put(&record->buf, 'T', strbuf_view(&fields));
	strbuf_fini(&fields);
}

/* ---- reading ---- */

struct spool_target *spool_new_target(struct spool_message *message)
{
	struct spool_target *target;

	if (message->target_count >= TARGETS_MAX)
		return NULL;
	target = arena_push(message->arena, &message->targets, message->target_count,
			    &message->target_room, sizeof(*target));
	message->target_count++;
	target->kind = SPOOL_ADDRESS;
	target->state = SPOOL_PENDING;
	target->address = "";
	target->owner = "";
	target->transport = "";
	target->nexthop = "";
	target->dsn = "";
	target->text = "";
	target->remote = "";
	return target;
}

static bool take_number(struct str *rest, char want, int64_t lo, int64_t hi, int64_t *out)
{
	char tag;
	struct str value;

	return field_take(rest, &tag, &value) && tag == want &&
	       field_number(value, out) && *out >= lo && *out <= hi;
}

static bool take_text(struct str *rest, struct arena *arena, char want, size_t max,
		      const char **out)
{
	char tag;
	struct str value;

	return field_take(rest, &tag, &value) && tag == want &&
	       field_text(arena, value, max, out);
}

static bool take_target(struct str *rest, struct spool_message *message, size_t recipient)
{
	struct spool_target *target = spool_new_target(message);
	struct arena *arena = message->arena;
	int64_t kind;
	int64_t state;

	if (!target || !take_number(rest, 'k', SPOOL_ADDRESS, SPOOL_ERROR, &kind) ||
	    !take_number(rest, 's', SPOOL_PENDING, SPOOL_REPORTED, &state) ||
	    !take_text(rest, arena, 'o', LIMIT_ADDRESS, &target->owner) ||
	    !take_text(rest, arena, 'p', LIMIT_ADDRESS, &target->transport) ||
	    !take_text(rest, arena, 'n', LIMIT_ADDRESS, &target->nexthop) ||
	    !take_text(rest, arena, 'd', 16, &target->dsn) ||
	    !take_text(rest, arena, 't', RESULT_TEXT_MAX, &target->text) ||
	    !take_text(rest, arena, 'a', RESULT_TEXT_MAX, &target->address))
		return false;
	target->kind = (enum spool_target_kind)kind;
	target->state = (enum spool_target_state)state;
	target->recipient = recipient;
	return true;
}

static bool read_targets(struct str fields, struct spool_message *message)
{
	int64_t recipient;

	if (!take_number(&fields, 'r', 0, (int64_t)message->recipient_count - 1,
			 &recipient) ||
	    message->has_targets[recipient])
		return false;
	while (fields.len > 0) {
		if (!take_target(&fields, message, (size_t)recipient))
			return false;
	}
	message->has_targets[recipient] = true;
	return true;
}

static bool read_range(struct str token, size_t count, size_t *out_lo, size_t *out_hi)
{
	ptrdiff_t dash = str_chr(token, '-');
	uint64_t lo;
	uint64_t hi;

	if (dash < 0 || !str_to_u64(str_slice(token, 0, (size_t)dash), &lo) ||
	    !str_to_u64(str_slice(token, (size_t)dash + 1, token.len), &hi) || lo > hi ||
	    hi >= count)
		return false;
	*out_lo = (size_t)lo;
	*out_hi = (size_t)hi;
	return true;
}

static bool read_result(struct str fields, struct spool_message *message)
{
	struct spool_target result = {.dsn = ""};
	struct arena *arena = message->arena;
	struct str token;
	struct str indexes;
	int64_t state;
	char tag;

	if (!take_number(&fields, 's', SPOOL_PENDING, SPOOL_REPORTED, &state) ||
	    !take_text(&fields, arena, 'd', 16, &result.dsn) ||
	    !take_text(&fields, arena, 't', RESULT_TEXT_MAX, &result.text) ||
	    !take_text(&fields, arena, 'm', RESULT_TEXT_MAX, &result.remote) ||
	    !field_take(&fields, &tag, &indexes) || tag != 'i' || fields.len > 0)
		return false;
	while (str_token(&indexes, ",", &token)) {
		size_t lo;
		size_t hi;

		if (!read_range(token, message->target_count, &lo, &hi))
			return false;
		for (size_t i = lo; i <= hi; i++) {
			message->targets[i].state = (enum spool_target_state)state;
			message->targets[i].dsn = result.dsn;
			message->targets[i].text = result.text;
			message->targets[i].remote = result.remote;
		}
	}
	return true;
}

static bool read_state(struct str fields, struct spool_message *message)
{
	int64_t attempts;
	int64_t next;
	int64_t age;
	int64_t recorded;
	int64_t is_warned;
	int64_t is_held;

	if (!take_number(&fields, 'n', 0, INT32_MAX, &attempts) ||
	    !take_number(&fields, 'x', INT64_MIN / 4, INT64_MAX / 4, &next) ||
	    !take_number(&fields, 'g', 0, INT64_MAX / 4, &age) ||
	    !take_number(&fields, 'w', INT64_MIN / 4, INT64_MAX / 4, &recorded) ||
	    !take_number(&fields, 'd', 0, 1, &is_warned) ||
	    !take_number(&fields, 'h', 0, 1, &is_held) || fields.len > 0)
		return false;
	message->attempts = (unsigned)attempts;
	message->next_try = next;
	message->age = age;
	message->recorded = recorded;
	message->warned = is_warned != 0;
	message->hold = is_held != 0;
	return true;
}

static bool apply_record(struct spool_message *message, char tag, struct str fields)
{
	switch (tag) {
	case 'E':
		return read_targets(fields, message);
	case 'R':
		return read_result(fields, message);
	case 'T':
		return read_state(fields, message);
	default:
		return false;
	}
}

static bool read_batch(struct str fields, struct spool_message *message)
{
	while (fields.len > 0) {
		char tag;
		struct str value;

		if (!field_take(&fields, &tag, &value) ||
		    !apply_record(message, tag, value))
			return false;
	}
	return true;
}

/* Whether a good record stands anywhere behind bad bytes. Each candidate that
 * has the right shape costs a checksum; a file full of them is called damaged
 * unseen. */
static bool has_record_behind(struct str rest)
{
	unsigned budget = 64;

	while (rest.len > 1) {
		ptrdiff_t at = str_chr(str_slice(rest, 1, rest.len), 'B');
		struct str from;
		char tag;
		struct str fields;

		if (at < 0)
			return false;
		from = rest = str_slice(rest, (size_t)at + 1, rest.len);
		if (record_has_shape(rest) &&
		    (budget-- == 0 || record_take(&from, &tag, &fields)))
			return true;
	}
	return false;
}

bool spool_records_read(struct str in, struct spool_message *message, size_t *out_used)
{
	struct str rest = in;

	while (rest.len > 0) {
		char tag;
		struct str fields;

		if (!record_take(&rest, &tag, &fields)) {
			if (has_record_behind(rest))
				return false;
			break;
		}
		if (tag != 'B' || !read_batch(fields, message))
			return false;
	}
	*out_used = in.len - rest.len;
	return true;
}
