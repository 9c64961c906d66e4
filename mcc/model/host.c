/* SPDX-License-Identifier: BSD-2-Clause */
/* The name of the host that a site is for, when nobody says it. */
#include "mcc/model/project.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

#ifndef HOST_NAME_MAX
#define HOST_NAME_MAX 255
#endif

const char *site_qualify_hostname(struct arena *arena, const char *name)
{
	char own[HOST_NAME_MAX + 1] = "localhost";

	if (!name) {
		if (gethostname(own, HOST_NAME_MAX) != 0)
			memcpy(own, "localhost", sizeof("localhost"));
		name = own;
	}
	/* Postfix's stand-in for a missing domain. */
	if (!strchr(name, '.'))
		return arena_printf(arena, "%s.localdomain", name);
	return arena_strdup(arena, name);
}
