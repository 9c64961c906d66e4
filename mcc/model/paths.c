/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a path in the configuration to a file on this machine. What lies below
 * the site's configuration folder is looked for under -C, everything else
 * under --root. Without a root nothing else is opened: a check on a laptop
 * must not judge the laptop's files.
 */
#include "mcc/model/private.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/source.h"
#include "base/status.h"

/* Where packages keep main.cf. */
static const char *const config_dirs[] = {"/etc/postfix", "/usr/local/etc/postfix",
					  "/usr/pkg/etc/postfix"};

static bool is_same_dir(const char *a, const char *b)
{
	char real_a[PATH_MAX];
	char real_b[PATH_MAX];

	return realpath(a, real_a) && realpath(b, real_b) && strcmp(real_a, real_b) == 0;
}

const char *model_root(struct arena *arena, const struct site_options *options)
{
	/* Where the platform itself keeps main.cf. */
	const char *home = platform_default(options->platform, PARAM_config_directory);

	if (options->root)
		return options->root;
	return is_same_dir(options->dir, home ? home : config_dirs[0])
		       ? arena_strdup(arena, "/")
		       : NULL;
}

/* Without "//", "." and ".." so that no path climbs out of its folder. */
static const char *normal_path(struct arena *arena, const char *path)
{
	char *out = arena_alloc(arena, strlen(path) + 2);
	struct str rest = str_of(path);
	struct str part;
	size_t len = 0;

	MCC_ASSERT(out);
	while (str_token(&rest, "/", &part)) {
		if (str_eqc(part, "."))
			continue;
		if (str_eqc(part, "..")) {
			while (len > 0 && out[--len] != '/')
				;
			continue;
		}
		out[len++] = '/';
		memcpy(out + len, part.ptr, part.len);
		len += part.len;
	}
	if (!len)
		out[len++] = '/';
	out[len] = '\0';
	return out;
}

/* The part of path below dir, with its slash; NULL when it is not below. */
static const char *below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	while (len > 0 && dir[len - 1] == '/')
		len--;
	if (strncmp(path, dir, len) != 0 || path[len] != '/')
		return NULL;
	return path + len;
}

static const char *below_config(const struct site *site, const char *path)
{
	struct str dir = site->settings[PARAM_config_directory].written.str;
	const char *rest = dir.len ? below(path, dir.ptr) : NULL;

	for (size_t i = 0; !rest && i < array_len(config_dirs); i++)
		rest = below(path, config_dirs[i]);
	if (!rest && site->options.dir[0] == '/')
		rest = below(path, site->options.dir);
	return rest;
}

const char *site_resolve_path(const struct site *site, const char *path)
{
	const char *rest;

	if (path[0] != '/')
		return NULL;
	path = normal_path(site->arena, path);
	rest = below_config(site, path);
	if (rest)
		return model_of(site)->is_single ? NULL
						 : arena_printf(site->arena, "%s%s",
								site->options.dir, rest);
	if (!site->options.root)
		return NULL;
	if (strcmp(site->options.root, "/") == 0)
		return path;
	return arena_printf(site->arena, "%s%s", site->options.root, path);
}

const char *site_shown_path(const struct site *site, const char *fs_path,
			    const char *name)
{
	size_t len = strlen(site->options.dir);

	if (strncmp(fs_path, site->options.dir, len) == 0 && fs_path[len] == '/')
		return fs_path + len + 1;
	return name;
}

struct str site_origin(struct site *site)
{
	struct str origin = site->settings[PARAM_myorigin].value.str;
	const struct source *src;
	const char *path;
	struct str line;

	if (site->options.platform != PLATFORM_DEBIAN || !str_starts(origin, "/"))
		return origin;
	path = site_resolve_path(site, str_dup0(site->arena, origin));
	if (!path || source_add_file(site->sources, path, origin.ptr, &src) != MCC_OK)
		return STR_LIT("");
	line = str_slice(src->text, 0, src->text.len);
	if (str_chr(line, '\n') >= 0)
		line = str_slice(line, 0, (size_t)str_chr(line, '\n'));
	return str_trim(line);
}
