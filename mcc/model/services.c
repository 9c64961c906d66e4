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

static struct str program_of(const struct master_service *node)
{
	struct str command = node->fields[MASTER_COMMAND];
	ptrdiff_t slash = str_rchr(command, '/');

	return slash < 0 ? command : str_slice(command, (size_t)slash + 1, command.len);
}

struct str model_program(const struct site_service *service)
{
	return program_of(service->node);
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
	return str_has_token(str_of(programs), ",", command);
}

/* postconf looks for the bare names of programs. */
static struct str program_for_names(const struct model *m,
				    const struct master_service *node)
{
	return m->site.options.as_postconf ? node->fields[MASTER_COMMAND]
					   : program_of(node);
}

const struct service_param *model_service_param(const struct model *m, struct str name)
{
	const struct master_file *file = m->site.master;
	struct str service;
	const struct service_param *sp = service_param_find(name, &service);

	if (!sp || !strmap_find(m->service_names, service) ||
	    !pf_version_reached(m->site.options.version, sp->since))
		return NULL;
	/* A name may stand for several services, of different types. */
	for (size_t i = 0; i < file->service_count; i++)
		if (str_eq(file->services[i].fields[MASTER_NAME], service) &&
		    is_program(program_for_names(m, &file->services[i]), sp->programs))
			return sp;
	return NULL;
}
