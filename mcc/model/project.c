/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mcc.cf. One row of a table per name; values are words, there is no `$`
 * expansion. Mistakes are diagnostics at the word, and the setting stays
 * unset, so that a misspelt rule never silences anything.
 */
#include "mcc/model/project.h"

#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/source.h"
#include "base/status.h"
#include "grammar/cf.h"
#include "mcc/model/site.h"

struct reader {
	struct arena *arena;
	struct diag_queue *diags;
	struct project_options *options;
	struct project_severity *severities;
	size_t severity_room;
	const char **addresses;
	size_t address_room;
};

struct project_name {
	const char *name;
	void (*read)(struct reader *r, const struct cf_entry *entry);
};

static const char *value_of(struct reader *r, const struct cf_entry *entry)
{
	return entry->value.str.len ? str_dup0(r->arena, entry->value.str) : NULL;
}

static void read_version(struct reader *r, const struct cf_entry *entry)
{
	const char *word = value_of(r, entry);
	struct pf_version version;

	if (word && pf_version_parse(word, &version) && pf_version_is_known(version))
		r->options->postfix_version = word;
	else
		diag_add(
			r->diags, RULE_MC304, text_full_span(entry->value),
			"postfix_version: '%.*s' is no release that is known (2.6 to 3.12)",
			STR_ARG(entry->value.str));
}

static void read_platform(struct reader *r, const struct cf_entry *entry)
{
	const char *word = value_of(r, entry);
	enum platform platform;

	if (word && platform_parse(word, &platform))
		r->options->platform = word;
	else
		diag_add(
			r->diags, RULE_MC304, text_full_span(entry->value),
			"platform: '%.*s' is not one of upstream, debian, rhel9, rhel10, "
			"alpine, opensuse, freebsd, netbsd",
			STR_ARG(entry->value.str));
}

static void read_hostname(struct reader *r, const struct cf_entry *entry)
{
	r->options->hostname = value_of(r, entry);
}

static void read_profile(struct reader *r, const struct cf_entry *entry)
{
	r->options->profile = value_of(r, entry);
}

/* The next word of a list and where it stands. */
static bool next_word(struct reader *r, const struct cf_entry *entry, struct str *rest,
		      struct text *out_word)
{
	struct str word;
	size_t at;

	if (!str_token(rest, ", \t", &word))
		return false;
	at = (size_t)(word.ptr - entry->value.str.ptr);
	*out_word = text_slice(r->arena, entry->value, at, at + word.len);
	return true;
}

static void set_severity(struct reader *r, enum rule rule, enum diag_severity severity)
{
	struct project_severity *slot =
		arena_push(r->arena, &r->severities, r->options->severity_count,
			   &r->severity_room, sizeof(*slot));

	MCC_ASSERT(slot);
	*slot = (struct project_severity){rule, severity};
	r->options->severities = r->severities;
	r->options->severity_count++;
}

static bool find_rule(struct reader *r, struct text word, enum rule *out_rule)
{
	if (rule_find(word.str, out_rule))
		return true;
	diag_add(r->diags, RULE_MC304, text_full_span(word),
		 "there is no rule '%.*s': nothing is changed by it", STR_ARG(word.str));
	return false;
}

static void switch_rules(struct reader *r, const struct cf_entry *entry, bool on)
{
	struct str rest = entry->value.str;
	struct text word;
	enum rule rule;

	while (next_word(r, entry, &rest, &word))
		if (find_rule(r, word, &rule))
			set_severity(r, rule, on ? rule_info(rule)->severity : DIAG_OFF);
}

static void read_disable(struct reader *r, const struct cf_entry *entry)
{
	switch_rules(r, entry, false);
}

static void read_enable(struct reader *r, const struct cf_entry *entry)
{
	switch_rules(r, entry, true);
}

