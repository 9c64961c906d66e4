/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Status codes for failures of the world (I/O, DNS, databases). Mistakes of
 * the user are diagnostics (diag.h), mistakes of ours are assertions (attr.h);
 * the three are never mixed. Functions return 0 or a negative status; outputs
 * are called out_x, come last and are untouched on failure.
 */
#ifndef MCC_BASE_STATUS_H
#define MCC_BASE_STATUS_H

#include "base/attr.h"

#define MCC_STATUS_LIST(X)                                    \
	X(MCC_OK, 0, "success")                               \
	X(MCC_EIO, -1, "input/output error")                  \
	X(MCC_ENOENT, -2, "no such file or directory")        \
	X(MCC_EACCES, -3, "permission denied")                \
	X(MCC_EISDIR, -4, "is a directory")                   \
	X(MCC_ETOOBIG, -5, "larger than the limit")           \
	X(MCC_ENOSPC, -6, "no space left on the device")      \
	X(MCC_ENOMEM, -7, "out of memory")                    \
	X(MCC_EFORMAT, -8, "damaged or in an unknown format") \
	X(MCC_EUNSUPPORTED, -9, "not supported")              \
	X(MCC_ETIMEOUT, -10, "timed out")                     \
	X(MCC_EUNAVAIL, -11, "temporarily unavailable")       \
	X(MCC_EINVAL, -12, "invalid argument")                \
	X(MCC_EEXIST, -13, "exists already")                  \
	X(MCC_ENOTREG, -14, "not a regular file")

enum mcc_status {
#define X(name, value, text) name = value,
	MCC_STATUS_LIST(X)
#undef X
};

/* Text for a status, in lower case and without a final stop; static. */
const char *mcc_status_text(int status);

/* mcc_status_from_errno() without its promise. */
int mcc_status_of_errno(int errnum);

/*
 * The status that fits an errno value; MCC_EIO when none is closer. Inline, so
 * that compilers and analyzers see at each caller that a failure is never 0.
 */
static inline int mcc_status_from_errno(int errnum)
{
	int status = mcc_status_of_errno(errnum);

	MCC_ASSERT(status < 0);
	return status;
}

#endif
