/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks one table, or one client file of a table, outside a site. */
#ifndef MCC_MCC_CHECK_TABLE_H
#define MCC_MCC_CHECK_TABLE_H

#include "grammar/parse.h"

struct cli;
struct source;

/*
 * What the kind leaves open is told by the name (what the table is for) and by
 * the rows (expressions, networks, a client file's names).
 */
void check_table_file(struct cli *cli, const struct parse_ctx *ctx,
		      const struct source *src, enum file_kind kind);

#endif
