/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A heap of runs by their first row. Each run has a window of its part of the
 * file, which grows only for a row that is larger. Of equal keys the one of
 * the earlier run comes first, so the order of the source is kept.
 */
#include "runtime/row_merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/status.h"

enum { WINDOW_MIN = 64 << 10, WINDOW_MAX = 4 << 20 };

struct cursor {
	struct row_run left; /* not read yet */
	struct row_chunk window;
	size_t at; /* of the row in hand */
	struct stored_row row;
	uint32_t number; /* by the order */
	size_t run;
};

struct row_merge {
	int fd;
	const struct row_order *order;
	struct cursor *cursors;
	size_t count;
	struct cursor **heap;
	size_t heap_count;
	bool is_started; /* the first row has been handed out */
};

/* Makes at least `len` bytes from c->at on available, more where it can. */
static int fill(const struct row_merge *m, struct cursor *c, size_t len)
{
	size_t have = c->window.len - c->at, want;
	int status;

	if (have >= len)
		return MCC_OK;
	memmove(c->window.bytes, c->window.bytes + c->at, have);
	c->at = 0;
	c->window.len = have;
	if (!row_chunk_reserve(&c->window, len))
		return MCC_ENOMEM;
	want = c->window.room - have;
	if (want > c->left.to - c->left.from)
		want = (size_t)(c->left.to - c->left.from);
	status = fs_read_at(m->fd, c->window.bytes + have, want, c->left.from);
	c->left.from += want;
	c->window.len += want;
	if (status == MCC_OK && c->window.len < len)
		status = MCC_EIO;
	return status;
}

static bool is_at_end(const struct cursor *c)
{
	return c->at == c->window.len && c->left.from == c->left.to;
}

static int load(const struct row_merge *m, struct cursor *c)
{
	struct row_record record;
	int status = fill(m, c, sizeof(record));

	if (status != MCC_OK)
		return status;
	memcpy(&record, c->window.bytes + c->at, sizeof(record));
	status = fill(m, c, row_record_size(&record));
	if (status != MCC_OK)
		return status;
	c->row = row_of_record(c->window.bytes + c->at, c->window.lent);
	c->number = m->order->number ? m->order->number(m->order, c->row.key) : 0;
	return MCC_OK;
}

static bool is_before(const struct cursor *a, const struct cursor *b)
{
	int order;

	if (a->number != b->number)
		return a->number < b->number;
	order = str_cmp(a->row.key, b->row.key);
	return order ? order < 0 : a->run < b->run;
}

static void sift_down(struct row_merge *m, size_t i)
{
	for (;;) {
		size_t least = i;
		struct cursor *swap = m->heap[i];

		for (size_t child = 2 * i + 1;
		     child <= 2 * i + 2 && child < m->heap_count; child++)
			if (is_before(m->heap[child], m->heap[least]))
				least = child;
		if (least == i)
			return;
		m->heap[i] = m->heap[least];
		m->heap[least] = swap;
		i = least;
	}
}

struct row_merge *row_merge_new(const struct row_runs *runs,
				const struct row_order *order, size_t memory)
{
	struct row_merge *m = calloc(1, sizeof(*m));
	size_t count = runs->count;
	size_t window = memory / count;

	if (!m)
		return NULL;
	*m = (struct row_merge){.fd = runs->fd, .order = order, .count = count};
	m->cursors = calloc(count, sizeof(*m->cursors));
	m->heap = calloc(count, sizeof(*m->heap));
	if (window > WINDOW_MAX)
		window = WINDOW_MAX;
	for (size_t i = 0; m->cursors && m->heap && i < count; i++) {
		struct cursor *c = &m->cursors[i];

		c->left = runs->list[i];
		c->window.lent = runs->lent;
		c->run = i;
		if (!row_chunk_reserve(&c->window,
				       window < WINDOW_MIN ? WINDOW_MIN : window))
			break;
		m->heap[m->heap_count++] = c;
	}
	if (m->heap_count == count)
		return m;
	row_merge_free(m);
	return NULL;
}

void row_merge_free(struct row_merge *m)
{
	if (!m)
		return;
	for (size_t i = 0; m->cursors && i < m->count; i++)
		row_chunk_fini(&m->cursors[i].window);
	free(m->cursors);
	free(m->heap);
	free(m);
}

static int start(struct row_merge *m)
{
	for (size_t i = 0; i < m->heap_count; i++) {
		int status = load(m, m->heap[i]);

		if (status != MCC_OK)
			return status;
	}
	for (size_t i = m->heap_count / 2; i-- > 0;)
		sift_down(m, i);
	m->is_started = true;
	return MCC_OK;
}

/* The row handed out last is behind us. */
static int advance(struct row_merge *m)
{
	struct cursor *c = m->heap[0];
	struct row_record record;
	int status;

	memcpy(&record, c->window.bytes + c->at, sizeof(record));
	c->at += row_record_size(&record);
	if (is_at_end(c)) {
		m->heap[0] = m->heap[--m->heap_count];
	} else {
		status = load(m, c);
		if (status != MCC_OK)
			return status;
	}
	if (m->heap_count)
		sift_down(m, 0);
	return MCC_OK;
}

int row_merge_next(struct row_merge *m, struct stored_row *out_row)
{
	int status;

	if (m->is_started && !m->heap_count)
		return MCC_ENOENT;
	status = m->is_started ? advance(m) : start(m);
	if (status != MCC_OK)
		return status;
	if (!m->heap_count)
		return MCC_ENOENT;
	*out_row = m->heap[0]->row;
	return MCC_OK;
}
