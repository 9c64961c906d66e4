/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What evaluations over one resolver share: their memory, used again, and
 * records that have been parsed. It lives as long as the resolver.
 */
#ifndef MCC_DNSCHECK_SPF_POOL_H
#define MCC_DNSCHECK_SPF_POOL_H

#include "base/str.h"

struct resolver;
struct spf_error;
struct spf_eval;
struct spf_record;

/* An evaluation with an empty arena and everything else zero. */
struct spf_eval *spf_pool_take(struct resolver *r);
/* Ends the life of what spf_pool_take() gave. */
void spf_pool_give(struct spf_eval *e);
/* The record of a text, valid as long as the evaluation; NULL: it has an
 * error, the first of them in out_error, its message in the arena. */
const struct spf_record *spf_pool_parse(struct spf_eval *e, struct str text,
					struct spf_error *out_error);

#endif
