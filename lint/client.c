/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Client files: `name = value` as in main.cf, with the vocabulary of their
 * table type. `%s` and its like stand for the key that is looked up; an
 * unknown one stops the program that opens the table.
 */
#include "lint/client.h"

#include <string.h>

#include "base/diag.h"
#include "base/text.h"
#include "grammar/cf.h"
#include "lint/checks.h"
#include "mcc/model/site.h"

struct client {
	const struct parse_ctx *ctx;
	const struct cf_file *file;
	struct str type;
	struct pf_version version;
};

static const char *const types[] = {"ldap",  "memcache", "mongodb",
				    "mysql", "pgsql",	 "sqlite"};

/* Whether tables of that type have a client file. */
static bool is_client_type(struct str type)
{
	for (size_t i = 0; i < array_len(types); i++)
		if (str_eqc(type, types[i]))
			return true;
	return false;
}

static const struct cf_entry *find(const struct cf_file *file, const char *name)
{
	for (size_t i = file->entry_count; i > 0; i--)
		if (str_eqc(file->entries[i - 1].name, name))
			return &file->entries[i - 1];
	return NULL;
}

struct str lint_client_type_of(const struct cf_file *file)
{
	/* Of several types that would do the first one is said: mysql and
	 * pgsql files look alike, and so do their rules. */
	static const struct {
		const char *name;
		const char *type;
	} signs[] = {
		{"server_host", "ldap"},  {"search_base", "ldap"},   {"dbpath", "sqlite"},
		{"memcache", "memcache"}, {"collection", "mongodb"}, {"dbname", "mysql"},
	};

	for (size_t i = 0; i < array_len(signs); i++)
		if (find(file, signs[i].name))
			return str_of(signs[i].type);
	return STR_LIT("");
}

/* ---- names and types ---- */

static const char *nearest(const struct client *c, struct str name)
{
	const char *best = NULL;
	unsigned distance = 3;

	for (size_t i = 0; i < client_param_count(); i++) {
		const struct client_param *p = client_param_at(i);
		unsigned d;

		if (!str_eqc(c->type, p->table_type))
			continue;
		d = str_distance(name, str_of(p->attribute), 2);
		if (d < distance) {
			distance = d;
			best = p->attribute;
		}
	}
	return best;
}

static void check_unknown(const struct client *c, const struct cf_entry *e)
{
	const char *near = nearest(c, e->name);
	struct diag *d;

	if (!near) {
		diag_add_as(c->ctx->diags, RULE_MC420, DIAG_WARNING, e->name_span,
			    "%.*s: tables have no parameter '%.*s': it is ignored",
			    STR_ARG(c->type), STR_ARG(e->name));
		return;
	}
	d = diag_add(c->ctx->diags, RULE_MC420, e->name_span,
		     "%.*s: tables have no parameter '%.*s': it is ignored; %s is meant?",
		     STR_ARG(c->type), STR_ARG(e->name), near);
	diag_fix(c->ctx->diags, d, "write %s", near);
	diag_edit(c->ctx->diags, d, e->name_span, near);
}

static bool is_integer(struct str s)
{
	uint64_t n;

	if (s.len && (s.ptr[0] == '-' || s.ptr[0] == '+'))
		s = str_slice(s, 1, s.len);
	return str_to_u64(s, &n);
}

static void check_type(const struct client *c, const struct cf_entry *e,
		       const struct client_param *p)
{
	struct str value = e->value.str;

	if (p->type == PARAM_TYPE_INT && !is_integer(value))
		diag_add(c->ctx->diags, RULE_MC420, e->span,
			 "%s takes a number, not '%.*s': whoever opens the table stops",
			 p->attribute, STR_ARG(value));
	if (p->type == PARAM_TYPE_BOOL && !str_caseeqc(value, "yes") &&
	    !str_caseeqc(value, "no"))
		diag_add(c->ctx->diags, RULE_MC420, e->span,
			 "%s takes yes or no, not '%.*s': whoever opens the table stops",
			 p->attribute, STR_ARG(value));
	if (!pf_version_reached(c->version, p->since))
		diag_add_as(c->ctx->diags, RULE_MC420, DIAG_WARNING, e->name_span,
			    "%s came with Postfix %s: it is ignored here", p->attribute,
			    p->since);
}

/* ---- `%` forms ---- */

static bool takes_key(struct str name)
{
	static const char *const names[] = {"query", "query_filter", "search_base",
					    "result_format", "result_filter"};

	for (size_t i = 0; i < array_len(names); i++)
		if (str_eqc(name, names[i]))
			return true;
	return false;
}

static bool is_query(struct str name)
{
	return str_eqc(name, "query") || str_eqc(name, "query_filter");
}

/* The number of `%` forms; reports what is none. */
static size_t check_forms(const struct client *c, const struct cf_entry *e)
{
	struct str value = e->value.str;
	size_t count = 0;

	for (size_t i = 0; i < value.len; i++) {
		size_t end = i + 2 < value.len ? i + 2 : value.len;

		if (value.ptr[i] != '%')
			continue;
		if (i + 1 == value.len || !strchr("%sudSUD123456789", value.ptr[i + 1]))
			diag_add(
				c->ctx->diags, RULE_MC420, text_span(e->value, i, end),
				"'%.*s' is no part of the key (%%s %%u %%d %%S %%U %%D %%1 "
				"to %%9) and no '%%%%': whoever opens the table stops",
				(int)(end - i), value.ptr + i);
		else
			count += value.ptr[i + 1] != '%';
		i++;
	}
	return count;
}

