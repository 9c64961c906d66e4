/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names that hold the table itself. Postfix opens such a table whole or not at
 * all, so the first fault is what counts.
 */
#include "mcc/emit/table_inline.h"

#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/strmap.h"
#include "base/utf8.h"
#include "runtime/map_brace.h"

static const char not_closed[] = "its braces do not enclose all of it";

/* Where the key ends: at a blank or '=' outside quotes, which belong to it. */
static bool find_key_end(struct str pair, size_t *out_end)
{
	bool is_quoted = false;
	size_t end = 0;

	while (end < pair.len && (is_quoted || !strchr("= \t\r\n\v\f", pair.ptr[end]))) {
		if (pair.ptr[end] == '"')
			is_quoted = !is_quoted;
		end += pair.ptr[end] == '\\' && end + 1 < pair.len ? 2 : 1;
	}
	*out_end = end;
	return !is_quoted;
}

/* "key = value", trimmed. */
static const char *split_pair(struct str pair, struct str *out_key, struct str *out_value)
{
	struct str rest;
	size_t end;

	pair = str_trim(pair);
	if (!find_key_end(pair, &end))
		return "a key has a '\"' without its other one";
	rest = str_trim(str_slice(pair, end, pair.len));
	if (!str_starts(rest, "="))
		return "a key has no '=' behind it";
	*out_key = str_slice(pair, 0, end);
	*out_value = str_trim(str_slice(rest, 1, rest.len));
	return NULL;
}

static const char *add_pair(struct arena *arena, struct strmap *rows, struct str word,
			    struct rt_keys keys)
{
	struct rt_row *row = arena_alloc(arena, sizeof(*row));
	struct rt_row *before;
	const char *wrong;

	if (str_starts(word, "{") && !brace_inner(word, &word))
		return not_closed;
	wrong = split_pair(word, &row->key, &row->value);
	if (wrong)
		return wrong;
	row->key = rt_keys_fold(keys, arena, row->key);
	before = strmap_find(rows, row->key);
	if (before)
		before->value = row->value;
	else
		strmap_put(rows, row->key, row);
	return NULL;
}

struct row_list {
	struct rt_row *rows;
	size_t count;
};

static void copy_row(MCC_UNUSED struct str key, void *value, void *arg)
{
	struct row_list *list = arg;

	list->rows[list->count++] = *(const struct rt_row *)value;
}

const char *table_inline_rows(struct arena *arena, struct str name, struct rt_keys keys,
			      struct rt_row **out_rows, size_t *out_count)
{
	struct strmap *rows = strmap_new(arena);
	struct row_list list = {NULL, 0};
	struct str inner, word;

	if (keys.is_utf8 && !utf8_is_valid(name))
		return "it is not UTF-8";
	if (!brace_inner(name, &inner) || !inner.len)
		return not_closed;
	while (brace_word(&inner, &word)) {
		const char *wrong = add_pair(arena, rows, word, keys);

		if (wrong)
			return wrong;
	}
	if (!strmap_count(rows))
		return "it is empty";
	list.rows = arena_array(arena, strmap_count(rows), sizeof(*list.rows));
	strmap_each(rows, copy_row, &list);
	*out_rows = list.rows;
	*out_count = list.count;
	return NULL;
}

const char *table_inline_text(struct arena *arena, struct str name, struct str *out_text)
{
	struct strbuf buf;
	struct str inner, word;
	const char *wrong = NULL;

	if (!brace_inner(name, &inner))
		return not_closed;
	strbuf_init(&buf, LIMIT_EXPANDED_VALUE);
	while (!wrong && brace_word(&inner, &word)) {
		if (!brace_inner(word, &word))
			wrong = "a rule is not in braces";
		strbuf_addstr(&buf, str_trim(word));
		strbuf_addc(&buf, '\n');
	}
	if (buf.failed)
		wrong = "it is too long";
	if (!wrong)
		*out_text = (struct str){
			arena_memdup0(arena, buf.ptr ? buf.ptr : "", buf.len), buf.len};
	strbuf_fini(&buf);
	return wrong;
}

const char *table_inline_static(struct str name, struct str *out_value)
{
	if (!str_starts(name, "{")) {
		*out_value = name;
		return NULL;
	}
	if (!brace_inner(name, out_value))
		return not_closed;
	*out_value = str_trim(*out_value);
	return NULL;
}
