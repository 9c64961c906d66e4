/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * regexp_table(5) and pcre_table(5): `[!]/expression/flags result`, blocks of
 * `if [!]/expression/` to `endif`, and $1, ${1}, $(1) in results. The first
 * rule that matches wins. A regexp: rule may name a second expression that
 * must not match: `/this/!/that/ result`.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/status.h"
#include "runtime/map_regex.h"
#include "runtime/map_rules.h"
#include "runtime/map_text.h"

struct pattern_rule {
	struct map_rule rule;
	struct regex *first;
	bool first_negated;
	struct regex *second; /* or NULL */
	bool second_negated;
	struct str result;
};

struct pattern_map {
	struct rt_map map;
	const struct regex_kind *kind;
	struct map_rules rules;
};

/* ---- results ---- */

/*
 * The next `$` form at s.ptr[*i] == '$': its number, or -1 for "$$", or -2
 * when it is none. *i moves behind it.
 */
static long next_reference(struct str s, size_t *i)
{
	size_t at = *i + 1;
	char close = '\0';
	size_t digits;
	long n = 0;

	if (at < s.len && s.ptr[at] == '$') {
		*i = at + 1;
		return -1;
	}
	if (at < s.len && (s.ptr[at] == '{' || s.ptr[at] == '('))
		close = s.ptr[at++] == '{' ? '}' : ')';
	for (digits = at; digits < s.len && isdigit((unsigned char)s.ptr[digits]);
	     digits++)
		n = n < REGEX_GROUPS ? n * 10 + (s.ptr[digits] - '0') : REGEX_GROUPS;
	if (digits == at || (close && (digits == s.len || s.ptr[digits] != close)))
		return -2;
	*i = digits + (close != '\0');
	return n;
}

const char *regex_check_result(struct str result, size_t groups, bool has_groups,
			       bool no_substitution)
{
	for (size_t i = 0; i < result.len;) {
		long n;

		if (result.ptr[i] != '$') {
			i++;
			continue;
		}
		n = next_reference(result, &i);
		if (n == -2)
			return "has a $ in its result that is no $number";
		if (n >= 0 && no_substitution)
			return "has $number in its result, which the parameter that names "
			       "this table does not allow";
		if (n >= 0 && !has_groups)
			return "has $number after an expression that must not match";
		if (n == 0 || (n > 0 && (size_t)n > groups))
			return "refers to a group that its expression has not";
	}
	return NULL;
}

static bool expand(struct arena *arena, struct str result,
		   const struct regex_match *match, struct str *out_value)
{
	struct strbuf buf;
	char *copy = NULL;

	strbuf_init(&buf, LIMIT_EXPANDED_VALUE);
	for (size_t i = 0; i < result.len;) {
		long n;

		if (result.ptr[i] != '$') {
			strbuf_addc(&buf, result.ptr[i++]);
			continue;
		}
		n = next_reference(result, &i);
		if (n == -1)
			strbuf_addc(&buf, '$');
		else if (n > 0 && (size_t)n < match->count)
			strbuf_addstr(&buf, match->groups[n]);
	}
	if (!buf.failed)
		copy = arena_memdup0(arena, buf.ptr ? buf.ptr : "", buf.len);
	if (copy)
		*out_value = (struct str){copy, buf.len};
	strbuf_fini(&buf);
	return copy != NULL;
}

/* ---- rules ---- */

struct rule_reader {
	struct arena *arena;
	struct pattern_map *self;
	bool no_substitution;
	char err[256];
};

/* "[!]/expression/flags" at the start of *rest. NULL: err says why. */
static struct regex *read_expression(struct rule_reader *r, struct str *rest,
				     bool *out_negated)
{
	struct str s = *rest;
	struct str flags;
	size_t end = 1;
	size_t stop;
	char *pattern;

	while (s.len && s.ptr[0] == '!') {
		*out_negated = !*out_negated;
		s = str_trim(str_slice(s, 1, s.len));
	}
	if (!s.len) {
		snprintf(r->err, sizeof(r->err), "has no expression");
		return NULL;
	}
	while (end < s.len && s.ptr[end] != s.ptr[0])
		end += s.ptr[end] == '\\' ? 2 : 1;
	if (end >= s.len) {
		snprintf(r->err, sizeof(r->err), "has an expression without its end %c",
			 s.ptr[0]);
		return NULL;
	}
	for (stop = end + 1; stop < s.len && !strchr(" \t\r\n!", s.ptr[stop]); stop++)
		;
	pattern = str_dup0(r->arena, str_slice(s, 1, end));
	flags = str_slice(s, end + 1, stop);
	*rest = str_slice(s, stop, s.len);
	return r->self->kind->compile(r->arena, pattern, flags, r->err, sizeof(r->err));
}

