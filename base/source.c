/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All input text of a run. A source never moves and never changes after it
 * was added; its table of line starts is made when the first position is
 * asked for, since most files of a clean site never need one.
 */
#include "base/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/strmap.h"

struct line_index {
	struct arena *arena;
	uint32_t *starts; /* offset of each line; NULL until asked for */
	size_t count;
	size_t room;
};

/* What a `const struct source *` of this room really points into. */
struct entry {
	struct source pub; /* first member: the public pointer is ours */
	struct line_index *lines;
	bool is_mapped;
	size_t forgotten; /* bytes before it were given back */
};

struct source_set {
	struct arena *arena;
	struct strmap *by_path;
	struct strmap *replaced; /* fs_path -> struct str */
	const char *below;	 /* in front of relative shown names */
	struct entry **entries;
	size_t count;
	size_t room;
};

struct source_set *source_set_new(struct arena *arena)
{
	struct source_set *set = arena_alloc(arena, sizeof(*set));

	MCC_ASSERT(set);
	set->arena = arena;
	set->by_path = strmap_new(arena);
	set->replaced = strmap_new(arena);
	set->below = "";
	return set;
}

void source_show_below(struct source_set *set, const char *folder)
{
	set->below = folder;
}

void source_replace(struct source_set *set, const char *fs_path, struct str text)
{
	struct str *copy = arena_alloc(set->arena, sizeof(*copy));

	MCC_ASSERT(copy);
	*copy = text;
	strmap_put(set->replaced, str_of(arena_strdup(set->arena, fs_path)), copy);
}

static int read_text(const struct source_set *set, const char *fs_path, size_t cap,
		     struct str *out_text)
{
	const struct str *replaced = strmap_find(set->replaced, str_of(fs_path));

	if (!replaced)
		return fs_read_file(set->arena, AT_FDCWD, fs_path, cap, out_text);
	if (replaced->len > cap)
		return MCC_ETOOBIG;
	*out_text = *replaced;
	return MCC_OK;
}

static struct entry *add(struct source_set *set, const char *shown, const char *fs_path,
			 struct str text)
{
	struct entry *e = arena_alloc(set->arena, sizeof(*e));
	struct entry **slot = arena_push(set->arena, &set->entries, set->count,
					 &set->room, sizeof(*slot));

	MCC_ASSERT(e && slot && text.len <= LIMIT_SOURCE_FILE);
	*slot = e;
	set->count++;
	e->lines = arena_alloc(set->arena, sizeof(*e->lines));
	e->lines->arena = set->arena;
	e->pub.id = (uint32_t)set->count;
	e->pub.path = arena_strdup(set->arena, shown);
	e->pub.fs_path = fs_path;
	e->pub.text = text;
	return e;
}

static int add_file(struct source_set *set, const char *fs_path, const char *shown,
		    size_t cap, const struct source **out_src)
{
	struct entry *e = strmap_find(set->by_path, str_of(fs_path));
	struct str text;
	const char *path;
	int status;

	if (e) {
		*out_src = &e->pub;
		return MCC_OK;
	}
	status = read_text(set, fs_path, cap, &text);
	if (status)
		return status;
	path = arena_strdup(set->arena, fs_path);
	if (!shown)
		shown = fs_path;
	if (*shown != '/' && *set->below)
		shown = arena_printf(set->arena, "%s%s", set->below, shown);
	e = add(set, shown, path, text);
	strmap_put(set->by_path, str_of(path), e);
	*out_src = &e->pub;
	return MCC_OK;
}

int source_add_file(struct source_set *set, const char *fs_path, const char *shown,
		    const struct source **out_src)
{
	return add_file(set, fs_path, shown, LIMIT_SOURCE_FILE, out_src);
}

/* ---- large files ---- */

/* A multiple of every size of page. */
enum { FORGET_UNIT = 16 << 20 };

struct mapping {
	void *at;
	size_t len;
};

static void unmap(void *arg)
{
	const struct mapping *m = arg;

	munmap(m->at, m->len);
}

static int map_copy(struct arena *arena, int from, const char *beside, size_t len,
		    struct str *out_text)
{
	struct mapping *m = arena_alloc(arena, sizeof(*m));
	int fd = -1;
	int status = fs_scratch_open(AT_FDCWD, beside, &fd);

	if (status)
		return status;
	status = fs_copy_all(from, fd, len);
	if (!status) {
		m->at = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
		m->len = len;
		if (m->at == MAP_FAILED)
			status = mcc_status_from_errno(errno);
		else
			arena_on_free(arena, unmap, m);
	}
	close(fd);
	if (!status)
		*out_text = (struct str){m->at, len};
	return status;
}

