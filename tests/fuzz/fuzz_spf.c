/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SPF records from the DNS. The bytes of a valid term, put into a record of
 * their own, are the same term again; memory that is short gives no record.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "grammar/spf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ERRORS_MAX = 20 };

static void check_term(struct arena *arena, const struct spf_record *record, size_t i)
{
	const struct spf_term *t = &record->terms[i];
	struct str bytes = str_slice(record->text, t->lo, t->hi);
	struct spf_record *again;
	char *text;

	if (t->lo >= t->hi || t->hi > record->text.len)
		abort();
	text = arena_printf(arena, "v=spf1 %.*s", STR_ARG(bytes));
	if (spf_parse(arena, str_of(text), &again, NULL, 0) || again->term_count != 1)
		abort();
	if (again->terms[0].kind != t->kind ||
	    again->terms[0].qualifier != t->qualifier ||
	    again->terms[0].domain.part_count != t->domain.part_count ||
	    again->terms[0].prefix4 != t->prefix4 ||
	    again->terms[0].prefix6 != t->prefix6)
		abort();
}

static void parse(struct str text)
{
	struct arena *arena = arena_new(0);
	struct spf_error errors[ERRORS_MAX];
	struct spf_record *record;
	struct spf_macro macro;
	size_t n = spf_parse(arena, text, &record, errors, ERRORS_MAX);
	struct strbuf out;

	for (size_t i = 0; i < n; i++)
		if (errors[i].lo > errors[i].hi || errors[i].hi > text.len)
			abort();
	if (!n && !spf_is_record(text))
		abort();
	for (size_t i = 0; i < record->term_count && i < 50; i++)
		check_term(arena, record, i);
	strbuf_init(&out, 1 << 28);
	spf_dump(&out, record);
	strbuf_fini(&out);
	(void)!spf_parse_explain(arena, text, &macro);
	arena_free(arena);
}

/* The cap comes from the input: every place may be the one that fails. */
static void parse_capped(struct str text, size_t cap)
{
	struct arena *arena = arena_new(cap);
	struct spf_record *record;

	if (!spf_parse(arena, text, &record, NULL, 0) && !record)
		abort();
	arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};

	parse(text);
	if (size)
		parse_capped(text, 1 + (size_t)data[size - 1] * 64 + size * 4);
	return 0;
}
