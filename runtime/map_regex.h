/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One compiled expression, by the C library (regexp:) or by PCRE2 (pcre:).
 */
#ifndef MCC_RUNTIME_MAP_REGEX_H
#define MCC_RUNTIME_MAP_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct arena;
struct regex;

/* $1 to $9 and beyond: what a rule may refer to. */
enum { REGEX_GROUPS = 100 };

struct regex_match {
	struct str groups[REGEX_GROUPS]; /* [0]: the whole; ptr NULL: unset */
	size_t count;
};

enum regex_result { REGEX_MATCH, REGEX_NO_MATCH, REGEX_FAILED };

struct regex_kind {
	const char *type;
	/* NULL and a text in err when the expression or a flag is wrong. The
	 * object is released with the arena. */
	struct regex *(*compile)(struct arena *arena, const char *pattern,
				 struct str flags, char *err, size_t err_size);
	enum regex_result (*match)(const struct regex *regex, const char *subject,
				   struct regex_match *out_match);
	size_t (*group_count)(const struct regex *regex);
};

/*
 * What is wrong with a result that refers to `groups` groups, to go on after
 * "the rule ..."; NULL: nothing. has_groups: false behind an expression that
 * must not match; no_substitution: the table is asked by a parameter that takes
 * no part of the key into its answer.
 */
const char *regex_check_result(struct str result, size_t groups, bool has_groups,
			       bool no_substitution);

extern const struct regex_kind regex_posix;
extern const struct regex_kind regex_pcre;

#endif