static bool is_sql(struct str type)
{
	return str_eqc(type, "mysql") || str_eqc(type, "pgsql") ||
	       str_eqc(type, "sqlite");
}

/* Quotes of a statement around byte `end`: the open one, or NUL. */
static char open_quote(struct str sql, size_t end)
{
	char quote = '\0';

	for (size_t i = 0; i < end; i++) {
		char ch = sql.ptr[i];

		if (quote && ch == quote)
			quote = '\0';
		else if (!quote && (ch == '\'' || ch == '"' || ch == '`'))
			quote = ch;
	}
	return quote;
}

static void check_quotes(const struct client *c, const struct cf_entry *e)
{
	struct str sql = e->value.str;

	for (size_t i = 0; i + 1 < sql.len; i++) {
		char quote;

		if (sql.ptr[i] != '%')
			continue;
		i++;
		quote = open_quote(sql, i);
		if (sql.ptr[i] == '%' || quote == '\'' ||
		    (quote && str_eqc(c->type, "mysql")))
			continue;
		diag_add(
			c->ctx->diags, RULE_MC421, text_span(e->value, i - 1, i + 1),
			quote ? "'%%%c' stands in quotes that hold names, not texts; "
				"write '%%%c' between single ones"
			      : "'%%%c' stands outside of quotes: an address can break the "
				"statement, or change it; write '%%%c' between single ones",
			sql.ptr[i], sql.ptr[i]);
		return;
	}
}

static void check_key_forms(const struct client *c, const struct cf_entry *e)
{
	size_t count = check_forms(c, e);

	if (!is_query(e->name))
		return;
	if (!count && e->value.str.len)
		diag_add_as(
			c->ctx->diags, RULE_MC420, DIAG_WARNING, e->span,
			"%.*s has no part of the key in it (%%s, %%u, %%d): every key "
			"gets the same answer",
			STR_ARG(e->name));
	if (is_sql(c->type))
		check_quotes(c, e);
}

/* ---- what is missing ---- */

static bool belongs_to_old_form(const char *name)
{
	return strcmp(name, "select_field") == 0 || strcmp(name, "table") == 0 ||
	       strcmp(name, "where_field") == 0;
}

static void check_missing(const struct client *c)
{
	const struct cf_entry *query = find(c->file, "query");
	bool has_query =
		(query && query->value.str.len) || find(c->file, "select_function");
	struct span top = {c->file->src->id, 0, 0};

	for (size_t i = 0; i < client_param_count(); i++) {
		const struct client_param *p = client_param_at(i);
		const struct cf_entry *e;

		if (!str_eqc(c->type, p->table_type) || p->type != PARAM_TYPE_STR ||
		    p->default_value[0] || strcmp(p->min, "1") != 0)
			continue;
		e = find(c->file, p->attribute);
		if ((e && e->value.str.len) ||
		    (belongs_to_old_form(p->attribute) && has_query))
			continue;
		diag_add(c->ctx->diags, RULE_MC420, e ? e->span : top,
			 "%s is missing%s: whoever opens the table stops", p->attribute,
			 belongs_to_old_form(p->attribute) ? ", and so is query" : "");
		if (belongs_to_old_form(p->attribute))
			return;
	}
}

void lint_client_file(const struct parse_ctx *ctx, const struct cf_file *file,
		      struct str type, struct pf_version version)
{
	const struct client c = {ctx, file, type, version};

	for (size_t i = 0; i < file->entry_count; i++) {
		const struct cf_entry *e = &file->entries[i];
		const struct client_param *p = client_param_find(type, e->name);

		if (p)
			check_type(&c, e, p);
		else
			check_unknown(&c, e);
		if (p && takes_key(e->name))
			check_key_forms(&c, e);
	}
	check_missing(&c);
}

/* As it is shown: below the site's folder, or as the table is called. */
static const char *shown_path(const struct site *site, const char *path,
			      const struct site_table *table)
{
	size_t len = strlen(site->options.dir);

	if (strncmp(path, site->options.dir, len) == 0 && path[len] == '/')
		return path + len + 1;
	return str_dup0(site->arena, table->name);
}

void lint_clients(const struct site *site, struct diag_queue *diags)
{
	const struct parse_ctx ctx = {site->arena, site->sources, diags};

	for (size_t i = 0; i < site->table_count; i++) {
		const struct site_table *table = site->tables[i];
		const struct source *src;
		const char *path;

		if (!is_client_type(table->type_name) || !str_starts(table->name, "/"))
			continue;
		path = site_resolve_path(site, str_dup0(site->arena, table->name));
		if (path && source_add_config(site->sources, path,
					      shown_path(site, path, table), &src) == 0)
			lint_client_file(&ctx, cf_parse(&ctx, src), table->type_name,
					 site->options.version);
	}
}
