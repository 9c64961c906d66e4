/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * While rows fit into memory they are one chunk, sorted in place. When they do
 * not each full chunk goes to a file (the spool) as it is; for sorting each
 * becomes a sorted run of a second file, and the runs are merged. Sorting needs
 * what only the last row tells (how many buckets a hash table has), so chunks
 * are not sorted before.
 */
#include "runtime/row_store.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/status.h"
#include "runtime/row_chunk.h"
#include "runtime/row_merge.h"

enum { OUT_SIZE = 1 << 20, GROWN_MAX = 4 << 20 };

struct spooled {
	struct row_run bytes;
	size_t rows;
};

struct row_store {
	int dirfd;
	const char *beside;
	size_t held;
	struct row_chunk chunk; /* of the rows that are not in the spool */
	size_t chunk_rows;
	size_t count;
	int spool;		/* -1: none */
	struct spooled *chunks; /* of the spool; heap */
	size_t chunk_count;
	size_t chunk_room;
	/* Sorted: entries of the chunk, or the merge of all runs. */
	const struct row_order *order;
	struct row_sorted sorted;
	size_t next; /* entry of the chunk, before `end` */
	size_t end;
	int runs_fd;
	struct row_run *runs;
	struct row_merge *merge;
	/* One row ahead, since the last of equal keys may be the one. */
	struct stored_row ahead;
	bool has_ahead;
	struct row_chunk copies[2]; /* of merged rows, whose windows move on */
	unsigned copy;
};

struct row_store *row_store_new(int dirfd, const char *beside, size_t held)
{
	struct row_store *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->dirfd = dirfd;
	s->beside = beside;
	s->held = held;
	s->spool = -1;
	s->runs_fd = -1;
	return s;
}

void row_store_free(struct row_store *s)
{
	if (!s)
		return;
	row_merge_free(s->merge);
	row_sorted_fini(&s->sorted);
	row_chunk_fini(&s->chunk);
	row_chunk_fini(&s->copies[0]);
	row_chunk_fini(&s->copies[1]);
	free(s->chunks);
	free(s->runs);
	if (s->spool >= 0)
		close(s->spool);
	if (s->runs_fd >= 0)
		close(s->runs_fd);
	free(s);
}

void row_store_lend(struct row_store *s, struct str text)
{
	MCC_ASSERT(!s->chunk.lent.len);
	if (text.len > UINT32_MAX)
		return;
	s->chunk.lent = text;
	s->copies[0].lent = text;
	s->copies[1].lent = text;
}

size_t row_store_count(const struct row_store *s)
{
	return s->count;
}

/* ---- adding ---- */

static bool push_spooled(struct row_store *s, struct spooled part)
{
	struct spooled *chunks = s->chunks;

	if (s->chunk_count == s->chunk_room) {
		size_t room = s->chunk_room * 2 + 16;

		chunks = realloc(chunks, room * sizeof(*chunks));
		if (!chunks)
			return false;
		s->chunks = chunks;
		s->chunk_room = room;
	}
	chunks[s->chunk_count++] = part;
	return true;
}

static int spill(struct row_store *s)
{
	uint64_t from = s->chunk_count ? s->chunks[s->chunk_count - 1].bytes.to : 0;
	struct spooled part = {{from, from + s->chunk.len}, s->chunk_rows};
	int status = MCC_OK;

	if (!s->chunk_rows)
		return MCC_OK;
	if (s->spool < 0)
		status = fs_scratch_open(s->dirfd, s->beside, &s->spool);
	if (status == MCC_OK)
		status = fs_write_all(s->spool, s->chunk.bytes, s->chunk.len);
	if (status == MCC_OK && !push_spooled(s, part))
		status = MCC_ENOMEM;
	s->chunk.len = 0;
	s->chunk_rows = 0;
	return status;
}

int row_store_add(struct row_store *s, struct str key, struct str value,
		  struct row_place place)
{
	struct stored_row row = {key, value, place, (uint32_t)s->count};
	size_t size = sizeof(struct row_record) + key.len + value.len;
	int status = MCC_OK;

