/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of databases: "ldap:mytable" in a value makes names such as
 * mytable_server_host, and "ldap:/file" names a file of settings, which is
 * looked at for names that its type does not have. Nobody knows which values
 * are lists of tables, so that every word of every value is looked at.
 */
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/limits.h"
#include "base/source.h"
#include "base/status.h"
#include "grammar/cf.h"
#include "mcc/model/conf_private.h"

struct search {
	struct conf *c;
	struct conf_service *service;
	struct text text;
	size_t depth;
};

static bool is_database(struct str type)
{
	for (size_t i = 0; i < client_param_count(); i++)
		if (str_eqc(type, client_param_at(i)->table_type))
			return true;
	return false;
}

static void flag_names(struct search *s, struct str type, struct str table)
{
	struct conf *c = s->c;

	for (size_t i = 0; i < client_param_count(); i++) {
		const struct client_param *p = client_param_at(i);

		if (str_eqc(type, p->table_type))
			conf_flag_name(c, s->service,
				       str_of(arena_printf(c->m->site.arena, "%.*s_%s",
							   STR_ARG(table), p->attribute)),
				       SPAN_NONE, true);
	}
}

static void check_file(struct search *s, struct str type, const struct source *src)
{
	struct conf *c = s->c;
	struct cf_file *file = cf_parse(&c->m->parse, src);
	struct strmap *seen = strmap_new(c->m->site.arena);

	for (size_t i = 0; i < file->entry_count; i++) {
		struct cf_entry *e = &file->entries[i];
		const struct cf_entry *first = strmap_put(seen, e->name, e);

		if (first && !str_eq(first->value.str, e->value.str))
			conf_warn(c, RULE_MC101, e->name_span,
				  "overriding earlier entry: %.*s=%.*s", STR_ARG(e->name),
				  STR_ARG(first->value.str));
	}
	if (c->request->flags & CONF_QUIET_NAMES)
		return;
	for (size_t i = 0; i < file->entry_count; i++) {
		const struct cf_entry *e = &file->entries[i];

		if (strmap_find(seen, e->name) == e && !client_param_find(type, e->name))
			conf_warn(c, RULE_MC201, e->name_span,
				  "unused parameter: %.*s=%.*s", STR_ARG(e->name),
				  STR_ARG(e->value.str));
	}
}

static void look_at_file(struct search *s, struct str type, struct str path)
{
	struct conf *c = s->c;
	const char *shown = str_dup0(c->m->site.arena, path);
	const char *fs_path = site_resolve_path(&c->m->site, shown);
	struct str key =
		str_of(arena_printf(c->m->site.arena, "%.*s:%s", STR_ARG(type), shown));
	size_t at = (size_t)(path.ptr - s->text.str.ptr);
	const struct source *src;
	int status;

	if (!fs_path || strmap_put(c->files, key, c))
		return;
	status = source_add_config(c->m->site.sources, fs_path, shown, &src);
	if (status == MCC_OK)
		check_file(s, type, src);
	else if (status != MCC_EACCES)
		conf_warn(c, RULE_MC410, text_span(s->text, at, at + path.len),
			  "open \"%.*s\" configuration \"%s\": %s", STR_ARG(type), shown,
			  mcc_status_text(status == MCC_EISDIR ? MCC_ENOTREG : status));
}

/* The next word; blanks and commas between braces separate nothing. */
static bool next_word(const struct conf *c, struct str *rest, struct str *out_word)
{
	static const char separators[] = ", \t\r\n";
	bool braces = conf_has_braces(c);
	size_t depth = 0;
	size_t at = 0;
	size_t from;

	while (at < rest->len && strchr(separators, rest->ptr[at]))
		at++;
	for (from = at; at < rest->len; at++) {
		char b = rest->ptr[at];

		if (braces && b == '{')
			depth++;
		else if (depth > 0 && b == '}')
			depth--;
		else if (!depth && strchr(separators, b))
			break;
	}
	*out_word = str_slice(*rest, from, at);
	*rest = str_slice(*rest, at, rest->len);
	return out_word->len > 0;
}

static void search_words(struct search *s, struct str rest);

/* "{ ... }", also where the closing brace is missing or not at the end. */
static void search_group(struct search *s, struct str group)
{
	size_t depth = 0;
	size_t end = 0;

	for (; end < group.len; end++) {
		if (group.ptr[end] == '{')
			depth++;
		else if (group.ptr[end] == '}' && --depth == 0)
			break;
	}
	if (depth)
		conf_warn(s->c, RULE_MC111, SPAN_NONE, "missing '}' in \"%.*s\"",
			  STR_ARG(group));
	else if (end + 1 < group.len)
		conf_warn(s->c, RULE_MC111, SPAN_NONE,
			  "syntax error after '}' in \"%.*s\"", STR_ARG(group));
	if (s->depth == LIMIT_BRACE_DEPTH)
		return;
	s->depth++;
	search_words(s, str_slice(group, 1, end));
	s->depth--;
}

static void search_word(struct search *s, struct str word)
{
	ptrdiff_t colon = str_chr(word, ':');
	struct str type = str_slice(word, 0, colon < 0 ? 0 : (size_t)colon);

	while (colon >= 0 && str_eqc(type, "proxy")) {
		word = str_slice(word, (size_t)colon + 1, word.len);
		colon = str_chr(word, ':');
		type = str_slice(word, 0, colon < 0 ? 0 : (size_t)colon);
	}
	if (colon < 0)
		return;
	word = str_slice(word, (size_t)colon + 1, word.len);
	if (str_starts(word, "{") && conf_has_braces(s->c))
		search_group(s, word);
	else if (str_starts(word, "/") && is_database(type))
		look_at_file(s, type, word);
	else if (!str_starts(word, "/") && !str_starts(word, ".") && is_database(type))
		flag_names(s, type, word);
}

static void search_words(struct search *s, struct str rest)
{
	struct str word;

	while (next_word(s->c, &rest, &word)) {
		if (str_starts(word, "{") && conf_has_braces(s->c))
			search_group(s, word);
		else
			search_word(s, word);
	}
}

void conf_flag_table_names(struct conf *c, struct conf_service *service, struct text text)
{
	struct search s = {.c = c, .service = service, .text = text};

	if (str_chr(text.str, ':') >= 0 || str_chr(text.str, '{') >= 0)
		search_words(&s, text.str);
}
