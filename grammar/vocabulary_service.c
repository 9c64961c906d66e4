/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names that exist because of something else: a service of master.cf brings
 * SERVICE_suffix, a database table NAME_attribute; and names of long ago.
 */
#include "grammar/vocabulary.h"

#include <string.h>

#include "base/attr.h"

static const struct service_param service_params[] = {
#define SERVICE_PARAM(suffix, programs, type, kind, dflt, unit, min, max, since)   \
	{#suffix, programs, PARAM_TYPE_##type, PARAM_KIND_##kind, dflt, unit, min, \
	 max,	  since},
#include "grammar/service_parameters.def"
#undef SERVICE_PARAM
};

static const struct client_param client_params[] = {
#define CLIENT_PARAM(table_type, attribute, type, dflt, min, max, since) \
	{#table_type, #attribute, PARAM_TYPE_##type, dflt, min, max, since},
#include "grammar/client_parameters.def"
#undef CLIENT_PARAM
};

struct ancient_param {
	const char *name;
	const char *last_line;
	const char *replacement;
};

static const struct ancient_param ancient_params[] = {
#define ANCIENT_PARAM(name, last_line, replacement) {#name, last_line, replacement},
#include "grammar/ancient_parameters.def"
#undef ANCIENT_PARAM
};

/* Whether name is "X_suffix" with an X; its length in *out_len. */
static bool has_suffix(struct str name, const char *suffix, size_t *out_len)
{
	size_t len = strlen(suffix);

	if (name.len < len + 2 || name.ptr[name.len - len - 1] != '_' ||
	    !str_ends(name, suffix))
		return false;
	*out_len = name.len - len - 1;
	return true;
}

/* The longest suffix wins: extra_recipient_limit also ends in recipient_limit. */
const struct service_param *service_param_find(struct str name, struct str *out_service)
{
	const struct service_param *best = NULL;
	size_t best_len = name.len;
	size_t len;

	for (size_t i = 0; i < array_len(service_params); i++) {
		if (!has_suffix(name, service_params[i].suffix, &len) || len >= best_len)
			continue;
		best = &service_params[i];
		best_len = len;
	}
	if (best)
		*out_service = str_slice(name, 0, best_len);
	return best;
}

size_t service_param_count(void)
{
	return array_len(service_params);
}

const struct service_param *service_param_at(size_t i)
{
	MCC_ASSERT(i < array_len(service_params));
	return &service_params[i];
}

size_t client_param_count(void)
{
	return array_len(client_params);
}

const struct client_param *client_param_at(size_t i)
{
	MCC_ASSERT(i < array_len(client_params));
	return &client_params[i];
}

const struct client_param *client_param_find(struct str table_type, struct str attribute)
{
	for (size_t i = 0; i < array_len(client_params); i++)
		if (str_eqc(table_type, client_params[i].table_type) &&
		    str_eqc(attribute, client_params[i].attribute))
			return &client_params[i];
	return NULL;
}

const char *param_ancient(struct str name)
{
	for (size_t i = 0; i < array_len(ancient_params); i++)
		if (str_eqc(name, ancient_params[i].name))
			return ancient_params[i].replacement;
	return NULL;
}