	if (s->count >= UINT32_MAX || size >= ROW_IS_LENT)
		return MCC_ETOOBIG;
	if (s->chunk_rows && s->chunk.len + size > s->held)
		status = spill(s);
	if (status != MCC_OK)
		return status;
	/* Beyond a few MiB it is all taken at once; what is not used costs
	 * nothing. */
	if (s->chunk.room < s->held && s->chunk.room * 2 > GROWN_MAX &&
	    !row_chunk_reserve(&s->chunk, s->held))
		return MCC_ENOMEM;
	if (!row_chunk_add(&s->chunk, &row))
		return MCC_ENOMEM;
	s->chunk_rows++;
	s->count++;
	return MCC_OK;
}

/* ---- in order ---- */

static int each_of_chunk(const struct row_chunk *chunk, size_t count,
			 int (*fn)(const struct stored_row *row, void *arg), void *arg)
{
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		struct stored_row row = row_of_record(chunk->bytes + at, chunk->lent);
		struct row_record record;
		int status = fn(&row, arg);

		if (status != MCC_OK)
			return status;
		memcpy(&record, chunk->bytes + at, sizeof(record));
		at += row_record_size(&record);
	}
	return MCC_OK;
}

/* Reads chunk `i` of the spool in place of the one in memory. */
static int load_chunk(struct row_store *s, size_t i)
{
	const struct spooled *part = &s->chunks[i];
	size_t len = (size_t)(part->bytes.to - part->bytes.from);

	if (!row_chunk_reserve(&s->chunk, len))
		return MCC_ENOMEM;
	s->chunk.len = len;
	return fs_read_at(s->spool, s->chunk.bytes, len, part->bytes.from);
}

int row_store_each(struct row_store *s,
		   int (*fn)(const struct stored_row *row, void *arg), void *arg)
{
	int status;

	if (s->spool < 0)
		return each_of_chunk(&s->chunk, s->chunk_rows, fn, arg);
	status = spill(s);
	for (size_t i = 0; i < s->chunk_count && status == MCC_OK; i++) {
		status = load_chunk(s, i);
		if (status == MCC_OK)
			status = each_of_chunk(&s->chunk, s->chunks[i].rows, fn, arg);
	}
	/* All of it is in the spool. */
	s->chunk.len = 0;
	return status;
}

/* ---- sorted ---- */

static struct stored_row sorted_row(struct row_store *s, size_t i)
{
	return row_of_record(s->chunk.bytes + row_sorted_at(&s->chunk, &s->sorted, i)->at,
			     s->chunk.lent);
}

struct run_writer {
	int fd;
	int status;
	uint64_t at;
	struct row_chunk out;
};

static void flush_run(struct run_writer *w)
{
	if (w->status == MCC_OK)
		w->status = fs_write_all(w->fd, w->out.bytes, w->out.len);
	w->out.len = 0;
}

static void write_sorted(struct run_writer *w, struct row_store *s)
{
	for (size_t i = 0; i < s->sorted.count && w->status == MCC_OK; i++) {
		struct stored_row row = sorted_row(s, i);
		size_t before = w->out.len;

		if (!row_chunk_add(&w->out, &row))
			w->status = MCC_ENOMEM;
		w->at += w->out.len - before;
		if (w->out.len > OUT_SIZE)
			flush_run(w);
	}
	flush_run(w);
}

static int make_run(struct row_store *s, struct run_writer *w, size_t i)
{
	int status = load_chunk(s, i);

	if (status != MCC_OK)
		return status;
	if (!row_chunk_sort(&s->chunk, s->chunks[i].rows, s->order, &s->sorted))
		return MCC_ENOMEM;
	s->runs[i].from = w->at;
	write_sorted(w, s);
	s->runs[i].to = w->at;
	return w->status;
}

