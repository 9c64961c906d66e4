/* SPDX-License-Identifier: BSD-2-Clause */
/* Dumps of trees and of the model: the parsers' own canonical texts. */
#include "mcc/dump.h"

#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/source.h"
#include "base/str.h"
#include "grammar/aliases.h"
#include "grammar/cf.h"
#include "grammar/list.h"
#include "grammar/master.h"
#include "grammar/pattern.h"
#include "grammar/spf.h"
#include "grammar/table.h"
#include "grammar/value.h"
#include "mcc/model/site.h"

bool dump_parse(const char *word, enum dump_what *out_what)
{
	if (strcmp(word, "ast") == 0)
		*out_what = DUMP_AST;
	else if (strcmp(word, "model") == 0)
		*out_what = DUMP_MODEL;
	else
		return false;
	return true;
}

static void put(FILE *out, struct strbuf *buf)
{
	fwrite(buf->ptr ? buf->ptr : "", 1, buf->len, out);
	strbuf_clear(buf);
}

static void dump_main(struct strbuf *buf, const struct parse_ctx *ctx,
		      const struct cf_file *file)
{
	cf_dump(buf, ctx->sources, file);
	for (size_t i = 0; i < file->entry_count; i++) {
		const struct cf_entry *entry = &file->entries[i];

		strbuf_addf(buf, "value %.*s\n", STR_ARG(entry->name));
		value_dump(buf, value_parse(ctx, entry->value));
	}
}

static void dump_spf(struct strbuf *buf, const struct parse_ctx *ctx,
		     const struct source *src)
{
	struct spf_record *record;
	struct spf_error errors[16];
	size_t count = spf_parse(ctx->arena, str_trim(src->text), &record, errors,
				 array_len(errors));

	spf_dump(buf, record);
	for (size_t i = 0; i < count && i < array_len(errors); i++)
		strbuf_addf(buf, "error %zu-%zu %s\n", errors[i].lo, errors[i].hi,
			    errors[i].message);
}

void dump_file(FILE *out, const struct parse_ctx *ctx, const struct source *src,
	       enum file_kind kind)
{
	enum pattern_dialect dialect;
	struct strbuf buf;

	strbuf_init(&buf, LIMIT_SOURCE_FILE);
	switch (kind) {
	case FILE_KIND_MAIN:
	case FILE_KIND_CLIENT:
		dump_main(&buf, ctx, cf_parse(ctx, src));
		break;
	case FILE_KIND_MASTER:
		master_dump(&buf, ctx->sources, master_parse(ctx, src));
		break;
	case FILE_KIND_ALIASES:
		aliases_dump(&buf, ctx->sources, aliases_parse(ctx, src));
		break;
	case FILE_KIND_SPF:
		dump_spf(&buf, ctx, src);
		break;
	case FILE_KIND_REGEXP:
	case FILE_KIND_PCRE:
	case FILE_KIND_CIDR:
		(void)pattern_dialect_of_kind(kind, &dialect);
		pattern_dump(&buf, ctx->sources, pattern_parse(ctx, src, dialect));
		break;
	case FILE_KIND_TABLE:
	case FILE_KIND_UNKNOWN:
		table_dump(&buf, ctx->sources, table_parse(ctx, src));
		break;
	}
	put(out, &buf);
	strbuf_fini(&buf);
}

static void dump_trees(FILE *out, const struct site *site)
{
	const struct parse_ctx ctx = {site->arena, site->sources, site->diags};
	struct strbuf buf;

	strbuf_init(&buf, LIMIT_SOURCE_FILE);
	strbuf_addf(&buf, "file %s\n", site->main->src->path);
	dump_main(&buf, &ctx, site->main);
	if (site->master) {
		strbuf_addf(&buf, "file %s\n", site->master->src->path);
		master_dump(&buf, site->sources, site->master);
	}
	for (size_t i = 0; i < site->table_count; i++) {
		const struct site_table *table = site->tables[i];

		if (table->aliases) {
			strbuf_addf(&buf, "file %s\n", table->aliases->src->path);
			aliases_dump(&buf, site->sources, table->aliases);
		} else if (table->rows) {
			strbuf_addf(&buf, "file %s\n", table->rows->src->path);
			table_dump(&buf, site->sources, table->rows);
		}
	}
	put(out, &buf);
	strbuf_fini(&buf);
}

void dump_site(FILE *out, const struct site *site, enum dump_what what)
{
	struct strbuf buf;

	if (what == DUMP_AST) {
		dump_trees(out, site);
		return;
	}
	strbuf_init(&buf, LIMIT_SOURCE_FILE);
	site_dump(&buf, site);
	put(out, &buf);
	strbuf_fini(&buf);
}
