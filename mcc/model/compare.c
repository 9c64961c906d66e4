/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comparisons inside values. Two numbers are compared as numbers, everything
 * else byte by byte, so {3.10} < {3.9} holds; the `<level` family compares
 * compatibility levels part by part.
 */
#include "mcc/model/private.h"

#include <limits.h>

#include "base/attr.h"

enum { LEVEL_PARTS = 3 };

/* Of two digit strings of any length. */
static int compare_numbers(struct str a, struct str b)
{
	while (a.len > 1 && a.ptr[0] == '0')
		a = str_slice(a, 1, a.len);
	while (b.len > 1 && b.ptr[0] == '0')
		b = str_slice(b, 1, b.len);
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return str_cmp(a, b);
}

/* One part as strtol(3) reads it, with blanks and a sign before it. */
static bool parse_part(struct str *rest, int64_t most, int64_t *out_part)
{
	size_t at = 0;
	size_t from;
	int64_t n = 0;
	bool is_negative = false;

	while (at < rest->len &&
	       (rest->ptr[at] == ' ' || (rest->ptr[at] >= '\t' && rest->ptr[at] <= '\r')))
		at++;
	if (at < rest->len && (rest->ptr[at] == '+' || rest->ptr[at] == '-'))
		is_negative = rest->ptr[at++] == '-';
	for (from = at; at < rest->len && rest->ptr[at] >= '0' && rest->ptr[at] <= '9';
	     at++)
		if (n <= most)
			n = n * 10 + (rest->ptr[at] - '0');
	*rest = str_slice(*rest, at, rest->len);
	*out_part = n;
	return at > from && n <= most && (!is_negative || !n);
}

/* "major[.minor[.patch]]"; missing parts are 0. */
static bool parse_level(struct str text, int64_t part[LEVEL_PARTS])
{
	static const int64_t most[LEVEL_PARTS] = {((int64_t)1 << 43) - 1, 1023, 1023};

	for (size_t n = 0; n < LEVEL_PARTS; n++)
		part[n] = 0;
	for (size_t n = 0; n < LEVEL_PARTS; n++) {
		if (!parse_part(&text, most[n], &part[n]))
			return false;
		if (!text.len)
			return true;
		if (text.ptr[0] != '.')
			return false;
		text = str_slice(text, 1, text.len);
	}
	return false;
}

bool model_level_parse(struct str text, struct pf_version *out_level)
{
	int64_t part[LEVEL_PARTS];

	if (!parse_level(text, part))
		return false;
	if (part[0] > INT_MAX)
		part[0] = INT_MAX;
	*out_level = (struct pf_version){(int)part[0], (int)part[1], (int)part[2]};
	return true;
}

static int compare_levels(const int64_t *a, const int64_t *b)
{
	size_t n = 0;

	while (n + 1 < LEVEL_PARTS && a[n] == b[n])
		n++;
	return (a[n] > b[n]) - (a[n] < b[n]);
}

bool model_has_function(const struct model *m, struct str name)
{
	return str_eqc(name, "domain_to_ascii") &&
	       pf_version_reached(m->site.options.version, "3.11");
}

static bool holds(enum value_op op, int order)
{
	switch (op) {
	case VALUE_EQ:
	case VALUE_LEVEL_EQ:
		return order == 0;
	case VALUE_NE:
	case VALUE_LEVEL_NE:
		return order != 0;
	case VALUE_LT:
	case VALUE_LEVEL_LT:
		return order < 0;
	case VALUE_LE:
	case VALUE_LEVEL_LE:
		return order <= 0;
	case VALUE_GE:
	case VALUE_LEVEL_GE:
		return order >= 0;
	case VALUE_GT:
	case VALUE_LEVEL_GT:
		return order > 0;
	}
	return false;
}

bool model_compare(enum value_op op, struct str left, struct str right, bool *out_holds)
{
	int64_t a[LEVEL_PARTS];
	int64_t b[LEVEL_PARTS];

	if (op >= VALUE_LEVEL_EQ) {
		if (!parse_level(left, a) || !parse_level(right, b))
			return false;
		*out_holds = holds(op, compare_levels(a, b));
		return true;
	}
	if (str_is_digits(left) && str_is_digits(right))
		*out_holds = holds(op, compare_numbers(left, right));
	else
		*out_holds = holds(op, str_cmp(left, right));
	return true;
}
