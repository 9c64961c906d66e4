/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of tables and the checks that fit what the table is for. */
#include "lint/results.h"

#include <string.h>

#include "base/diag.h"
#include "base/text.h"
#include "grammar/pattern.h"
#include "grammar/table.h"
#include "lint/checks.h"
#include "lint/uses.h"
#include "mcc/model/site.h"

/* ---- results ---- */

static void check_virtual(const struct lint_results *r, const struct lint_row *row)
{
	struct str rest = row->value;
	struct str member;

	while (str_token(&rest, ", \t\r\n", &member)) {
		if (str_starts(member, "\""))
			member = str_slice(member, 1, member.len);
		if (!str_starts(member, "|") && !str_starts(member, ":include:") &&
		    !str_starts(member, "/"))
			continue;
		diag_add(r->ctx->diags, RULE_MC1018, row->value_span,
			 "'%.*s': commands, files and lists belong into aliases(5); here "
			 "it becomes an address, and mail to it bounces",
			 STR_ARG(member));
		return;
	}
}

static void check_canonical(const struct lint_results *r, const struct lint_row *row)
{
	bool is_quoted = false;

	for (size_t i = 0; i < row->value.len; i++) {
		if (row->value.ptr[i] == '"')
			is_quoted = !is_quoted;
		if (row->value.ptr[i] != ',' || is_quoted)
			continue;
		diag_add(r->ctx->diags, RULE_MC1034, row->value_span,
			 "one address is rewritten to one address: with '%.*s' Postfix "
			 "warns of a multi-valued entry and takes the first only",
			 STR_ARG(row->value));
		return;
	}
}

/* In texts for people a number sign may be meant. */
static void check_comment(const struct lint_results *r, const struct lint_row *row)
{
	bool is_text = r->uses & (USE_ACCESS | USES_HEADER | USE_TRANSPORT);

	for (size_t i = 1; i < row->value.len; i++) {
		if (row->value.ptr[i] != '#' || !memchr(" \t", row->value.ptr[i - 1], 2))
			continue;
		diag_add_as(r->ctx->diags, RULE_MC109, is_text ? DIAG_NOTE : DIAG_ERROR,
			    row->value_span,
			    "a comment cannot stand behind a result: '#' and the words "
			    "after it are part of what a look-up answers");
		return;
	}
}

struct result_check {
	unsigned uses;
	void (*check)(const struct lint_results *r, const struct lint_row *row);
};

static const struct result_check checks[] = {
	{USE_ACCESS, lint_access_result},
	{USE_VIRTUAL, check_virtual},
	{USE_CANONICAL, check_canonical},
	{USE_TRANSPORT, lint_transport_result},
	{USE_RELAYHOST, lint_relayhost_result},
	{USES_HEADER, lint_header_result},
	{USE_POSTSCREEN, lint_postscreen_result},
	{USE_TLS_POLICY, lint_tls_policy_result},
	{USE_SASL_PASSWORD, lint_password_result},
};

static void check_row(const struct lint_results *r, const struct lint_row *row)
{
	if (!row->is_rule)
		lint_key(r, row);
	check_comment(r, row);
	for (size_t i = 0; i < array_len(checks); i++)
		if (r->uses & checks[i].uses)
			checks[i].check(r, row);
}

void lint_result_rows(const struct lint_results *r, const struct table_file *file)
{
	for (size_t i = 0; r->uses && i < file->row_count; i++) {
		const struct table_row *row = &file->rows[i];

		check_row(r, &(struct lint_row){.key = row->key,
						.key_span = row->key_span,
						.value = row->value,
						.value_span = row->value_span});
	}
}

void lint_result_rules(const struct lint_results *r, const struct pattern_file *file)
{
	for (size_t i = 0; r->uses && i < file->row_count; i++) {
		const struct pattern_row *row = &file->rows[i];

		if (row->kind == PATTERN_ROW_RULE && row->rest.str.len)
			check_row(r, &(struct lint_row){
					     .is_rule = true,
					     .key = row->test.body,
					     .key_span = row->test.span,
					     .value = row->rest.str,
					     .value_span = text_full_span(row->rest)});
	}
}

/* ---- a site ---- */

/* Header checks get whole lines: no key of another table equals one. */
static void check_map_kind(const struct site *site, struct diag_queue *diags,
			   const struct site_table *table, unsigned uses)
{
	(void)site;
	if (!(uses & USES_HEADER) || !table->type)
		return;
	if (table->type->access == MAP_INDEXED || table->type->access == MAP_TEXT ||
	    strcmp(table->type->name, "cidr") == 0)
		diag_add(diags, RULE_MC928, text_full_span(table->text),
			 "header and body checks look up whole lines, which no row of a "
			 "%s: table equals; use regexp: or pcre:",
			 table->type->name);
}

void lint_results(const struct site *site, struct diag_queue *diags)
{
	const struct parse_ctx ctx = {site->arena, site->sources, diags};
	const unsigned *uses = lint_uses(site);

	for (size_t i = 0; i < site->table_count; i++) {
		const struct site_table *table = site->tables[i];
		const struct lint_results r = {&ctx, site, uses[i]};
		enum pattern_dialect dialect;

		check_map_kind(site, diags, table, uses[i]);
		if (table->rows)
			lint_result_rows(&r, table->rows);
		else if (uses[i] && table->src &&
			 pattern_dialect_parse(table->type_name, &dialect))
			lint_result_rules(&r, pattern_parse(&ctx, table->src, dialect));
	}
}
