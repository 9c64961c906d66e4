/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A packet from a process that was taken over. Input: one byte that picks the
 * reader, the rest is the packet behind its header. Whatever is read lies
 * within the packet, has no NUL, and what was read can be written and read
 * again to the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "mccd/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(const struct wire_out *out, const uint8_t *data, size_t size)
{
	/* Behind the header of 8 bytes. */
	MCC_ASSERT(!out->buf.failed && out->buf.len == size + 8);
	MCC_ASSERT(memcmp(out->buf.ptr + 8, data, size) == 0);
}

static bool read_one(uint8_t which, struct wire_in *in, struct arena *arena,
		     struct wire_out *out)
{
	struct wire_submission submission;
	struct wire_delivery delivery;
	struct wire_sending sending;
	struct wire_result result;

	switch (which % 4) {
	case 0:
		if (!wire_get_submission(in, arena, &submission) || !wire_end(in))
			return false;
		wire_put_submission(out, &submission);
		return true;
	case 1:
		if (!wire_get_delivery(in, arena, &delivery) || !wire_end(in))
			return false;
		wire_put_delivery(out, &delivery);
		return true;
	case 2:
		if (!wire_get_sending(in, arena, &sending) || !wire_end(in))
			return false;
		wire_put_sending(out, &sending);
		return true;
	default:
		if (!wire_get_result(in, arena, &result) || !wire_end(in))
			return false;
		wire_put_result(out, &result);
		return true;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena;
	struct wire_out out;
	struct wire_in in = {.fd = -1};
	char *copy;

	if (size < 1 || size > WIRE_PACKET_MAX / 2)
		return 0;
	arena = arena_new(0);
	copy = malloc(size);
	memcpy(copy, data + 1, size - 1);
	in.rest = (struct str){copy, size - 1};
	wire_begin(&out, WIRE_SUBMIT);
	if (read_one(data[0], &in, arena, &out))
		same(&out, data + 1, size - 1);
	strbuf_fini(&out.buf);
	arena_free(arena);
	free(copy);
	return 0;
}
