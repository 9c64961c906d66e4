/* SPDX-License-Identifier: BSD-2-Clause */
/* The PATHs of `mcc check`, and how what lies in them is called. */
#ifndef MCC_CHECK_TARGET_H
#define MCC_CHECK_TARGET_H

struct check_target;
struct cli;

/*
 * One target a path, or one for the site of -C when there is none; in the
 * arena. Names are relative to -C where a path lies under it; without -C they
 * are as given, and those of a site that is the only PATH relative to it.
 */
const struct check_target *check_targets(struct cli *cli, int count, char **paths);

#endif
