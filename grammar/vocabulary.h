/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Postfix's words as data: parameters, restrictions, map types and access
 * actions, each in one .def table, which is the only door: adding a word is
 * one row plus its test. Texts that a table does not have are "", never NULL.
 */
#ifndef MCC_GRAMMAR_VOCABULARY_H
#define MCC_GRAMMAR_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* A Postfix release, "3.7" or "3.7.9"; patch -1: the newest of its line. */
struct pf_version {
	int major;
	int minor;
	int patch;
};

/* "major.minor" or "major.minor.patch"; false for anything else. */
bool pf_version_parse(const char *text, struct pf_version *out_version);
/* <0, 0, >0; patch -1 sorts after every numbered patch of its line. */
int pf_version_cmp(struct pf_version a, struct pf_version b);
/* The newest stable release the vocabulary knows (3.11). */
struct pf_version pf_version_newest(void);
/* True for lines 2.6 to 3.12. */
bool pf_version_is_known(struct pf_version v);
/*
 * Whether `v` has what came with one of `releases`, a list such as
 * "3.5.20,3.6.10,3.9": x.y counts for that line and all later ones, x.y.z for
 * the rest of its own line. False for the empty list.
 */
bool pf_version_reached(struct pf_version v, const char *releases);
/* The release `v` with the newest patch known when its own is open. */
struct pf_version pf_version_concrete(struct pf_version v);

enum param_type {
	PARAM_TYPE_BOOL,
	PARAM_TYPE_INT,
	PARAM_TYPE_LONG,
	PARAM_TYPE_TIME,
	PARAM_TYPE_STR,
	PARAM_TYPE_RAW,
	PARAM_TYPE_NINT,
	PARAM_TYPE_NBOOL
};

/* Meaning of the value; one constant per word of the kind vocabulary. */
enum param_kind {
#define KIND(id, name) PARAM_KIND_##id,
#include "grammar/param_kinds.def"
#undef KIND
	PARAM_KIND_COUNT
};

/*
 * LEGACY: an old name that is still honoured because the default of the new
 * one refers to it. READONLY: set by the software. SNAPSHOT: 3.12 only.
 */
enum param_status {
	PARAM_ACTIVE,
	PARAM_LEGACY,
	PARAM_READONLY,
	PARAM_REMOVED,
	PARAM_SNAPSHOT
};

/* Every parameter: PARAM_myhostname, PARAM_2bounce_notice_recipient, ... */
enum param_id {
#define PARAM(name, ...) PARAM_##name,
#include "grammar/parameters.def"
#undef PARAM
	PARAM_COUNT
};

/* Before one of `releases` (see pf_version_reached) the default was this. */
struct param_change {
	const char *releases;
	const char *old_default;
};

struct param {
	enum param_id id;
	const char *name;
	size_t name_len;
	enum param_type type;
	enum param_kind kind;
	/* Of the newest release, unexpanded; @hostname, @domain, @mynetworks,
	 * @version and @release_date are computed by the model. */
	const char *default_value;
	const char *unit; /* time: letter of a bare number, "" */
	const char *min;  /* "" : no check */
	const char *max;
	const char *words;	/* allowed words, comma-separated, or "" */
	const char *word_since; /* word=release list, or "" */
	const char *word_case;	/* "", or how case matters */
	const char *since;
	const char *backports;
	const char *removed;
	const char *deprecated; /* "release->replacement", or "" */
	const char *programs;
	const char *level_defaults;	    /* "<1:old;>=1:new", or "" */
	const struct param_change *changes; /* ends with releases NULL */
	enum param_status status;
};

const struct param *param_get(enum param_id id);
/* NULL when no release has it. Names are case-sensitive. */
const struct param *param_find(struct str name);
/* Whether release v knows the parameter (since, backports, removed). */
bool param_in_version(const struct param *p, struct pf_version v);
/*
 * Default in release v before it is expanded (which brings in the
 * compatibility level); never NULL.
 */
const char *param_default(const struct param *p, struct pf_version v);
/* Nearest known name within two edits, or NULL; for "did you mean". */
const struct param *param_nearest(struct str name, struct pf_version v);
/* Whether the replacement for p is named in release v: it is deprecated then.
 * `out_instead` is the text after the arrow, "" when there is none. */
