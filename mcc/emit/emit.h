/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a compiled configuration to files: the tables of a generation,
 * runtime.json, and databases beside their sources.
 */
#ifndef MCC_MCC_EMIT_EMIT_H
#define MCC_MCC_EMIT_EMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

struct arena;
struct rt_config;
struct site;
struct site_table;
struct generation_writer;
struct parse_ctx;

enum emit_map_type { EMIT_KEEP, EMIT_HASH, EMIT_BTREE, EMIT_LMDB, EMIT_CDB };

/* "keep", "hash", "btree", "lmdb", "cdb"; false for other words. */
bool emit_map_type_parse(const char *word, enum emit_map_type *out_type);

/*
 * Writes every table and runtime.json into the writer's staging folder and
 * puts types and digests into the configuration. A table without a text fails
 * in the generation as it would in Postfix. Failures: status and a text.
 */
int emit_generation(struct arena *arena, const struct site *site,
		    struct rt_config *config, enum emit_map_type type,
		    const struct generation_writer *writer, char *err,
		    size_t err_size) MCC_MUST_CHECK;

/*
 * One table's database beside its source, for Postfix; readable by whoever may
 * read the source. MCC_EUNSUPPORTED for types that are not written.
 */
int emit_in_place(struct arena *arena, const struct site *site,
		  const struct site_table *table, const char **out_path) MCC_MUST_CHECK;

#endif
