/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables as `mcc map` works on them, outside any site. */
#ifndef MCC_MCC_MAP_TABLE_H
#define MCC_MCC_MAP_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "runtime/map.h"

struct arena;
struct cli;
struct source;

/* What becomes of a key that is there already. */
enum map_again {
	MAP_AGAIN_WARN,	   /* the first value stays */
	MAP_AGAIN_KEEP,	   /* -w: the same without a word */
	MAP_AGAIN_REPLACE, /* -r: the last one counts */
};

struct map_table {
	struct cli *cli;
	const char *name; /* "hash:aliases" */
	const char *type;
	const char *file;   /* what follows the colon; "-": standard input */
	const char *output; /* -o, or NULL */
	bool is_aliases;
	bool is_unfolded;      /* -f: keys keep their case */
	bool has_files;	       /* -F: values name files whose content counts */
	bool has_default_mode; /* -p: 0644, whatever the source has */
	bool is_any_encoding;  /* -u */
	bool is_utf8;	       /* smtputf8_enable and not -u */
	bool is_as_root;       /* --as-root: keeps root's rights */
	bool is_with_nul;      /* -N, which is news to cdb only */
	bool is_verbose;
	enum map_again again;
	unsigned depth; /* of tables within tables */
};

struct map_tables {
	struct map_table *list;
	size_t count; /* at least one */
};

/* What main.cf says, where there is one, else what it says in new sites. */
struct map_settings {
	const char *default_type; /* default_database_type */
	bool is_utf8;		  /* smtputf8_enable */
};

/* From the site that cli_load_options() settled; complaints are for others. */
void map_settings_load(struct cli *cli, struct map_settings *out_settings);

/*
 * Reads the source text; exit status, the failure has been said. Complaints
 * about its rows are queued.
 */
int map_read_source(const struct map_table *table, const struct source **out_src);
/* How the table's keys are compared. */
struct rt_keys map_keys(const struct map_table *table);
/* Types that are compiled: hash, btree, lmdb, cdb. */
bool map_is_database(const char *type);
/* A table of any type for look-ups; exit status, the failure has been said. */
int map_open(const struct map_table *table, struct rt_map **out_map);
/* texthash and inline: their rows, folded, of equal keys the first. */
bool map_has_rows(const char *type);
int map_read_rows(const struct map_table *table, struct rt_row **out_rows,
		  size_t *out_count);
/* -F: the files that `value` names, as base64, and back. False: the reason
 * has been said (encoding) or it is no base64. Back only to the first NUL, as
 * Postfix does. */
bool map_encode_files(struct arena *arena, struct str value, struct str *out_text,
		      const char **out_why);
bool map_decode_value(struct arena *arena, struct str value, struct str *out_text);

/* TYPE:FILE to a database; exit status. */
int map_compile(const struct map_table *table);
/* -i: rows from standard input into the database, made when it is not there. */
int map_add(const struct map_table *table);
/* -d KEY, or "-" for keys from standard input, in all tables; EXIT_FINDINGS:
 * none was there. */
int map_delete(const struct map_tables *tables, const char *key);
/* -q KEY, or "-" for keys from standard input: the first table that knows. */
int map_query(const struct map_tables *tables, const char *key);
/* -s: all rows, in the table's own order. */
int map_dump(const struct map_table *table);

#endif
