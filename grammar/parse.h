/* SPDX-License-Identifier: BSD-2-Clause */
/* What every parser of this folder is given, and the kinds of file they read. */
#ifndef MCC_GRAMMAR_PARSE_H
#define MCC_GRAMMAR_PARSE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct diag_queue;
struct source_set;
struct span;
struct strbuf;

/*
 * Parsers allocate in `arena`, queue syntax diagnostics in `diags` and go on
 * after an error, so that all errors of a file appear in one run. They never
 * fail: what could be read is in the tree.
 */
struct parse_ctx {
	struct arena *arena;
	struct source_set *sources;
	struct diag_queue *diags;
};

/* Comment lines of a file in order, each from its `#` to the end of line. */
struct comments {
	struct span *items;
	size_t count;
};

/* Kinds of file: told by name or by `--kind`. */
enum file_kind {
	FILE_KIND_MAIN,	   /* main.cf */
	FILE_KIND_MASTER,  /* master.cf */
	FILE_KIND_ALIASES, /* aliases(5) */
	FILE_KIND_TABLE,   /* key and value: virtual, transport, access, ... */
	FILE_KIND_REGEXP,  /* regexp_table(5) */
	FILE_KIND_PCRE,	   /* pcre_table(5) */
	FILE_KIND_CIDR,	   /* cidr_table(5) */
	FILE_KIND_CLIENT,  /* name = value, of ldap:, mysql:, ... tables */
	FILE_KIND_SPF,	   /* one SPF record, RFC 7208 */
	FILE_KIND_UNKNOWN
};

/* By base name; FILE_KIND_UNKNOWN when the name tells nothing. */
enum file_kind file_kind_of_name(const char *path);
struct str;
/*
 * By the first row: an expression in slashes makes a table of patterns, an
 * address with a prefix length, or `if` before one, a cidr table. Whether a
 * table of patterns is regexp: or pcre: nothing tells; the former is said.
 * FILE_KIND_UNKNOWN: neither.
 */
enum file_kind file_kind_of_text(struct str text);
/* "main", "master", "aliases", "table", "regexp", "pcre", "cidr", "client",
 * "spf"; false for other words. */
bool file_kind_parse(const char *word, enum file_kind *out_kind);

#endif
