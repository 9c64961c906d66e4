/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers and times as Postfix converts them: decimal, a sign, nothing after;
 * times with one unit letter, which since 3.1 ends what is read, so that
 * "1month" is a minute.
 */
#include "mcc/model/private.h"

#include <inttypes.h>
#include <limits.h>

#include "base/arena.h"

/* Decimal with optional sign from *at on; false when there is no digit or the
 * number does not fit. */
static bool scan_number(struct str text, size_t *at, int64_t *out_number)
{
	bool negative = *at < text.len && text.ptr[*at] == '-';
	int64_t n = 0;
	size_t first;

	if (*at < text.len && (text.ptr[*at] == '-' || text.ptr[*at] == '+'))
		(*at)++;
	first = *at;
	while (*at < text.len && text.ptr[*at] >= '0' && text.ptr[*at] <= '9') {
		if (n > (INT64_MAX - 9) / 10)
			return false;
		n = n * 10 + (text.ptr[(*at)++] - '0');
	}
	*out_number = negative ? -n : n;
	return *at > first;
}

static bool bound(const char *text, int64_t *out_bound)
{
	size_t at = 0;

	return text[0] && scan_number(str_of(text), &at, out_bound);
}

/* Both kinds of number are told in seconds or as they are. */
static const char *bound_fault(struct model *m, const struct setting *s,
			       const struct param *p, const char *which, int64_t limit)
{
	if (p->type == PARAM_TYPE_TIME)
		return arena_printf(m->site.arena,
				    "invalid %s: %" PRId64 " (%s %" PRId64 ")", p->name,
				    s->number, which, limit);
	return arena_printf(m->site.arena,
			    "invalid %s parameter value %" PRId64 " %c %" PRId64, p->name,
			    s->number, which[1] == 'i' ? '<' : '>', limit);
}

/* Reports when the setting's number is outside the row's bounds. */
static bool check_bounds(struct model *m, struct setting *s, const struct param *p,
			 enum rule rule)
{
	const char *unit = p->type == PARAM_TYPE_TIME ? " seconds" : "";
	int64_t limit;

	if (bound(p->min, &limit) && s->number < limit) {
		s->fatal = bound_fault(m, s, p, "min", limit);
		model_fault(m, s, model_whole_value(s, rule),
			    "%s must be at least %" PRId64
			    "%s, not '%.*s': %s will refuse "
			    "to start",
			    p->name, limit, unit, STR_ARG(s->written.str),
			    model_readers(m, p));
		return false;
	}
	if (bound(p->max, &limit) && s->number > limit) {
		s->fatal = bound_fault(m, s, p, "max", limit);
		model_fault(m, s, model_whole_value(s, rule),
			    "%s must be at most %" PRId64
			    "%s, not '%.*s': %s will refuse "
			    "to start",
			    p->name, limit, unit, STR_ARG(s->written.str),
			    model_readers(m, p));
		return false;
	}
	return true;
}

/* "20M", "20 MB", "20MiB" as a plain number, or NULL. */
static const char *meant_size(struct model *m, struct str text)
{
	static const char letters[] = "KMG";
	size_t at = 0;
	int64_t n;
	struct str rest;

	if (!scan_number(text, &at, &n) || n < 0)
		return NULL;
	rest = str_trim(str_slice(text, at, text.len));
	for (size_t i = 0; i < 3; i++) {
		const char *unit = arena_printf(m->site.arena, "%c", letters[i]);

		if (n > INT64_MAX / 1024)
			return NULL;
		n *= 1024;
		if (str_caseeqc(rest, unit) ||
		    str_caseeqc(rest, arena_printf(m->site.arena, "%sB", unit)) ||
		    str_caseeqc(rest, arena_printf(m->site.arena, "%siB", unit)))
			return arena_printf(m->site.arena, "%" PRId64, n);
	}
	return NULL;
}

/* Before 2.9 sizes were int; the row's type is the newest release's. */
static bool fits(const struct param *p, int64_t n)
{
	return p->type == PARAM_TYPE_LONG || (n >= INT_MIN && n <= INT_MAX);
}

