/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of `mccd run`. */
#ifndef MCC_MCCD_OPTIONS_H
#define MCC_MCCD_OPTIONS_H

#include "base/attr.h"
#include "mccd/child.h"

struct arena;

/*
 * Reads the words behind `run`; strings are borrowed from argv or put into the
 * arena. Mistakes are logged: MCC_EINVAL.
 */
int options_read(struct arena *arena, int argc, char **argv,
		 struct run_options *out_options) MCC_MUST_CHECK;

#endif
