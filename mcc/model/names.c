/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names that main.cf sets and that mean nothing. Postfix accepts them in
 * silence, so whoever misspelt a restriction list believes it in force. The
 * more certain explanations come first; what remains is a plain unknown name.
 */
#include "mcc/model/private.h"

#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/limits.h"
#include "base/strmap.h"
#include "grammar/cf.h"

/* A name in question. */
struct unknown {
	struct model *m;
	struct str name;
	struct span span;
};

static void rename_to(const struct unknown *u, struct diag *d, const char *name)
{
	diag_fix(u->m->site.diags, d, "rename it to %s", name);
	diag_edit(u->m->site.diags, d, u->span, name);
}

static bool is_known(const struct model *m, const char *name)
{
	const struct param *p = param_find(str_of(name));

	return (p && param_in_version(p, m->site.options.version)) ||
	       model_service_param(m, str_of(name));
}

static bool other_case(const struct unknown *u)
{
	if (u->m->suggested >= LIMIT_SUGGESTED_NAMES)
		return false;
	for (size_t i = 0; i < PARAM_COUNT; i++) {
		const struct param *p = param_get((enum param_id)i);

		if (!str_caseeqc(u->name, p->name) ||
		    !param_in_version(p, u->m->site.options.version))
			continue;
		rename_to(u,
			  diag_add(u->m->site.diags, RULE_MC203, u->span,
				   "upper and lower case matter in names: '%.*s' is not "
				   "'%s', and Postfix never reads it",
				   STR_ARG(u->name), p->name),
			  p->name);
		return true;
	}
	return false;
}

static const char *const side_prefixes[] = {"smtpd_", "smtp_", "lmtp_"};
static const char *const side_roles[] = {"the receiving server", "the sending client",
					 "delivery by LMTP"};

static size_t side_of(struct str name)
{
	size_t i = 0;

	while (i < array_len(side_prefixes) && !str_starts(name, side_prefixes[i]))
		i++;
	return i;
}

static bool other_side(const struct unknown *u)
{
	size_t side = side_of(u->name);
	struct str rest;

	if (side == array_len(side_prefixes))
		return false;
	rest = str_slice(u->name, strlen(side_prefixes[side]), u->name.len);
	for (size_t i = 0; i < array_len(side_prefixes); i++) {
		const char *name = arena_printf(u->m->site.arena, "%s%.*s",
						side_prefixes[i], STR_ARG(rest));

		if (i == side || !is_known(u->m, name))
			continue;
		rename_to(u,
			  diag_add(u->m->site.diags, RULE_MC202, u->span,
				   "%s* is for %s, which has no '%.*s'; %s* is for %s",
				   side_prefixes[side], side_roles[side], STR_ARG(rest),
				   side_prefixes[i], side_roles[i]),
			  name);
		return true;
	}
	return false;
}

static bool is_restriction(const struct unknown *u)
{
	const struct restriction *r = restriction_find(u->name);

	if (!r && u->m->suggested < LIMIT_SUGGESTED_NAMES)
		r = restriction_nearest(u->name);
	if (!r || str_distance(u->name, str_of(r->name), 1) > 1)
		return false;
	diag_add(u->m->site.diags, RULE_MC204, u->span,
		 "%s is a restriction, not a parameter: it belongs into a list such as "
		 "smtpd_recipient_restrictions, and this line does nothing",
		 r->name);
	return true;
}

const struct param *model_nearest(struct model *m, struct str name)
{
	if (m->suggested >= LIMIT_SUGGESTED_NAMES)
		return NULL;
	m->suggested++;
	return param_nearest(name, m->site.options.version);
}

static bool is_misspelt(const struct unknown *u)
{
	const struct param *p = model_nearest(u->m, u->name);

	if (!p)
		return false;
	rename_to(
		u,
		diag_add_as(u->m->site.diags, RULE_MC201, DIAG_ERROR, u->span,
			    "Postfix has no parameter '%.*s': what is set here is not in "
			    "force. Did you mean %s?",
			    STR_ARG(u->name), p->name),
		p->name);
	return true;
}

