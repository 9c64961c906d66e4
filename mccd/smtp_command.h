/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between smtp.c (the machine) and smtp_command.c, smtp_xclient.c (what each
 * command does). No one else includes it.
 */
#ifndef MCC_MCCD_SMTP_COMMAND_H
#define MCC_MCCD_SMTP_COMMAND_H

#include "mccd/smtp.h"

enum smtp_state { SMTP_STATE_COMMAND, SMTP_STATE_DATA, SMTP_STATE_CLOSED };

/* One complete line without its end. Replies, or sets s->pending and fills
 * the event. `has_more`: the client has sent bytes behind it. */
void smtp_command(struct smtp *s, struct arena *arena, struct str line, bool has_more,
		  struct smtp_event *event);
void smtp_command_xclient(struct smtp *s, struct arena *arena, struct str args,
			  struct smtp_event *event);

/* A whole reply line; smtp_error also counts an error. */
void smtp_reply(struct smtp *s, const char *fmt, ...) MCC_PRINTF(2, 3);
void smtp_error(struct smtp *s, const char *fmt, ...) MCC_PRINTF(2, 3);
/* Replies and ends the session. */
void smtp_goodbye(struct smtp *s, const char *fmt, ...) MCC_PRINTF(2, 3);
void smtp_end_transaction(struct smtp *s);
void smtp_set_helo(struct smtp *s, struct str name);

#endif
