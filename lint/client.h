/* SPDX-License-Identifier: BSD-2-Clause */
/* Client files of ldap:, mysql:, pgsql:, sqlite:, memcache:, mongodb: tables. */
#ifndef MCC_LINT_CLIENT_H
#define MCC_LINT_CLIENT_H

#include "base/str.h"
#include "grammar/parse.h"
#include "grammar/vocabulary.h"

struct cf_file;

/* The type that a file is for, by the names in it; empty: nothing tells. */
struct str lint_client_type_of(const struct cf_file *file);
/*
 * Names that the type does not have, values of another type, what is missing,
 * `%` forms (MC420); where a query puts the key outside of quotes (MC421).
 */
void lint_client_file(const struct parse_ctx *ctx, const struct cf_file *file,
		      struct str type, struct pf_version version);

#endif
