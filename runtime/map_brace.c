/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists in the names of tables, as Postfix takes them apart: a brace that is
 * never closed reaches to the end, one too many is a byte like another.
 */
#include "runtime/map_brace.h"

#include <string.h>

static bool is_separator(char c)
{
	return c && strchr(", \t\r\n", c);
}

/* The depth of nesting behind the byte. */
static size_t depth_after(char c, size_t depth)
{
	if (c == '{')
		return depth + 1;
	return c == '}' && depth ? depth - 1 : depth;
}

bool brace_inner(struct str s, struct str *out_inner)
{
	size_t depth = 0;

	if (!str_starts(s, "{"))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		depth = depth_after(s.ptr[i], depth);
		if (depth)
			continue;
		*out_inner = str_slice(s, 1, i);
		return i + 1 == s.len;
	}
	return false;
}

bool brace_word(struct str *rest, struct str *out_word)
{
	size_t from = 0, to;
	size_t depth = 0;

	while (from < rest->len && is_separator(rest->ptr[from]))
		from++;
	for (to = from; to < rest->len; to++) {
		if (!depth && is_separator(rest->ptr[to]))
			break;
		depth = depth_after(rest->ptr[to], depth);
	}
	*out_word = str_slice(*rest, from, to);
	*rest = str_slice(*rest, to, rest->len);
	return to > from;
}
