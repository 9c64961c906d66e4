/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values and lists. The parts of a value lie side by side and cover it; the
 * words of a list are in order and hold no separator outside braces.
 */
#include "fuzz_grammar.h"
#include "grammar/list.h"
#include "grammar/value.h"

static void check_cover(const struct value *value, size_t len)
{
	size_t at = 0;

	for (size_t i = 0; i < value->part_count; i++) {
		if (value->parts[i].lo != at || value->parts[i].hi <= at)
			abort();
		at = value->parts[i].hi;
	}
	/* What follows brackets that are nested too deeply is not read. */
	if (!value->broken && at != len)
		abort();
}

static void check_words(const struct list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct str s = list->items[i].text.str;

		if (!s.len || (str_chr(s, '{') < 0 && str_chr(s, ',') >= 0))
			abort();
	}
}

static void parse(const struct parse_ctx *ctx, const struct source *src,
		  struct strbuf *out)
{
	struct text text = fuzz_text(ctx, src);
	struct value *value = value_parse(ctx, text);
	struct list *list = list_parse(ctx, text, true);

	check_cover(value, text.str.len);
	check_words(list);
	value_dump(out, value);
	list_dump(out, list);
	list_dump(out, list_parse(ctx, text, false));
	list_dump(out, list_parse_arguments(ctx, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_grammar(data, size, parse);
}
