/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by runtime/expand_local*.c; private. */
#ifndef MCC_RUNTIME_EXPAND_LOCAL_H
#define MCC_RUNTIME_EXPAND_LOCAL_H

#include <stdbool.h>

#include "base/str.h"
#include "runtime/expand.h"

/* What is the same for the whole delivery. */
struct local_delivery {
	const struct rt_context *ctx;
	struct rt_finals *finals;
	struct strmap *seen;
	struct str sender;
	const struct delivered *delivered;
};

enum expanding { EXPAND_NONE, EXPAND_ALIAS, EXPAND_INCLUDE };

/* What belongs to the member at hand; handed down by value. */
struct local_member {
	struct str address;   /* qualified */
	struct str local;     /* lower case */
	struct str user;      /* without extension */
	struct str extension; /* without delimiter; empty: none */
	struct str delimited; /* the extension with its delimiter */
	struct str unmatched; /* what members inherit of that */
	/* Whose list it is, if somebody's: local members of it are forwarded. */
	const char *owner;
	const char *sender; /* an owner that is the new sender too, or NULL */
	struct str alias;   /* the name that is being expanded; empty: none */
	enum expanding expanding;
	unsigned level;
};

/* ---- expand_local.c ---- */

/* A member that is an address: qualified and resolved, then local or not. */
void local_deliver_address(const struct local_delivery *d, struct local_member m,
			   struct str address);

/* ---- expand_local_end.c ---- */

/* One of "mailbox NAME", "command TEXT", ... comes for the first time. */
bool local_once(const struct local_delivery *d, const char *what, struct str text);
/* The member fails, with its enhanced code and the reason. */
void local_add_error(const struct local_delivery *d, const struct local_member *m,
		     const char *dsn, const char *why);
/* A message of its own to the member's address. */
void local_forward(const struct local_delivery *d, const struct local_member *m);
/* The user's mailbox, or what becomes of a name that is no user. */
void local_deliver_mailbox(const struct local_delivery *d, const struct local_member *m);
/* Where lists may name them (allow_mail_to_commands, allow_mail_to_files). */
void local_deliver_command(const struct local_delivery *d, const struct local_member *m,
			   struct str text);
void local_deliver_file(const struct local_delivery *d, const struct local_member *m,
			struct str text);

#endif
