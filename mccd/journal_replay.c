/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an earlier run left in the journal. A power cut may have kept a later
 * block of the last group and lost an earlier one, and a disk may lose any
 * block: reading goes on at the next block, and every record that is whole
 * counts.
 */
#include "mccd/journal.h"

#include <string.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/strmap.h"
#include "mccd/journal_private.h"

struct left {
	const char *id;
	struct str image;
	bool is_done;
};

struct replay {
	struct arena *arena;
	struct strmap *ids;
	struct left **found; /* in order */
	size_t count;
	size_t room;
	size_t damaged;
};

static void take(struct replay *r, const struct journal_record *record)
{
	struct left *left = strmap_find(r->ids, record->id);

	if (record->type == JOURNAL_DONE) {
		if (left)
			left->is_done = true;
		return;
	}
	if (!left) {
		left = arena_alloc(r->arena, sizeof(*left));
		left->id = str_dup0(r->arena, record->id);
		strmap_put(r->ids, record->id, left);
		*(struct left **)arena_push(r->arena, &r->found, r->count, &r->room,
					    sizeof(struct left *)) = left;
		r->count++;
	}
	left->image = record->image;
	left->is_done = false;
}

static void read_records(struct replay *r, struct str text, uint64_t epoch)
{
	size_t at = JOURNAL_BLOCK;

	while (at < text.len) {
		struct journal_record record;
		bool is_torn;
		size_t size = journal_record_read(str_slice(text, at, text.len), epoch,
						  &record, &is_torn);

		r->damaged += is_torn;
		if (size > 0)
			take(r, &record);
		at = size > 0 ? at + size : journal_align(at + 1);
	}
}

static bool is_blank(struct str text)
{
	return text.len == 0 || (text.ptr[0] == '\0' &&
				 memcmp(text.ptr, text.ptr + 1, JOURNAL_HEAD_SIZE) == 0);
}

/* A segment without a head has no records. */
static int read_head(struct replay *r, struct str *text, struct journal_head *out_head)
{
	int status = is_blank(*text) ? 0 : journal_head_read(text->ptr, out_head);

	if (status == MCC_EUNSUPPORTED)
		return status;
	r->damaged += status != 0;
	if (status != 0 || is_blank(*text)) {
		*text = STR_LIT("");
		*out_head = (struct journal_head){0, 0};
	}
	return 0;
}

/* The older segment first. */
static int read_segments(const struct journal *journal, struct replay *r)
{
	struct journal_head heads[JOURNAL_SEGMENTS];
	struct str texts[JOURNAL_SEGMENTS];
	unsigned order[JOURNAL_SEGMENTS] = {0, 1};

	for (unsigned i = 0; i < JOURNAL_SEGMENTS; i++) {
		int status = journal_segment_read(journal, i, r->arena, &texts[i]);

		if (status != 0)
			return status;
		status = read_head(r, &texts[i], &heads[i]);
		if (status != 0)
			return status;
	}
	if (heads[0].order > heads[1].order) {
		order[0] = 1;
		order[1] = 0;
	}
	for (unsigned i = 0; i < JOURNAL_SEGMENTS; i++)
		read_records(r, texts[order[i]], heads[order[i]].epoch);
	return 0;
}

int journal_replay(struct journal *journal,
		   int (*fn)(void *arg, const char *id, struct str image), void *arg,
		   size_t *out_damaged)
{
	struct arena *arena = arena_new(0);
	struct replay r = {.arena = arena, .ids = strmap_new(arena)};
	int status = read_segments(journal, &r);

	for (size_t i = 0; status == 0 && i < r.count; i++) {
		if (!r.found[i]->is_done)
			status = fn(arg, r.found[i]->id, r.found[i]->image);
	}
	if (status == 0)
		*out_damaged = r.damaged;
	arena_free(arena);
	return status;
}
