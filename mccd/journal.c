/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Appending and syncing. A record is written at once, so a process that dies
 * loses none; the group of records since the last sync becomes durable
 * together. A sync that failed is never tried again: the kernel may have
 * dropped the pages, and the next one would lie.
 */
#include "mccd/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/log.h"
#include "base/status.h"
#include "mccd/journal_private.h"
#include "mccd/spool.h"

/* A message whose file is not known to be durable. */
struct live {
	char id[SPOOL_ID_MAX + 1];
	unsigned segment;
	struct live *next; /* of the segment */
	struct live *prev;
};

struct segment {
	int fd;
	size_t size; /* bytes that have blocks */
	struct journal_head head;
	struct live *live; /* ring; NULL: none */
	size_t live_count;
};

struct journal {
	struct segment segments[JOURNAL_SEGMENTS];
	struct journal_hooks hooks;
	void *ids; /* tsearch(3) of struct live */
	unsigned current;
	size_t at; /* of the next record */
	bool is_dirty;
	bool has_failed;
};

static struct segment *current(struct journal *journal)
{
	return &journal->segments[journal->current];
}

/* ---- messages in it ---- */

static int by_id(const void *a, const void *b)
{
	const struct live *x = a;
	const struct live *y = b;

	return strcmp(x->id, y->id);
}

static struct live *find(const struct journal *journal, const char *id)
{
	struct live key;
	void *node;

	if (strlen(id) > SPOOL_ID_MAX)
		return NULL;
	snprintf(key.id, sizeof(key.id), "%s", id);
	node = tfind(&key, &journal->ids, by_id);
	return node ? *(struct live **)node : NULL;
}

static struct live *insert(struct journal *journal, const char *id)
{
	struct segment *segment = current(journal);
	struct live *live = calloc(1, sizeof(*live));
	void *node;

	if (!live)
		return NULL;
	snprintf(live->id, sizeof(live->id), "%s", id);
	live->segment = journal->current;
	node = tsearch(live, &journal->ids, by_id);
	if (!node || *(struct live **)node != live) {
		free(live);
		return NULL;
	}
	live->next = segment->live ? segment->live : live;
	live->prev = segment->live ? segment->live->prev : live;
	live->next->prev = live->prev->next = live;
	if (!segment->live)
		segment->live = live;
	segment->live_count++;
	return live;
}

static void forget(struct journal *journal, struct live *live)
{
	struct segment *segment = &journal->segments[live->segment];

	tdelete(live, &journal->ids, by_id);
	live->next->prev = live->prev;
	live->prev->next = live->next;
	if (segment->live == live)
		segment->live = live->next == live ? NULL : live->next;
	segment->live_count--;
	free(live);
}

static void forget_all(struct journal *journal, struct segment *segment)
{
	while (segment->live)
		forget(journal, segment->live);
}

static int settle(struct journal *journal, struct segment *segment)
{
	const char **ids = calloc(segment->live_count + 1, sizeof(*ids));
	const struct live *live = segment->live;
	int status;

	if (!ids)
		return MCC_ENOMEM;
	for (size_t i = 0; i < segment->live_count; i++, live = live->next)
		ids[i] = live->id;
	status = segment->live_count == 0 ? 0
					  : journal->hooks.settle(journal->hooks.arg, ids,
								  segment->live_count);
	free(ids);
	if (status == 0)
		forget_all(journal, segment);
	return status;
}

int journal_settle(struct journal *journal)
{
	int status = 0;

	for (unsigned i = 0; i < JOURNAL_SEGMENTS; i++) {
		int one = settle(journal, &journal->segments[i]);

		status = status ? status : one;
	}
	return status;
}

bool journal_has(const struct journal *journal, const char *id)
{
	return find(journal, id) != NULL;
}

/* ---- writing ---- */

/* Blocks up to `end`. */
static int grow(struct segment *segment, size_t end)
{
	char *zeros;
	int status = 0;

	if (end <= segment->size)
		return 0;
	zeros = calloc(1, JOURNAL_STEP_BYTES);
	if (!zeros)
		return MCC_ENOMEM;
	while (status == 0 && segment->size < end) {
		status = fs_write_at(segment->fd, zeros, JOURNAL_STEP_BYTES,
				     segment->size);
		if (status == 0)
			segment->size += JOURNAL_STEP_BYTES;
	}
	free(zeros);
	return status;
}

static int begin(struct journal *journal, unsigned which, uint64_t order)
{
	struct segment *segment = &journal->segments[which];
	struct journal_head head = {.order = order};
	char text[JOURNAL_HEAD_SIZE];
	int status = grow(segment, JOURNAL_BLOCK);

	if (status == 0 &&
	    getrandom(&head.epoch, sizeof(head.epoch), 0) != (ssize_t)sizeof(head.epoch))
		status = MCC_EIO;
	if (status != 0)
		return status;
	journal_head_write(&head, text);
	status = fs_write_at(segment->fd, text, sizeof(text), 0);
	if (status == 0)
		segment->head = head;
	return status;
}

/* The current segment is full. What stood in the other one is settled first:
 * from here on its bytes mean nothing. */
static int turn(struct journal *journal)
{
	unsigned other = (journal->current + 1) % JOURNAL_SEGMENTS;
	int status = journal_sync(journal);

	if (status == 0)
		status = settle(journal, &journal->segments[other]);
	if (status == 0)
		status = begin(journal, other, current(journal)->head.order + 1);
	if (status != 0)
		return status;
	journal->current = other;
	journal->at = JOURNAL_BLOCK;
	return 0;
}

