/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text of a table to its database. The new file takes the place of an old
 * one by rename: who reads meanwhile has the one or the other.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/limits.h"
#include "base/source.h"
#include "base/status.h"
#include "grammar/aliases.h"
#include "grammar/table.h"
#include "lint/lint_file.h"
#include "mcc/cli.h"
#include "mcc/emit/table_rows.h"
#include "mcc/map_table.h"
#include "runtime/bdb_write.h"

/* Readable by whoever may read the source. */
enum { MODE_DEFAULT = 0644, MODE_MASK = 0666 };

static int read_stdin(const struct map_table *table, const struct source **out_src)
{
	struct arena *arena = table->cli->arena;
	struct strbuf buf;
	char chunk[8192];
	size_t n;
	char *text = NULL;

	strbuf_init(&buf, LIMIT_SOURCE_FILE);
	while (!buf.failed && (n = fread(chunk, 1, sizeof(chunk), stdin)) > 0)
		strbuf_add(&buf, chunk, n);
	if (!buf.failed && !ferror(stdin))
		text = arena_memdup0(arena, buf.ptr ? buf.ptr : "", buf.len);
	if (text)
		*out_src = source_add_text(table->cli->sources, "<stdin>",
					   (struct str){text, buf.len});
	n = buf.failed;
	strbuf_fini(&buf);
	if (!text)
		return cli_cannot("standard input: %s",
				  mcc_status_text(n ? MCC_ETOOBIG : MCC_EIO));
	return EXIT_CLEAN;
}

int map_read_source(const struct map_table *table, const struct source **out_src)
{
	int status;

	if (strcmp(table->file, "-") == 0)
		return read_stdin(table, out_src);
	status = source_add_file(table->cli->sources, table->file, NULL, out_src);
	if (status != MCC_OK)
		return cli_cannot("%s: %s", table->file, mcc_status_text(status));
	return EXIT_CLEAN;
}

static size_t read_rows(const struct map_table *table, const struct source *src,
			struct rt_row **out_rows)
{
	struct cli *cli = table->cli;
	const struct parse_ctx ctx = {cli->arena, cli->sources, cli->diags};
	const struct alias_file *aliases;
	const struct table_file *file;

	if (table->is_aliases) {
		aliases = aliases_parse(&ctx, src);
		lint_alias_file(&ctx, aliases);
		return table_rows_of_aliases(cli->arena, aliases, true, out_rows);
	}
	file = table_parse(&ctx, src);
	lint_table_file(&ctx, file);
	return table_rows_of_file(cli->arena, file, true, out_rows);
}

static int write_rows(const struct map_table *table, const struct rt_row *rows,
		      size_t count)
{
	struct arena *arena = table->cli->arena;
	struct bdb_row *out = arena_array(arena, count + 1, sizeof(*out));
	struct bdb_target target = {AT_FDCWD, table->output, MODE_DEFAULT};
	bool is_btree = strcmp(table->type, "btree") == 0;
	struct stat st;
	int status;

	if (!target.name)
		target.name = arena_printf(arena, "%s.db", table->file);
	if (stat(table->file, &st) == 0 && S_ISREG(st.st_mode))
		target.mode = st.st_mode & MODE_MASK;
	for (size_t i = 0; i < count; i++)
		out[i] = (struct bdb_row){rows[i].key, rows[i].value};
	status = bdb_write(&target, is_btree ? BDB_BTREE : BDB_HASH, out, count);
	if (status != MCC_OK)
		return cli_cannot("%s: %s", target.name, mcc_status_text(status));
	return EXIT_CLEAN;
}

int map_compile(const struct map_table *table)
{
	const struct source *src = NULL;
	struct rt_row *rows = NULL;
	size_t count;
	int status;

	if (strcmp(table->type, "hash") != 0 && strcmp(table->type, "btree") != 0)
		return cli_usage_error("map",
				       "tables of type %s are not compiled here: hash or "
				       "btree",
				       table->type);
	if (strcmp(table->file, "-") == 0 && !table->output)
		return cli_usage_error("map", "standard input needs -o OUT");
	status = map_read_source(table, &src);
	if (status != EXIT_CLEAN)
		return status;
	count = read_rows(table, src, &rows);
	cli_report_human(table->cli);
	return write_rows(table, rows, count);
}
