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
	if (service->derived && service->derived[id])
		return service->derived[id];
	return &site->settings[id];
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

const struct list *site_list(const struct site *site, const struct setting *setting)
{
	const struct model *m = model_of(site);

	return list_parse(&m->parse, setting->value, site->options.version.major >= 3);
}
