/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks one file outside a site: a main.cf, a master.cf, a table, aliases. */
#ifndef MCC_CHECK_FILE_H
#define MCC_CHECK_FILE_H

#include <stdbool.h>

#include "grammar/parse.h"
#include "mcc/dump.h"

struct cli;

/*
 * Reports to cli->diags; the file is called `shown` there. The kind is told by the name when it is
 * FILE_KIND_UNKNOWN; a name that tells nothing is read as a table. False when
 * the file could not be read (reported, MC001).
 */
bool check_file(struct cli *cli, const char *path, const char *shown, enum file_kind kind,
		enum dump_what dump);

#endif
