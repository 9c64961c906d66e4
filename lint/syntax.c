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

/* ---- assignments that became part of another ---- */

/* From where the name before the '=' at `equals` is a parameter's; NULL: none. */
static const struct param *glued_param(struct str value, size_t equals, size_t *out_lo)
{
	size_t hi = equals;
	size_t lo;

	while (hi && (value.ptr[hi - 1] == ' ' || value.ptr[hi - 1] == '\t'))
		hi--;
	lo = hi;
	while (lo && name_end(value, lo - 1) == hi)
		lo--;
	for (; lo < hi; lo++) {
		struct str name = str_slice(value, lo, hi);
		const struct param *param = param_find(name);

		*out_lo = lo;
		if (param && memchr(name.ptr, '_', name.len))
			return param;
	}
	return NULL;
}

/* Whether nothing but blanks stands before it on its line. */
static bool starts_line(const struct text *value, size_t at)
{
	size_t from = 0;

	for (size_t i = 0; i < value->piece_count && value->pieces[i].at <= at; i++)
		from = value->pieces[i].at;
	return str_trim(str_slice(value->str, from, at)).len == 0;
}

/* `/usr/bin/procmailhome_mailbox = Maildir/`: a line end was lost. */
static void check_glued(const struct cf_entry *entry, struct diag_queue *diags)
{
	struct str value = entry->value.str;

	if (holds_assignments(entry->name))
		return;
	for (size_t i = 1; i + 1 < value.len; i++) {
		const struct param *param;
		struct diag *d;
		size_t lo;

		if (value.ptr[i] != '=' || !strchr(" \t", value.ptr[i - 1]) ||
		    !strchr(" \t", value.ptr[i + 1]) || brace_depth(value, i) > 0)
			continue;
		param = glued_param(value, i, &lo);
		/* At the start of a line it is check_swallowed()'s. */
		if (!param || starts_line(&entry->value, lo))
			continue;
		d = diag_add(diags, RULE_MC103, text_span(entry->value, lo, value.len),
			     "two settings stand on one line: '%s = ...' is part of the "
			     "value of %.*s, and %s is not set by it",
			     param->name, STR_ARG(entry->name), param->name);
		diag_fix(diags, d, "begin a new line with %s", param->name);
		return;
	}
}

/* `name_of_something = word` at the start of a continuation. */
static bool is_like_assignment(struct str line, size_t *out_lo, size_t *out_hi)
{
	size_t lo = skip_blanks(line, 0);
	size_t hi = name_end(line, lo);
	size_t equals = skip_blanks(line, hi);

	*out_lo = lo;
	*out_hi = hi;
	return lo > 0 && hi > lo && equals > hi && equals + 1 < line.len &&
	       line.ptr[equals] == '=' && strchr(" \t", line.ptr[equals + 1]) &&
	       memchr(line.ptr + lo, '_', hi - lo);
}

static void report_like_assignment(const struct cf_entry *entry, size_t at,
				   struct str line, struct diag_queue *diags)
{
	size_t lo, hi;
	struct diag *d;

	if (!is_like_assignment(line, &lo, &hi) ||
	    str_eq(str_slice(line, lo, hi), entry->name))
		return;
	d = diag_add_as(diags, RULE_MC103, DIAG_WARNING,
			text_span(entry->value, at + lo, at + hi),
			"this line is indented, so '%.*s = ...' is part of the value of "
			"%.*s and sets nothing",
			STR_ARG(str_slice(line, lo, hi)), STR_ARG(entry->name));
	diag_relate(diags, d, entry->name_span, "the line that it continues");
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

		if (brace_depth(value->str, piece->at) > 0)
			continue;
		param = assigned_param(line, &lo, &hi);
		if (!param && piece->at)
			report_like_assignment(entry, piece->at, line, diags);
		if (!param || str_eqc(entry->name, param->name))
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

/* ---- what was commented out by half ---- */

/* Whether the last line of text in a gap is `# name = ...` of a parameter. */
static const struct param *commented_param(struct str gap)
{
	struct str line, last = {"", 0};
	size_t hi, equals;

	while (str_token(&gap, "\r\n", &line))
		if (str_trim(line).len)
			last = str_trim(line);
	while (last.len && (last.ptr[0] == '#' || last.ptr[0] == ' '))
		last = str_slice(last, 1, last.len);
	hi = name_end(last, 0);
	equals = skip_blanks(last, hi);
	if (!hi || equals >= last.len || last.ptr[equals] != '=')
		return NULL;
	return param_find(str_slice(last, 0, hi));
}

static void check_orphans(const struct site *site, const struct cf_entry *entry,
			  struct diag_queue *diags)
{
	const struct text *value = &entry->value;

	for (size_t i = 0; i < value->piece_count; i++) {
		struct span here = value->pieces[i].src;
		struct span gap = {here.file,
				   i ? value->pieces[i - 1].src.hi : entry->name_span.hi,
				   here.lo};
		const struct param *param;
		struct diag *d;

		/* Within a line of text there is no comment. */
		if (gap.hi <= gap.lo || !memchr(source_span_text(site->sources, gap).ptr,
						'#', gap.hi - gap.lo))
			continue;
		param = commented_param(source_span_text(site->sources, gap));
		if (!param || str_eqc(entry->name, param->name))
			continue;
		d = diag_add(
			diags, RULE_MC104, here,
			"this line belonged to %s, whose first line is a comment now; "
			"comments do not end a value, so it became part of %.*s",
			param->name, STR_ARG(entry->name));
		diag_relate(diags, d, entry->name_span, "the line that it continues");
		diag_fix(diags, d, "comment this line out, too");
	}
}

/* ---- quotes ---- */

/* Values that Postfix reads as text may hold quotes. */
static void check_quotes(const struct cf_entry *entry, struct diag_queue *diags)
{
	struct str value = entry->value.str;
	const struct param *param = param_find(entry->name);
	struct diag *d;

	if (!param || value.len < 2 || (value.ptr[0] != '"' && value.ptr[0] != '\'') ||
	    value.ptr[value.len - 1] != value.ptr[0] ||
	    memchr(value.ptr + 1, value.ptr[0], value.len - 2) ||
	    param->kind == PARAM_KIND_string || param->kind == PARAM_KIND_command ||
	    param->kind == PARAM_KIND_template || param->kind == PARAM_KIND_chars ||
	    param->kind == PARAM_KIND_strftime)
		return;
	d = diag_add(diags, RULE_MC110, text_full_span(entry->value),
		     "Postfix does not take quotes away: they are part of the value of "
		     "%.*s",
		     STR_ARG(entry->name));
	diag_fix(diags, d, "write %.*s", STR_ARG(str_slice(value, 1, value.len - 1)));
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
		check_glued(&site->main->entries[i], diags);
		check_orphans(site, &site->main->entries[i], diags);
		check_quotes(&site->main->entries[i], diags);
		check_comment(&site->main->entries[i], diags);
	}
}
