/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pcre_table(5): expressions of PCRE2, 8-bit. The library's own limits on
 * backtracking bound the work of one match; a match beyond them is a failed
 * look-up, not "no match".
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>

#include "base/arena.h"
#include "runtime/map_regex.h"

struct regex {
	pcre2_code *code;
	pcre2_match_data *match;
	uint32_t groups;
};

static void free_regex(void *arg)
{
	struct regex *regex = arg;

	pcre2_match_data_free(regex->match);
	pcre2_code_free(regex->code);
}

static bool add_flags(struct str flags, uint32_t *out)
{
	static const struct {
		char letter;
		uint32_t bit;
	} letters[] = {
		{'i', PCRE2_CASELESS}, {'m', PCRE2_MULTILINE},
		{'s', PCRE2_DOTALL},   {'x', PCRE2_EXTENDED},
		{'A', PCRE2_ANCHORED}, {'E', PCRE2_DOLLAR_ENDONLY},
		{'U', PCRE2_UNGREEDY}, {'X', 0},
	};

	for (size_t i = 0; i < flags.len; i++) {
		size_t n = 0;

		while (n < array_len(letters) && letters[n].letter != flags.ptr[i])
			n++;
		if (n == array_len(letters))
			return false;
		*out ^= letters[n].bit;
	}
	return true;
}

static struct regex *pcre_compile(struct arena *arena, const char *pattern,
				  struct str flags, char *err, size_t err_size)
{
	struct regex *regex = arena_alloc(arena, sizeof(*regex));
	uint32_t bits = PCRE2_CASELESS | PCRE2_DOTALL;
	PCRE2_SIZE offset;
	int code;

	if (!add_flags(flags, &bits)) {
		snprintf(err, err_size, "has an unknown flag");
		return NULL;
	}
	regex->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, bits,
				    &code, &offset, NULL);
	if (!regex->code) {
		pcre2_get_error_message(code, (PCRE2_UCHAR *)err, err_size);
		return NULL;
	}
	regex->match = pcre2_match_data_create_from_pattern(regex->code, NULL);
	pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &regex->groups);
	arena_on_free(arena, free_regex, regex);
	return regex;
}

static enum regex_result pcre_match(const struct regex *regex, const char *subject,
				    struct regex_match *out)
{
	const PCRE2_SIZE *ends;
	int count;

	if (!regex->match)
		return REGEX_FAILED;
	count = pcre2_match(regex->code, (PCRE2_SPTR)subject, PCRE2_ZERO_TERMINATED, 0, 0,
			    regex->match, NULL);
	if (count <= 0)
		return count == PCRE2_ERROR_NOMATCH ? REGEX_NO_MATCH : REGEX_FAILED;
	ends = pcre2_get_ovector_pointer(regex->match);
	out->count = 0;
	for (size_t i = 0; i < (size_t)count && i < REGEX_GROUPS; i++) {
		out->groups[i] = (struct str){NULL, 0};
		if (ends[2 * i] != PCRE2_UNSET && ends[2 * i] <= ends[2 * i + 1])
			out->groups[i] = (struct str){subject + ends[2 * i],
						      ends[2 * i + 1] - ends[2 * i]};
		out->count = i + 1;
	}
	return REGEX_MATCH;
}

static size_t pcre_group_count(const struct regex *regex)
{
	return regex->groups;
}

const struct regex_kind regex_pcre = {"pcre", pcre_compile, pcre_match, pcre_group_count};
