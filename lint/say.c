/* SPDX-License-Identifier: BSD-2-Clause */
/* Places of findings in settings, and the walk over the settings. */
#include "lint/say.h"

#include <stdarg.h>

#include "base/arena.h"

struct lint_place lint_place_of(const struct setting *setting)
{
	struct lint_place place = {text_full_span(setting->value),
				   text_via_at(setting->value, 0)};

	/* What begins with `$name` begins in another line. */
	if (place.span.file && !place.via)
		return place;
	return (struct lint_place){setting->name_span, NULL};
}

struct lint_place lint_place_of_word(const struct setting *setting,
				     const struct text *word)
{
	struct lint_place place = {text_full_span(*word), text_via_at(*word, 0)};

	return place.span.file ? place : lint_place_of(setting);
}

MCC_PRINTF(5, 0)
static struct diag *say(const struct lint_run *run, enum rule rule,
			enum diag_severity severity, struct lint_place place,
			const char *fmt, va_list ap)
{
	const char *message = arena_vprintf(run->site->arena, fmt, ap);
	struct diag *d =
		diag_add_as(run->diags, rule, severity, place.span, "%s", message);

	diag_relate_via(run->diags, d, place.via);
	return d;
}

struct diag *lint_say(const struct lint_run *run, enum rule rule, struct lint_place place,
		      const char *fmt, ...)
{
	struct diag *d;
	va_list ap;

	va_start(ap, fmt);
	d = say(run, rule, rule_info(rule)->severity, place, fmt, ap);
	va_end(ap);
	return d;
}

struct diag *lint_say_as(const struct lint_run *run, enum rule rule,
			 enum diag_severity severity, struct lint_place place,
			 const char *fmt, ...)
{
	struct diag *d;
	va_list ap;

	va_start(ap, fmt);
	d = say(run, rule, severity, place, fmt, ap);
	va_end(ap);
	return d;
}

void lint_relate_setting(const struct lint_run *run, struct diag *d,
			 const struct setting *setting)
{
	if (setting->name_span.file)
		diag_relate(run->diags, d, setting->name_span, "%.*s is set here",
			    STR_ARG(setting->name));
}

bool lint_is_set(const struct site *site, enum param_id id)
{
	return site_setting(site, id)->origin != ORIGIN_DEFAULT;
}

struct str lint_value(const struct site *site, enum param_id id)
{
	return site_setting(site, id)->value.str;
}

bool lint_is_on(const struct site *site, enum param_id id)
{
	return site_setting(site, id)->boolean;
}

bool lint_has_word(struct str list, const char *name)
{
	return str_has_casetoken(list, ", \t\r\n", str_of(name));
}

void lint_each_setting(const struct lint_run *run, lint_setting_fn *fn)
{
	const struct site *site = run->site;

	for (size_t i = 0; i < PARAM_COUNT; i++)
		if (site->settings[i].origin != ORIGIN_DEFAULT)
			fn(run, &site->settings[i], NULL);
	for (size_t i = 0; i < site->own_count; i++)
		fn(run, &site->own[i], NULL);
	for (size_t i = 0; i < site->service_count; i++)
		for (size_t k = 0; k < site->services[i].override_count; k++)
			fn(run, &site->services[i].overrides[k], &site->services[i]);
}