static bool is_of_no_service(const struct unknown *u)
{
	struct str service;
	const struct service_param *sp = service_param_find(u->name, &service);

	if (!sp)
		return false;
	/* Without a master.cf nobody can tell which services there are. */
	if (!u->m->site.master)
		return true;
	if (strmap_find(u->m->service_names, service))
		diag_add(u->m->site.diags, RULE_MC208, u->span,
			 "the program of service '%.*s' in master.cf does not read _%s: "
			 "this line has no effect",
			 STR_ARG(service), sp->suffix);
	else
		diag_add(u->m->site.diags, RULE_MC208, u->span,
			 "master.cf has no service '%.*s' whose _%s this could be: this "
			 "line has no effect",
			 STR_ARG(service), sp->suffix);
	return true;
}

static bool is_ancient(const struct unknown *u)
{
	const char *instead = param_ancient(u->name);
	struct diag *d;

	if (!instead)
		return false;
	d = diag_add(u->m->site.diags, RULE_MC201, u->span,
		     "'%.*s' went before Postfix 2.6 and has no effect%s%s",
		     STR_ARG(u->name), instead[0] ? "; today there is " : "", instead);
	if (instead[0])
		rename_to(u, d, instead);
	return true;
}

static void check_unknown(const struct unknown *u)
{
	bool has_master = u->m->site.master != NULL;

	if (other_case(u) || other_side(u) || is_restriction(u) || is_ancient(u) ||
	    is_misspelt(u) || is_of_no_service(u))
		return;
	/* A master.cf that nobody has seen may refer to it. */
	diag_add_as(
		u->m->site.diags, RULE_MC201, has_master ? DIAG_WARNING : DIAG_NOTE,
		u->span,
		"Postfix has no parameter '%.*s' and no value%s refers to it: this line "
		"has no effect",
		STR_ARG(u->name), has_master ? "" : " of this file");
}

/* Whether `text` mentions "type:table" as a whole word. */
static bool mentions(struct str text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text.ptr; (at = strstr(at, word)) != NULL; at++) {
		char before = at > text.ptr ? at[-1] : ' ';

		if (strchr(" \t,:{", before) && strchr(" \t,}", at[len]))
			return true;
	}
	return false;
}

static bool is_table_in_use(struct model *m, const char *word)
{
	for (size_t i = 0; i < PARAM_COUNT; i++)
		if (m->site.settings[i].entry &&
		    mentions(m->site.settings[i].written.str, word))
			return true;
	for (size_t i = 0; i < m->site.own_count; i++)
		if (mentions(m->site.own[i].written.str, word))
			return true;
	return false;
}

/* "mytable_search_base" with an ldap:mytable somewhere. */
static bool is_client_param(struct model *m, struct str name)
{
	static const char *const types[] = {"ldap",   "mysql",	 "pgsql",
					    "sqlite", "mongodb", "memcache"};

	for (size_t at = 1; at + 1 < name.len; at++) {
		struct str attribute = str_slice(name, at + 1, name.len);

		for (size_t i = 0; name.ptr[at] == '_' && i < array_len(types); i++) {
			if (client_param_find(str_of(types[i]), attribute) &&
			    is_table_in_use(m, arena_printf(m->site.arena, "%s:%.*s",
							    types[i], (int)at, name.ptr)))
				return true;
		}
	}
	return false;
}

bool model_is_meaningful(struct model *m, struct str name)
{
	return strmap_find(m->referenced, name) || strmap_find(m->classes, name) ||
	       model_service_param(m, name) || is_client_param(m, name);
}

void model_check_names(struct model *m)
{
	for (size_t i = 0; i < PARAM_COUNT; i++)
		if (m->site.settings[i].entry)
			model_check_known_name(m, &m->site.settings[i]);
	for (size_t i = 0; i < m->site.own_count; i++) {
		struct unknown u = {m, m->site.own[i].name, m->site.own[i].name_span};

		if (!model_is_meaningful(m, u.name))
			check_unknown(&u);
	}
}
