/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Edits of one round never meet: each replaces bytes of the text as it was
 * read. A finding's edits are taken all or none. Texts live as long as the
 * fix; those of earlier rounds are the price of undoing one.
 */
#include "mcc/fix.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/diag.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/source.h"
#include "base/status.h"
#include "base/strmap.h"

struct state {
	struct str text;
	size_t fixed; /* findings */
};

struct file {
	const char *fs_path;
	const char *shown;
	struct str on_disk;
	struct state now;
	struct state before; /* the last round */
};

struct fix {
	struct arena *arena;
	struct strmap *by_path;
	struct file **files;
	size_t count;
	size_t room;
};

/* The edits of a round, by file and place. */
struct round {
	struct fix *fix;
	const struct source_set *sources;
	const struct diag_edit **edits;
	size_t count;
};

struct fix *fix_new(void)
{
	struct arena *arena = arena_new(0);
	struct fix *fix = arena_alloc(arena, sizeof(*fix));

	MCC_ASSERT(fix);
	fix->arena = arena;
	fix->by_path = strmap_new(arena);
	return fix;
}

void fix_free(struct fix *fix)
{
	arena_free(fix->arena);
}

static struct file *file_of(struct fix *fix, const struct source *src)
{
	struct file *file = strmap_find(fix->by_path, str_of(src->fs_path));
	struct file **slot;

	if (file)
		return file;
	slot = arena_push(fix->arena, &fix->files, fix->count, &fix->room, sizeof(*slot));
	file = arena_alloc(fix->arena, sizeof(*file));
	MCC_ASSERT(slot && file);
	*slot = file;
	fix->count++;
	file->fs_path = arena_strdup(fix->arena, src->fs_path);
	file->shown = arena_strdup(fix->arena, src->path);
	/* The source goes with its look. */
	file->on_disk = (struct str){
		arena_memdup0(fix->arena, src->text.ptr, src->text.len), src->text.len};
	file->now.text = file->on_disk;
	strmap_put(fix->by_path, str_of(file->fs_path), file);
	return file;
}

/* Two that insert at one place meet as well: their order would be a guess. */
static uint32_t end_of(struct span span)
{
	return span.hi > span.lo ? span.hi : span.lo + 1;
}

static int compare(struct span a, struct span b)
{
	if (a.file != b.file)
		return a.file < b.file ? -1 : 1;
	return (a.lo > b.lo) - (a.lo < b.lo);
}

static bool meets(struct span a, struct span b)
{
	return a.file == b.file && a.lo < end_of(b) && b.lo < end_of(a);
}