bool param_is_deprecated(const struct param *p, struct pf_version v,
			 const char **out_instead);
/*
 * Whether `word` is one of the parameter's words in release v, with the case
 * rule of its row; false also when the row has no words.
 */
bool param_has_word(const struct param *p, struct str word, struct pf_version v);
/* Replacement of a name that went before 2.6: "" when nothing replaced it,
 * NULL when the name never existed. */
const char *param_ancient(struct str name);

/* A parameter SERVICE_suffix that a service of master.cf brings along. */
struct service_param {
	const char *suffix;   /* without the underscore */
	const char *programs; /* commands of master.cf that have it */
	enum param_type type;
	enum param_kind kind;
	const char *default_value;
	const char *unit;
	const char *min;
	const char *max;
	const char *since;
};

size_t service_param_count(void);
const struct service_param *service_param_at(size_t i);
/* By the end of `name`; `out_service` is what stands before it. */
const struct service_param *service_param_find(struct str name, struct str *out_service);

/* A key of the client file of an ldap:, mysql:, ... table. */
struct client_param {
	const char *table_type;
	const char *attribute;
	enum param_type type;
	const char *default_value;
	const char *min;
	const char *max;
	const char *since;
};

size_t client_param_count(void);
const struct client_param *client_param_at(size_t i);
const struct client_param *client_param_find(struct str table_type, struct str attribute);

enum restriction_arg {
	RESTRICTION_ARG_NONE,
	RESTRICTION_ARG_MAP,
	RESTRICTION_ARG_DOMAIN,
	RESTRICTION_ARG_SECONDS,
	RESTRICTION_ARG_ENDPOINT,
	RESTRICTION_ARG_PREFIX
};

enum restriction_effect {
	RESTRICTION_PERMITS,
	RESTRICTION_REJECTS,
	RESTRICTION_DEFERS,
	RESTRICTION_LOOKS_UP,
	RESTRICTION_MODIFIES
};

struct restriction {
	const char *name;
	enum restriction_arg arg;
	enum restriction_effect effect;
	bool prevents_open_relay; /* counts for smtpd's start-up check */
	const char *since;
	const char *removed;
	const char *replaced_by; /* what to write instead, or "" */
	const char *stages;	 /* "client,helo,...": where its facts are known */
};

/* NULL when there is none. Case-insensitive. */
const struct restriction *restriction_find(struct str name);
size_t restriction_count(void);
const struct restriction *restriction_nearest(struct str name);

/* CONSTANT: no file and no server (static, inline, unix, fail, ...). */
enum map_access {
	MAP_INDEXED,
	MAP_TEXT,
	MAP_SEQUENTIAL,
	MAP_NETWORK,
	MAP_WRAPPER,
	MAP_CONSTANT
};

struct map_type {
	const char *name;
	enum map_access access;
	bool has_file;	    /* the argument is the path of a text that mcc reads */
	const char *suffix; /* of the compiled file: ".db", ".lmdb", ".cdb", "" */
	bool is_compiled;   /* postmap makes a database of it */
	const char *since;
};

size_t map_type_count(void);
const struct map_type *map_type_at(size_t i); /* sorted by name */
const struct map_type *map_type_find(struct str name);
const struct map_type *map_type_nearest(struct str name);

enum action_arg { ACTION_ARG_NONE, ACTION_ARG_OPTIONAL, ACTION_ARG_REQUIRED };

enum action_effect {
	ACTION_PERMITS,
	ACTION_REJECTS,
	ACTION_DEFERS,
	ACTION_NOTHING,
	ACTION_MODIFIES
};

/*
 * access(5) actions. Numbers are found, too: three digits that begin with 4 or
 * 5 as "4NN" and "5NN", other digits as "DIGITS" (which permits).
 */
struct access_action {
	const char *name;
	bool takes_argument;
	enum action_arg arg;
	enum action_effect effect;
	const char *since;
};

/* NULL when the word is none. Case-insensitive. */
const struct access_action *access_action_find(struct str name);
const struct access_action *access_action_nearest(struct str name);

/* header_checks(5) actions. */
struct header_action {
	const char *name;
	enum action_arg arg;
	const char *where; /* letters: c cleanup, s smtp, m Milter headers */
	const char *since;
};

const struct header_action *header_action_find(struct str name);

#endif
