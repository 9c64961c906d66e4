/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile spool file: head, envelope and records from bytes. What is read
 * and written again must be read as the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "mccd/spool.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(struct arena *arena, const struct spool_message *message)
{
	struct spool_message again = {.arena = arena};
	struct strbuf first;
	struct strbuf second;

	strbuf_init(&first, SPOOL_RECORDS_MAX);
	strbuf_init(&second, SPOOL_RECORDS_MAX);
	spool_envelope_write(&first, message);
	MCC_ASSERT(spool_envelope_read(strbuf_view(&first), &again));
	spool_envelope_write(&second, &again);
	MCC_ASSERT(str_eq(strbuf_view(&first), strbuf_view(&second)));
	strbuf_fini(&first);
	strbuf_fini(&second);
}

static void check_message(const struct spool_message *message)
{
	MCC_ASSERT(spool_id_is_valid(message->id));
	for (size_t i = 0; i < message->target_count; i++) {
		const struct spool_target *t = &message->targets[i];

		MCC_ASSERT(t->recipient < message->recipient_count);
		MCC_ASSERT(strlen(t->address) + strlen(t->owner) + strlen(t->text) <
			   SPOOL_RECORDS_MAX);
	}
}

/* The envelope ends at the first blank line, the records follow; so that the
 * fuzzer need not find lengths and checksums of a head. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	struct arena *arena = arena_new(0);
	struct spool_message message = {.arena = arena};
	struct spool_head head;
	const char *blank = size ? memmem(data, size, "\n\n", 2) : NULL;
	size_t at = blank ? (size_t)(blank - text.ptr) + 1 : size;
	size_t used;

	if (size >= SPOOL_HEAD_SIZE && spool_head_read(text.ptr, &head))
		MCC_ASSERT(head.envelope_size <= SPOOL_ENVELOPE_MAX);
	if (spool_envelope_read(str_slice(text, 0, at), &message)) {
		check_round_trip(arena, &message);
		if (spool_records_read(str_slice(text, at + 1, size), &message, &used)) {
			MCC_ASSERT(used <= size);
			check_message(&message);
		}
	}
	arena_free(arena);
	return 0;
}