static bool read_rule(struct rule_reader *r, struct str line, struct pattern_rule *rule)
{
	const char *wrong;

	if (rule->rule.is_if)
		line = str_trim(str_slice(line, 2, line.len));
	rule->first = read_expression(r, &line, &rule->first_negated);
	if (!rule->first)
		return false;
	if (line.len && line.ptr[0] == '!' && r->self->kind == &regex_posix) {
		rule->second = read_expression(r, &line, &rule->second_negated);
		if (!rule->second)
			return false;
	}
	rule->result = str_trim(line);
	if (rule->rule.is_if)
		return true;
	wrong = regex_check_result(rule->result, r->self->kind->group_count(rule->first),
				   !rule->first_negated, r->no_substitution);
	if (wrong)
		snprintf(r->err, sizeof(r->err), "%s", wrong);
	return !wrong;
}

/* What is taken all the same. */
static void warn_of_result(const struct pattern_rule *rule, struct rt_map_warn *warn)
{
	if (rule->rule.is_if && rule->result.len)
		map_warn(warn, rule->rule.line, "has more than if and its expression");
	else if (!rule->rule.is_if && !rule->result.len)
		map_warn(warn, rule->rule.line, "has an empty result");
}

static void add_rule(struct rule_reader *r, struct str line, unsigned number,
		     struct rt_map_warn *warn)
{
	struct pattern_rule *rule = arena_alloc(r->arena, sizeof(*rule));

	rule->rule.line = number;
	rule->rule.is_if = map_rules_word(line, "if");
	if (!rule->rule.is_if && line.len && isalnum((unsigned char)line.ptr[0])) {
		map_warn(warn, number, "begins with neither an expression nor 'if'");
		return;
	}
	if (!read_rule(r, line, rule)) {
		map_warn(warn, number, r->err);
		return;
	}
	warn_of_result(rule, warn);
	map_rules_add(&r->self->rules, r->arena, &rule->rule);
}

/* ---- look-up ---- */

static enum regex_result rule_matches(const struct pattern_map *self,
				      const struct pattern_rule *rule,
				      const char *subject, struct regex_match *match)
{
	struct regex_match second;
	enum regex_result result = self->kind->match(rule->first, subject, match);

	if (result == REGEX_FAILED)
		return result;
	if ((result == REGEX_MATCH) == rule->first_negated)
		return REGEX_NO_MATCH;
	if (!rule->second)
		return REGEX_MATCH;
	result = self->kind->match(rule->second, subject, &second);
	if (result == REGEX_FAILED)
		return result;
	return (result == REGEX_MATCH) == rule->second_negated ? REGEX_NO_MATCH
							       : REGEX_MATCH;
}

static enum rt_found pattern_lookup(struct rt_map *map, struct str key,
				    struct arena *arena, struct str *out_value,
				    unsigned *out_line)
{
	const struct pattern_map *self = (const struct pattern_map *)map;
	const char *subject = str_dup0(arena, key);
	struct regex_match match;

	for (size_t i = 0; subject && i < self->rules.count; i++) {
		const struct map_rule *at = self->rules.items[i];
		const struct pattern_rule *rule = (const struct pattern_rule *)at;
		enum regex_result result;

		match.count = 0;
		result = rule_matches(self, rule, subject, &match);
		if (result == REGEX_FAILED)
			return RT_LOOKUP_ERROR;
		if (result == REGEX_NO_MATCH && at->is_if)
			i = at->skip - 1;
		if (result == REGEX_NO_MATCH || at->is_if)
			continue;
		*out_line = at->line;
		return expand(arena, rule->result, &match, out_value) ? RT_FOUND
								      : RT_LOOKUP_ERROR;
	}
	return subject ? RT_NOT_FOUND : RT_LOOKUP_ERROR;
}

static const struct rt_map_class regexp_class = {"regexp", pattern_lookup, NULL};
static const struct rt_map_class pcre_class = {"pcre", pattern_lookup, NULL};

int map_pattern_of_text(struct arena *arena, const struct rt_map_text *text,
			struct rt_map_warn *warn, struct rt_map **out_map)
{
	bool is_pcre = strcmp(text->type, "pcre") == 0;
	struct pattern_map *self = arena_alloc(arena, sizeof(*self));
	struct rule_reader reader = {arena, self, text->no_substitution, ""};
	struct map_lines lines;
	struct str line;
	unsigned number;

	if (!self)
		return MCC_ENOMEM;
	self->map = (struct rt_map){
		is_pcre ? &pcre_class : &regexp_class, text->name, 0, {false, false}};
	self->kind = is_pcre ? &regex_pcre : &regex_posix;
	map_lines_init(&lines, arena, text->text, warn);
	while (map_lines_next(&lines, &line, &number)) {
		if (map_rules_word(line, "endif")) {
			if (line.len > strlen("endif"))
				map_warn(warn, number, "has more than endif");
			map_rules_endif(&self->rules, warn, number);
			continue;
		}
		add_rule(&reader, line, number, warn);
	}
	map_rules_end(&self->rules, warn);
	*out_map = &self->map;
	return MCC_OK;
}