static bool parse_severity(struct str word, enum diag_severity *out_severity)
{
	for (int i = 0; i < DIAG_SEVERITY_COUNT; i++) {
		if (str_caseeqc(word, diag_severity_name((enum diag_severity)i))) {
			*out_severity = (enum diag_severity)i;
			return true;
		}
	}
	*out_severity = DIAG_OFF;
	return str_caseeqc(word, "off");
}

/* severity = MC101=error, name-case=off */
static void read_severity(struct reader *r, const struct cf_entry *entry)
{
	struct str rest = entry->value.str;
	enum diag_severity severity;
	struct text word;
	enum rule rule;

	while (next_word(r, entry, &rest, &word)) {
		ptrdiff_t eq = str_chr(word.str, '=');
		size_t at = eq < 0 ? word.str.len : (size_t)eq;

		if (!find_rule(r, text_slice(r->arena, word, 0, at), &rule))
			continue;
		if (parse_severity(str_slice(word.str, at + 1, word.str.len), &severity))
			set_severity(r, rule, severity);
		else
			diag_add(r->diags, RULE_MC304, text_full_span(word),
				 "'%.*s' does not end in =error, =warning, =note, "
				 "=unverified or =off",
				 STR_ARG(word.str));
	}
}

static void read_addresses(struct reader *r, const struct cf_entry *entry)
{
	struct str rest = entry->value.str;
	struct text word;

	while (next_word(r, entry, &rest, &word)) {
		const char **slot = arena_push(r->arena, &r->addresses,
					       r->options->public_address_count,
					       &r->address_room, sizeof(*slot));

		MCC_ASSERT(slot);
		*slot = str_dup0(r->arena, word.str);
		r->options->public_addresses = r->addresses;
		r->options->public_address_count++;
	}
}

static const struct project_name names[] = {
	{"postfix_version", read_version}, {"platform", read_platform},
	{"hostname", read_hostname},	   {"profile", read_profile},
	{"disable", read_disable},	   {"enable", read_enable},
	{"severity", read_severity},	   {"public_addresses", read_addresses},
};

static void report_unknown(struct reader *r, const struct cf_entry *entry)
{
	struct diag *d;

	for (size_t i = 0; i < array_len(names); i++) {
		if (str_distance(entry->name, str_of(names[i].name), 2) > 2)
			continue;
		d = diag_add_as(r->diags, RULE_MC201, DIAG_ERROR, entry->name_span,
				"mcc.cf has no setting '%.*s'. Did you mean %s?",
				STR_ARG(entry->name), names[i].name);
		diag_fix(r->diags, d, "rename it to %s", names[i].name);
		diag_edit(r->diags, d, entry->name_span, names[i].name);
		return;
	}
	diag_add(r->diags, RULE_MC201, entry->name_span,
		 "mcc.cf has no setting '%.*s': it has no effect", STR_ARG(entry->name));
}

static void read_entry(struct reader *r, const struct cf_entry *entry)
{
	for (size_t i = 0; i < array_len(names); i++) {
		if (str_eqc(entry->name, names[i].name)) {
			names[i].read(r, entry);
			return;
		}
	}
	report_unknown(r, entry);
}

const struct project_options *project_load(struct arena *arena,
					   struct source_set *sources,
					   struct diag_queue *diags, const char *dir)
{
	struct reader r = {.arena = arena, .diags = diags};
	const struct parse_ctx ctx = {arena, sources, diags};
	const char *path = arena_printf(arena, "%s/mcc.cf", dir);
	const struct source *src;
	const struct cf_file *file;
	int status = source_add_config(sources, path, "mcc.cf", &src);

	r.options = arena_alloc(arena, sizeof(*r.options));
	MCC_ASSERT(r.options);
	if (status) {
		if (status != MCC_ENOENT)
			diag_add(diags, RULE_MC001, SPAN_NONE, "%s cannot be read: %s",
				 path, mcc_status_text(status));
		return r.options;
	}
	file = cf_parse(&ctx, src);
	for (size_t i = 0; i < file->entry_count; i++)
		read_entry(&r, &file->entries[i]);
	return r.options;
}
