/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Look-ups in tables, whatever their type. "Not there" and "cannot tell" are
 * different answers everywhere.
 */
#ifndef MCC_RUNTIME_MAP_H
#define MCC_RUNTIME_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

struct arena;
struct rt_config;
struct rt_map;
struct rt_map_ref;

enum rt_found { RT_FOUND, RT_NOT_FOUND, RT_LOOKUP_ERROR };

/* How callers may treat keys: access(5) and friends try partial keys only in
 * tables that are not matched as a whole (regexp, pcre, cidr, static, ...). */
enum rt_map_flags { RT_MAP_PARTIAL_KEYS = 1 };

/*
 * What a table makes of keys. Where Postfix has smtputf8_enable case is that of
 * Unicode, a key that is not UTF-8 is in no table, a row that is not is none,
 * and an answer that is not, of a table that others have made, is a failure.
 */
struct rt_keys {
	bool is_folded; /* compared without regard to case */
	bool is_utf8;
};

/* The key as it is compared; in the arena, or the same bytes. */
struct str rt_keys_fold(struct rt_keys keys, struct arena *arena, struct str key);

/* Rows of a table in memory, for text types and for traces from source text. */
struct rt_row {
	struct str key;
	struct str value;
	unsigned line;
};

struct rt_map {
	const struct rt_map_class *class;
	const char *name; /* "hash:/etc/postfix/virtual", for messages */
	unsigned flags;
	struct rt_keys keys;
};

/*
 * One way of looking up. `value` goes to the arena. out_line (may be NULL)
 * gets the source line of the row where the type knows it, else 0.
 */
struct rt_map_class {
	const char *type;
	enum rt_found (*lookup)(struct rt_map *map, struct str key, struct arena *arena,
				struct str *out_value, unsigned *out_line);
	void (*close)(struct rt_map *map); /* NULL: lives in an arena */
};

/* Folds the key where the table wants it and looks it up. */
enum rt_found rt_map_lookup(struct rt_map *map, struct str key, struct arena *arena,
			    struct str *out_value, unsigned *out_line);

/* Opens a database (hash, btree, lmdb, cdb) in the generation folder (dirfd) or
 * by path. Errors: status and text. */
int rt_map_open_database(struct arena *arena, int dirfd, const struct rt_map_ref *ref,
			 struct rt_map **out_map, char *err,
			 size_t err_size) MCC_MUST_CHECK;
/* Called with each row; false stops. The bytes are valid during the call. */
typedef bool rt_row_fn(struct str key, struct str value, void *arg);
/* The rows of a database in the order of the file, without final NULs. */
int rt_map_each(struct rt_map *map, rt_row_fn *fn, void *arg) MCC_MUST_CHECK;
/* Rows in memory, exact match (texthash, inline, or source text of a database).
 * Of equal keys the first row wins. Rows are borrowed. */
struct rt_map *rt_map_of_rows(struct arena *arena, const char *name,
			      const struct rt_row *rows, size_t count,
			      struct rt_keys keys);
struct rt_map *rt_map_static(struct arena *arena, const char *name, struct str value);
/* Always RT_LOOKUP_ERROR. */
struct rt_map *rt_map_fail(struct arena *arena, const char *name);
/*
 * regexp:, pcre: and cidr: tables from their source text (the inner part of
 * `{...}` forms with one rule a line). Rules that Postfix warns about and
 * skips are skipped, with no_substitution also those whose result has a
 * $number; `warn` (may be NULL) is told about each, with its line. An unknown
 * type is MCC_EUNSUPPORTED.
 */
struct rt_map_warn {
	void (*fn)(struct rt_map_warn *warn, unsigned line, const char *message);
};
struct rt_map_text {
	const char *type;
	const char *name;
	struct str text;
	bool no_substitution;
};
int rt_map_of_text(struct arena *arena, const struct rt_map_text *text,
		   struct rt_map_warn *warn, struct rt_map **out_map) MCC_MUST_CHECK;
/* Whether rt_map_of_text() knows the type. */
bool rt_map_is_text_type(const char *type);
/*
 * pipemap: each part is asked with the answer of the one before; unionmap: the
 * answers of all parts, with commas. The parts are borrowed; count > 0.
 */
struct rt_map *rt_map_of_parts(struct arena *arena, bool is_union, const char *name,
			       struct rt_map *const *parts, size_t count);
/*
 * randmap over "{value ...}"; a list that is none, or empty, always fails.
 * Look-ups throw dice until rt_map_pick() fixes the outcome (modulo their
 * number); traces show all of them.
 */
#define RT_MAP_BY_CHANCE SIZE_MAX
struct rt_map *rt_map_random(struct arena *arena, const char *name, struct str list);
/* Number of answers that one key may have; 1 for any other table. */
size_t rt_map_outcomes(const struct rt_map *map);
void rt_map_pick(struct rt_map *map, size_t outcome);
/* environ: variables of this process. */
struct rt_map *rt_map_environ(struct arena *arena, const char *name, bool fold_keys);
/* unix:passwd.byname over a passwd(5) file; read anew when it changes. */
struct rt_map *rt_map_passwd(struct arena *arena, const char *name,
			     const char *passwd_file);
void rt_map_close(struct rt_map *map);

/*
 * Opens every table of a configuration read from a generation. `passwd_file`
 * serves unix:passwd.byname. On failure nothing stays open.
 */
int rt_maps_open(struct arena *arena, struct rt_config *config, int generation_fd,
		 const char *passwd_file, char *err, size_t err_size) MCC_MUST_CHECK;
void rt_maps_close(struct rt_config *config);

#endif
