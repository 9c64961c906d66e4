/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes what was compiled. A table keeps its type where mccd reads that type;
 * the others become a hash: their rows are the same.
 */
#include "mcc/emit/emit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/digest.h"
#include "base/fsio.h"
#include "base/source.h"
#include "base/status.h"
#include "mcc/emit/compiler.h"
#include "mcc/emit/table_database.h"
#include "mcc/emit/table_inline.h"
#include "mcc/emit/table_rows.h"
#include "runtime/database.h"
#include "runtime/generation.h"
#include "runtime/map.h"

#define MAPS_PREFIX "maps/"

static const char *const type_words[] = {
	[EMIT_KEEP] = "keep", [EMIT_HASH] = "hash", [EMIT_BTREE] = "btree",
	[EMIT_LMDB] = "lmdb", [EMIT_CDB] = "cdb",
};

bool emit_map_type_parse(const char *word, enum emit_map_type *out_type)
{
	for (size_t i = 0; i < array_len(type_words); i++) {
		if (strcmp(word, type_words[i]) != 0)
			continue;
		*out_type = (enum emit_map_type)i;
		return true;
	}
	return false;
}

/* ---- databases ---- */

static int write_rows(const struct bdb_target *target, const char *type,
		      struct arena *arena, const struct rt_row *rows, size_t count)
{
	struct bdb_row *out = arena_array(arena, count + 1, sizeof(*out));

	for (size_t i = 0; i < count; i++)
		out[i] = (struct bdb_row){rows[i].key, rows[i].value};
	return database_write(target, type, out, count);
}

struct emission {
	struct arena *arena;
	const struct site *site;
	struct parse_ctx ctx; /* its complaints were made while loading */
	enum emit_map_type type;
	int maps_fd;
};

/* What a table of rows becomes; its name gets the suffix of that. */
static void choose_type(const struct emission *e, struct rt_map_ref *ref)
{
	const char *dot = strrchr(ref->path, '.');

	if (e->type != EMIT_KEEP)
		ref->type = type_words[e->type];
	else if (!database_is_type(ref->type))
		ref->type = "hash";
	MCC_ASSERT(dot);
	ref->path = arena_printf(e->arena, "%.*s.%s", (int)(dot - ref->path), ref->path,
				 database_suffix(ref->type));
}

static int write_database(struct emission *e, const struct site_table *t,
			  struct rt_map_ref *ref)
{
	struct bdb_target target = {.dirfd = e->maps_fd, .mode = 0644};
	const struct rt_keys keys = table_keys(e->site, ref->fold_keys);
	const char *type = ref->type;
	struct rt_row *rows = NULL;
	size_t count = 0;
	int status;

	choose_type(e, ref);
	target.name = ref->path + strlen(MAPS_PREFIX);
	if (t->aliases)
		count = table_rows_of_aliases(e->arena, t->aliases, keys, &rows);
	else if (t->rows)
		count = table_rows_of_file(e->arena, t->rows, keys, &rows);
	else if (t->state == TABLE_MISSING) {
		status =
			table_rows_of_database(e->arena, type, t->fs_path, &rows, &count);
		if (status != MCC_OK)
			return status;
	} else if (table_inline_rows(e->arena, t->name, keys, &rows, &count)) {
		return MCC_EINVAL; /* has_text() has looked */
	}
	return write_rows(&target, ref->type, e->arena, rows, count);
}

static int write_text(struct emission *e, const struct site_table *t,
		      const struct rt_map_ref *ref)
{
	struct str text = {"", 0};

	if (t->src)
		text = t->src->text;
	else if (table_inline_text(e->arena, t->name, &text))
		return MCC_EINVAL;
	return fs_write_file(e->maps_fd, ref->path + strlen(MAPS_PREFIX), text, 0644);
}

