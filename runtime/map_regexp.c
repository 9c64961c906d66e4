/* SPDX-License-Identifier: BSD-2-Clause */
/* regexp_table(5): the C library's expressions, as Postfix uses them. */
#include <regex.h>
#include <stdio.h>

#include "base/arena.h"
#include "runtime/map_regex.h"
#include "runtime/regex_size.h"

struct regex {
	regex_t compiled;
};

static void free_regex(void *arg)
{
	regfree(&((struct regex *)arg)->compiled);
}

/* Flags toggle: letters of the table to those of regcomp(3). */
static bool add_flags(struct str flags, int *out)
{
	for (size_t i = 0; i < flags.len; i++) {
		switch (flags.ptr[i]) {
		case 'i':
			*out ^= REG_ICASE;
			break;
		case 'm':
			*out ^= REG_NEWLINE;
			break;
		case 'x':
			*out ^= REG_EXTENDED;
			break;
		default:
			return false;
		}
	}
	return true;
}

static struct regex *posix_compile(struct arena *arena, const char *pattern,
				   struct str flags, char *err, size_t err_size)
{
	struct regex *regex = arena_alloc(arena, sizeof(*regex));
	int bits = REG_EXTENDED | REG_ICASE;
	const char *fault;
	int code;

	if (!add_flags(flags, &bits)) {
		snprintf(err, err_size, "has an unknown flag");
		return NULL;
	}
	fault = regex_size_fault(pattern, bits & REG_EXTENDED);
	if (fault) {
		snprintf(err, err_size, "%s", fault);
		return NULL;
	}
	code = regcomp(&regex->compiled, pattern, bits);
	if (code) {
		regerror(code, &regex->compiled, err, err_size);
		return NULL;
	}
	arena_on_free(arena, free_regex, regex);
	return regex;
}

static enum regex_result posix_match(const struct regex *regex, const char *subject,
				     struct regex_match *out)
{
	regmatch_t found[REGEX_GROUPS];
	size_t wanted = regex->compiled.re_nsub + 1;
	int code;

	if (wanted > REGEX_GROUPS)
		wanted = REGEX_GROUPS;
	code = regexec(&regex->compiled, subject, wanted, found, 0);
	if (code)
		return code == REG_NOMATCH ? REGEX_NO_MATCH : REGEX_FAILED;
	out->count = wanted;
	for (size_t i = 0; i < wanted; i++) {
		out->groups[i] = (struct str){NULL, 0};
		if (found[i].rm_so >= 0)
			out->groups[i] =
				(struct str){subject + found[i].rm_so,
					     (size_t)(found[i].rm_eo - found[i].rm_so)};
	}
	return REGEX_MATCH;
}

static size_t posix_group_count(const struct regex *regex)
{
	return regex->compiled.re_nsub;
}

const struct regex_kind regex_posix = {"regexp", posix_compile, posix_match,
				       posix_group_count};
