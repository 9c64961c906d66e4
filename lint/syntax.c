/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines that Postfix reads without complaint and otherwise than they look: an
 * indented assignment that became part of the line above, a comment behind a
 * value that became words of the value.
 */
#include <string.h>

#include "base/diag.h"
#include "base/text.h"
#include "grammar/cf.h"
#include "grammar/vocabulary.h"
#include "lint/checks.h"
#include "mcc/model/site.h"

/* Their values hold `name=value` words of right. */
static bool holds_assignments(struct str name)
{
	static const char *const names[] = {
		"import_environment", "export_environment",   "debugger_command",
		"mailbox_command",    "mailbox_command_maps", "milter_macro_defaults",
	};

	for (size_t i = 0; i < array_len(names); i++)
		if (str_eqc(name, names[i]))
			return true;
	return false;
}

static size_t skip_blanks(struct str s, size_t at)
{
	while (at < s.len && (s.ptr[at] == ' ' || s.ptr[at] == '\t'))
		at++;
	return at;
}

static size_t name_end(struct str s, size_t at)
{
	while (at < s.len &&
	       (s.ptr[at] == '_' || (s.ptr[at] >= '0' && s.ptr[at] <= '9') ||
		(s.ptr[at] >= 'a' && s.ptr[at] <= 'z')))
		at++;
	return at;
}

/* The parameter assigned at the start of a continuation line, or NULL. */
static const struct param *assigned_param(struct str line, size_t *out_lo, size_t *out_hi)
{
	size_t lo = skip_blanks(line, 0);
	size_t hi = name_end(line, lo);
	size_t equals = skip_blanks(line, hi);

	if (lo == 0 || hi == lo || equals >= line.len || line.ptr[equals] != '=')
		return NULL;
	/* `name==x` and `name=>x` are no assignments. */
	if (equals + 1 < line.len && line.ptr[equals + 1] == '=')
		return NULL;
	*out_lo = lo;
	*out_hi = hi;
	return param_find(str_slice(line, lo, hi));
}

static int brace_depth(struct str text, size_t end)
{
	int depth = 0;

	for (size_t i = 0; i < end; i++) {
		if (text.ptr[i] == '{')
			depth++;
		else if (text.ptr[i] == '}')
			depth--;
	}
	return depth;
}

static void check_swallowed(const struct cf_entry *entry, struct diag_queue *diags)
{
	const struct text *value = &entry->value;

	if (holds_assignments(entry->name))
		return;
	for (size_t i = 0; i < value->piece_count; i++) {
		const struct text_piece *piece = &value->pieces[i];
		struct str line =
			str_slice(value->str, piece->at, piece->at + piece->len);
		const struct param *param;
		struct diag *d;
		size_t lo, hi;

		param = assigned_param(line, &lo, &hi);
		if (!param || str_eqc(entry->name, param->name) ||
		    brace_depth(value->str, piece->at) > 0)
			continue;
		d = diag_add(diags, RULE_MC103,
			     text_span(*value, piece->at + lo, piece->at + hi),
			     "this line is indented, so it is part of the value of %.*s; "
			     "%s is not set by it",
			     STR_ARG(entry->name), param->name);
		diag_relate(diags, d, entry->name_span, "the line that it continues");
		diag_fix(diags, d, "remove the blanks before %s", param->name);
		diag_edit(diags, d, text_span(*value, piece->at, piece->at + lo), "");
	}
}

/* Whether a '#' may be meant as text: banners, reply texts, names. */
static bool is_free_text(struct str name)
{
	const struct param *param = param_find(name);

	return param &&
	       (param->kind == PARAM_KIND_string || param->kind == PARAM_KIND_template ||
		param->kind == PARAM_KIND_command);
}

static void check_comment(const struct cf_entry *entry, struct diag_queue *diags)
{
	struct str value = entry->value.str;

	for (size_t i = 0; i < value.len; i++) {
		bool after_blank =
			i == 0 || value.ptr[i - 1] == ' ' || value.ptr[i - 1] == '\t';
		enum diag_severity severity;
		struct diag *d;

		if (value.ptr[i] != '#' || !after_blank)
			continue;
		severity = is_free_text(entry->name) ? DIAG_NOTE : DIAG_ERROR;
		d = diag_add_as(
			diags, RULE_MC108, severity,
			text_span(entry->value, i, value.len),
			"a comment cannot stand behind a value: '#' and the words "
			"after it are part of the value of %.*s",
			STR_ARG(entry->name));
		diag_fix(diags, d, "put the comment on a line of its own above");
		return;
	}
}

void lint_syntax(const struct site *site, struct diag_queue *diags)
{
	for (size_t i = 0; i < site->main->entry_count; i++) {
		check_swallowed(&site->main->entries[i], diags);
		check_comment(&site->main->entries[i], diags);
	}
}
