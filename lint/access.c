/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Right-hand sides of access(5) tables: the first word must be an action, a
 * reply code, or the name of a restriction or restriction class.
 */
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/text.h"
#include "grammar/list.h"
#include "grammar/table.h"
#include "lint/checks.h"
#include "mcc/model/site.h"

static bool is_digits(struct str word)
{
	for (size_t i = 0; i < word.len; i++)
		if (word.ptr[i] < '0' || word.ptr[i] > '9')
			return false;
	return word.len > 0;
}

static bool is_reply_code(struct str word)
{
	return is_digits(word) && word.len == 3 &&
	       (word.ptr[0] == '4' || word.ptr[0] == '5');
}

static void check_value(const struct site *site, const struct parse_ctx *ctx,
			const struct table_row *row)
{
	struct str rest = row->value;
	struct str word;

	if (!str_token(&rest, ", \t\r\n", &word))
		return;
	if (access_action_find(word) || is_reply_code(word) || is_digits(row->value) ||
	    restriction_find(word) || site_find_own(site, word))
		return;
	diag_add(
		ctx->diags, RULE_MC623, row->value_span,
		"'%.*s' is no action, reply code or restriction; whoever matches this row "
		"is answered 451 4.3.5 Server configuration error",
		STR_ARG(word));
}

static const struct site_table *find_table(const struct site *site, struct str mention)
{
	for (size_t i = 0; i < site->table_count; i++) {
		const struct site_table *table = site->tables[i];
		size_t type_len = table->type_name.len;

		if (mention.len == type_len + 1 + table->name.len &&
		    str_eq(str_slice(mention, 0, type_len), table->type_name) &&
		    str_eq(str_slice(mention, type_len + 1, mention.len), table->name))
			return table;
	}
	return NULL;
}

static bool takes_access_table(struct str word)
{
	const struct restriction *r = restriction_find(word);

	return r && r->arg == RESTRICTION_ARG_MAP && r->effect == RESTRICTION_LOOKS_UP;
}

static void check_list(const struct site *site, const struct parse_ctx *ctx,
		       const struct setting *setting)
{
	const struct list *list = site_list(site, setting);

	for (size_t i = 0; i + 1 < list->count; i++) {
		const struct site_table *table;

		if (!takes_access_table(list->items[i].text.str))
			continue;
		table = find_table(site, list->items[i + 1].text.str);
		/* Ordered tables hold patterns with results of the same kind. */
		if (!table || !table->rows)
			continue;
		for (size_t k = 0; k < table->rows->row_count; k++)
			check_value(site, ctx, &table->rows->rows[k]);
	}
}

static bool is_restriction_list(const struct setting *setting)
{
	return !setting->param || setting->param->kind == PARAM_KIND_restriction_list;
}

void lint_access(const struct site *site, struct diag_queue *diags)
{
	const struct parse_ctx ctx = {site->arena, site->sources, diags};

	for (size_t i = 0; i < PARAM_COUNT; i++) {
		const struct setting *setting = site_setting(site, (enum param_id)i);

		if (is_restriction_list(setting))
			check_list(site, &ctx, setting);
	}
	for (size_t i = 0; i < site->own_count; i++)
		check_list(site, &ctx, &site->own[i]);
	for (size_t i = 0; i < site->service_count; i++)
		for (size_t k = 0; k < site->services[i].override_count; k++)
			if (is_restriction_list(&site->services[i].overrides[k]))
				check_list(site, &ctx, &site->services[i].overrides[k]);
}
