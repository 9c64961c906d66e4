/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names for several sites. A name is short and still tells which site it is of:
 * what a CI job prints must lead to the file in its checkout.
 */
#include "mcc/check_target.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "mcc/check_run.h"

/* Without "./" in front and "/" behind; "" for the current folder itself. */
static const char *plain_name(struct arena *arena, const char *path)
{
	struct str name = str_of(path);

	while (str_starts(name, "./")) {
		name = str_slice(name, 2, name.len);
		while (str_starts(name, "/"))
			name = str_slice(name, 1, name.len);
	}
	while (name.len > 1 && str_ends(name, "/"))
		name.len--;
	if (str_eqc(name, "."))
		name.len = 0;
	return str_dup0(arena, name);
}

/* The path below the folder, "" for the folder itself; NULL: not below it. */
static const char *name_below(struct arena *arena, const char *real_dir, const char *path)
{
	char real[PATH_MAX];
	size_t len = strlen(real_dir);

	if (!realpath(path, real) || strncmp(real, real_dir, len) != 0)
		return NULL;
	if (real[len] == '\0')
		return "";
	/* The root is the only folder whose name ends in a slash. */
	if (real[len] != '/' && len > 1)
		return NULL;
	return arena_strdup(arena, real + len + (real[len] == '/'));
}

static void name_target(struct arena *arena, struct check_target *target,
			const char *name, bool is_several)
{
	target->shown = *name ? name : target->path;
	target->below = *name ? arena_printf(arena, "%s/", name) : "";
	if (is_several)
		target->label = *name ? name : ".";
}

const struct check_target *check_targets(struct cli *cli, int count, char **paths)
{
	struct check_target *targets =
		arena_array(cli->arena, (size_t)count + 1, sizeof(*targets));
	const char *dir = cli->given.dir;
	char real_dir[PATH_MAX];

	MCC_ASSERT(targets);
	targets[0].below = "";
	if (dir && !realpath(dir, real_dir))
		dir = NULL;
	for (int i = 0; i < count; i++) {
		const char *name =
			dir ? name_below(cli->arena, real_dir, paths[i]) : NULL;

		targets[i].path = paths[i];
		if (!name)
			name = plain_name(cli->arena, paths[i]);
		name_target(cli->arena, &targets[i], name, count > 1);
		if (count == 1 && !dir)
			targets[i].below = "";
	}
	return targets;
}
