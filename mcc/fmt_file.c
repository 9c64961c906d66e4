/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of `mcc fmt`. A site is loaded only to learn what its files are; what
 * is wrong with it is told by other commands.
 */
#include "mcc/fmt_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/fsio.h"
#include "base/source.h"
#include "base/status.h"
#include "mcc/cli.h"
#include "mcc/fmt_layout.h"
#include "mcc/model/site.h"

/* ---- kinds ---- */

static enum file_kind kind_of_table(const struct site_table *table)
{
	static const char *const clients[] = {"ldap",  "memcache", "mongodb",
					      "mysql", "pgsql",	   "sqlite"};
	enum file_kind kind;

	if (table->is_aliases)
		return FILE_KIND_ALIASES;
	for (size_t i = 0; i < array_len(clients); i++)
		if (str_eqc(table->type_name, clients[i]))
			return FILE_KIND_CLIENT;
	if (!table->type || !table->type->has_file)
		return FILE_KIND_UNKNOWN;
	if (file_kind_parse(table->type->name, &kind))
		return kind;
	return FILE_KIND_TABLE;
}

/* Where the text of a table lies, or NULL. */
static const char *path_of_table(const struct site *site, const struct site_table *table)
{
	char *name;

	if (table->fs_path || kind_of_table(table) != FILE_KIND_CLIENT)
		return table->fs_path;
	name = str_dup0(site->arena, table->name);
	return name[0] == '/' ? site_resolve_path(site, name) : NULL;
}

static bool load_quietly(struct cli *cli, const char *dir, struct site **out_site)
{
	struct site_options options = cli->site;

	options.dir = dir;
	return site_load(cli->arena, source_set_new(cli->arena),
			 diag_queue_new(cli->arena), &options, out_site) == MCC_OK;
}

static bool is_same_file(const char *a, const struct stat *b)
{
	struct stat st;

	return a && stat(a, &st) == 0 && st.st_dev == b->st_dev && st.st_ino == b->st_ino;
}

static enum file_kind kind_in_site(struct cli *cli, const char *path)
{
	ptrdiff_t slash = str_rchr(str_of(path), '/');
	const char *dir = "/";
	struct site *site;
	struct stat st;

	if (slash < 0)
		dir = ".";
	else if (slash > 0)
		dir = arena_memdup0(cli->arena, path, (size_t)slash);
	if (stat(path, &st) != 0 ||
	    !fs_exists(AT_FDCWD, arena_printf(cli->arena, "%s/main.cf", dir)) ||
	    !load_quietly(cli, dir, &site))
		return FILE_KIND_UNKNOWN;
	for (size_t i = 0; i < site->table_count; i++)
		if (is_same_file(path_of_table(site, site->tables[i]), &st))
			return kind_of_table(site->tables[i]);
	return FILE_KIND_UNKNOWN;
}

enum file_kind fmt_kind_of(struct cli *cli, const char *path, struct str text)
{
	enum file_kind by_name = file_kind_of_name(path);
	enum file_kind kind;

	if (by_name == FILE_KIND_MAIN || by_name == FILE_KIND_MASTER)
		return by_name;
	kind = kind_in_site(cli, path);
	if (kind == FILE_KIND_UNKNOWN)
		kind = by_name;
	if (kind == FILE_KIND_UNKNOWN || kind == FILE_KIND_TABLE) {
		enum file_kind seen = file_kind_of_text(text);

		if (seen != FILE_KIND_UNKNOWN)
			kind = seen;
	}
	return kind;
}

/* ---- the files of a site ---- */

static bool is_below(const char *dir, const char *path)
{
	struct str prefix = str_of(dir);

	while (prefix.len > 1 && prefix.ptr[prefix.len - 1] == '/')
		prefix.len--;
	return strncmp(path, prefix.ptr, prefix.len) == 0 &&
	       (path[prefix.len] == '/' || str_eqc(prefix, "/"));
}

struct target_list {
	struct arena *arena;
	struct fmt_target *items;
	size_t count;
	size_t room;
};

static void add_target(struct target_list *list, const char *path, enum file_kind kind)
{
	struct stat st;

	if (!fmt_has_layout(kind) || stat(path, &st) != 0)
		return;
	for (size_t i = 0; i < list->count; i++)
		if (is_same_file(list->items[i].path, &st))
			return;
	*(struct fmt_target *)arena_push(list->arena, &list->items, list->count,
					 &list->room, sizeof(*list->items)) =
		(struct fmt_target){path, kind};
	list->count++;
}

int fmt_site_targets(struct cli *cli, const char *dir, struct fmt_target **out_targets,
		     size_t *out_count)
{
	static const char *const names[] = {"main.cf", "master.cf", "mcc.cf"};
	struct target_list list = {.arena = cli->arena};
	struct site *site;

	for (size_t i = 0; i < array_len(names); i++)
		add_target(&list, arena_printf(cli->arena, "%s/%s", dir, names[i]),
			   file_kind_of_name(names[i]));
	if (!load_quietly(cli, dir, &site))
		return cli_cannot("%s/main.cf cannot be read", dir);
	for (size_t i = 0; i < site->table_count; i++) {
		const char *path = path_of_table(site, site->tables[i]);

		if (path && is_below(dir, path))
			add_target(&list, path, kind_of_table(site->tables[i]));
	}
	*out_targets = list.items;
	*out_count = list.count;
	return EXIT_CLEAN;
}

/* ---- writing ---- */

static int write_beside(const char *path, const struct stat *st, struct str text)
{
	struct fs_temp temp;
	int rc = fs_temp_open(AT_FDCWD, path, &temp);

	if (rc != MCC_OK)
		return rc;
	/* Before the mode: a change of owner takes set-id bits away. */
	if (fchown(temp.fd, st->st_uid, st->st_gid) != 0)
		rc = MCC_EACCES;
	if (rc == MCC_OK)
		rc = fs_write_all(temp.fd, text.ptr, text.len);
	if (rc == MCC_OK)
		return fs_temp_commit(&temp, st->st_mode & 07777);
	fs_temp_drop(&temp);
	return rc;
}

int fmt_replace_file(struct cli *cli, const char *path, struct str text)
{
	char *real = realpath(path, NULL);
	struct stat st;
	char *target;

	if (!real)
		return MCC_ENOENT;
	target = arena_strdup(cli->arena, real);
	free(real);
	if (stat(target, &st) != 0)
		return MCC_ENOENT;
	if (!S_ISREG(st.st_mode))
		return MCC_ENOTREG;
	if (st.st_nlink > 1)
		return MCC_EEXIST;
	return write_beside(target, &st, text);
}
