/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comparisons inside values. Two numbers are compared as numbers, everything
 * else byte by byte, so {3.10} < {3.9} holds; the `<level` family compares
 * compatibility levels part by part.
 */
#include "mcc/model/private.h"

#include "base/attr.h"

enum { LEVEL_PARTS = 3, LEVEL_DIGITS_MAX = 9 };

static bool is_number(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
	return s.len > 0;
}

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

/* "major[.minor[.patch]]"; missing parts are 0. */
bool model_level_parse(struct str text, struct pf_version *out_level)
{
	int part[LEVEL_PARTS] = {0, 0, 0};
	size_t at = 0;

	for (size_t n = 0; n < LEVEL_PARTS; n++) {
		size_t from = at;

		while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9' &&
		       at - from < LEVEL_DIGITS_MAX)
			part[n] = part[n] * 10 + (text.ptr[at++] - '0');
		if (at == from)
			return false;
		if (at == text.len) {
			*out_level = (struct pf_version){part[0], part[1], part[2]};
			return true;
		}
		if (text.ptr[at++] != '.')
			return false;
	}
	return false;
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
	struct pf_version a;
	struct pf_version b;

	if (op >= VALUE_LEVEL_EQ) {
		if (!model_level_parse(left, &a) || !model_level_parse(right, &b))
			return false;
		*out_holds = holds(op, pf_version_cmp(a, b));
		return true;
	}
	if (is_number(left) && is_number(right))
		*out_holds = holds(op, compare_numbers(left, right));
	else
		*out_holds = holds(op, str_cmp(left, right));
	return true;
}
