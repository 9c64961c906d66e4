/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mail addresses: the path of MAIL and RCPT (RFC 5321 4.1.2), splitting, and
 * the rewriting into fully qualified form that trivial-rewrite(8) does.
 *
 * An address has two forms: external, as it is written in commands, headers
 * and tables ("a b"@example.com), and internal, without quotes (a
 * b@example.com). Unless said otherwise functions take the internal form.
 *
 * Results live in the arena, which must have no cap, or are parts of the
 * arguments.
 */
#ifndef MCC_RUNTIME_ADDRESS_H
#define MCC_RUNTIME_ADDRESS_H

#include <stdbool.h>

#include "base/str.h"

struct arena;
struct rt_settings;

/*
 * The path at the start of `path`: `<local@domain>`, `<>`, `<postmaster>`,
 * source routes (dropped). It ends at the `>`, or without brackets at the
 * first blank; out_rest is what follows. `strict` wants the brackets and
 * nothing but the address between them. The result is in internal form and
 * empty for `<>`. Whether the domain makes sense is not judged here.
 */
enum address_status { ADDRESS_OK, ADDRESS_BAD_SYNTAX, ADDRESS_TOO_LONG };
enum address_status address_parse_path(struct arena *arena, struct str path, bool strict,
				       struct str *out_address, struct str *out_rest);

/* Position of the last '@' that separates local part and domain, or -1. */
ptrdiff_t address_at(struct str address);
struct str address_local(struct str address);
struct str address_domain(struct str address); /* empty: none */

/*
 * user and extension (without its delimiter) of a local part; false when
 * there is none. Never split: postmaster, mailer-daemon, double-bounce, and
 * with '-' among the delimiters owner-NAME and NAME-request.
 */
bool address_split_extension(struct str local, const char *delimiters,
			     struct str *out_user, struct str *out_extension);
/*
 * The same by a site's settings for a whole address: `out_bare` is the address
 * without the extension, out_extension has its delimiter in front.
 */
bool address_strip_extension(struct arena *arena, const struct rt_settings *settings,
			     struct str address, struct str *out_bare,
			     struct str *out_extension);

/* External form: the local part quoted where RFC 5321 needs it. */
struct str address_quote(struct arena *arena, struct str address);
/* The same for a local part alone. */
struct str address_quote_local(struct arena *arena, struct str local);
/* Internal form of an external address. */
struct str address_unquote(struct arena *arena, struct str address);

/* Rewriting of the envelope address by the local rules of a site:
 * swap_bangpath, percent hack, append_at_myorigin, append_dot_mydomain. */
struct str address_rewrite(struct arena *arena, const struct rt_settings *settings,
			   struct str address);

/*
 * user@host.domain, letters and digits only but for "-_+=": no parser, no
 * rewriting and no search for routes can make anything else of it.
 */
bool address_is_plain(struct str address);

/*
 * Splits a list in the syntax of RFC 822 (right-hand side of aliases, virtual
 * and canonical tables) into addresses in internal form; comments and names
 * before `<address>` are dropped. Returns their count.
 */
size_t address_list_parse(struct arena *arena, struct str text, struct str **out_items);

/* Host name syntax as smtpd checks it (valid_hostname, valid_hostaddr). */
bool hostname_is_valid(struct str name);
/* A numeric address without brackets, "192.0.2.1" or "2001:db8::1". */
bool hostaddr_is_valid(struct str name);
/* [1.2.3.4], [IPv6:...] */
bool hostaddr_is_literal(struct str name);
/* What stands in the brackets: the address without "IPv6:", or empty. */
struct str hostaddr_of_literal(struct str inside);

#endif
