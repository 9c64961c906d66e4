/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Services of master.cf: the last entry of each name and type, and the
 * parameters that exist because a service has a name and a program.
 */
#include "mcc/model/private.h"

#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/strmap.h"
#include "grammar/master.h"

struct str model_program(const struct site_service *service)
{
	struct str command = service->node->fields[MASTER_COMMAND];
	ptrdiff_t slash = str_rchr(command, '/');

	return slash < 0 ? command : str_slice(command, (size_t)slash + 1, command.len);
}

static struct str service_key(struct model *m, const struct master_service *node)
{
	return str_of(arena_printf(m->site.arena, "%.*s/%.*s",
				   STR_ARG(node->fields[MASTER_NAME]),
				   STR_ARG(node->fields[MASTER_TYPE])));
}

/* The last entry of a name and type counts, at the place of the first. */
static void take_service(struct model *m, const struct master_service *node)
{
	struct str key = service_key(m, node);
	struct site_service *s = strmap_find(m->services, key);

	if (!s) {
		s = &m->site.services[m->site.service_count++];
		s->key = key;
		strmap_put(m->services, key, s);
	}
	s->node = node;
	strmap_put(m->service_names, node->fields[MASTER_NAME], s);
}

void model_load_services(struct model *m)
{
	const struct master_file *file = m->site.master;

	if (!file)
		return;
	m->site.services = arena_array(m->site.arena, file->service_count + 1,
				       sizeof(*m->site.services));
	m->scopes =
		arena_array(m->site.arena, file->service_count + 1, sizeof(*m->scopes));
	for (size_t i = 0; i < file->service_count; i++)
		take_service(m, &file->services[i]);
}

static bool is_program(struct str command, const char *programs)
{
	struct str rest = str_of(programs);
	struct str program;

	while (str_token(&rest, ",", &program))
		if (str_eq(program, command))
			return true;
	return false;
}

const struct service_param *model_service_param(const struct model *m, struct str name)
{
	struct str service;
	const struct service_param *sp = service_param_find(name, &service);
	const struct site_service *s = sp ? strmap_find(m->service_names, service) : NULL;

	if (!s || !is_program(model_program(s), sp->programs) ||
	    !pf_version_reached(m->site.options.version, sp->since))
		return NULL;
	return sp;
}