static int make_runs(struct row_store *s)
{
	struct run_writer w = {
		.fd = -1, .status = MCC_OK, .out = {.lent = s->chunk.lent}};
	struct row_runs runs;
	int status = spill(s);

	s->runs = calloc(s->chunk_count, sizeof(*s->runs));
	if (!s->runs)
		return MCC_ENOMEM;
	if (status == MCC_OK)
		status = fs_scratch_open(s->dirfd, s->beside, &s->runs_fd);
	w.fd = s->runs_fd;
	for (size_t i = 0; i < s->chunk_count && status == MCC_OK; i++)
		status = make_run(s, &w, i);
	row_chunk_fini(&w.out);
	row_sorted_fini(&s->sorted);
	row_chunk_fini(&s->chunk);
	if (status != MCC_OK)
		return status;
	runs = (struct row_runs){s->runs_fd, s->runs, s->chunk_count, s->chunk.lent};
	s->merge = row_merge_new(&runs, s->order, s->held);
	return s->merge ? MCC_OK : MCC_ENOMEM;
}

int row_store_sort(struct row_store *s, const struct row_order *order)
{
	s->order = order;
	if (s->spool >= 0)
		return make_runs(s);
	if (!row_chunk_sort(&s->chunk, s->chunk_rows, order, &s->sorted))
		return MCC_ENOMEM;
	s->end = s->sorted.count;
	return MCC_OK;
}

/* The next row of all; it stays while the one after it is looked at. */
static int read_row(struct row_store *s, struct stored_row *out_row)
{
	struct row_chunk *copy;
	int status;

	if (!s->merge) {
		if (s->next == s->end)
			return MCC_ENOENT;
		*out_row = sorted_row(s, s->next++);
		return MCC_OK;
	}
	status = row_merge_next(s->merge, out_row);
	if (status != MCC_OK)
		return status;
	copy = &s->copies[s->copy ^= 1];
	copy->len = 0;
	if (!row_chunk_add(copy, out_row))
		return MCC_ENOMEM;
	*out_row = row_of_record(copy->bytes, copy->lent);
	return MCC_OK;
}

static void report(const struct row_store *s, const struct stored_row *kept,
		   const struct stored_row *dropped)
{
	struct row_duplicates *d = s->order->duplicates;

	if (d)
		d->found(d, kept, dropped);
}

int row_store_next(struct row_store *s, struct stored_row *out_row)
{
	struct stored_row row;
	int status = MCC_OK;

	if (!s->has_ahead)
		status = read_row(s, &s->ahead);
	s->has_ahead = false;
	if (status != MCC_OK)
		return status;
	row = s->ahead;
	for (;;) {
		status = read_row(s, &s->ahead);
		if (status != MCC_OK || !str_eq(row.key, s->ahead.key))
			break;
		if (!s->order->keep_last) {
			report(s, &row, &s->ahead);
			/* The copy of the row that is kept must not be the next
			 * one to be written over. */
			s->copy ^= 1;
			continue;
		}
		report(s, &s->ahead, &row);
		row = s->ahead;
	}
	s->has_ahead = status == MCC_OK;
	if (status != MCC_OK && status != MCC_ENOENT)
		return status;
	*out_row = row;
	return MCC_OK;
}

/* Compares the rows that are left up to s->end. */
static int pass_rows(struct row_store *s)
{
	struct stored_row row;
	int status;

	do {
		status = row_store_next(s, &row);
	} while (status == MCC_OK);
	return status == MCC_ENOENT ? MCC_OK : status;
}

int row_store_find_duplicates(struct row_store *s, const struct row_order *order)
{
	int status = row_store_sort(s, order);

	if (s->merge || !order->number)
		return status == MCC_OK ? pass_rows(s) : status;
	while (status == MCC_OK && s->next < s->sorted.count) {
		s->end = row_sorted_group(&s->sorted, s->next);
		if (s->end - s->next > 1)
			status = pass_rows(s);
		s->next = s->end;
	}
	return status;
}
