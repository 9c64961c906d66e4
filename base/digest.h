/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 as lower-case hexadecimal, over libcrypto. */
#ifndef MCC_BASE_DIGEST_H
#define MCC_BASE_DIGEST_H

#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

#define DIGEST_HEX_SIZE 65 /* with the final NUL */

void digest_hex(struct str data, char out[DIGEST_HEX_SIZE]);
/* Of everything from the descriptor's start; the offset is not kept. */
int digest_fd(int fd, size_t *out_size, char out[DIGEST_HEX_SIZE]) MCC_MUST_CHECK;

#endif
