/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unified diffs. Lines that begin and end both texts are taken off first; the
 * shortest script for the rest is found by Myers' greedy algorithm (An O(ND)
 * Difference Algorithm and Its Variations, 1986). Texts that have more than
 * MAX_EDITS lines in difference are shown as one change: the table of the
 * search grows with their square.
 */
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "mcc/fmt_file.h"

enum { MAX_EDITS = 1000, CONTEXT = 3 };

struct text_lines {
	struct str *items; /* with their line ends */
	size_t count;
};

struct edit_script {
	struct arena *arena;
	struct text_lines old;
	struct text_lines fresh;
	bool *is_kept_old; /* by line */
	bool *is_kept_new;
};

static struct text_lines split(struct arena *arena, struct str text)
{
	struct text_lines lines = {0};
	size_t most = 1;

	for (size_t i = 0; i < text.len; i++)
		most += text.ptr[i] == '\n';
	lines.items = arena_array(arena, most, sizeof(*lines.items));
	while (text.len) {
		ptrdiff_t nl = str_chr(text, '\n');
		size_t len = nl < 0 ? text.len : (size_t)nl + 1;

		lines.items[lines.count++] = str_slice(text, 0, len);
		text = str_slice(text, len, text.len);
	}
	return lines;
}

/* The part of both that the search is about. */
struct window {
	size_t old_lo, old_hi;
	size_t new_lo, new_hi;
};

static bool same_line(const struct edit_script *s, size_t old, size_t fresh)
{
	return str_eq(s->old.items[old], s->fresh.items[fresh]);
}

static struct window trim_ends(struct edit_script *s)
{
	struct window w = {0, s->old.count, 0, s->fresh.count};

	while (w.old_lo < w.old_hi && w.new_lo < w.new_hi &&
	       same_line(s, w.old_lo, w.new_lo)) {
		s->is_kept_old[w.old_lo++] = true;
		s->is_kept_new[w.new_lo++] = true;
	}
	while (w.old_lo < w.old_hi && w.new_lo < w.new_hi &&
	       same_line(s, w.old_hi - 1, w.new_hi - 1)) {
		s->is_kept_old[--w.old_hi] = true;
		s->is_kept_new[--w.new_hi] = true;
	}
	return w;
}

/* How far each diagonal got; row[k] for k from -d - 1 to d + 1. */
struct trace {
	long *rows[MAX_EDITS + 1]; /* as they were before step d */
	long far[2 * MAX_EDITS + 3];
};

/* Whether diagonal k is best reached by an insertion. */
static bool is_inserted(const long *row, long d, long k)
{
	return k == -d || (k != d && row[k - 1] < row[k + 1]);
}

static bool advance(const struct edit_script *s, const struct window *w, long *row,
		    long d)
{
	long old_len = (long)(w->old_hi - w->old_lo);
	long new_len = (long)(w->new_hi - w->new_lo);

	for (long k = -d; k <= d; k += 2) {
		long x = is_inserted(row, d, k) ? row[k + 1] : row[k - 1] + 1;

		while (x < old_len && x - k < new_len &&
		       same_line(s, w->old_lo + (size_t)x, w->new_lo + (size_t)(x - k)))
			x++;
		row[k] = x;
		if (x >= old_len && x - k >= new_len)
			return true;
	}
	return false;
}

static void walk_back(struct edit_script *s, const struct window *w,
		      const struct trace *trace, long d)
{
	long x = (long)(w->old_hi - w->old_lo);
	long y = (long)(w->new_hi - w->new_lo);

	for (; d >= 0; d--) {
		const long *row = trace->rows[d] + d + 1;
		long k = is_inserted(row, d, x - y) ? x - y + 1 : x - y - 1;

		while (x > row[k] && y > row[k] - k) {
			s->is_kept_old[w->old_lo + (size_t)--x] = true;
			s->is_kept_new[w->new_lo + (size_t)--y] = true;
		}
		x = row[k];
		y = row[k] - k;
	}
}

static void find_script(struct edit_script *s)
{
	struct window w = trim_ends(s);
	struct trace *trace = arena_alloc(s->arena, sizeof(*trace));
	long *row = trace->far + MAX_EDITS + 1;

	for (long d = 0; d <= MAX_EDITS; d++) {
		size_t size = (size_t)(2 * d + 3) * sizeof(*row);

		trace->rows[d] = arena_alloc(s->arena, size);
		memcpy(trace->rows[d], row - d - 1, size);
		if (advance(s, &w, row, d)) {
			walk_back(s, &w, trace, d);
			return;
		}
	}
}

