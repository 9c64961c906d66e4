/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses within the value of a header (RFC 5322 3.4). */
#ifndef MCC_MCCD_HEADER_ADDRESS_H
#define MCC_MCCD_HEADER_ADDRESS_H

#include "base/str.h"

struct arena;

/*
 * Copies `value` to out with every address replaced by what map() makes of it
 * (internal form in and out). Names, comments, groups, blanks and what is no
 * address are copied as they are, and so is an address that map() leaves
 * alone.
 */
void header_address_rewrite(struct arena *arena, struct str value,
			    struct str (*map)(void *arg, struct str address), void *arg,
			    struct strbuf *out);

#endif
