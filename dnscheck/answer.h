/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers that outlive a callback: one block of heap per answer, counted
 * references, because the cache, the recording and callbacks under way share
 * it.
 */
#ifndef MCC_DNSCHECK_ANSWER_H
#define MCC_DNSCHECK_ANSWER_H

#include "dnscheck/resolver.h"

struct arena;

struct dns_block {
	struct dns_answer answer; /* everything it points at lies in the block */
	unsigned refs;
};

/* A deep copy with one reference. */
struct dns_block *dns_block_new(const struct dns_answer *answer);
struct dns_block *dns_block_ref(struct dns_block *block);
void dns_block_unref(struct dns_block *block); /* NULL is allowed */

/* As dns_status_name() spells it. */
bool dns_status_parse(const char *word, enum dns_status *out_status);

/* Zeroed heap; the process ends when there is none (as arenas do). */
void *dns_alloc(size_t size);
/* Milliseconds of the monotonic clock. */
uint64_t dns_now_ms(void);

#endif
