/* SPDX-License-Identifier: BSD-2-Clause */
/* What `mcc fmt` does with files: which kind they are, and writing them. */
#ifndef MCC_MCC_FMT_FILE_H
#define MCC_MCC_FMT_FILE_H

#include <stddef.h>
#include <stdio.h>

#include "base/attr.h"
#include "base/str.h"
#include "grammar/parse.h"

struct cli;
struct site;

struct fmt_target {
	const char *path;
	enum file_kind kind;
};

/*
 * main.cf, master.cf, mcc.cf and the tables below the site's folder, each
 * once; `out_targets` in the arena. EXIT_CLEAN, or what has been said.
 */
int fmt_site_targets(struct cli *cli, const char *dir, struct fmt_target **out_targets,
		     size_t *out_count) MCC_MUST_CHECK;

/*
 * The kind of a file by its name, else by what the site in its folder uses it
 * for, else by what stands in it; FILE_KIND_UNKNOWN: nothing tells.
 */
enum file_kind fmt_kind_of(struct cli *cli, const char *path, struct str text);

/*
 * Puts `text` in the place of the file, whole or not at all; mode, owner and
 * group stay. A symbolic link stays and what it leads to is replaced. Status;
 * MCC_EEXIST: the file has other names (hard links), which would go on having
 * the old text; MCC_EACCES also: the owner cannot be kept.
 */
int fmt_replace_file(struct cli *cli, const char *path, struct str text) MCC_MUST_CHECK;

/* A unified diff with three lines of context; nothing when both are equal. */
void fmt_print_diff(FILE *out, const char *path, struct str old, struct str new_text);

#endif
