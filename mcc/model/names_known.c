/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names that Postfix has or had: of another release, outdated, read-only; and
 * the names of -o overrides in master.cf.
 */
#include "mcc/model/private.h"

#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/strmap.h"
#include "grammar/cf.h"

static const char *release_name(const struct model *m)
{
	struct pf_version v = pf_version_concrete(m->site.options.version);

	return arena_printf(m->site.arena, "%d.%d.%d", v.major, v.minor, v.patch);
}

static void report_other_release(struct model *m, const struct setting *s)
{
	const struct param *p = s->param;

	if (pf_version_reached(m->site.options.version, p->removed))
		diag_add(m->site.diags, RULE_MC205, s->name_span,
			 "%s went with Postfix %s: %s ignores this line", p->name,
			 p->removed, release_name(m));
	else
		diag_add(m->site.diags, RULE_MC205, s->name_span,
			 "%s came with Postfix %s%s%s: %s ignores this line, and what it "
			 "should do is not done",
			 p->name, p->since, p->backports[0] ? " and " : "", p->backports,
			 release_name(m));
}

/* Whether the value may be kept when only the name changes. */
static bool is_renamed(const struct model *m, const struct param *old,
		       const struct param *new)
{
	return new &&new->type == old->type &&new->kind ==
		       old->kind &&param_in_version(new, m->site.options.version) &&
	       !m->site.settings[new->id].entry;
}

/* "smtpd_use_tls = yes" is "smtpd_tls_security_level = may" today. */
static const char *tls_level(const struct setting *s)
{
	bool is_use = str_ends(s->name, "_use_tls");

	if ((!is_use && !str_ends(s->name, "_enforce_tls")) || !s->is_valid)
		return NULL;
	if (!s->boolean)
		return "";
	return is_use ? "may" : "encrypt";
}

static void fix_deprecated(struct model *m, struct diag *d, const struct setting *s,
			   const char *instead)
{
	const struct param *new = param_find(str_of(instead));
	const char *level = tls_level(s);

	if (is_renamed(m, s->param, new)) {
		diag_fix(m->site.diags, d, "rename it to %s", instead);
		diag_edit(m->site.diags, d, s->name_span, instead);
	} else if (s->entry && level && new &&
		   (!level[0] || m->site.settings[new->id].entry)) {
		diag_fix(m->site.diags, d, "remove the line");
		diag_edit(m->site.diags, d, model_whole_lines(m, s->entry), "");
	} else if (s->entry && level && new) {
		const char *text = arena_printf(m->site.arena, "%s = %s", instead, level);

		diag_fix(m->site.diags, d, "write %s", text);
		diag_edit(m->site.diags, d, s->entry->span, text);
	}
}

static void report_deprecated(struct model *m, const struct setting *s,
			      const char *instead)
{
	struct diag *d;

	if (instead[0])
		d = diag_add(m->site.diags, RULE_MC501, s->name_span,
			     "%s is outdated and will go away; %s takes its place",
			     s->param->name, instead);
	else
		d = diag_add(m->site.diags, RULE_MC501, s->name_span,
			     "%s is outdated and will go away without a replacement",
			     s->param->name);
	fix_deprecated(m, d, s, instead);
}

/* The version may be set, but then log and banner tell an untruth. */
static void report_readonly(struct model *m, const struct setting *s)
{
	bool is_version = s->param->default_value[0] == '@';
	struct diag *d = diag_add(
		m->site.diags, RULE_MC206, s->name_span,
		"%s is set by Postfix itself; %s", s->param->name,
		is_version ? "a value of your own only falsifies what programs say of "
			     "themselves, and does not follow the next update"
			   : "what is written here has no effect");

	if (!s->entry)
		return;
	diag_fix(m->site.diags, d, "remove the line");
	diag_edit(m->site.diags, d, model_whole_lines(m, s->entry), "");
}

void model_check_known_name(struct model *m, const struct setting *s)
{
	const char *instead;

	if (s->param->status == PARAM_READONLY) {
		report_readonly(m, s);
	} else if (!param_in_version(s->param, m->site.options.version)) {
		/* Somebody may use the name for a value of their own. */
		if (!strmap_find(m->referenced, s->name))
			report_other_release(m, s);
	} else if (param_is_deprecated(s->param, m->site.options.version, &instead)) {
		report_deprecated(m, s, instead);
	}
}

static void report_unknown_override(struct model *m, const struct setting *s)
{
	const struct param *near = model_nearest(m, s->name);
	struct diag *d =
		diag_add(m->site.diags, RULE_MC1109, s->name_span,
			 "Postfix has no parameter '%.*s' and no value refers to "
			 "it: this -o option does nothing%s%s%s",
			 STR_ARG(s->name), near ? ". Did you mean " : "",
			 near ? near->name : "", near ? "?" : "");

	if (!near)
		return;
	diag_fix(m->site.diags, d, "rename it to %s", near->name);
	diag_edit(m->site.diags, d, s->name_span, near->name);
}

void model_check_override_names(struct model *m)
{
	for (size_t i = 0; i < m->site.service_count; i++) {
		const struct site_service *service = &m->site.services[i];

		for (size_t k = 0; k < service->override_count; k++) {
			const struct setting *s = &service->overrides[k];

			if (s->param)
				model_check_known_name(m, s);
			else if (!model_is_meaningful(m, s->name))
				report_unknown_override(m, s);
		}
	}
}
