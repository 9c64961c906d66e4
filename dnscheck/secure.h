/* SPDX-License-Identifier: BSD-2-Clause */
/* A source that validates what another one says against trust anchors. */
#ifndef MCC_DNSCHECK_SECURE_H
#define MCC_DNSCHECK_SECURE_H

#include "base/attr.h"
#include "dnscheck/source.h"

/*
 * Takes `inner`, whose answers come with their messages (source.h). A status,
 * with a message in err; `inner` is then still the caller's.
 */
int secure_new(struct dns_source *inner, const char *anchor_file,
	       struct dns_source **out_source, char *err, size_t err_size) MCC_MUST_CHECK;

#endif
