/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mail addresses: the path of MAIL and RCPT (RFC 5321 4.1.2), splitting, and
 * the rewriting into fully qualified form that trivial-rewrite(8) does.
 */
#ifndef MCC_RUNTIME_ADDRESS_H
#define MCC_RUNTIME_ADDRESS_H

#include <stdbool.h>

#include "base/str.h"

struct arena;
struct rt_settings;

/* The path of a command: `<local@domain>`, `<>`, `<postmaster>`, source routes
 * (dropped). `strict` wants the angle brackets. The address is unquoted form
 * ("internal"): quotes of the local part removed. */
enum address_status { ADDRESS_OK, ADDRESS_BAD_SYNTAX, ADDRESS_TOO_LONG };
enum address_status address_parse_path(struct arena *arena, struct str path, bool strict,
				       struct str *out_address, struct str *out_rest);

/* Position of the last '@' that separates local part and domain, or -1. */
ptrdiff_t address_at(struct str address);
struct str address_local(struct str address);
struct str address_domain(struct str address); /* empty: none */
/* user, extension by recipient_delimiter; false when there is none. */
bool address_split_extension(struct str local, const char *delimiters,
			     struct str *out_user, struct str *out_extension);
/* External form: the local part quoted where RFC 5321 needs it. */
struct str address_quote(struct arena *arena, struct str address);

/* Rewriting of the envelope address by the local rules of a site:
 * swap_bangpath, percent hack, append_at_myorigin, append_dot_mydomain. */
struct str address_rewrite(struct arena *arena, const struct rt_settings *settings,
			   struct str address);

/* Host name syntax as smtpd checks it (valid_hostname, valid_hostaddr). */
bool hostname_is_valid(struct str name);
bool hostaddr_is_literal(struct str name); /* [1.2.3.4], [IPv6:...] */

#endif
