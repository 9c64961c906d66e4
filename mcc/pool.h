/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbered pieces of work in several processes, their results in order. A
 * worker that ends (a fault, no memory) costs the piece it was at; the others
 * are done by its successor.
 */
#ifndef MCC_POOL_H
#define MCC_POOL_H

#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

struct pool {
	size_t count; /* pieces */
	size_t jobs;  /* processes, at least 1 */
	void *arg;
	/* In a worker: appends the result to `out`, of at most
	 * LIMIT_CHECK_RESULT bytes. */
	void (*work)(void *arg, size_t piece, struct strbuf *out);
	/* Here, piece after piece. `lost` tells how the worker ended as wait(2)
	 * does; 0 with a result. */
	void (*take)(void *arg, size_t piece, struct str result, int lost);
};

/* 0 when every piece was taken; a negative status when no process can be had,
 * or a pipe fails: some pieces were not taken then. */
int pool_run(const struct pool *pool) MCC_MUST_CHECK;

#endif
