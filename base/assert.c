/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens when our own code breaks a promise: one line on standard error
 * and an abort, so that a core or a sanitizer shows the stack. Stays in
 * release builds.
 */
#include "base/attr.h"

#include <stdio.h>
#include <stdlib.h>

void mcc_assert_fail(const char *cond, const char *file, int line)
{
	fprintf(stderr, "mcc: internal error: %s:%d: %s\n", file, line, cond);
	abort();
}