bool model_type_int(struct model *m, struct setting *s, const struct param *p)
{
	struct value_fault fault = model_whole_value(s, RULE_MC302);
	const char *meant;
	struct diag *d;
	size_t at = 0;

	if (scan_number(s->written.str, &at, &s->number) && at == s->written.str.len &&
	    fits(p, s->number))
		return check_bounds(m, s, p, RULE_MC302);
	s->fatal = arena_printf(m->site.arena, "bad numerical configuration: %s = %.*s",
				p->name, STR_ARG(s->written.str));
	meant = meant_size(m, s->written.str);
	d = model_fault(
		m, s, fault,
		"%s wants a plain whole number%s, not '%.*s': %s will refuse to start",
		p->name, p->kind == PARAM_KIND_size ? " of bytes" : "",
		STR_ARG(s->written.str), model_readers(m, p));
	if (meant)
		model_fault_edit(m, d, s, fault, meant);
	return false;
}

static int64_t unit_seconds(char unit)
{
	switch (unit) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 60 * 60;
	case 'd':
		return 24 * 60 * 60;
	case 'w':
		return 7 * 24 * 60 * 60;
	default:
		return 0;
	}
}

/* "5 days", "5 D", "10min" as Postfix writes it, or NULL. */
static const char *meant_time(struct model *m, struct str text)
{
	static const char *const words[] = {
		"s",	"sec",	  "secs",    "second", "seconds", "m",	   "min",
		"mins", "minute", "minutes", "h",      "hour",	  "hours", "hr",
		"hrs",	"d",	  "day",     "days",   "w",	  "week",  "weeks"};
	size_t at = 0;
	int64_t n;
	struct str rest;

	if (!scan_number(text, &at, &n) || n < 0)
		return NULL;
	rest = str_trim(str_slice(text, at, text.len));
	for (size_t i = 0; i < array_len(words); i++)
		if (str_caseeqc(rest, words[i]) &&
		    n <= INT_MAX / unit_seconds(words[i][0]))
			return arena_printf(m->site.arena, "%" PRId64 "%c", n,
					    words[i][0]);
	return NULL;
}

static bool bad_time(struct model *m, struct setting *s, const struct param *p)
{
	struct value_fault fault = model_whole_value(s, RULE_MC303);
	const char *meant = meant_time(m, s->written.str);
	struct diag *d;

	s->fatal =
		arena_printf(m->site.arena, "parameter %s: bad time value or unit: %.*s",
			     p->name, STR_ARG(s->written.str));
	d = model_fault(m, s, fault,
			"%s wants a number and at most one letter of s, m, h, d, w, not "
			"'%.*s': %s will refuse to start",
			p->name, STR_ARG(s->written.str), model_readers(m, p));
	if (meant)
		model_fault_edit(m, d, s, fault, meant);
	return false;
}

/* Since 3.1 what follows the unit letter is passed over. */
static bool has_tail(struct model *m, struct setting *s, const struct param *p, size_t at)
{
	struct value_fault fault = model_whole_value(s, RULE_MC303);
	struct str read = str_slice(s->written.str, 0, at);
	struct diag *d;

	if (pf_version_cmp(m->site.options.version, (struct pf_version){3, 1, 0}) < 0)
		return bad_time(m, s, p);
	fault.severity = DIAG_WARNING;
	d = model_fault(m, s, fault,
			"Postfix reads %s only up to the unit letter: '%.*s' means %.*s",
			p->name, STR_ARG(s->written.str), STR_ARG(read));
	if (meant_time(m, s->written.str))
		model_fault_edit(m, d, s, fault, str_dup0(m->site.arena, read));
	return true;
}

bool model_type_time(struct model *m, struct setting *s, const struct param *p)
{
	struct str text = s->written.str;
	size_t at = 0;
	int64_t n;
	int64_t unit;

	if (!scan_number(text, &at, &n) || n < 0)
		return bad_time(m, s, p);
	unit = unit_seconds(at < text.len ? text.ptr[at] : p->unit[0] ? p->unit[0] : 's');
	if (!unit || n > INT_MAX / unit)
		return bad_time(m, s, p);
	if (at + 1 < text.len && !has_tail(m, s, p, at + 1))
		return false;
	s->number = n * unit;
	return check_bounds(m, s, p, RULE_MC303);
}
