/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Delivery to a command: of an alias, or mailbox_command. Nothing that came by
 * SMTP is part of the command line; it stands in the environment, with every
 * byte that a shell could mistake replaced.
 */
#ifndef MCC_MCCD_COMMAND_H
#define MCC_MCCD_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/str.h"
#include "mccd/deliver_text.h"

struct command_job {
	const char *command;
	uid_t uid; /* never 0 when we are root */
	gid_t gid;
	const char *user;
	const char *home; /* "": none */
	const char *sender;
	const char *recipient;
	const char *original;
	const char *delimiters; /* recipient_delimiter */
	const char *client_address;
	const char *client_name;
	const char *helo;
	uint64_t file_limit; /* bytes of a file that it may write; 0: none */
	int input;	     /* the message */
};

/*
 * In a forked process: gives up all rights but the user's and runs the command
 * with input on descriptor 0 and `output` on 1 and 2, in a session of its own.
 * Returns only when it cannot: the process's exit status.
 */
int command_exec(const struct command_job *job, int output);

/* What its end (waitpid(2)) and its output mean: sysexits(3), and an enhanced
 * status code that the output begins with. */
void command_judge(int wait_status, bool was_timeout, struct str output,
		   struct deliver_result *result);

#endif
