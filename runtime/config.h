/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The resolved configuration of one site: what `mcc build` emits as
 * runtime.json, what `mccd` runs, what `mcc trace` walks through and the relay
 * proof reasons about. One object, never two. No `$` is left, every value has
 * its type, every policy is a program, and everything knows the file and line
 * it came from.
 *
 * Everything lives in the arena it was made in and is constant afterwards.
 */
#ifndef MCC_RUNTIME_CONFIG_H
#define MCC_RUNTIME_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

struct arena;
struct rt_map;

/* Raised when a reader of the old format would misunderstand the new one. */
#define RT_FORMAT_VERSION 1

/* Where a thing was written; line 0: a default. */
struct rt_origin {
	const char *file;
	unsigned line;
};

/* ---- tables ---- */

/*
 * One table of the generation. `type` is Postfix's word; `path` is relative to
 * the generation ("maps/aliases-1.db"); types without a file (static, unix,
 * fail, randmap, pipemap, unionmap) keep their argument in `argument`.
 */
struct rt_map_ref {
	const char *name; /* as the site wrote it: "hash:/etc/postfix/virtual" */
	const char *type;
	const char *path;     /* NULL: no file */
	const char *argument; /* NULL: has a file */
	const char *sha256;   /* of the file; NULL: no file */
	bool is_aliases;      /* keys and values by aliases(5) */
	bool fold_keys;	      /* keys are compared in lower case; false for patterns */
	/* Rows of regexp and pcre tables whose result has $number are passed
	 * over: a stranger's address must not choose commands, files, hosts. */
	bool no_substitution;
	/* pipemap, unionmap: indexes into rt_config.maps, all before this one. */
	const size_t *parts;
	size_t part_count;
	struct rt_origin origin;
	struct rt_map *map; /* opened table; NULL before rt_maps_open() */
};

/* List of tables, tried left to right. Indexes into rt_config.maps. */
struct rt_maps {
	const size_t *maps;
	size_t count;
	struct rt_origin origin;
};

/* ---- match lists ---- */

enum rt_match_kind {
	RT_MATCH_WORD,		  /* equal, without regard to case */
	RT_MATCH_DOT_DOMAIN,	  /* ".example.com": every name below */
	RT_MATCH_DOMAIN_AND_SUBS, /* "example.com" with parent matching on */
	RT_MATCH_NET,		  /* address or net/len */
	RT_MATCH_MAP,		  /* key exists in a table */
	RT_MATCH_ERROR		  /* cannot be read: every look-up fails temporarily */
};

struct rt_match_item {
	enum rt_match_kind kind;
	bool negated;	     /* "!pattern" */
	const char *text;    /* pattern in lower case; NET: as written; ERROR: why */
	int family;	     /* NET, ERROR: AF_INET or AF_INET6; ERROR: 0 any */
	uint8_t address[16]; /* NET */
	unsigned prefix;     /* NET: bits */
	size_t map;	     /* MAP: index into rt_config.maps */
	struct rt_origin origin;
};

struct rt_match {
	const struct rt_match_item *items;
	size_t count;
	bool parent_matches; /* the list's name is in parent_domain_matches_subdomains */
	struct rt_origin origin;
};

struct rt_words {
	const char *const *words;
	size_t count;
	struct rt_origin origin;
};

/* ---- settings ---- */

struct rt_settings {
#define RT_STR(name) const char *name;
#define RT_BOOL(name) bool name;
#define RT_INT(name) int64_t name;
#define RT_TIME(name) int64_t name;
#define RT_WORDS(name) struct rt_words name;
#define RT_MATCH(name) struct rt_match name;
#define RT_NETS(name) struct rt_match name;
#define RT_MAPS(name) struct rt_maps name;
#include "runtime/settings.def"
};

/* ---- policies ---- */

/* Instructions; runtime/policy_ops.def has their words and arguments. */
enum rt_op {
#define OP(id, word, arg) RT_OP_##id,
#include "runtime/policy_ops.def"
#undef OP
	RT_OP_COUNT
};

enum rt_arg { RT_ARG_NONE, RT_ARG_MAP, RT_ARG_CLASS, RT_ARG_TEXT };

struct rt_insn {
	enum rt_op op;
	bool warn_only;	  /* after warn_if_reject */
	size_t map;	  /* RT_ARG_MAP: index into rt_config.maps */
	size_t program;	  /* RT_ARG_CLASS: index into rt_config.classes */
	const char *text; /* RT_ARG_TEXT, or the word as written */
	struct rt_origin origin;
};

/* One restriction list, or one restriction class. */
struct rt_program {
	const char *name; /* "smtpd_client_restrictions", class name */
	const struct rt_insn *insns;
	size_t count;
	struct rt_origin origin;
};

enum rt_stage {
	RT_STAGE_CLIENT,
	RT_STAGE_HELO,
	RT_STAGE_SENDER,
	RT_STAGE_RELAY,
	RT_STAGE_RECIPIENT,
	RT_STAGE_DATA,
	RT_STAGE_END_OF_DATA,
	RT_STAGE_ETRN,
	RT_STAGE_COUNT
};

/* ---- services ---- */

/* One smtpd of master.cf. */
struct rt_service {
	const char *name; /* "smtp/inet" */
	const char *host; /* NULL or "": all of inet_interfaces */
	unsigned port;
	const struct rt_settings *settings; /* with the service's -o overrides */
	struct rt_program stages[RT_STAGE_COUNT];
	struct rt_origin origin;
	/* smtpd would not start with this configuration: its message. NULL: fine. */
	const char *fatal;
};

struct rt_transport {
	const char *name; /* master.cf service, "local", "smtp", "dovecot" */
	const char
		*program; /* "local", "virtual", "smtp", "lmtp", "pipe", "error", ... */
	struct rt_origin origin;
};

struct rt_config {
	const char *mcc_version;
	const char *postfix;	     /* release line, "3.11" */
	struct rt_settings settings; /* main.cf */
	struct rt_map_ref *maps;
	size_t map_count;
	/* A class refers only to classes before it. */
	struct rt_program
		*classes; /* restriction classes and, in access tables, named lists */
	size_t class_count;
	struct rt_service *services;
	size_t service_count;
	struct rt_transport *transports;
	size_t transport_count;
};

/* Writes runtime.json: stable order, one trailing newline. In the arena. Empty
 * when it would be larger than LIMIT_RUNTIME_JSON. */
struct str rt_config_write(struct arena *arena, const struct rt_config *config);
/*
 * Reads it back, distrusting every byte: unknown version, missing or wrong
 * members, indexes out of range are MCC_EFORMAT with a text in err. The arena
 * has no cap.
 */
int rt_config_read(struct arena *arena, struct str json, struct rt_config **out_config,
		   char *err, size_t err_size) MCC_MUST_CHECK;

/* The service of that name ("smtp/inet"), or the first one; NULL: none. */
const struct rt_service *rt_config_service(const struct rt_config *config,
					   const char *name);

#endif
