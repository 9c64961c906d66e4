/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Input text and places in it. Every file that is read is kept whole for the
 * length of the run; a place is a file id and two byte offsets. Lines and
 * columns are computed only when something is printed.
 */
#ifndef MCC_BASE_SOURCE_H
#define MCC_BASE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

struct arena;

/* Half-open range of bytes. File 0 is "nowhere" (built-in defaults, options). */
struct span {
	uint32_t file;
	uint32_t lo;
	uint32_t hi;
};

#define SPAN_NONE ((struct span){0, 0, 0})

struct source {
	uint32_t id;
	const char *path;    /* as it is shown: relative to the site's folder */
	const char *fs_path; /* as it was opened; NULL for text from memory */
	struct str text;
};

struct position {
	uint32_t line;	 /* from 1 */
	uint32_t column; /* from 1, in bytes */
};

struct source_set;

struct source_set *source_set_new(struct arena *arena);
/*
 * Every file that is added from now on under a relative name is shown below
 * `folder` ("sites/a/", borrowed; "": as it is). For runs over several sites.
 */
void source_show_below(struct source_set *set, const char *folder);
/*
 * A file that is read from now on has this text (borrowed), whatever stands on
 * disk: for trying an edit before it is written.
 */
void source_replace(struct source_set *set, const char *fs_path, struct str text);
/*
 * Reads a regular file of at most LIMIT_SOURCE_FILE bytes. `shown` is the name
 * for messages (NULL: fs_path). The same fs_path read twice gives the same
 * source. Status: MCC_ENOENT, MCC_EACCES, MCC_EISDIR, MCC_ENOTREG,
 * MCC_ETOOBIG, MCC_EIO.
 */
int source_add_file(struct source_set *set, const char *fs_path, const char *shown,
		    const struct source **out_src) MCC_MUST_CHECK;
/*
 * The same for a file that may be large: beyond LIMIT_SOURCE_HELD its text is
 * not in memory but in a copy without a name, in the folder of `beside`, which
 * nobody else can change or cut off.
 */
int source_add_large(struct source_set *set, const char *fs_path, const char *beside,
		     const struct source **out_src) MCC_MUST_CHECK;
/* Bytes before `offset` are not wanted for now: memory of a large file that
 * they take is given back. They can still be read. */
void source_forget(const struct source *src, size_t offset);
/* The same for main.cf, master.cf and their like: at most LIMIT_CONFIG_FILE. */
int source_add_config(struct source_set *set, const char *fs_path, const char *shown,
		      const struct source **out_src) MCC_MUST_CHECK;
/* Text from memory (borrowed), under a shown name such as "<stdin>". */
const struct source *source_add_text(struct source_set *set, const char *shown,
				     struct str text);
const struct source *source_get(const struct source_set *set, uint32_t id);
size_t source_count(const struct source_set *set); /* ids are 1..count */
/* Line and column of a byte offset; offsets past the end give the end. */
struct position source_position(const struct source *src, uint32_t offset);
/* The physical line with that number, without its line end. */
struct str source_line(const struct source *src, uint32_t line);
/* The bytes of a span; empty for SPAN_NONE. */
struct str source_span_text(const struct source_set *set, struct span span);
bool span_eq(struct span a, struct span b);
struct span span_join(struct span a, struct span b); /* same file */

#endif
