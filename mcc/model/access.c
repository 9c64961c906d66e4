/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions that a loaded site answers. */
#include "mcc/model/private.h"

#include "base/arena.h"
#include "base/attr.h"
#include "base/strmap.h"
#include "grammar/list.h"

const struct setting *site_setting(const struct site *site, enum param_id id)
{
	MCC_ASSERT(id < PARAM_COUNT);
	return &site->settings[id];
}

const struct setting *site_service_setting(const struct site *site,
					   const struct site_service *service,
					   enum param_id id)
{
	MCC_ASSERT(id < PARAM_COUNT);
	if (!service)
		return &site->settings[id];
	for (size_t i = 0; i < service->override_count; i++)
		if (service->overrides[i].param && service->overrides[i].param->id == id)
			return &service->overrides[i];
	for (size_t i = 0; i < service->derived_count; i++)
		if (service->derived[i]->param->id == id)
			return service->derived[i];
	return &site->settings[id];
}

static bool is_read_by(const struct site *site, const struct setting *s,
		       struct str program)
{
	struct str rest, word;

	if (!s->param || !param_in_version(s->param, site->options.version))
		return false;
	rest = str_of(s->param->programs);
	while (str_token(&rest, ",", &word))
		if (str_eq(word, program))
			return true;
	return false;
}

/* The first fault among those that "all" programs read, or one program. */
static const char *fault_of_readers(const struct site *site,
				    const struct site_service *service,
				    struct str readers)
{
	for (size_t i = 0; service && i < service->override_count; i++)
		if (service->overrides[i].fatal &&
		    is_read_by(site, &service->overrides[i], readers))
			return service->overrides[i].fatal;
	for (size_t i = 0; service && i < service->derived_count; i++)
		if (service->derived[i]->fatal &&
		    is_read_by(site, service->derived[i], readers))
			return service->derived[i]->fatal;
	for (size_t i = 0; i < PARAM_COUNT; i++) {
		const struct setting *s = &site->settings[i];

		/* An override may mend what main.cf has wrong. */
		if (s->fatal && is_read_by(site, s, readers) &&
		    site_service_setting(site, service, (enum param_id)i) == s)
			return s->fatal;
	}
	return NULL;
}

const char *site_program_fault(const struct site *site,
			       const struct site_service *service, const char *program)
{
	const char *fault = fault_of_readers(site, service, str_of("all"));

	return fault ? fault : fault_of_readers(site, service, str_of(program));
}

const struct setting *site_find_own(const struct site *site, struct str name)
{
	const struct cell *c = strmap_find(model_of(site)->main.names, name);

	return c && c->setting->entry ? c->setting : NULL;
}

const struct setting *site_service_find_own(const struct site *site,
					    const struct site_service *service,
					    struct str name)
{
	if (service)
		for (size_t i = 0; i < service->override_count; i++)
			if (str_eq(service->overrides[i].name, name))
				return &service->overrides[i];
	return site_find_own(site, name);
}

const struct site_service *site_find_service(const struct site *site, const char *key)
{
	return strmap_find(model_of(site)->services, str_of(key));
}

struct pf_version site_compat_level(const struct site *site)
{
	struct pf_version level = {0, 0, 0};

	if (!model_level_parse(site->settings[PARAM_compatibility_level].value.str,
			       &level))
		return (struct pf_version){0, 0, 0};
	return level;
}

/* A text is known by where it lies: the same bytes may stand elsewhere. */
struct list_key {
	struct text text;
	size_t braces;
};

const struct list *site_words(const struct site *site, struct text text)
{
	struct model *m = model_of(site);
	struct list_key key = {text, site->options.version.major >= 3};
	struct list_key *kept;
	struct list *list =
		strmap_find(m->lists, (struct str){(const char *)&key, sizeof(key)});

	if (list)
		return list;
	list = list_parse(&m->parse, text, key.braces);
	kept = arena_alloc(m->site.arena, sizeof(*kept));
	MCC_ASSERT(kept);
	*kept = key;
	strmap_put(m->lists, (struct str){(const char *)kept, sizeof(*kept)}, list);
	return list;
}

const struct list *site_list(const struct site *site, const struct setting *setting)
{
	return site_words(site, setting->value);
}