/* ---- printing ---- */

struct place {
	size_t old;
	size_t fresh;
};

static bool at_end(const struct edit_script *s, struct place at)
{
	return at.old == s->old.count && at.fresh == s->fresh.count;
}

static bool is_kept(const struct edit_script *s, struct place at)
{
	return at.old < s->old.count && at.fresh < s->fresh.count &&
	       s->is_kept_old[at.old] && s->is_kept_new[at.fresh];
}

/* Past lines that both have; the number of them, at most `max`. */
static size_t skip_kept(const struct edit_script *s, struct place *at, size_t max)
{
	size_t n = 0;

	for (; n < max && is_kept(s, *at); n++) {
		at->old++;
		at->fresh++;
	}
	return n;
}

static void skip_changed(const struct edit_script *s, struct place *at)
{
	while (at->old < s->old.count && !s->is_kept_old[at->old])
		at->old++;
	while (at->fresh < s->fresh.count && !s->is_kept_new[at->fresh])
		at->fresh++;
}

/* The end of the hunk that begins with changes at `at`: with its context. */
static struct place hunk_end(const struct edit_script *s, struct place at)
{
	for (;;) {
		struct place ahead;
		size_t kept;

		skip_changed(s, &at);
		ahead = at;
		kept = skip_kept(s, &ahead, 2 * CONTEXT + 1);
		if (kept > 2 * CONTEXT || at_end(s, ahead)) {
			skip_kept(s, &at, CONTEXT);
			return at;
		}
		at = ahead;
	}
}

static void put_line(FILE *out, char mark, struct str line)
{
	putc(mark, out);
	fwrite(line.ptr, 1, line.len, out);
	if (line.ptr[line.len - 1] != '\n')
		fputs("\n\\ No newline at end of file\n", out);
}

static void put_range(FILE *out, char mark, size_t lo, size_t hi)
{
	/* An empty range is named by the line before it. */
	fprintf(out, "%c%zu", mark, hi > lo ? lo + 1 : lo);
	if (hi - lo != 1)
		fprintf(out, ",%zu", hi - lo);
}

static void put_hunk(FILE *out, const struct edit_script *s, struct place from,
		     struct place to)
{
	struct place at = from;

	fputs("@@ ", out);
	put_range(out, '-', from.old, to.old);
	putc(' ', out);
	put_range(out, '+', from.fresh, to.fresh);
	fputs(" @@\n", out);
	while (at.old < to.old || at.fresh < to.fresh) {
		if (is_kept(s, at)) {
			put_line(out, ' ', s->old.items[at.old]);
			skip_kept(s, &at, 1);
			continue;
		}
		for (; at.old < to.old && !s->is_kept_old[at.old]; at.old++)
			put_line(out, '-', s->old.items[at.old]);
		for (; at.fresh < to.fresh && !s->is_kept_new[at.fresh]; at.fresh++)
			put_line(out, '+', s->fresh.items[at.fresh]);
	}
}

static void put_hunks(FILE *out, const struct edit_script *s)
{
	struct place at = {0, 0};

	for (;;) {
		size_t kept = skip_kept(s, &at, SIZE_MAX);
		size_t before = kept < CONTEXT ? kept : CONTEXT;
		struct place from = {at.old - before, at.fresh - before};

		if (at_end(s, at))
			return;
		at = hunk_end(s, at);
		put_hunk(out, s, from, at);
	}
}

void fmt_print_diff(FILE *out, const char *path, struct str old, struct str new_text)
{
	struct edit_script s = {.arena = arena_new(0)};

	s.old = split(s.arena, old);
	s.fresh = split(s.arena, new_text);
	s.is_kept_old = arena_array(s.arena, s.old.count + 1, sizeof(bool));
	s.is_kept_new = arena_array(s.arena, s.fresh.count + 1, sizeof(bool));
	if (!str_eq(old, new_text)) {
		fprintf(out, "--- %s\n+++ %s\n", path, path);
		find_script(&s);
		put_hunks(out, &s);
	}
	arena_free(s.arena);
}
