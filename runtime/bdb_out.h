/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages on their way into a file, in nearly any order. */
#ifndef MCC_RUNTIME_BDB_OUT_H
#define MCC_RUNTIME_BDB_OUT_H

#include <stdint.h>

#include "base/attr.h"

/* Neighbours are written together. The first failure stays in `status`. */
struct bdb_out {
	int fd;
	int status;
	uint8_t *bytes; /* heap */
	uint32_t first;
	uint32_t count;
};

void bdb_out_init(struct bdb_out *out, int fd);
void bdb_out_pages(struct bdb_out *out, uint32_t number, const uint8_t *pages,
		   uint32_t count);
/* Writes what waits, frees the memory; the status of all. */
int bdb_out_fini(struct bdb_out *out) MCC_MUST_CHECK;

#endif
