/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of key and value: keys that stand twice. Postfix keeps the first and
 * says so only to whoever compiles the table; keys are folded to lower case.
 */
#include "base/arena.h"
#include "base/diag.h"
#include "base/strmap.h"
#include "grammar/aliases.h"
#include "grammar/table.h"
#include "lint/checks.h"
#include "lint/lint_file.h"
#include "mcc/model/site.h"
#include "runtime/map.h"

void lint_report_duplicate(const struct parse_ctx *ctx, struct span again,
			   struct span first, struct str key, bool same_value)
{
	struct diag *d;

	if (same_value) {
		d = diag_add(ctx->diags, RULE_MC901, again, "'%.*s' stands here again",
			     STR_ARG(key));
		diag_relate(ctx->diags, d, first, "first written here");
		return;
	}
	d = diag_add_as(ctx->diags, RULE_MC901, DIAG_ERROR, again,
			"'%.*s' has another value above; the first one counts and this "
			"line is ignored",
			STR_ARG(key));
	diag_relate(ctx->diags, d, first, "first written here");
}

/* Of files on their own: smtputf8_enable is the default since 3.0. */
static const struct rt_keys new_site = {true, true};

static bool report_utf8(const struct parse_ctx *ctx, struct span span)
{
	diag_add(ctx->diags, RULE_MC117, span,
		 "this row is not UTF-8: with smtputf8_enable = yes Postfix ignores it");
	return false;
}

bool lint_row_is_utf8(const struct parse_ctx *ctx, const struct table_row *row)
{
	return table_row_is_utf8(row) || report_utf8(ctx, row->key_span);
}

bool lint_alias_is_utf8(const struct parse_ctx *ctx, const struct alias_file *file,
			const struct alias_entry *entry)
{
	return alias_entry_is_utf8(file, entry) || report_utf8(ctx, entry->name_span);
}

/* No program reads such a text, whatever postmap(1) answers from it. */
static void report_unreadable(const struct parse_ctx *ctx, const struct table_row *again,
			      const struct table_row *first)
{
	struct diag *d =
		diag_add_as(ctx->diags, RULE_MC901, DIAG_ERROR, again->key_span,
			    "'%.*s' stands here again: Postfix does not read a "
			    "texthash: table with such a row, every lookup fails",
			    STR_ARG(again->key));

	diag_relate(ctx->diags, d, first->key_span, "first written here");
}

static void duplicate_rows(const struct parse_ctx *ctx, const struct table_file *file,
			   struct rt_keys keys, bool is_texthash)
{
	struct strmap *seen = strmap_new(ctx->arena);

	for (size_t i = 0; i < file->row_count; i++) {
		struct table_row *row = &file->rows[i];
		struct str key = rt_keys_fold(keys, ctx->arena, row->key);
		const struct table_row *first = strmap_find(seen, key);

		if (keys.is_utf8 && !table_row_is_utf8(row))
			continue;
		if (!first)
			strmap_put(seen, key, row);
		else if (is_texthash)
			report_unreadable(ctx, row, first);
		else
			lint_report_duplicate(ctx, row->key_span, first->key_span,
					      row->key, str_eq(first->value, row->value));
	}
}

void lint_table_file(const struct parse_ctx *ctx, const struct table_file *file)
{
	duplicate_rows(ctx, file, new_site, false);
}

static void duplicate_aliases(const struct parse_ctx *ctx, const struct alias_file *file,
			      struct rt_keys keys)
{
	struct strmap *seen = strmap_new(ctx->arena);

	for (size_t i = 0; i < file->entry_count; i++) {
		struct alias_entry *entry = &file->entries[i];
		struct str key = rt_keys_fold(keys, ctx->arena, entry->name);
		const struct alias_entry *first = strmap_find(seen, key);

		if (keys.is_utf8 && !alias_entry_is_utf8(file, entry))
			continue;
		if (first)
			lint_report_duplicate(ctx, entry->name_span, first->name_span,
					      entry->name,
					      str_eq(first->value.str, entry->value.str));
		else
			strmap_put(seen, key, entry);
	}
}

void lint_alias_file(const struct parse_ctx *ctx, const struct alias_file *file)
{
	duplicate_aliases(ctx, file, new_site);
	lint_alias_loops(ctx, &file, 1, NULL);
}

static void check_utf8(const struct parse_ctx *ctx, const struct site_table *table)
{
	for (size_t i = 0; table->aliases && i < table->aliases->entry_count; i++)
		lint_alias_is_utf8(ctx, table->aliases, &table->aliases->entries[i]);
	for (size_t i = 0; table->rows && i < table->rows->row_count; i++)
		lint_row_is_utf8(ctx, &table->rows->rows[i]);
}

void lint_tables(const struct site *site, struct diag_queue *diags)
{
	const struct rt_keys keys = {true,
				     site_setting(site, PARAM_smtputf8_enable)->boolean};
	const struct parse_ctx ctx = {site->arena, site->sources, diags};

	for (size_t i = 0; i < site->table_count; i++) {
		const struct site_table *table = site->tables[i];
		/* In ordered tables every row may match; two are no mistake. */
		bool is_ordered = table->type && table->type->access == MAP_SEQUENTIAL;

		if (keys.is_utf8)
			check_utf8(&ctx, table);
		if (table->aliases)
			duplicate_aliases(&ctx, table->aliases, keys);
		else if (table->rows && !is_ordered)
			duplicate_rows(&ctx, table->rows, keys,
				       str_eqc(table->type_name, "texthash"));
	}
}
