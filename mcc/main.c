/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Start of the program: one arena, one set of sources and one queue of
 * diagnostics for the run; the options before the command; the command.
 */
#include <stdio.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/source.h"
#include "mcc/cli.h"

int main(int argc, char **argv)
{
	struct cli cli = {.arena = arena_new(0)};
	int status;

	cli.sources = source_set_new(cli.arena);
	cli.diags = diag_queue_new(cli.arena);
	status = cli_run(&cli, argc, argv);
	arena_free(cli.arena);
	/* A product that did not reach its reader is not a clean run. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("mcc: standard output");
		return EXIT_CANNOT;
	}
	return status;
}