static int add_digest(struct emission *e, struct rt_map_ref *ref)
{
	char digest[DIGEST_HEX_SIZE];
	size_t size;
	int fd =
		openat(e->maps_fd, ref->path + strlen(MAPS_PREFIX), O_RDONLY | O_CLOEXEC);
	int status;

	if (fd < 0)
		return mcc_status_from_errno(errno);
	status = digest_fd(fd, &size, digest);
	close(fd);
	if (status == MCC_OK)
		ref->sha256 = arena_strdup(e->arena, digest);
	return status;
}

/* Without a text the table answers every look-up with an error. */
static void make_failing(struct rt_map_ref *ref)
{
	ref->type = "fail";
	ref->path = NULL;
	ref->argument = ref->name;
}

static bool is_inline_sound(const struct emission *e, const struct site_table *t,
			    const struct rt_map_ref *ref)
{
	struct rt_row *rows;
	struct str text;
	size_t count;

	if (strcmp(ref->type, "inline") == 0)
		return !table_inline_rows(e->arena, t->name, table_keys(e->site, true),
					  &rows, &count);
	return str_starts(t->name, "{") && !table_inline_text(e->arena, t->name, &text);
}

static bool has_text(const struct emission *e, const struct site_table *t,
		     const struct rt_map_ref *ref)
{
	if (!t)
		return false;
	if (t->state == TABLE_MISSING && t->fs_path && table_has_database(ref->type))
		return fs_exists(AT_FDCWD,
				 table_database_path(e->arena, ref->type, t->fs_path));
	return t->aliases || t->rows || t->src || is_inline_sound(e, t, ref);
}

static int emit_map(struct emission *e, struct rt_map_ref *ref)
{
	const struct site_table *t = compiler_table(e->site, ref);
	int status;

	if (!ref->path)
		return MCC_OK;
	if (!has_text(e, t, ref)) {
		make_failing(ref);
		return MCC_OK;
	}
	status = rt_map_is_text_type(ref->type) ? write_text(e, t, ref)
						: write_database(e, t, ref);
	return status == MCC_OK ? add_digest(e, ref) : status;
}

static int emit_runtime(struct arena *arena, const struct rt_config *config, int dirfd)
{
	struct str json = rt_config_write(arena, config);

	if (!json.len)
		return MCC_ETOOBIG;
	return fs_write_file(dirfd, "runtime.json", json, 0644);
}

int emit_generation(struct arena *arena, const struct site *site,
		    struct rt_config *config, enum emit_map_type type,
		    const struct generation_writer *writer, char *err, size_t err_size)
{
	struct emission e = {arena,
			     site,
			     {arena, site->sources, diag_queue_new(arena)},
			     type,
			     generation_maps_dirfd(writer)};
	int status;

	for (size_t i = 0; i < config->map_count; i++) {
		status = emit_map(&e, &config->maps[i]);
		if (status == MCC_OK)
			continue;
		snprintf(err, err_size, "%s: %s", config->maps[i].name,
			 mcc_status_text(status));
		return status;
	}
	status = emit_runtime(arena, config, generation_dirfd(writer));
	if (status != MCC_OK)
		snprintf(err, err_size, "runtime.json: %s", mcc_status_text(status));
	return status;
}

int emit_in_place(struct arena *arena, const struct site *site,
		  const struct site_table *table, const char **out_path)
{
	const struct rt_keys keys = table_keys(site, true);
	const char *type = str_dup0(arena, table->type_name);
	const char *path = table_database_path(arena, type, table->fs_path);
	struct bdb_target target = {.dirfd = AT_FDCWD, .name = path, .mode = 0644};
	struct rt_row *rows = NULL;
	struct stat st;
	size_t count;
	int status;

	if (!database_is_type(type))
		return MCC_EUNSUPPORTED;
	if (stat(table->fs_path, &st) == 0)
		target.mode = st.st_mode & 0666;
	if (table->aliases)
		count = table_rows_of_aliases(arena, table->aliases, keys, &rows);
	else
		count = table_rows_of_file(arena, table->rows, keys, &rows);
	status = write_rows(&target, type, arena, rows, count);
	if (status == MCC_OK)
		*out_path = path;
	return status;
}
