/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operator's side of the control socket: `mccd reload`, `stop`, `status`,
 * `queue …`.
 */
#ifndef MCC_MCCD_CONTROL_H
#define MCC_MCCD_CONTROL_H

#include "base/attr.h"

/* Longest argument of a command. */
enum { CONTROL_TEXT_MAX = 4096 };

/*
 * Sends one command to the daemon at `socket_path` and copies its answer to
 * standard output (a failure to standard error). Returns the exit status that
 * the daemon gave; 3 when it cannot be reached or ends meanwhile. "stop" waits
 * until the daemon is gone.
 */
int control_command(const char *socket_path, const char *command,
		    const char *argument) MCC_MUST_CHECK;

#endif