/* Where the edit belongs among those taken. */
static size_t place_of(const struct round *round, struct span span)
{
	size_t lo = 0;
	size_t hi = round->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (compare(round->edits[mid]->span, span) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool is_free(const struct round *round, const struct diag_edit *edit)
{
	size_t at = place_of(round, edit->span);

	if (!source_get(round->sources, edit->span.file)->fs_path)
		return false;
	return (at == 0 || !meets(round->edits[at - 1]->span, edit->span)) &&
	       (at == round->count || !meets(round->edits[at]->span, edit->span));
}

static void insert(struct round *round, const struct diag_edit *edit)
{
	size_t at = place_of(round, edit->span);

	memmove(round->edits + at + 1, round->edits + at,
		(round->count - at) * sizeof(*round->edits));
	round->edits[at] = edit;
	round->count++;
}

static bool take_finding(struct round *round, const struct diag *d)
{
	if (!d->edit_count || round->count + d->edit_count > LIMIT_FIX_EDITS)
		return false;
	for (size_t i = 0; i < d->edit_count; i++)
		if (!is_free(round, &d->edits[i]))
			return false;
	for (size_t i = 0; i < d->edit_count; i++)
		insert(round, &d->edits[i]);
	file_of(round->fix, source_get(round->sources, d->edits[0].span.file))
		->now.fixed++;
	return true;
}

/* The text of one file with its edits, which stand together in the round. */
static size_t apply(struct round *round, size_t from)
{
	uint32_t id = round->edits[from]->span.file;
	const struct source *src = source_get(round->sources, id);
	struct file *file = file_of(round->fix, src);
	struct strbuf text;
	size_t at = 0;
	size_t i;

	strbuf_init(&text, LIMIT_SOURCE_FILE);
	for (i = from; i < round->count && round->edits[i]->span.file == id; i++) {
		const struct diag_edit *edit = round->edits[i];

		strbuf_addstr(&text, str_slice(src->text, at, edit->span.lo));
		strbuf_adds(&text, edit->text);
		at = edit->span.hi;
	}
	strbuf_addstr(&text, str_slice(src->text, at, src->text.len));
	if (!text.failed)
		file->now.text =
			(struct str){arena_memdup0(round->fix->arena,
						   strbuf_view(&text).ptr, text.len),
				     text.len};
	strbuf_fini(&text);
	return i;
}

bool fix_take(struct fix *fix, const struct diag_queue *diags,
	      const struct source_set *sources)
{
	struct round round = {.fix = fix, .sources = sources};

	for (size_t i = 0; i < fix->count; i++)
		fix->files[i]->before = fix->files[i]->now;
	round.edits = arena_array(fix->arena, LIMIT_FIX_EDITS, sizeof(*round.edits));
	MCC_ASSERT(round.edits);
	for (size_t i = 0; i < diag_count(diags); i++)
		take_finding(&round, diag_get(diags, i));
	for (size_t at = 0; at < round.count;)
		at = apply(&round, at);
	return round.count > 0;
}

void fix_replace(const struct fix *fix, struct source_set *sources)
{
	for (size_t i = 0; i < fix->count; i++)
		source_replace(sources, fix->files[i]->fs_path, fix->files[i]->now.text);
}

static size_t count_syntax(const struct diag_queue *diags)
{
	size_t count = 0;

	for (size_t i = 0; i < diag_count(diags); i++)
		count += strcmp(rule_info(diag_get(diags, i)->rule)->subject, "syntax") ==
			 0;
	return count;
}

bool fix_is_good(const struct diag_queue *before, const struct diag_queue *after)
{
	return count_syntax(after) <= count_syntax(before);
}

void fix_undo(struct fix *fix)
{
	for (size_t i = 0; i < fix->count; i++) {
		struct file *file = fix->files[i];

		/* One that the last round was the first to touch has no text. */
		if (file->before.text.ptr)
			file->now = file->before;
		else
			file->now = (struct state){file->on_disk, 0};
	}
}

/* ---- writing ---- */

static int write_as(const char *path, struct str text, const struct stat *st)
{
	struct fs_temp temp;
	int status = fs_temp_open(AT_FDCWD, path, &temp);

	if (status)
		return status;
	/* Only root may give a file away; anybody else keeps what he has. */
	if (fchown(temp.fd, st->st_uid, st->st_gid) < 0 && errno != EPERM)
		status = mcc_status_from_errno(errno);
	if (!status)
		status = fs_write_all(temp.fd, text.ptr, text.len);
	if (!status)
		return fs_temp_commit(&temp, st->st_mode & 07777);
	fs_temp_drop(&temp);
	return status;
}

static const char *write_file(struct fix *fix, const struct file *file)
{
	char path[PATH_MAX];
	struct str found;
	struct stat st;
	int status;

	if (!realpath(file->fs_path, path) || stat(path, &st) < 0)
		return mcc_status_text(mcc_status_from_errno(errno));
	status = fs_read_file(fix->arena, AT_FDCWD, path, LIMIT_SOURCE_FILE, &found);
	if (status == MCC_OK && !str_eq(found, file->on_disk))
		return "it has changed meanwhile";
	if (status == MCC_OK)
		status = write_as(path, file->now.text, &st);
	return status == MCC_OK ? NULL : mcc_status_text(status);
}

bool fix_write(struct fix *fix, struct strbuf *talk)
{
	bool is_written = true;

	for (size_t i = 0; i < fix->count; i++) {
		const struct file *file = fix->files[i];
		const char *problem;

		if (str_eq(file->now.text, file->on_disk))
			continue;
		problem = write_file(fix, file);
		if (problem)
			strbuf_addf(talk, "mcc: %s: not fixed: %s\n", file->shown,
				    problem);
		else
			strbuf_addf(talk, "mcc: %s: %zu finding%s fixed\n", file->shown,
				    file->now.fixed, file->now.fixed == 1 ? "" : "s");
		is_written &= !problem;
	}
	return is_written;
}
