/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Postfix's words as data: parameters, restrictions, map types and access
 * actions, each in one .def table, which is the only door: adding a word is
 * one row plus its test.
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

bool pf_version_parse(const char *text, struct pf_version *out_version);
int pf_version_cmp(struct pf_version a, struct pf_version b);
/* The newest stable release the vocabulary knows (3.11). */
struct pf_version pf_version_newest(void);
/* True for lines 2.6 to 3.12. */
bool pf_version_is_known(struct pf_version v);

enum param_type {
	PARAM_TYPE_BOOL, PARAM_TYPE_INT, PARAM_TYPE_LONG, PARAM_TYPE_TIME,
	PARAM_TYPE_STR, PARAM_TYPE_RAW, PARAM_TYPE_NINT, PARAM_TYPE_NBOOL
};

/* Meaning of the value; one constant per word of the kind vocabulary. */
enum param_kind {
#define KIND(id, name) PARAM_KIND_##id,
#include "grammar/param_kinds.def"
#undef KIND
	PARAM_KIND_COUNT
};

enum param_status { PARAM_ACTIVE, PARAM_LEGACY, PARAM_READONLY, PARAM_REMOVED, PARAM_SNAPSHOT };

/* Every parameter: PARAM_myhostname, PARAM_2bounce_notice_recipient, ... */
enum param_id {
#define PARAM(name, ...) PARAM_##name,
#include "grammar/parameters.def"
#undef PARAM
	PARAM_COUNT
};

struct param {
	enum param_id id;
	const char *name;
	enum param_type type;
	enum param_kind kind;
	const char *default_value; /* of 3.11, unexpanded; or @hostname, @domain, @mynetworks */
	const char *unit; /* time: letter of a bare number, "" */
	const char *min; /* "" : no check */
	const char *max;
	const char *words; /* allowed words, comma-separated, or "" */
	const char *word_since; /* word=release list, or "" */
	const char *word_case; /* "", or how case matters */
	const char *since;
	const char *backports;
	const char *removed;
	const char *deprecated; /* "release->replacement", or "" */
	const char *programs;
	const char *default_changes; /* "rel,rel:old->new | ..." */
	const char *level_defaults;
	enum param_status status;
};

const struct param *param_get(enum param_id id);
/* NULL when no release has it. Names are case-sensitive. */
const struct param *param_find(struct str name);
/* Whether release v knows the parameter (since, backports, removed). */
bool param_in_version(const struct param *p, struct pf_version v);
/* Default in release v before compatibility levels, unexpanded; never NULL. */
const char *param_default(const struct param *p, struct pf_version v);
/* Nearest known name within two edits, or NULL; for "did you mean". */
const struct param *param_nearest(struct str name, struct pf_version v);

enum restriction_arg {
	RESTRICTION_ARG_NONE, RESTRICTION_ARG_MAP, RESTRICTION_ARG_DOMAIN,
	RESTRICTION_ARG_SECONDS, RESTRICTION_ARG_ENDPOINT, RESTRICTION_ARG_PREFIX
};

enum restriction_effect {
	RESTRICTION_PERMITS, RESTRICTION_REJECTS, RESTRICTION_DEFERS,
	RESTRICTION_LOOKS_UP, RESTRICTION_MODIFIES
};

struct restriction {
	const char *name;
	enum restriction_arg arg;
	enum restriction_effect effect;
	bool prevents_open_relay; /* counts for smtpd's start-up check */
	const char *since;
	const char *removed;
	const char *replaced_by; /* newer name of the same thing, or "" */
};

/* NULL when there is none. Case-insensitive. */
const struct restriction *restriction_find(struct str name);
size_t restriction_count(void);
const struct restriction *restriction_at(size_t i);
const struct restriction *restriction_nearest(struct str name);

enum map_access { MAP_INDEXED, MAP_TEXT, MAP_SEQUENTIAL, MAP_NETWORK, MAP_WRAPPER, MAP_CONSTANT };

struct map_type {
	const char *name;
	enum map_access access;
	bool has_file; /* the argument is a path */
	const char *suffix; /* of the compiled file: ".db", ".lmdb", ".cdb", "" */
	const char *since;
};

const struct map_type *map_type_find(struct str name);
const struct map_type *map_type_nearest(struct str name);

/* access(5) actions; NULL when the word is none. Case-insensitive. */
struct access_action {
	const char *name;
	bool takes_argument;
	const char *since;
};
const struct access_action *access_action_find(struct str name);

#endif
