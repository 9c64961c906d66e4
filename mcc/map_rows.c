/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows from sources and databases, and the database made of them. They go one
 * by one into a store that holds a bounded part of them in memory; keys that
 * stand twice are found when they come out sorted.
 */
#include "mcc/map_rows.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/fsio.h"
#include "base/limits.h"
#include "base/status.h"
#include "base/strmap.h"
#include "grammar/aliases.h"
#include "lint/lint_file.h"
#include "mcc/cli.h"
#include "mcc/emit/table_database.h"
#include "mcc/map_rights.h"
#include "mcc/map_table.h"
#include "runtime/database.h"

/* As postmap's: 0644, without what the source withholds from others. */
enum { MODE_OWNER = 0600, MODE_OTHERS = 0044, MODE_DEFAULT = 0644 };

static void push(struct map_rows *r, struct str key, struct str value, struct span span)
{
	const struct row_place place = {span.lo, span.hi};

	key = rt_keys_fold(map_keys(r->table), r->scratch, key);
	if (r->status == MCC_OK)
		r->status = row_store_add(r->store, key, value, place);
	arena_reset(r->scratch);
}

static void add_row(struct table_sink *sink, const struct table_row *row)
{
	struct map_rows *r = (struct map_rows *)sink;
	struct str value = row->value;
	const char *why;

	source_forget(r->src, row->key_span.lo);
	if (r->table->is_utf8 && !lint_row_is_utf8(&r->ctx, row))
		return;
	if (r->table->has_files &&
	    !map_encode_files(r->scratch, row->value, &value, &why)) {
		diag_add(r->ctx.diags, RULE_MC001, row->value_span,
			 "%s: this row is left out", why);
		arena_reset(r->scratch);
		return;
	}
	push(r, row->key, value, row->key_span);
}

static void report_duplicate(struct row_duplicates *d, const struct stored_row *kept,
			     const struct stored_row *dropped)
{
	struct map_rows *r =
		(struct map_rows *)(void *)((char *)d -
					    offsetof(struct map_rows, duplicates));
	struct span again, first;

	r->dropped++;
	if (r->table->again != MAP_AGAIN_WARN)
		return;
	again = (struct span){r->src->id, dropped->place.lo, dropped->place.hi};
	first = (struct span){r->src->id, kept->place.lo, kept->place.hi};
	if (first.hi)
		lint_report_duplicate(&r->ctx, again, first,
				      source_span_text(r->ctx.sources, again),
				      str_eq(kept->value, dropped->value));
	else
		diag_add(r->ctx.diags, RULE_MC901, again,
			 "'%.*s' is in the database already, which keeps its value "
			 "(-r replaces it)",
			 STR_ARG(dropped->key));
}

int map_rows_init(struct map_rows *r, const struct map_table *table)
{
	struct cli *cli = table->cli;

	*r = (struct map_rows){.sink = {add_row},
			       .table = table,
			       .ctx = {cli->arena, cli->sources, cli->diags},
			       .duplicates = {report_duplicate},
			       .scratch = arena_new(0),
			       .path = table->output};
	if (!r->path)
		r->path = table_database_path(cli->arena, table->type, table->file);
	r->store = row_store_new(AT_FDCWD, r->path, LIMIT_ROWS_HELD);
	return r->store ? EXIT_CLEAN : cli_cannot("%s", mcc_status_text(MCC_ENOMEM));
}

void map_rows_fini(struct map_rows *r)
{
	row_store_free(r->store);
	arena_free(r->scratch);
}

static void read_aliases(struct map_rows *r, const struct source *src)
{
	const struct alias_file *aliases = aliases_parse(&r->ctx, src);
	/* From 3.12 on names keep their quotes in the database. */
	bool keeps_quotes = pf_version_reached(r->table->cli->site.version, "3.12");

	lint_alias_loops(&r->ctx, &aliases, 1, NULL);
	for (size_t i = 0; i < aliases->entry_count; i++) {
		const struct alias_entry *e = &aliases->entries[i];

		if (!r->table->is_utf8 || lint_alias_is_utf8(&r->ctx, aliases, e))
			push(r, keeps_quotes ? e->name_external : e->name, e->stored,
			     e->name_span);
	}
}

void map_rows_read(struct map_rows *r, const struct source *src)
{
	struct map_rights rights;

	r->src = src;
	/* A larger one is not in memory, and rows are read in all orders. */
	if (src->text.len <= LIMIT_SOURCE_HELD)
		row_store_lend(r->store, src->text);
	map_rights_drop(&rights, r->table);
	if (r->table->is_aliases)
		read_aliases(r, src);
	else
		table_each(&r->ctx, src, &r->sink);
	map_rights_restore(&rights);
}

/* ---- databases ---- */

static bool add_stored(struct str key, struct str value, void *arg)
{
	const struct row_place nowhere = {0, 0};
	struct map_rows *r = arg;

	if (r->unwanted && strmap_find(r->unwanted, key))
		r->dropped++;
	else
		r->status = row_store_add(r->store, key, value, nowhere);
	return r->status == MCC_OK;
}

int map_rows_read_database(struct map_rows *r)
{
	const struct map_table *t = r->table;
	int status;

	if (!fs_exists(AT_FDCWD, r->path))
		return EXIT_CLEAN;
	status = table_each_of_database(r->ctx.arena, t->type, r->path, add_stored, r);
	if (status == MCC_OK)
		status = r->status;
	if (status != MCC_OK)
		return cli_cannot("%s: %s", r->path, mcc_status_text(status));
	return EXIT_CLEAN;
}

/* A database that is there keeps its mode and owner; a new one gets those of
 * the source. cdb files are always new to Postfix. */
static void set_access(const struct map_rows *r, struct bdb_target *target)
{
	const struct map_table *t = r->table;
	bool is_root = geteuid() == 0;
	struct stat source, old;
	bool has_source = stat(t->file, &source) == 0 && S_ISREG(source.st_mode);

	if (has_source && !t->has_default_mode)
		target->mode = MODE_OWNER | (source.st_mode & MODE_OTHERS);
	if (stat(r->path, &old) == 0 && S_ISREG(old.st_mode) &&
	    strcmp(t->type, "cdb") != 0) {
		target->mode = old.st_mode & 07777;
		source = old;
		has_source = true;
	} else if (t->is_as_root) {
		return;
	}
	target->has_owner = is_root && has_source;
	target->uid = source.st_uid;
	target->gid = source.st_gid;
}

int map_rows_write(struct map_rows *r)
{
	const struct map_table *t = r->table;
	struct bdb_target target = {.dirfd = AT_FDCWD,
				    .name = r->path,
				    .mode = MODE_DEFAULT,
				    .is_cdb_with_nul = t->is_with_nul};
	const struct row_order order = {.keep_last = t->again == MAP_AGAIN_REPLACE,
					.duplicates = &r->duplicates};
	int status = r->status;

	set_access(r, &target);
	if (status == MCC_OK)
		status = database_write_rows(&target, t->type, r->store, order);
	cli_report_human(t->cli);
	if (status != MCC_OK)
		return cli_cannot("%s: %s", target.name, mcc_status_text(status));
	if (t->is_verbose)
		fprintf(stderr, "mcc: %s: %zu rows read, %zu of them not kept\n", r->path,
			row_store_count(r->store), r->dropped);
	return EXIT_CLEAN;
}
