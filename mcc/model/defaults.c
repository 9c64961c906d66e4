/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text of a parameter that is not set: the release's default, the platform's
 * own, or one that is computed from the host and other parameters. Nothing of
 * the machine that runs the check is looked at, so that a site means the same
 * everywhere.
 */
#include "mcc/model/private.h"

#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/diag.h"

#define LOCAL_DOMAIN "localdomain"

bool model_is_fixed(const struct param *p)
{
	return p->status == PARAM_READONLY && p->default_value[0] == '\0';
}

bool model_is_legacy(const struct model *m, const struct param *p)
{
	const char *arrow = strstr(p->deprecated, "->");
	const struct param *instead;

	if (p->status != PARAM_LEGACY || !arrow)
		return false;
	instead = param_find(str_of(arrow + 2));
	return instead && param_in_version(instead, m->site.options.version);
}

/*
 * The value of a parameter that another one is computed from. Programs do
 * that before they know any default: what main.cf does not set is empty.
 */
struct str model_ask(struct model *m, enum param_id id, enum param_id asker)
{
	struct cell *c = &m->main.params[id];
	struct text text;

	if (c->state != CELL_BUSY && !c->setting->entry) {
		text = model_expand(m, &m->main, c);
		m->ask_broken |= c->broken;
		return text.str;
	}
	if (c->state != CELL_BUSY) {
		m->ask_broken |=
			!model_expand_sound(m, &m->early, c->setting->raw, &text);
		return text.str;
	}
	diag_add(
		m->site.diags, RULE_MC402, c->setting->name_span,
		"%s refers to $%s, which is not set and is derived from %s itself: it is "
		"empty here",
		c->setting->param->name, param_get(asker)->name, c->setting->param->name);
	return STR_LIT("");
}

/*
 * A host without a domain gets $mydomain when main.cf sets it; the name we
 * were given then ends in Postfix's stand-in for a missing domain.
 */
static struct str host_name(struct model *m)
{
	struct str host = str_of(m->site.options.hostname);
	struct str domain;

	if (!str_ends(host, "." LOCAL_DOMAIN) || !m->site.settings[PARAM_mydomain].entry)
		return host;
	domain = model_ask(m, PARAM_mydomain, PARAM_myhostname);
	host = str_slice(host, 0, host.len - strlen(LOCAL_DOMAIN));
	return str_of(
		arena_printf(m->site.arena, "%.*s%.*s", STR_ARG(host), STR_ARG(domain)));
}

static bool refuses_one_label(const struct model *m)
{
	return m->site.options.as_postconf &&
	       pf_version_cmp(m->site.options.version, (struct pf_version){2, 11, 0}) < 0;
}

static struct str domain_name(struct model *m)
{
	struct str host = model_ask(m, PARAM_myhostname, PARAM_mydomain);
	ptrdiff_t dot = str_chr(host, '.');
	struct str domain =
		str_slice(host, dot < 0 ? host.len : (size_t)dot + 1, host.len);

	if (dot < 0)
		return host.len ? STR_LIT(LOCAL_DOMAIN) : host;
	if (refuses_one_label(m) && str_chr(domain, '.') < 0)
		return STR_LIT(LOCAL_DOMAIN);
	return domain;
}

static struct str version_text(const struct model *m)
{
	struct pf_version v = pf_version_concrete(m->site.options.version);

	return str_of(arena_printf(m->site.arena, "%d.%d.%d", v.major, v.minor, v.patch));
}

/* Dates of the releases that the tests compare with; others are not known. */
static struct str release_date(const struct model *m)
{
	struct pf_version v = pf_version_concrete(m->site.options.version);

	if (pf_version_cmp(v, (struct pf_version){3, 7, 11}) == 0)
		return STR_LIT("20240304");
	if (pf_version_cmp(v, (struct pf_version){3, 11, 6}) == 0)
		return STR_LIT("20260809");
	return STR_LIT("");
}

static struct str computed(struct model *m, const char *token)
{
	if (strcmp(token, "@hostname") == 0)
		return host_name(m);
	if (strcmp(token, "@domain") == 0)
		return domain_name(m);
	if (strcmp(token, "@mynetworks") == 0)
		return model_own_networks(m);
	if (strcmp(token, "@version") == 0)
		return version_text(m);
	MCC_ASSERT(strcmp(token, "@release_date") == 0);
	return release_date(m);
}

/* Programs know more than the table: what they are and where they read. */
static const char *given(const struct model *m, const struct param *p)
{
	if (p->id == PARAM_config_directory && m->site.options.config_directory)
		return m->site.options.config_directory;
	if (p->id == PARAM_process_name)
		return "postconf";
	if (p->id == PARAM_process_id && m->site.options.as_postconf)
		return arena_printf(m->site.arena, "%ld", (long)getpid());
	return platform_default(m->site.options.platform, p->id);
}

#define NIS_ALIASES ", nis:mail.aliases"

/* Of the builds that are left only Debian's knows NIS. */
static struct str without_nis(const struct model *m, struct str text)
{
	if (m->site.options.platform == PLATFORM_DEBIAN || !str_ends(text, NIS_ALIASES))
		return text;
	return str_slice(text, 0, text.len - strlen(NIS_ALIASES));
}

struct text model_default_text(struct model *m, const struct param *p)
{
	const char *text = given(m, p);

	if (!text)
		text = param_default(p, m->site.options.version);
	if (text[0] == '@')
		return text_of_builtin(m->site.arena, computed(m, text));
	return text_of_builtin(m->site.arena, without_nis(m, str_of(text)));
}
