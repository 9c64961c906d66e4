/* SPDX-License-Identifier: BSD-2-Clause */
/* What the form of a domain name tells without the DNS. */
#ifndef MCC_LINT_DOMAIN_H
#define MCC_LINT_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

size_t domain_label_count(struct str name);
/*
 * Whether it looks like what a registry gives out, "example.com" or
 * "example.co.uk": such a name may well have MX records; one below it is as a
 * rule a host.
 */
bool domain_is_registered(struct str name);
/* A name that no server of the world answers for: one label, RFC 6761 and
 * RFC 8375 names, the usual private ones, a last label that has a digit. */
bool domain_is_private(struct str name);
/* "localhost", "localhost.anything", "localhost.localdomain" and the like. */
bool domain_is_localhost(struct str name);

#endif
