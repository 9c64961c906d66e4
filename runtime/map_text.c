/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the rule tables (regexp, pcre, cidr) have in common: how their text is
 * cut into logical lines.
 */
#include "runtime/map_text.h"

#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/status.h"

void map_warn(struct rt_map_warn *warn, unsigned line, const char *message)
{
	if (warn)
		warn->fn(warn, line, message);
}

/* The next physical line; false at the end. */
static bool next_physical(struct map_lines *lines, struct str *out)
{
	ptrdiff_t end = str_chr(lines->rest, '\n');
	size_t len = end < 0 ? lines->rest.len : (size_t)end;

	if (!lines->rest.len)
		return false;
	*out = str_slice(lines->rest, 0, len);
	lines->rest = str_slice(lines->rest, len + (end >= 0), lines->rest.len);
	lines->line++;
	return true;
}

static bool is_dropped(struct str line)
{
	struct str text = str_trim(line);

	return !text.len || text.ptr[0] == '#';
}

static bool continues(struct str line)
{
	return line.len && line.ptr[0] && strchr(" \t\v\f\r", line.ptr[0]);
}

/* Takes the lines that belong to the one in `buf`. */
static void add_continuations(struct map_lines *lines, struct strbuf *buf)
{
	for (;;) {
		struct map_lines ahead = *lines;
		struct str line;

		if (!next_physical(&ahead, &line))
			return;
		if (is_dropped(line)) {
			*lines = ahead;
			continue;
		}
		if (!continues(line))
			return;
		*lines = ahead;
		strbuf_addstr(buf, line);
	}
}

/* Lines at the start that continue nothing are dropped. */
void map_lines_init(struct map_lines *lines, struct arena *arena, struct str text,
		    struct rt_map_warn *warn)
{
	struct map_lines ahead = {arena, text, 1};
	struct str line;
	bool is_orphan = false;

	do {
		*lines = ahead;
		if (!next_physical(&ahead, &line) ||
		    (!is_dropped(line) && !continues(line)))
			return;
		if (!is_dropped(line) && !is_orphan)
			map_warn(warn, lines->line,
				 "begins with white space, and no line is before it: "
				 "ignored");
		is_orphan |= !is_dropped(line);
	} while (true);
}

bool map_lines_next(struct map_lines *lines, struct str *out_line, unsigned *out_number)
{
	struct strbuf buf;
	struct str line;

	do {
		*out_number = lines->line;
		if (!next_physical(lines, &line))
			return false;
	} while (is_dropped(line));
	strbuf_init(&buf, LIMIT_SOURCE_FILE);
	strbuf_addstr(&buf, line);
	add_continuations(lines, &buf);
	*out_line = str_trim(
		(struct str){arena_memdup0(lines->arena, buf.ptr, buf.len), buf.len});
	strbuf_fini(&buf);
	return true;
}

bool rt_map_is_text_type(const char *type)
{
	return strcmp(type, "cidr") == 0 || strcmp(type, "regexp") == 0 ||
	       strcmp(type, "pcre") == 0;
}

int rt_map_of_text(struct arena *arena, const struct rt_map_text *text,
		   struct rt_map_warn *warn, struct rt_map **out_map)
{
	if (!rt_map_is_text_type(text->type))
		return MCC_EUNSUPPORTED;
	if (strcmp(text->type, "cidr") == 0)
		return map_cidr_of_text(arena, text->name, text->text, warn, out_map);
	return map_pattern_of_text(arena, text, warn, out_map);
}