int source_add_large(struct source_set *set, const char *fs_path, const char *beside,
		     const struct source **out_src)
{
	struct entry *e;
	struct str text;
	struct stat st;
	int status;
	int fd;

	if (stat(fs_path, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size <= LIMIT_SOURCE_HELD || st.st_size > LIMIT_SOURCE_FILE)
		return source_add_file(set, fs_path, NULL, out_src);
	fd = open(fs_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return mcc_status_from_errno(errno);
	status = map_copy(set->arena, fd, beside, (size_t)st.st_size, &text);
	close(fd);
	if (status)
		return status;
	e = add(set, fs_path, arena_strdup(set->arena, fs_path), text);
	e->is_mapped = true;
	*out_src = &e->pub;
	return MCC_OK;
}

static void forget(struct entry *e, size_t offset)
{
	size_t end = offset / FORGET_UNIT * FORGET_UNIT;
	char *at;

	if (!e->is_mapped || end <= e->forgotten)
		return;
	/* The mapping is ours to advise on, its bytes are not ours to change. */
	memcpy(&at, &e->pub.text.ptr, sizeof(at));
	madvise(at + e->forgotten, end - e->forgotten, MADV_DONTNEED);
	e->forgotten = end;
}

void source_forget(const struct source *src, size_t offset)
{
	struct entry *e;

	memcpy(&e, &src, sizeof(e));
	forget(e, offset);
}

/* What was given back will be read once more. */
static void reread(const struct source *src)
{
	struct entry *e;

	memcpy(&e, &src, sizeof(e));
	e->forgotten = 0;
}

int source_add_config(struct source_set *set, const char *fs_path, const char *shown,
		      const struct source **out_src)
{
	return add_file(set, fs_path, shown, LIMIT_CONFIG_FILE, out_src);
}

const struct source *source_add_text(struct source_set *set, const char *shown,
				     struct str text)
{
	return &add(set, shown, NULL, text)->pub;
}

const struct source *source_get(const struct source_set *set, uint32_t id)
{
	MCC_ASSERT(id >= 1 && id <= set->count);
	return &set->entries[id - 1]->pub;
}

size_t source_count(const struct source_set *set)
{
	return set->count;
}

static void push_start(struct line_index *lines, size_t offset)
{
	uint32_t *slot = arena_push(lines->arena, &lines->starts, lines->count,
				    &lines->room, sizeof(*slot));

	MCC_ASSERT(slot);
	*slot = (uint32_t)offset;
	lines->count++;
}

static const struct line_index *lines_of(const struct source *src)
{
	struct line_index *lines = ((const struct entry *)(const void *)src)->lines;
	struct str text = src->text;
	size_t at = 0;

	if (lines->starts)
		return lines;
	reread(src);
	push_start(lines, 0);
	for (;;) {
		ptrdiff_t nl = str_chr(str_slice(text, at, text.len), '\n');

		if (nl < 0)
			return lines;
		at += (size_t)nl + 1;
		push_start(lines, at);
		if (at % FORGET_UNIT < (size_t)nl)
			source_forget(src, at);
	}
}

struct position source_position(const struct source *src, uint32_t offset)
{
	const struct line_index *lines = lines_of(src);
	size_t lo = 0;
	size_t hi = lines->count;

	if (offset > src->text.len)
		offset = (uint32_t)src->text.len;
	/* The last line that starts at or before the offset. */
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (lines->starts[mid] <= offset)
			lo = mid;
		else
			hi = mid;
	}
	return (struct position){(uint32_t)lo + 1, offset - lines->starts[lo] + 1};
}

struct str source_line(const struct source *src, uint32_t line)
{
	const struct line_index *lines = lines_of(src);
	struct str text;

	if (line == 0 || line > lines->count)
		return str_slice(src->text, src->text.len, src->text.len);
	text = str_slice(src->text, lines->starts[line - 1],
			 line < lines->count ? lines->starts[line] : src->text.len);
	if (str_ends(text, "\n"))
		text.len--;
	if (str_ends(text, "\r"))
		text.len--;
	return text;
}

struct str source_span_text(const struct source_set *set, struct span span)
{
	if (!span.file)
		return str_of(NULL);
	return str_slice(source_get(set, span.file)->text, span.lo, span.hi);
}

bool span_eq(struct span a, struct span b)
{
	return a.file == b.file && a.lo == b.lo && a.hi == b.hi;
}

struct span span_join(struct span a, struct span b)
{
	if (!a.file)
		return b;
	if (!b.file)
		return a;
	MCC_ASSERT(a.file == b.file);
	return (struct span){a.file, a.lo < b.lo ? a.lo : b.lo,
			     a.hi > b.hi ? a.hi : b.hi};
}