static int append(struct journal *journal, const struct journal_record *record)
{
	size_t need = JOURNAL_RECORD_SIZE + record->id.len + 1 + record->image.len;
	char head[JOURNAL_RECORD_SIZE];
	struct iovec iov[] = {
		{head, sizeof(head)},
		{(void *)(uintptr_t)record->id.ptr, record->id.len + 1},
		{(void *)(uintptr_t)record->image.ptr, record->image.len},
	};
	ssize_t n;
	int status = 0;

	if (journal->at + need > JOURNAL_SEGMENT_BYTES)
		status = turn(journal);
	if (status == 0)
		status = grow(current(journal), journal->at + need);
	if (status != 0)
		return status;
	journal_record_write(record, current(journal)->head.epoch, head);
	do {
		n = pwritev(current(journal)->fd, iov, array_len(iov),
			    (off_t)journal->at);
	} while (n < 0 && errno == EINTR);
	if (n != (ssize_t)need)
		return n < 0 ? mcc_status_from_errno(errno) : MCC_ENOSPC;
	journal->at += need;
	journal->is_dirty = true;
	return 0;
}

int journal_add(struct journal *journal, const char *id, struct str image)
{
	struct journal_record record = {JOURNAL_MESSAGE, str_of(id), image};
	struct live *live;
	int status;

	if (journal->has_failed)
		return MCC_EUNAVAIL;
	if (image.len > JOURNAL_MESSAGE_MAX || record.id.len > SPOOL_ID_MAX)
		return MCC_ETOOBIG;
	status = append(journal, &record);
	if (status != 0)
		return status;
	live = insert(journal, id);
	if (live)
		return 0;
	record = (struct journal_record){JOURNAL_DONE, str_of(id), STR_LIT("")};
	(void)!append(journal, &record);
	return MCC_ENOMEM;
}

int journal_done(struct journal *journal, const char *id)
{
	struct journal_record record = {JOURNAL_DONE, str_of(id), STR_LIT("")};
	struct live *live = find(journal, id);
	int status;

	if (!live)
		return 0;
	status = append(journal, &record);
	/* Making room may have settled it. */
	live = find(journal, id);
	if (status == 0 && live)
		forget(journal, live);
	return status;
}

bool journal_is_dirty(const struct journal *journal)
{
	return journal->is_dirty;
}

int journal_sync(struct journal *journal)
{
	int status;

	if (!journal->is_dirty)
		return 0;
	journal->is_dirty = false;
	journal->at = journal_align(journal->at);
	if (fdatasync(current(journal)->fd) == 0)
		return 0;
	status = mcc_status_from_errno(errno);
	log_write_errno(LOG_LEVEL_ERROR, "the journal cannot be synced; messages are "
					 "synced one by one from now on");
	journal->has_failed = true;
	/* What was settled must not come back when its files are gone. */
	if (journal_settle(journal) != 0)
		log_error("messages taken before that may not be on disk");
	else if (begin(journal, 0, 0) != 0 || begin(journal, 1, 1) != 0)
		log_error("the journal cannot be emptied");
	return status;
}

/* ---- open, close ---- */

static int open_segment(int dirfd, unsigned which, struct segment *segment)
{
	char name[8];
	struct stat st;

	snprintf(name, sizeof(name), "%u", which);
	segment->fd =
		openat(dirfd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (segment->fd < 0 || fstat(segment->fd, &st) != 0)
		return mcc_status_from_errno(errno);
	if (!S_ISREG(st.st_mode))
		return MCC_ENOTREG;
	/* A part of a step may be a hole; it is written again. */
	segment->size = (size_t)st.st_size / JOURNAL_STEP_BYTES * JOURNAL_STEP_BYTES;
	return 0;
}

int journal_open(int dirfd, const struct journal_hooks *hooks,
		 struct journal **out_journal)
{
	struct journal *journal = calloc(1, sizeof(*journal));
	int status = 0;

	if (!journal)
		return MCC_ENOMEM;
	journal->hooks = *hooks;
	for (unsigned i = 0; i < JOURNAL_SEGMENTS; i++)
		journal->segments[i].fd = -1;
	for (unsigned i = 0; status == 0 && i < JOURNAL_SEGMENTS; i++)
		status = open_segment(dirfd, i, &journal->segments[i]);
	if (status == 0)
		status = fs_sync_dir(dirfd);
	if (status != 0)
		journal_close(journal);
	else
		*out_journal = journal;
	return status;
}

void journal_close(struct journal *journal)
{
	if (!journal)
		return;
	for (unsigned i = 0; i < JOURNAL_SEGMENTS; i++) {
		forget_all(journal, &journal->segments[i]);
		if (journal->segments[i].fd >= 0)
			close(journal->segments[i].fd);
	}
	free(journal);
}

int journal_reset(struct journal *journal)
{
	for (unsigned i = 0; i < JOURNAL_SEGMENTS; i++) {
		int status = begin(journal, i, i);

		if (status == MCC_ENOSPC && journal->segments[i].size == 0) {
			log_warn("no space for the journal; messages are synced one by "
				 "one");
			journal->has_failed = true;
			return 0;
		}
		if (status != 0)
			return status;
		if (fdatasync(journal->segments[i].fd) != 0)
			return mcc_status_from_errno(errno);
		forget_all(journal, &journal->segments[i]);
	}
	journal->current = JOURNAL_SEGMENTS - 1;
	journal->at = JOURNAL_BLOCK;
	journal->is_dirty = false;
	return 0;
}

int journal_segment_read(const struct journal *journal, unsigned which,
			 struct arena *arena, struct str *out_text)
{
	size_t size = journal->segments[which].size;
	char *text = arena_array(arena, size, 1);
	int status = fs_read_at(journal->segments[which].fd, text, size, 0);

	if (status != 0)
		return status;
	*out_text = (struct str){text, size};
	return 0;
}
